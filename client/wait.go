package client

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"

	"dpp"
)

const (
	// longPoll is how long one question of a wait is held back by the server.
	longPoll = 50 * time.Second
	// breath is how often at most the same run is asked for again: a server that
	// shuts down or does not wait answers at once.
	breath = time.Second
)

// Wait returns a run once it has ended. It asks for as long as ctx lets it; a run
// ends within its poll.max_wait_sec.
func (c *Client) Wait(ctx context.Context, id dpp.RunID) (dpp.RunView, error) {
	var last dpp.RunView
	for run, err := range c.Watch(ctx, id, 0) {
		if err != nil {
			return last, err
		}
		last = run
	}
	return last, nil
}

// Watch yields a run as it is now, then after every change that it sees, and last
// of all once it has ended. Progress moves inside a version: while the run is
// PROCESSING its progress is asked for every interval too, unless that is zero. An
// error ends the sequence.
func (c *Client) Watch(ctx context.Context, id dpp.RunID, interval time.Duration) iter.Seq2[dpp.RunView, error] {
	return func(yield func(dpp.RunView, error) bool) {
		run, err := c.Get(ctx, id)
		for {
			if !yield(run, err) || err != nil || run.Terminal {
				return
			}
			run, err = c.next(ctx, run, interval)
		}
	}
}

// next returns the run once there is something new to tell of it.
func (c *Client) next(ctx context.Context, known dpp.RunView, interval time.Duration) (dpp.RunView, error) {
	for {
		asked := time.Now()
		run, err := c.ask(ctx, known, interval)
		if err != nil || run.Terminal || news(known, run) {
			return run, err
		}
		if err := pause(ctx, breath-time.Since(asked)); err != nil {
			return known, err
		}
	}
}

// ask is one long poll. Answered with 304, the run is as it was known.
func (c *Client) ask(ctx context.Context, known dpp.RunView, interval time.Duration) (dpp.RunView, error) {
	r := request{path: runPath(known.ID), wait: longPoll}
	if interval > 0 && known.Status == dpp.StatusProcessing {
		r.wait = clampWait(max(interval, time.Second))
	} else {
		r.setHeader("If-None-Match", `W/"`+strconv.FormatInt(known.Version, 10)+`"`)
	}
	r.set("wait", seconds(r.wait))
	answer, err := c.do(ctx, r)
	if err != nil {
		return known, err
	}
	if answer.status == http.StatusNotModified {
		return known, nil
	}
	var run dpp.RunView
	return run, decode(answer.body, &run)
}

func news(known, run dpp.RunView) bool {
	if run.Version != known.Version {
		return true
	}
	return run.Progress != nil && (known.Progress == nil || *known.Progress != *run.Progress)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
