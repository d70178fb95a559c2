package fetch

import (
	"context"
	"errors"
	"time"
)

var errBudget = errors.New("fetch: the time for this fetch is used up")

// budget is a deadline that can be held, so that waiting one's turn at a busy
// host does not count as the server's slowness. One goroutine uses it.
type budget struct {
	timer  *time.Timer
	left   time.Duration
	since  time.Time
	cancel context.CancelCauseFunc
}

func startBudget(ctx context.Context, limit time.Duration) (context.Context, *budget) {
	ctx, cancel := context.WithCancelCause(ctx)
	b := &budget{left: limit, since: time.Now(), cancel: cancel}
	b.timer = time.AfterFunc(limit, func() { cancel(errBudget) })
	return ctx, b
}

func (b *budget) hold() {
	if b.timer.Stop() {
		b.left -= time.Since(b.since)
	}
}

func (b *budget) resume() {
	b.since = time.Now()
	b.timer.Reset(max(b.left, 0))
}

func (b *budget) stop() {
	b.timer.Stop()
	b.cancel(nil)
}
