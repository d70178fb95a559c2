package queuetest

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dpp"
	"dpp/internal/queue"
)

// Over a queue that does all that it may, users see no error and wait for nothing in
// vain, and are told of nothing that was not sent.
func testUnreliable(t *testing.T, h Harness) {
	const senders, receivers, enough = 3, 3, 100
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l := &listeners{queue: Unreliable(h.open(t, time.Second), 1), done: make(chan struct{})}
	var sending, receiving sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for n := 0; l.heard.Load() < enough && ctx.Err() == nil; n++ {
				l.send(ctx, t, n%25)
				runtime.Gosched() // a queue that never blocks would leave nobody else a turn
			}
		})
	}
	for i := range receivers {
		receiving.Go(func() { l.hear(ctx, t, 1+4*i) })
	}
	sending.Wait()
	close(l.done)
	receiving.Wait()
	if ctx.Err() != nil {
		t.Errorf("somebody waited in vain: %d messages were heard", l.heard.Load())
	}
}

// listeners know what was sent, and heard.
type listeners struct {
	queue queue.Queue
	sent  sync.Map // of dpp.RunID
	heard atomic.Int64
	done  chan struct{} // closed when all is sent
}

func (l *listeners) send(ctx context.Context, t *testing.T, n int) {
	runs := ids(n)
	for _, id := range runs {
		l.sent.Store(id, true)
	}
	if err := l.queue.Send(ctx, runs); err != nil {
		t.Errorf("Send: %v", err)
	}
}

// hear receives until all is sent and nothing more comes.
func (l *listeners) hear(ctx context.Context, t *testing.T, limit int) {
	for ctx.Err() == nil {
		messages, err := l.queue.Receive(ctx, limit)
		if err != nil {
			t.Errorf("Receive: %v", err)
			return
		}
		if len(messages) > limit {
			t.Errorf("%d messages, at most %d were asked for", len(messages), limit)
		}
		for _, m := range messages {
			l.known(t, m.Runs)
		}
		l.heard.Add(int64(len(messages)))
		if err := l.queue.Acknowledge(ctx, messages); err != nil {
			t.Errorf("Acknowledge: %v", err)
		}
		select {
		case <-l.done:
			if len(messages) == 0 {
				return
			}
		default:
		}
	}
}

func (l *listeners) known(t *testing.T, runs []dpp.RunID) {
	for _, id := range runs {
		if _, ok := l.sent.Load(id); !ok {
			t.Errorf("told of %q, which was not sent", id)
		}
	}
}
