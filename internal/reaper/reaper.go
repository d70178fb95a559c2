// Package reaper runs the use cases for what nobody finished: lost leases, runs
// that waited too long, results past their retention, entries not yet sealed, and
// objects that belong to nothing.
package reaper

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dpp/internal/runs"
)

// Service is what a reaper needs of the use cases. Every sweep takes a bounded
// number of things and returns how many it looked at.
type Service interface {
	Recover(ctx context.Context) (int, error)
	Expire(ctx context.Context) (int, error)
	Retain(ctx context.Context) (int, error)
	Forget(ctx context.Context) (int, error)
	Seal(ctx context.Context) (int, error)
	Maintain(ctx context.Context) error
	Orphans(ctx context.Context, after string) (next string, deleted int, err error)
	Config() runs.Config
}

// Intervals of the sweeps that no promise depends on.
const (
	sealInterval    = 2 * time.Second
	retainInterval  = time.Minute
	orphansInterval = time.Minute
	// maintainInterval is far below the time for which a store prepares itself.
	maintainInterval = time.Hour
	// sweepTimeout bounds one sweep.
	sweepTimeout = time.Minute
	// roundLimit bounds how often one sweep is repeated in a round, so that no
	// backlog keeps the others waiting.
	roundLimit = 100
)

// Reaper sweeps until it is told to stop.
type Reaper struct {
	service Service
	log     *slog.Logger
}

// New returns a reaper that does nothing until [Reaper.Run].
func New(service Service, log *slog.Logger) *Reaper { return &Reaper{service: service, log: log} }

// Run sweeps until ctx ends and returns when no sweep is under way.
func (r *Reaper) Run(ctx context.Context) {
	timing := r.service.Config().Timing
	var loops sync.WaitGroup
	loops.Go(func() { r.recoverLoop(ctx, timing.ReaperInterval, timing.Heartbeat) })
	loops.Go(func() { r.every(ctx, timing.ReaperInterval, "expire", r.service.Expire) })
	loops.Go(func() { r.every(ctx, min(sealInterval, timing.ReaperInterval), "seal", r.service.Seal) })
	loops.Go(func() { r.every(ctx, retainInterval, "retain", r.service.Retain) })
	loops.Go(func() { r.every(ctx, retainInterval, "forget", r.service.Forget) })
	loops.Go(func() { r.orphansLoop(ctx) })
	loops.Go(func() { r.maintainLoop(ctx) })
	loops.Wait()
}

// recoverLoop takes lost leases. When it has just begun, or the store was away, it
// first gives every worker one heartbeat's time to renew what is its own.
func (r *Reaper) recoverLoop(ctx context.Context, interval, heartbeat time.Duration) {
	patience := heartbeat
	for pause(ctx, patience) {
		patience = interval
		if err := r.sweep(ctx, "recover", r.service.Recover); err != nil {
			patience = max(interval, heartbeat)
		}
	}
}

func (r *Reaper) every(ctx context.Context, interval time.Duration, name string, sweep func(context.Context) (int, error)) {
	for pause(ctx, interval) {
		_ = r.sweep(ctx, name, sweep) // logged there; the next round tries again
	}
}

// sweep repeats until there is nothing left to look at, within bounds.
func (r *Reaper) sweep(ctx context.Context, name string, once func(context.Context) (int, error)) error {
	for range roundLimit {
		bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
		n, err := once(bounded)
		cancel()
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "a sweep failed; the next round tries again", "sweep", name, "error", err)
		}
		if err != nil || n < runs.SweepLimit {
			return err
		}
	}
	return nil
}

// maintainLoop begins at once: a store that nobody has prepared for long needs it.
func (r *Reaper) maintainLoop(ctx context.Context) {
	for {
		_ = r.sweep(ctx, "maintain", func(ctx context.Context) (int, error) { return 0, r.service.Maintain(ctx) })
		if !pause(ctx, maintainInterval) {
			return
		}
	}
}

// orphansLoop walks over all objects, a page a minute, round and round.
func (r *Reaper) orphansLoop(ctx context.Context) {
	position := ""
	for pause(ctx, orphansInterval) {
		bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
		next, deleted, err := r.service.Orphans(bounded, position)
		cancel()
		if err != nil {
			r.log.WarnContext(ctx, "a sweep failed; the next round tries again", "sweep", "orphans", "error", err)
		}
		if deleted > 0 {
			r.log.InfoContext(ctx, "orphaned objects were deleted", "runs", deleted)
		}
		position = next
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
