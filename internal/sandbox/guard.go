package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errLate = fmt.Errorf("%w: it was not ready in time", ErrStart)

// look is how often a guard looks at what a job uses.
const look = 20 * time.Millisecond

// guarded talks to a child while a guard stands by, which kills the child when the
// talk takes too long or too much, or is not wanted any more. talk calls accepted when
// the job begins; before that it has the time of a start. c.why is set where the child
// is of no use afterwards.
func (p *Pool) guarded(ctx context.Context, c *child, talk func(accepted func()) error) error {
	begun, done, verdict := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { verdict <- p.guard(ctx, c, begun, done) }()
	err := talk(func() { close(begun) })
	close(done)
	killed := <-verdict
	var failed *JobError
	switch {
	case err == nil || errors.As(err, &failed): // in time
		c.why = killed
	case killed != nil:
		err, c.why = killed, killed
	default:
		c.why = err
	}
	return err
}

// guard returns why it killed the child, or nil when done is closed.
func (p *Pool) guard(ctx context.Context, c *child, begun, done <-chan struct{}) error {
	defer func() {
		select {
		case <-done:
		default:
			c.kill()
		}
	}()
	late := errLate
	timer, ticker := time.NewTimer(p.opts.Start), time.NewTicker(look)
	defer timer.Stop()
	defer ticker.Stop()
	var before usage
	for {
		select {
		case <-done:
			return nil
		case <-begun:
			begun, late = nil, ErrTimeout
			before, _ = c.gauge.read()
			timer.Reset(p.opts.Wall)
		case <-timer.C:
			return late
		case <-p.closing:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("sandbox: %w", context.Cause(ctx))
		case <-ticker.C:
			now, seen := c.gauge.read()
			if seen && now.memory > p.opts.Memory {
				return ErrMemory
			}
			if seen && begun == nil && now.cpu-before.cpu > p.opts.CPU {
				return ErrTimeout
			}
		}
	}
}
