package fetch

import (
	"context"
	"sync"
	"time"
)

// places keeps the number of simultaneous requests to one host small, whoever
// asks for them. It remembers only hosts that are in use.
type places struct {
	limit int
	mu    sync.Mutex
	hosts map[string]*place
}

type place struct {
	free  chan struct{} // holds a token per request under way
	users int           // under way or waiting
}

func newPlaces(limit int) *places {
	return &places{limit: limit, hosts: make(map[string]*place)}
}

// take waits for a free place at the host, or for ctx to end.
func (p *places) take(ctx context.Context, host string) (release func(), err error) {
	at := p.enter(host)
	select {
	case at.free <- struct{}{}:
		return func() { <-at.free; p.leave(host, at) }, nil
	case <-ctx.Done():
		p.leave(host, at)
		return nil, context.Cause(ctx)
	}
}

func (p *places) enter(host string) *place {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.hosts[host]
	if at == nil {
		at = &place{free: make(chan struct{}, p.limit)}
		p.hosts[host] = at
	}
	at.users++
	return at
}

func (p *places) leave(host string, at *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.users--; at.users == 0 {
		delete(p.hosts, host)
	}
}

// pace keeps a gap between the starts of requests to one site. Only one waits for
// the gap at a time, so that whoever gives up leaves none behind.
type pace struct {
	first chan struct{} // holds a token while somebody waits, and guards last
	last  time.Time
}

func newPace() pace { return pace{first: make(chan struct{}, 1)} }

// wait waits until the gap after the last start is over, or for ctx to end.
func (p *pace) wait(ctx context.Context, gap time.Duration) error {
	select {
	case p.first <- struct{}{}:
		defer func() { <-p.first }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	over := time.NewTimer(time.Until(p.last.Add(gap)))
	defer over.Stop()
	select {
	case <-over.C:
		p.last = time.Now()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
