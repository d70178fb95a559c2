// Package dbqueue is the doorbell inside one process, where the store itself is the
// queue: a message holds no ids and says only that it is worth looking.
//
// One call of Send wakes, of the receivers that wait at that moment, as many as it
// has ids. Where it has more than there are waiting, one ring stays behind for
// whoever asks next. So a burst wakes everybody who is idle, costs a busy receiver
// at most one look too many, and is never missed.
package dbqueue

import (
	"context"
	"errors"
	"sync"
	"time"

	"dpp"
	"dpp/internal/queue"
)

// ErrClosed is what every method but Close returns after Close.
var ErrClosed = errors.New("dbqueue: closed")

// Options change how a [Queue] works. The zero value is a good start.
type Options struct {
	// Wait is how long Receive waits at most; default 20 s.
	Wait time.Duration
}

// Queue is a [queue.Queue] inside one process. Make it with [New].
type Queue struct {
	wait   time.Duration
	bell   chan struct{} // holds the one ring that stays behind
	closed chan struct{}
	close  func()
}

var _ queue.Queue = (*Queue)(nil)

// New makes a queue in which nothing has been sent.
func New(opts Options) *Queue {
	if opts.Wait <= 0 {
		opts.Wait = 20 * time.Second
	}
	closed := make(chan struct{})
	return &Queue{
		wait: opts.Wait, bell: make(chan struct{}, 1), closed: closed,
		close: sync.OnceFunc(func() { close(closed) }),
	}
}

// Send implements [queue.Queue]. It never blocks.
func (q *Queue) Send(_ context.Context, ids []dpp.RunID) error {
	if q.isClosed() {
		return ErrClosed
	}
	for range ids {
		select {
		case q.bell <- struct{}{}: // to a receiver that waits, else to stay behind
		default:
			return nil // nobody waits, and a ring is there already
		}
	}
	return nil
}

// Receive implements [queue.Queue]. It returns one message without runs, or none when
// its time is over; the error of ctx where that ended first.
func (q *Queue) Receive(ctx context.Context, limit int) ([]queue.Message, error) {
	if q.isClosed() {
		return nil, ErrClosed
	}
	bell := q.bell
	if limit < 1 {
		bell = nil // there is no room for a message
	}
	timer := time.NewTimer(q.wait)
	defer timer.Stop()
	select {
	case <-bell:
		return []queue.Message{{}}, nil
	case <-timer.C:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-q.closed:
		return nil, ErrClosed
	}
}

// Acknowledge implements [queue.Queue]; a message is gone once it was received.
func (q *Queue) Acknowledge(ctx context.Context, _ []queue.Message) error { return q.Ping(ctx) }

// Ping implements [queue.Queue].
func (q *Queue) Ping(context.Context) error {
	if q.isClosed() {
		return ErrClosed
	}
	return nil
}

// Close implements [queue.Queue]. It may be called again.
func (q *Queue) Close() error {
	q.close()
	return nil
}

func (q *Queue) isClosed() bool {
	select {
	case <-q.closed:
		return true
	default:
		return false
	}
}
