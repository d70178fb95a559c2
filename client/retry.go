package client

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	maxTries     = 5
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// maxElapsed bounds all attempts together: a pause that would end after it is
	// not begun. The rate limit's window fits in.
	maxElapsed = 90 * time.Second
)

// do makes a request, and makes it again where that may help.
func (c *Client) do(ctx context.Context, r request) (*response, error) {
	return c.retry(ctx, r.wait, func() (*response, error) { return c.once(ctx, r) })
}

// retry makes attempts that may take so much longer than usual.
func (c *Client) retry(ctx context.Context, longer time.Duration, once func() (*response, error)) (*response, error) {
	pace, notify := newPace(), c.OnRetry
	if notify == nil {
		notify = func(error, time.Duration) {}
	}
	answer, err := backoff.Retry(ctx, func() (*response, error) {
		answer, err := once()
		pace.heard(err)
		if err != nil && !again(err) {
			err = backoff.Permanent(err)
		}
		return answer, err
	}, backoff.WithBackOff(pace), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(maxElapsed+longer), backoff.WithNotify(notify))
	var final *backoff.PermanentError
	if errors.As(err, &final) { // the last try hands it over wrapped
		err = final.Err
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, cause
	}
	return answer, err
}

func again(err error) bool {
	var lost *UnreachableError
	if errors.As(err, &lost) {
		return true
	}
	var refused *Error
	return errors.As(err, &refused) && refused.transient()
}

// pace grows the pauses between tries, and never comes back earlier than the
// server asked for.
type pace struct {
	growing *backoff.ExponentialBackOff
	asked   time.Duration
}

func newPace() *pace {
	growing := backoff.NewExponentialBackOff()
	growing.InitialInterval, growing.MaxInterval, growing.Multiplier = firstPause, longestPause, 2
	return &pace{growing: growing}
}

func (p *pace) heard(err error) {
	p.asked = 0
	var refused *Error
	if errors.As(err, &refused) {
		p.asked = refused.RetryAfter
	}
}

// NextBackOff is part of [backoff.BackOff].
func (p *pace) NextBackOff() time.Duration { return max(p.growing.NextBackOff(), p.asked) }

// Reset is part of [backoff.BackOff].
func (p *pace) Reset() { p.growing.Reset() }
