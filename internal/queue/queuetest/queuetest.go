// Package queuetest is the contract of [queue.Queue]: every adapter runs it. It asks
// nothing of order, and allows that messages come twice or hold no ids.
package queuetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/queue"
)

// Harness is how the suite gets at an adapter.
type Harness struct {
	// Open returns an empty queue whose Receive waits for at most wait. The suite
	// closes it.
	Open func(t *testing.T, wait time.Duration) queue.Queue
	// IDs says that messages tell the runs, not only that there are some.
	IDs bool
	// Remote says that the queue is elsewhere, so that a Receive that its context
	// cuts short may take messages with it.
	Remote bool
	// Redelivers says that messages that are not acknowledged come again; the queue
	// that Open returns does so after a few seconds.
	Redelivers bool
	// Bubble says that the adapter uses no sockets, so that the tests run on the fake
	// clock of a synctest bubble, which also shows that nothing waits in vain.
	Bubble bool
}

// Run runs the contract.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"what was sent is told":                   testTold,
		"a receiver that waits is woken":          testWoken,
		"an idle queue waits":                     testIdle,
		"no wake-up is lost between two receives": testNoLostWakeUp,
		"a burst reaches waiting receivers":       testBurst,
		"many at once":                            testConcurrent,
		"send does not wait":                      testSendDoesNotWait,
		"nothing sent tells nothing":              testNothing,
		"the end of the context ends a receive":   testContext,
		"close ends every receive":                testClose,
		"a closed queue says so":                  testClosed,
		"without room nothing is taken":           testNoRoom,
		"what has ended before it began":          testEnded,
		"what is not acknowledged comes again":    testAgain,
		"an unreliable queue":                     testUnreliable,
	} {
		t.Run(name, func(t *testing.T) {
			if h.Bubble {
				synctest.Test(t, func(t *testing.T) { test(t, h) })
			} else {
				test(t, h)
			}
		})
	}
}

const patience = 20 * time.Second

// open opens a queue that is closed with the test.
func (h Harness) open(t *testing.T, wait time.Duration) queue.Queue {
	t.Helper()
	q := h.Open(t, wait)
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if err := q.Ping(t.Context()); err != nil {
		t.Fatalf("Ping: %v", err)
	}
	return q
}

// settle returns when everybody waits, as far as that can be known.
func (h Harness) settle() {
	if h.Bubble {
		synctest.Wait()
	}
}

// unhurried checks that fake time did not pass, so that nothing was waited for.
func (h Harness) unhurried(t *testing.T, start time.Time) {
	t.Helper()
	if waited := time.Since(start); h.Bubble && waited != 0 {
		t.Errorf("waited %v", waited)
	}
}

func ids(n int) []dpp.RunID {
	runs := make([]dpp.RunID, n)
	for i := range runs {
		runs[i] = dpp.NewRunID()
	}
	return runs
}

func send(t *testing.T, q queue.Queue, runs ...dpp.RunID) {
	t.Helper()
	if err := q.Send(t.Context(), runs); err != nil {
		t.Errorf("Send: %v", err)
	}
}

// receive receives and acknowledges.
func receive(t *testing.T, q queue.Queue, limit int) []queue.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), limit)
	if err != nil {
		t.Errorf("Receive: %v", err)
	}
	if len(messages) > limit {
		t.Errorf("%d messages, at most %d were asked for", len(messages), limit)
	}
	if err := q.Acknowledge(t.Context(), messages); err != nil {
		t.Errorf("Acknowledge: %v", err)
	}
	return messages
}

func testTold(t *testing.T, h Harness) {
	q := h.open(t, patience)
	for _, n := range []int{1, 3, 25, 1024} {
		runs := ids(n)
		start := time.Now()
		send(t, q, runs...)
		told := map[dpp.RunID]bool{}
		for len(told) < n {
			messages := receive(t, q, 10)
			if len(messages) == 0 {
				t.Fatalf("told of %d of %d runs", len(told), n)
			}
			if !h.IDs {
				break
			}
			for _, m := range messages {
				for _, id := range m.Runs {
					told[id] = true
				}
			}
		}
		for id := range told {
			if !slices.Contains(runs, id) {
				t.Errorf("told of %s, which was not sent", id)
			}
		}
		h.unhurried(t, start)
	}
}

func testWoken(t *testing.T, h Harness) {
	q := h.open(t, patience)
	received := make(chan []queue.Message)
	go func() { received <- receive(t, q, 1) }()
	h.settle()
	start := time.Now()
	send(t, q, ids(1)...)
	if len(<-received) == 0 {
		t.Error("woken with nothing to tell")
	}
	h.unhurried(t, start)
}

func testIdle(t *testing.T, h Harness) {
	const wait = 2 * time.Second
	q := h.open(t, wait)
	for range 2 {
		start := time.Now()
		if messages := receive(t, q, 10); len(messages) != 0 {
			t.Errorf("told of %v, though nothing was sent", messages)
		}
		if waited := time.Since(start); waited < wait/2 {
			t.Errorf("returned after %v with nothing to tell: a busy loop", waited)
		}
	}
}

// Whoever works between two receives hears of what was sent meanwhile, however often
// that was.
func testNoLostWakeUp(t *testing.T, h Harness) {
	q := h.open(t, patience)
	for _, sends := range []int{1, 2, 100} {
		start := time.Now()
		for range sends {
			send(t, q, ids(1)...)
		}
		seen := 0
		for seen == 0 || h.IDs && seen < sends {
			messages := receive(t, q, 10)
			if len(messages) == 0 {
				t.Fatalf("told of %d of %d sends", seen, sends)
			}
			seen += len(messages)
		}
		h.unhurried(t, start)
	}
}

func testBurst(t *testing.T, h Harness) {
	const receivers = 4
	q := h.open(t, patience)
	woken := make(chan int, receivers)
	for range receivers {
		go func() { woken <- len(receive(t, q, 1)) }()
	}
	h.settle()
	start := time.Now()
	send(t, q, ids(2*receivers)...)
	for range receivers {
		if <-woken == 0 {
			t.Error("a receiver slept through a burst")
		}
	}
	h.unhurried(t, start)
}

// Senders and receivers at once: the work is done without a receiver having to wait
// its time out.
func testConcurrent(t *testing.T, h Harness) {
	const senders, each, receivers = 4, 50, 3
	q := h.open(t, patience)
	var waiting, done atomic.Int64 // runs that wait, as a store would know
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start := time.Now()
	var working sync.WaitGroup
	for range receivers {
		working.Go(func() {
			for {
				messages, err := q.Receive(ctx, 10)
				if ctx.Err() != nil {
					return
				}
				if err != nil || len(messages) == 0 {
					t.Errorf("woken by nothing: %v", err)
					return
				}
				if err := q.Acknowledge(ctx, messages); err != nil && ctx.Err() == nil {
					t.Errorf("Acknowledge: %v", err)
				}
				if done.Add(waiting.Swap(0)) == senders*each {
					cancel()
				}
			}
		})
	}
	for range senders {
		working.Go(func() {
			for range each {
				waiting.Add(1)
				send(t, q, ids(1)...)
			}
		})
	}
	working.Wait()
	if done.Load() != senders*each {
		t.Errorf("%d of %d were done", done.Load(), senders*each)
	}
	h.unhurried(t, start)
}

func testSendDoesNotWait(t *testing.T, h Harness) {
	q := h.open(t, patience)
	start := time.Now()
	for range 100 {
		send(t, q, ids(10)...)
	}
	h.unhurried(t, start)
}

func testNothing(t *testing.T, h Harness) {
	q := h.open(t, time.Second)
	send(t, q)
	if messages := receive(t, q, 10); len(messages) != 0 {
		t.Errorf("told of %v", messages)
	}
	if err := q.Acknowledge(t.Context(), nil); err != nil {
		t.Errorf("Acknowledge of nothing: %v", err)
	}
}

func testContext(t *testing.T, h Harness) {
	q := h.open(t, patience)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		messages, err := q.Receive(ctx, 1)
		if len(messages) != 0 {
			t.Errorf("told of %v", messages)
		}
		ended <- err
	}()
	h.settle()
	start := time.Now()
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	h.unhurried(t, start)
	// Whoever comes next is not the worse for it, apart from what was taken along.
	send(t, q, ids(1)...)
	if h.Remote {
		send(t, q, ids(1)...)
	}
	if len(receive(t, q, 1)) == 0 {
		t.Error("a wake-up was lost")
	}
}

func testClose(t *testing.T, h Harness) {
	const receivers = 3
	q := h.Open(t, patience)
	ended := make(chan struct{}, receivers)
	for range receivers {
		go func() {
			messages, _ := q.Receive(t.Context(), 1) // the error is the adapter's
			if len(messages) != 0 {
				t.Errorf("told of %v", messages)
			}
			ended <- struct{}{}
		}()
	}
	h.settle()
	start := time.Now()
	if err := q.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for range receivers {
		<-ended
	}
	if _, err := q.Receive(t.Context(), 1); err == nil {
		t.Error("a closed queue gives no error: a busy loop")
	}
	h.unhurried(t, start)
}
