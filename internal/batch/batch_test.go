package batch_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp/internal/batch"
)

// stage is a step whose batches stop until the test lets them go on.
type stage struct {
	mu      sync.Mutex
	batches [][]int
	open    chan struct{} // closed: nothing stops
}

func newStage() *stage { return &stage{open: make(chan struct{})} }

func (s *stage) do(ctx context.Context, in []int) ([]int, error) {
	s.mu.Lock()
	s.batches = append(s.batches, slices.Clone(in))
	s.mu.Unlock()
	select {
	case <-s.open:
		return double(ctx, in)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *stage) seen() [][]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.batches)
}

func (s *stage) wantBatches(t *testing.T, want ...[]int) {
	t.Helper()
	if got := s.seen(); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("batches %v, want %v", got, want)
	}
}

// call runs Do in a goroutine of its own, in a bubble, and returns when it waits.
func call(ctx context.Context, g *batch.Group[int, int], in int) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		out, err := g.Do(ctx, in)
		answers <- answer{out, err}
	}()
	synctest.Wait()
	return answers
}

type answer struct {
	out int
	err error
}

func (a answer) want(t *testing.T, out int, err error) {
	t.Helper()
	if a.out != out || !errors.Is(a.err, err) {
		t.Errorf("answer %d, %v; want %d, %v", a.out, a.err, out, err)
	}
}

func TestTheNextBatchGathersWhileOneIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		g := batch.New("t", s.do, batch.Options[int]{})
		var calls []<-chan answer
		for i := range 5 {
			calls = append(calls, call(t.Context(), g, i))
		}
		s.wantBatches(t, []int{0})
		close(s.open)
		for i, c := range calls {
			(<-c).want(t, 2*i, nil)
		}
		s.wantBatches(t, []int{0}, []int{1, 2, 3, 4})
	})
}

func TestALoneCallerWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		g := batch.New("t", double, batch.Options[int]{})
		for i := range 3 {
			out, err := g.Do(t.Context(), i)
			answer{out, err}.want(t, 2*i, nil)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestABatchCloses(t *testing.T) {
	sizeIsValue := func(n int) int { return n }
	tests := []struct {
		name string
		opts batch.Options[int]
		in   []int // gathered while another batch is on its way
		want []int // how many items each batch then holds
	}{
		{"at 1,024 items by default", batch.Options[int]{}, make([]int, 2050), []int{1024, 1024, 2}},
		{"at the items asked for", batch.Options[int]{MaxItems: 2}, make([]int, 5), []int{2, 2, 1}},
		{"at one item", batch.Options[int]{MaxItems: 1}, make([]int, 3), []int{1, 1, 1}},
		{
			"at 4 MiB by default",
			batch.Options[int]{Size: sizeIsValue},
			[]int{2 << 20, 2 << 20, 1, 4 << 20, 5 << 20, 6, 7},
			[]int{2, 1, 1, 1, 2},
		},
		{"at the bytes asked for", batch.Options[int]{Size: sizeIsValue, MaxBytes: 10}, []int{4, 6, 4, 7, 11, 1}, []int{2, 1, 1, 1, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage()
				g := batch.New("t", s.do, test.opts)
				calls := []<-chan answer{call(t.Context(), g, 0)}
				for _, in := range test.in {
					calls = append(calls, call(t.Context(), g, in))
				}
				close(s.open)
				for i, c := range calls[1:] {
					(<-c).want(t, 2*test.in[i], nil)
				}
				var got []int
				for _, b := range s.seen()[1:] {
					got = append(got, len(b))
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("batches of %v items, want %v", got, test.want)
				}
			})
		})
	}
}

type callerKey struct{}

func TestABatchRunsUnderItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		g := batch.New("t", func(ctx context.Context, in []int) ([]int, error) {
			if ctx.Value(callerKey{}) != nil {
				t.Error("the context descends from a caller's")
			}
			return s.do(ctx, in)
		}, batch.Options[int]{Timeout: 7 * time.Second})

		long := context.WithValue(t.Context(), callerKey{}, "caller")
		short, cancel := context.WithTimeout(long, time.Second)
		defer cancel()
		leaves, stays := call(short, g, 1), call(long, g, 2)
		start := time.Now()
		(<-leaves).want(t, 0, context.DeadlineExceeded) // of the caller alone
		if time.Since(start) != time.Second {
			t.Errorf("the caller left after %v", time.Since(start))
		}
		(<-stays).want(t, 0, context.DeadlineExceeded) // seven seconds for the first batch, seven for its own
		if time.Since(start) != 14*time.Second {
			t.Errorf("the second batch ended after %v", time.Since(start))
		}
		s.wantBatches(t, []int{1}, []int{2})
	})
}

func TestADeadlineIsNotHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		g := batch.New("t", s.do, batch.Options[int]{Timeout: time.Second})
		first, second, third := call(t.Context(), g, 1), call(t.Context(), g, 2), call(t.Context(), g, 3)
		for _, c := range []<-chan answer{first, second, third} {
			(<-c).want(t, 0, context.DeadlineExceeded)
		}
		s.wantBatches(t, []int{1}, []int{2, 3})
	})
}

func TestACallerMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		g := batch.New("t", s.do, batch.Options[int]{})
		early, cancelEarly := context.WithCancel(t.Context())
		late, cancelLate := context.WithCancel(t.Context())
		gone, cancelGone := context.WithCancel(t.Context())
		cancelGone()

		aboard := call(late, g, 1)
		removed := call(early, g, 2)
		stays := call(t.Context(), g, 3)
		cancelEarly()
		(<-removed).want(t, 0, context.Canceled)
		cancelLate()
		(<-aboard).want(t, 0, context.Canceled)
		(<-call(gone, g, 4)).want(t, 0, context.Canceled)

		close(s.open)
		(<-stays).want(t, 6, nil)
		s.wantBatches(t, []int{1}, []int{3})
		g.Close()
	})
}

// A caller whose context ended at the very moment of take-off has left as well,
// even where its goroutine has not run since.
func TestACallerThatLeftAtTakeOffIsNotAboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var seen atomic.Int64
		started := make(chan struct{})
		g := batch.New("t", func(ctx context.Context, in []int) ([]int, error) {
			seen.Add(int64(len(in)))
			<-started
			cancel() // and this batch ends at once, so that the next takes off
			return double(ctx, in)
		}, batch.Options[int]{})
		first, second := call(t.Context(), g, 1), call(ctx, g, 2)
		close(started)
		(<-first).want(t, 2, nil)
		(<-second).want(t, 0, context.Canceled)
		g.Close()
		if seen.Load() != 1 {
			t.Errorf("%d items were carried out, want 1", seen.Load())
		}
	})
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		g := batch.New("t", s.do, batch.Options[int]{MaxItems: 2})
		var calls []<-chan answer
		for i := range 4 {
			calls = append(calls, call(t.Context(), g, i))
		}
		closed := make(chan struct{}, 2)
		for range 2 {
			go func() { g.Close(); closed <- struct{}{} }()
		}
		synctest.Wait()
		(<-call(t.Context(), g, 9)).want(t, 0, batch.ErrClosed)
		select {
		case <-closed:
			t.Error("Close returned while batches were on their way")
		default:
		}
		close(s.open)
		<-closed
		<-closed
		for i, c := range calls {
			(<-c).want(t, 2*i, nil)
		}
		s.wantBatches(t, []int{0}, []int{1, 2}, []int{3})
	})
}

func TestCloseOfAnIdleGroup(t *testing.T) {
	g := batch.New("t", double, batch.Options[int]{})
	g.Close()
	g.Close()
	out, err := g.Do(t.Context(), 1)
	answer{out, err}.want(t, 0, batch.ErrClosed)
}

func TestFlights(t *testing.T) {
	for _, flights := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage()
			g := batch.New("t", s.do, batch.Options[int]{MaxItems: 1, Flights: flights})
			var calls []<-chan answer
			for i := range 7 {
				calls = append(calls, call(t.Context(), g, i))
			}
			if got := len(s.seen()); got != flights {
				t.Errorf("%d batches on their way, want %d", got, flights)
			}
			close(s.open)
			for i, c := range calls {
				(<-c).want(t, 2*i, nil)
			}
			g.Close()
		})
	}
}

type attemptKey struct{}

func TestAnAttemptHasAContextOfItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		var began [][]any
		var ended []error
		panics := errors.New("panics")
		do := func(ctx context.Context, in []int) ([]int, error) {
			if ctx.Value(attemptKey{}) != len(began) {
				t.Errorf("attempt %d has another one's context", len(began))
			}
			if slices.Contains(in, 13) {
				panic(panics)
			}
			return s.do(ctx, in)
		}
		g := batch.New("t", do, batch.Options[int]{Begin: func(ctx context.Context, callers []context.Context) (context.Context, func(error)) {
			var names []any
			for _, caller := range callers {
				names = append(names, caller.Value(attemptKey{}))
			}
			began = append(began, names)
			return context.WithValue(ctx, attemptKey{}, len(began)), func(err error) { ended = append(ended, err) }
		}})
		for i := range 3 {
			call(context.WithValue(t.Context(), attemptKey{}, i), g, i)
		}
		close(s.open)
		synctest.Wait()
		call(t.Context(), g, 13)
		g.Close()
		if want := [][]any{{0}, {1, 2}, {nil}}; !reflect.DeepEqual(began, want) {
			t.Errorf("began for %v, want %v", began, want)
		}
		if len(ended) != 3 || ended[0] != nil || ended[1] != nil || ended[2] == nil {
			t.Errorf("ended with %v", ended)
		}
	})
}

func TestObserveCountsItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		var sizes []int
		g := batch.New("t", s.do, batch.Options[int]{Observe: func(n int) { sizes = append(sizes, n) }})
		for i := range 4 {
			call(t.Context(), g, i)
		}
		close(s.open)
		g.Close()
		if !slices.Equal(sizes, []int{1, 3}) {
			t.Errorf("observed %v, want [1 3]", sizes)
		}
	})
}
