// Package memgate limits rates inside one process. It knows nothing of money: the
// ledger alone decides that.
package memgate

import (
	"container/list"
	"context"
	"sync"
	"time"

	"dpp"
	"dpp/internal/gate"
)

// Options change how a [Gate] works. The zero value is a good start.
type Options struct {
	// Buckets is how many callers and policies are known at once; default 100,000,
	// some 20 MB. Above it the one that asked longest ago is forgotten, and has its
	// whole quota again.
	Buckets int
}

// Gate is a [gate.Gate] in memory. Make it with [New].
type Gate struct {
	buckets int
	start   time.Time // its monotonic reading makes the gate blind to changes of the clock

	mu     sync.Mutex
	byName map[name]*list.Element
	byUse  list.List // of *entry, the latest first
}

var _ gate.Gate = (*Gate)(nil)

type name struct {
	account dpp.AccountID
	policy  string
}

type entry struct {
	name   name
	bucket gate.Bucket
}

// New makes a gate that knows nobody yet.
func New(opts Options) *Gate {
	if opts.Buckets <= 0 {
		opts.Buckets = 100_000
	}
	return &Gate{buckets: opts.Buckets, start: time.Now(), byName: map[name]*list.Element{}}
}

// Admit implements [gate.Gate]. Every spend is said to be covered.
func (g *Gate) Admit(ctx context.Context, requests []gate.Request) ([]gate.Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answers := make([]gate.Answer, len(requests))
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.start.Add(time.Since(g.start))
	for i, r := range requests {
		bucket := g.bucket(name{r.Account, r.Policy.Name})
		answers[i] = gate.Answer{Rate: bucket.Take(r.Policy, now), Covered: true}
		g.forgetIdle(now)
	}
	return answers, nil
}

// bucket finds or makes the bucket of a name.
func (g *Gate) bucket(n name) *gate.Bucket {
	if element, ok := g.byName[n]; ok {
		g.byUse.MoveToFront(element)
		return &entryOf(element).bucket
	}
	if g.byUse.Len() >= g.buckets {
		g.forget(g.byUse.Back())
	}
	e := &entry{name: n}
	g.byName[n] = g.byUse.PushFront(e)
	return &e.bucket
}

// forgetIdle removes up to two buckets that are full again, so that more go than a
// request can bring. Those unused for longest are the first to be full.
func (g *Gate) forgetIdle(now time.Time) {
	for range 2 {
		last := g.byUse.Back()
		if last == nil || !entryOf(last).bucket.Idle(now) {
			return
		}
		g.forget(last)
	}
}

func (g *Gate) forget(element *list.Element) {
	delete(g.byName, entryOf(element).name)
	g.byUse.Remove(element)
}

func entryOf(element *list.Element) *entry {
	return element.Value.(*entry) //nolint:errcheck // the list holds nothing else
}

// Len is how many buckets are known.
func (g *Gate) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byUse.Len()
}

// Word implements [gate.Gate]; the gate knows nothing of money.
func (g *Gate) Word(ctx context.Context, _ []gate.Word) error { return ctx.Err() }

// Ping implements [gate.Gate].
func (g *Gate) Ping(ctx context.Context) error { return ctx.Err() }

// Close implements [gate.Gate].
func (g *Gate) Close() error { return nil }
