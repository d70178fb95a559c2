package queuetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"dpp"
	"dpp/internal/queue"
)

// Faults is how often messages, or runs on their way into messages, met a fate.
type Faults struct {
	// Lost will never be heard of.
	Lost int
	// Repeated are told twice.
	Repeated int
	// Delayed are told with a later call.
	Delayed int
	// Reordered is how often some were told in another order.
	Reordered int
	// Forgotten were acknowledged in vain.
	Forgotten int
}

// Faulty is a queue that does everything that [queue.Queue] allows a queue to do. Make
// it with [Unreliable].
type Faulty struct {
	queue.Queue

	mu     sync.Mutex
	random *rand.Rand
	unsent []dpp.RunID     // delayed on the way in
	held   []queue.Message // delayed or repeated on the way out
	faults Faults
}

// heldMost bounds what is delayed; more is lost.
const heldMost = 1024

// Unreliable returns q, between which and its users messages are lost, repeated,
// delayed and reordered, about every other one, as the seed has it. It adds no errors,
// and what is delayed is told, at the latest, when q has nothing else to tell.
func Unreliable(q queue.Queue, seed uint64) *Faulty {
	return &Faulty{Queue: q, random: rand.New(rand.NewPCG(seed, 0))}
}

// Faults tells what has happened so far.
func (f *Faulty) Faults() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults
}

// Send implements [queue.Queue].
func (f *Faulty) Send(ctx context.Context, ids []dpp.RunID) error {
	for _, some := range f.mangle(ids) {
		if err := f.Queue.Send(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// mangle decides on each run, and cuts what shall be sent in two.
func (f *Faulty) mangle(ids []dpp.RunID) [][]dpp.RunID {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.unsent // what was delayed earlier
	f.unsent = nil
	for _, id := range ids {
		switch fate := f.random.IntN(8); {
		case fate < 2 || fate == 2 && len(f.unsent) >= heldMost:
			f.faults.Lost++
		case fate == 2:
			f.faults.Delayed++
			f.unsent = append(f.unsent, id)
		case fate == 3:
			f.faults.Repeated++
			now = append(now, id, id)
		default:
			now = append(now, id)
		}
	}
	shuffle(f, now)
	cut := f.random.IntN(len(now) + 1)
	return slices.DeleteFunc([][]dpp.RunID{now[:cut], now[cut:]}, func(some []dpp.RunID) bool { return len(some) == 0 })
}

// Receive implements [queue.Queue].
func (f *Faulty) Receive(ctx context.Context, limit int) ([]queue.Message, error) {
	for {
		if late := f.late(limit, false); len(late) > 0 {
			return late, nil
		}
		messages, err := f.Queue.Receive(ctx, limit)
		if err != nil {
			return nil, err
		}
		if len(messages) == 0 {
			return f.late(limit, true), nil
		}
		told, lost := f.sort(messages)
		if err := f.Queue.Acknowledge(ctx, lost); err != nil {
			return nil, err
		}
		if len(told) > 0 {
			return told, nil
		}
	}
}

// late returns some of what is held back, certainly or by chance.
func (f *Faulty) late(limit int, certainly bool) []queue.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !certainly && f.random.IntN(2) == 0 {
		return nil
	}
	n := max(0, min(limit, len(f.held)))
	late := slices.Clone(f.held[:n])
	f.held = slices.Delete(f.held, 0, n)
	return late
}

// sort decides on each message: it is told now, or lost, or neither yet.
func (f *Faulty) sort(messages []queue.Message) (told, lost []queue.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range messages {
		switch fate := f.random.IntN(8); {
		case fate == 0 || len(f.held) >= heldMost:
			f.faults.Lost++
			lost = append(lost, m)
		case fate == 1:
			f.faults.Repeated++
			f.held = append(f.held, m)
			told = append(told, m)
		case fate == 2:
			f.faults.Delayed++
			f.held = append(f.held, m)
		default:
			told = append(told, m)
		}
	}
	shuffle(f, told)
	shuffle(f, f.held)
	return told, lost
}

// Acknowledge implements [queue.Queue].
func (f *Faulty) Acknowledge(ctx context.Context, messages []queue.Message) error {
	f.mu.Lock()
	kept := slices.DeleteFunc(slices.Clone(messages), func(queue.Message) bool { return f.random.IntN(8) == 0 })
	f.faults.Forgotten += len(messages) - len(kept)
	f.mu.Unlock()
	return f.Queue.Acknowledge(ctx, kept)
}

// shuffle changes the order of what has one.
func shuffle[T any](f *Faulty, all []T) {
	if len(all) > 1 {
		f.faults.Reordered++
		f.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
}
