package worker

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const receiveBatch = 10

// listen turns messages of the queue into hints for the claim loop. A queue that
// is down costs nothing but time: the claim loop looks by itself.
func (w *Worker) listen(ctx context.Context) {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 10 * time.Second
	for {
		free, ok := w.waitForRoom(ctx)
		if !ok {
			return
		}
		messages, err := w.queue.Receive(ctx, min(free, receiveBatch))
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			w.log.WarnContext(ctx, "the queue does not answer; looking into the store instead", "error", err)
			if !sleep(ctx, pause.NextBackOff()) {
				return
			}
			continue
		}
		pause.Reset()
		if len(messages) == 0 {
			continue
		}
		w.mu.Lock()
		for _, m := range messages {
			if len(w.told) < 4*w.opts.Concurrency { // more is found in the store
				w.told = append(w.told, hints(m)...)
			}
		}
		w.mu.Unlock()
		signal(w.bell)
		// A message is only a hint, so it is done with as soon as it was heard.
		if err := w.queue.Acknowledge(ctx, messages); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "messages were not acknowledged; they will come again", "error", err)
		}
	}
}

// waitForRoom waits until there is a free slot that no hint is meant for: what a busy
// worker hears, an idle one does not.
func (w *Worker) waitForRoom(ctx context.Context) (free int, ok bool) {
	for {
		w.mu.Lock()
		free := w.opts.Concurrency - len(w.held) - len(w.told)
		w.mu.Unlock()
		if ctx.Err() != nil {
			return 0, false
		}
		if free > 0 {
			return free, true
		}
		select {
		case <-ctx.Done():
			return 0, false
		case <-w.room:
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// jitter spreads looks at the store, so that idle workers do not look together.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/5+1)) //nolint:gosec // no secret
}
