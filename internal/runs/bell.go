package runs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dpp"
	"dpp/internal/queue"
)

const (
	bellLimit   = 4096
	bellTimeout = 5 * time.Second
)

// bell tells the queue of waiting runs without holding anybody up. What it cannot
// tell, because the queue is down or slow, workers find in the store.
type bell struct {
	loop
	queue   queue.Queue
	trace   Tracer // nil: nobody follows
	log     *slog.Logger
	mu      sync.Mutex
	waiting []dpp.RunID
	from    []context.Context // of waiting, where somebody follows
	signal  chan struct{}
}

func newBell(q queue.Queue, trace Tracer, log *slog.Logger) *bell {
	b := &bell{queue: q, trace: trace, log: log, signal: make(chan struct{}, 1)}
	b.loop = startLoop(b.run)
	return b
}

// ring never blocks.
func (b *bell) ring(run *dpp.Run) {
	b.mu.Lock()
	if len(b.waiting) < bellLimit {
		b.waiting = append(b.waiting, run.ID)
		if b.trace != nil {
			b.from = append(b.from, b.trace.Of(run))
		}
	}
	b.mu.Unlock()
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

func (b *bell) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.signal:
		}
		b.mu.Lock()
		ids, from := b.waiting, b.from
		b.waiting, b.from = nil, nil
		b.mu.Unlock()
		if len(ids) > 0 {
			b.send(ctx, ids, from)
		}
	}
}

func (b *bell) send(ctx context.Context, ids []dpp.RunID, from []context.Context) {
	ctx, cancel := context.WithTimeout(ctx, bellTimeout)
	defer cancel()
	end := unfollowed
	if b.trace != nil {
		ctx, end = b.trace.Batch(ctx, BatchSend, from)
	}
	err := b.queue.Send(ctx, ids)
	end(err)
	if err != nil {
		b.log.WarnContext(ctx, "the queue was not told; workers will find the runs in the store", "runs", len(ids), "error", err)
	}
}
