package main

import (
	"context"
	"sync"
	"time"
)

// ends knows when jobs were completed, whoever is first: the one who tells or the one
// who asks.
type ends struct {
	mu   sync.Mutex
	jobs map[int64]chan time.Time
}

func newEnds() *ends { return &ends{jobs: make(map[int64]chan time.Time)} }

func (e *ends) of(id int64) chan time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.jobs[id]
	if c == nil {
		c = make(chan time.Time, 1)
		e.jobs[id] = c
	}
	return c
}

// note is told once for each job.
func (e *ends) note(id int64, at time.Time) { e.of(id) <- at }

// wait is asked once for each job.
func (e *ends) wait(ctx context.Context, id int64) (time.Time, error) {
	select {
	case at := <-e.of(id):
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.jobs, id)
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}
