package main

import (
	"context"
	"sync"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/gate"
	"dpp/internal/ledger"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// stopwatch measures what the ports spend, from outside of the adapters.
type stopwatch struct {
	mu     sync.Mutex
	stages map[string]*stage
	order  []string
}

func newStopwatch() *stopwatch { return &stopwatch{stages: map[string]*stage{}} }

func (w *stopwatch) wrap(p runs.Ports) runs.Ports {
	p.Store = timedStore{p.Store, w}
	p.Blob = timedBlob{p.Blob, w}
	p.Gate = timedGate{p.Gate, w}
	p.Queue = timedQueue{p.Queue, w}
	return p
}

// take returns what was measured since the last call.
func (w *stopwatch) take() ([]stage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]stage, 0, len(w.order))
	for _, name := range w.order {
		if s := w.stages[name]; s.Items > 0 {
			all = append(all, *s)
		}
		w.stages[name] = &stage{Name: name}
	}
	return all, nil
}

func (w *stopwatch) add(name string, items int, begin time.Time) {
	took := time.Since(begin)
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stages[name]
	if s == nil {
		s = &stage{Name: name}
		w.stages[name], w.order = s, append(w.order, name)
	}
	s.Calls++
	s.Items += int64(items)
	s.Spent += took.Nanoseconds()
}

type timedStore struct {
	store.Store
	watch *stopwatch
}

func (t timedStore) Submit(ctx context.Context, batch []store.Submission) ([]store.Submitted, error) {
	defer t.watch.add("store.Submit", len(batch), time.Now())
	return t.Store.Submit(ctx, batch)
}

func (t timedStore) Claim(ctx context.Context, slots []store.Slot) ([]*store.Claimed, error) {
	begin := time.Now()
	claimed, err := t.Store.Claim(ctx, slots)
	got := 0
	for _, c := range claimed {
		if c != nil {
			got++
		}
	}
	t.watch.add("store.Claim", got, begin)
	return claimed, err
}

func (t timedStore) Transition(ctx context.Context, batch []store.Transition) ([]store.Transitioned, error) {
	defer t.watch.add("store.Transition", len(batch), time.Now())
	return t.Store.Transition(ctx, batch)
}

func (t timedStore) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	defer t.watch.add("store.RunStates", len(above), time.Now())
	return t.Store.RunStates(ctx, above)
}

func (t timedStore) RunsByID(ctx context.Context, ids []dpp.RunID) ([]dpp.Run, error) {
	defer t.watch.add("store.RunsByID", len(ids), time.Now())
	return t.Store.RunsByID(ctx, ids)
}

func (t timedStore) Accounts(ctx context.Context, ids []dpp.AccountID) ([]ledger.Account, error) {
	defer t.watch.add("store.Accounts", len(ids), time.Now())
	return t.Store.Accounts(ctx, ids)
}

type timedBlob struct {
	blob.Store
	watch *stopwatch
}

func (t timedBlob) Put(ctx context.Context, objects []blob.Object) ([]blob.PutOutcome, error) {
	defer t.watch.add("blob.Put", len(objects), time.Now())
	return t.Store.Put(ctx, objects)
}

type timedGate struct {
	gate.Gate
	watch *stopwatch
}

func (t timedGate) Admit(ctx context.Context, requests []gate.Request) ([]gate.Answer, error) {
	defer t.watch.add("gate.Admit", len(requests), time.Now())
	return t.Gate.Admit(ctx, requests)
}

func (t timedGate) Word(ctx context.Context, words []gate.Word) error {
	defer t.watch.add("gate.Word", len(words), time.Now())
	return t.Gate.Word(ctx, words)
}

type timedQueue struct {
	queue.Queue
	watch *stopwatch
}

func (t timedQueue) Send(ctx context.Context, ids []dpp.RunID) error {
	defer t.watch.add("queue.Send", len(ids), time.Now())
	return t.Queue.Send(ctx, ids)
}

func (t timedQueue) Acknowledge(ctx context.Context, messages []queue.Message) error {
	defer t.watch.add("queue.Acknowledge", len(messages), time.Now())
	return t.Queue.Acknowledge(ctx, messages)
}
