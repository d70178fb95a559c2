package queuetest

import (
	"context"
	"maps"
	"reflect"
	"strconv"
	"testing"

	"dpp"
	"dpp/internal/queue"
)

// script is a queue that remembers what it is told, and says what a test has written.
type script struct {
	queue.Queue
	sent         []dpp.RunID
	messages     []queue.Message
	acknowledged map[string]int
}

func (s *script) Send(_ context.Context, ids []dpp.RunID) error {
	s.sent = append(s.sent, ids...)
	return nil
}

func (s *script) Receive(_ context.Context, limit int) ([]queue.Message, error) {
	n := min(limit, len(s.messages))
	some := s.messages[:n]
	s.messages = s.messages[n:]
	return some, nil
}

func (s *script) Acknowledge(_ context.Context, messages []queue.Message) error {
	for _, m := range messages {
		s.acknowledged[m.Receipt]++
	}
	return nil
}

const messages = 400

// act sends and receives over an unreliable queue, and returns what came of it.
func act(t *testing.T, seed uint64) (s *script, told map[string]int, faults [2]Faults) {
	t.Helper()
	s = &script{acknowledged: map[string]int{}}
	q := Unreliable(s, seed)
	for i := range messages {
		s.messages = append(s.messages, queue.Message{Receipt: strconv.Itoa(i)})
		if err := q.Send(t.Context(), []dpp.RunID{dpp.RunID(strconv.Itoa(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Send(t.Context(), nil); err != nil { // brings the last of the delayed
		t.Fatal(err)
	}
	faults[0] = q.Faults()
	told = map[string]int{}
	for {
		some, err := q.Receive(t.Context(), 7)
		if err != nil || len(some) > 7 {
			t.Fatalf("%d messages: %v", len(some), err)
		}
		if len(some) == 0 {
			break
		}
		for _, m := range some {
			told[m.Receipt]++
		}
		if err := q.Acknowledge(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
	faults[1] = q.Faults()
	return s, told, faults
}

// All is accounted for: what is not told was lost, what is told again was repeated.
func TestUnreliable(t *testing.T) {
	for seed := range uint64(20) {
		s, told, faults := act(t, seed)
		in, all := faults[0], faults[1]
		if want := messages - in.Lost + in.Repeated; len(s.sent) != want {
			t.Errorf("%d runs were sent on, want %d of %+v", len(s.sent), want, in)
		}
		sum := 0
		for _, n := range told {
			sum += n
		}
		if want := messages - (all.Lost - in.Lost) + (all.Repeated - in.Repeated); sum != want {
			t.Errorf("%d messages were told, want %d of %+v", sum, want, all)
		}
		if in.Lost == 0 || in.Repeated == 0 || in.Delayed == 0 || in.Reordered == 0 || all.Lost == in.Lost || all.Repeated == in.Repeated ||
			all.Delayed == in.Delayed || all.Reordered == in.Reordered || all.Forgotten == 0 {
			t.Errorf("too reliable on the way in (%+v) or out (%+v)", in, all)
		}
	}
}

// A seed says what happens, so that a failure can be had again.
func TestUnreliableRepeats(t *testing.T) {
	one, told, faults := act(t, 7)
	two, again, same := act(t, 7)
	if !reflect.DeepEqual(one.sent, two.sent) || !maps.Equal(told, again) || faults != same {
		t.Error("the same seed did something else")
	}
	if other, _, _ := act(t, 8); reflect.DeepEqual(one.sent, other.sent) {
		t.Error("another seed did the same")
	}
}
