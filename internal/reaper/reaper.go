// Package reaper runs the use cases for what nobody finished: lost leases, runs
// that waited too long, results past their retention, uploads that nobody uses,
// entries not yet sealed, and objects that belong to nothing.
package reaper

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dpp/internal/runs"
	"dpp/internal/store"
)

// Service is what a reaper needs of the use cases. Every sweep takes a bounded
// number of things and returns how many it looked at.
type Service interface {
	Recover(ctx context.Context) (int, error)
	Expire(ctx context.Context) (int, error)
	Retain(ctx context.Context) (int, error)
	DropUploads(ctx context.Context) (int, error)
	Forget(ctx context.Context) (int, error)
	Seal(ctx context.Context) (int, error)
	Maintain(ctx context.Context) error
	Orphans(ctx context.Context, after string) (next string, deleted int, err error)
	Totals(ctx context.Context) (store.Totals, error)
	Config() runs.Config
}

// Options tell an observer of what is swept. The zero value tells nobody.
type Options struct {
	// Swept hears of every sweep: its name, one of [Sweeps], how many things it took,
	// and why it failed. It must be quick and safe for concurrent use.
	Swept func(sweep string, items int, err error)
	// Summed hears the totals of the platform whenever they were summed up.
	Summed func(store.Totals)
}

// Sweeps are the names of all sweeps.
func Sweeps() []string {
	return []string{"recover", "expire", "seal", "retain", "uploads", "forget", "orphans", "maintain", "totals"}
}

// Intervals of the sweeps that no promise depends on.
const (
	sealInterval    = 2 * time.Second
	retainInterval  = time.Minute // or the retention, where that is shorter
	shortestRetain  = time.Second
	orphansInterval = time.Minute
	totalsInterval  = time.Minute
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
	opts    Options
	log     *slog.Logger
}

// New returns a reaper that does nothing until [Reaper.Run].
func New(service Service, opts Options, log *slog.Logger) *Reaper {
	if opts.Swept == nil {
		opts.Swept = func(string, int, error) {}
	}
	if opts.Summed == nil {
		opts.Summed = func(store.Totals) {}
	}
	return &Reaper{service: service, opts: opts, log: log}
}

// Run sweeps until ctx ends and returns when no sweep is under way.
func (r *Reaper) Run(ctx context.Context) {
	cfg := r.service.Config()
	timing, retain := cfg.Timing, max(min(retainInterval, cfg.Retention), shortestRetain)
	var loops sync.WaitGroup
	loops.Go(func() { r.recoverLoop(ctx, timing.ReaperInterval, timing.Heartbeat) })
	loops.Go(func() { r.every(ctx, timing.ReaperInterval, "expire", r.service.Expire) })
	loops.Go(func() { r.every(ctx, min(sealInterval, timing.ReaperInterval), "seal", r.service.Seal) })
	loops.Go(func() { r.retainLoop(ctx, retain) })
	loops.Go(func() { r.every(ctx, retain, "forget", r.service.Forget) })
	loops.Go(func() { r.orphansLoop(ctx) })
	loops.Go(func() { r.atOnceAndEvery(ctx, maintainInterval, "maintain", r.maintain) })
	loops.Go(func() { r.atOnceAndEvery(ctx, totalsInterval, "totals", r.total) })
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

// retainLoop deletes what is past its retention, and in the same round the uploads that
// were kept for it.
func (r *Reaper) retainLoop(ctx context.Context, interval time.Duration) {
	for pause(ctx, interval) {
		_ = r.sweep(ctx, "retain", r.service.Retain) // logged there; the next round tries again
		_ = r.sweep(ctx, "uploads", r.service.DropUploads)
	}
}

// sweep repeats until there is nothing left to look at, within bounds.
func (r *Reaper) sweep(ctx context.Context, name string, once func(context.Context) (int, error)) error {
	for range roundLimit {
		bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
		n, err := once(bounded)
		cancel()
		if err == nil || ctx.Err() == nil {
			r.opts.Swept(name, n, err)
		}
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "a sweep failed; the next round tries again", "sweep", name, "error", err)
		}
		if err != nil || n < runs.SweepLimit {
			return err
		}
	}
	return nil
}

// atOnceAndEvery does not wait for the first time: a store that nobody has prepared for
// long needs it, and nobody knows what the books say.
func (r *Reaper) atOnceAndEvery(ctx context.Context, interval time.Duration, name string, sweep func(context.Context) (int, error)) {
	for {
		_ = r.sweep(ctx, name, sweep) // logged there; the next round tries again
		if !pause(ctx, interval) {
			return
		}
	}
}

func (r *Reaper) maintain(ctx context.Context) (int, error) { return 0, r.service.Maintain(ctx) }

// total sums up the books. What does not add up is for a person.
func (r *Reaper) total(ctx context.Context) (int, error) {
	totals, err := r.service.Totals(ctx)
	if err != nil {
		return 0, err
	}
	if totals.Discrepancies > 0 {
		r.log.ErrorContext(ctx, "accounts do not add up, or differ from their runs: run dpp audit", "accounts", totals.Discrepancies)
	}
	r.opts.Summed(totals)
	return 0, nil
}

// orphansLoop walks over all objects, a page a minute, round and round.
func (r *Reaper) orphansLoop(ctx context.Context) {
	position := ""
	for pause(ctx, orphansInterval) {
		bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
		next, deleted, err := r.service.Orphans(bounded, position)
		cancel()
		if err == nil || ctx.Err() == nil {
			r.opts.Swept("orphans", deleted, err)
		}
		if err != nil {
			r.log.WarnContext(ctx, "a sweep failed; the next round tries again", "sweep", "orphans", "error", err)
		}
		if deleted > 0 {
			r.log.InfoContext(ctx, "orphaned objects were deleted", "folders", deleted)
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
