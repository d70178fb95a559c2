package sqlitestore

import (
	"sync"

	"dpp/internal/store"
)

// calls counts the calls under way, so that Close can wait for them.
type calls struct {
	mu    sync.Mutex
	open  int
	ended bool
	idle  chan struct{} // closed when ended and the last call has left
}

func newCalls() *calls { return &calls{idle: make(chan struct{})} }

// enter begins a call, or says that the store is closed.
func (c *calls) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return store.ErrUnavailable
	}
	c.open++
	return nil
}

func (c *calls) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.ended && c.open == 0 {
		close(c.idle)
	}
}

// end lets nobody in any more and waits until everybody has left. It tells whether
// it was the first to do so.
func (c *calls) end() bool {
	c.mu.Lock()
	first := !c.ended
	c.ended = true
	if first && c.open == 0 {
		close(c.idle)
	}
	c.mu.Unlock()
	<-c.idle
	return first
}
