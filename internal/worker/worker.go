// Package worker executes runs: it claims what waits, keeps the leases alive, runs
// the packs under their timebox and cost limit, and hands what they found to the
// use cases that store and settle it.
package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// Service is what a worker needs of the use cases.
type Service interface {
	Claim(ctx context.Context, free int, told []dpp.RunID) ([]*store.Claimed, error)
	Heartbeat(ctx context.Context, beats []store.Beat) ([]bool, error)
	Inputs(ctx context.Context, c *store.Claimed) ([]byte, error)
	Watch(c *store.Claimed) *runs.Watch
	Finish(ctx context.Context, c *store.Claimed, end runs.Ending) (bool, error)
	HandBack(ctx context.Context, c *store.Claimed) error
	Packs() *pack.Registry
	Config() runs.Config
}

// Options bound a worker. The zero value takes the defaults.
type Options struct {
	// Concurrency is how many runs are executed at once; default 16.
	Concurrency int
	// DrainGrace is how long runs may go on once the worker is told to stop; the
	// rest are handed back. 0 hands back at once.
	DrainGrace time.Duration
	// IdlePoll is how often an idle worker looks into the store by itself, less up
	// to a fifth at random; default 5 s.
	IdlePoll time.Duration
	// Stopped hears why an execution came to nothing: "lease_lost", "taken" (its run
	// was cancelled, or ended or taken by somebody else) or "draining". It must be quick
	// and safe for concurrent use. It may be nil.
	Stopped func(why string)
	// Trace follows runs; nil: nobody does.
	Trace Tracer
}

// Worker executes runs until it is told to stop.
type Worker struct {
	service Service
	queue   queue.Queue
	opts    Options
	log     *slog.Logger

	mu     sync.Mutex
	held   map[dpp.RunID]*execution
	freed  chan struct{} // a slot became free
	room   chan struct{} // there may be a slot that no hint is meant for
	bell   chan struct{} // the queue told of runs
	told   []hint        // guarded by mu
	notify chan struct{} // progress worth a heartbeat
	work   sync.WaitGroup
}

const (
	defaultConcurrency = 16
	defaultIdlePoll    = 5 * time.Second
)

// New returns a worker that does nothing until [Worker.Run].
func New(service Service, q queue.Queue, opts Options, log *slog.Logger) *Worker {
	if opts.Concurrency <= 0 {
		opts.Concurrency = defaultConcurrency
	}
	if opts.IdlePoll <= 0 {
		opts.IdlePoll = defaultIdlePoll
	}
	if opts.Stopped == nil {
		opts.Stopped = func(string) {}
	}
	return &Worker{
		service: service, queue: q, opts: opts, log: log, held: make(map[dpp.RunID]*execution),
		freed: make(chan struct{}, 1), room: make(chan struct{}, 1), bell: make(chan struct{}, 1), notify: make(chan struct{}, 1),
	}
}

// Slots is how many runs are executed at once, and how many are now.
func (w *Worker) Slots() (all, busy int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.opts.Concurrency, len(w.held)
}

// Run executes runs until ctx ends, then lets those under way finish within the
// drain grace and hands the rest back. It returns when nothing is under way.
func (w *Worker) Run(ctx context.Context) {
	// Executions and heartbeats outlive ctx by the drain.
	executing, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var loops sync.WaitGroup
	listening, deaf := context.WithCancel(ctx)
	beating, still := context.WithCancel(context.WithoutCancel(ctx))
	loops.Go(func() { w.listen(listening) })
	loops.Go(func() { w.beat(beating) })
	w.claimLoop(ctx, executing)
	deaf()
	w.drain(stop)
	still()
	loops.Wait()
}

// claimLoop fills free slots whenever there may be work: told by the queue, a slot
// freed while others wait, or some time passed.
func (w *Worker) claimLoop(ctx, executing context.Context) {
	idle := time.NewTimer(0)
	defer idle.Stop()
	var last claimed
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.bell:
		case <-w.freed:
			if last == claimedAll {
				continue
			}
		case <-idle.C:
		}
		if last = w.claim(ctx, executing); last == claimedSome {
			idle.Reset(0)
		} else {
			idle.Reset(jitter(w.opts.IdlePoll))
		}
	}
}

// claimed is what a claim says about the runs that still wait.
type claimed int

const (
	claimedFull claimed = iota // others may wait, for a slot to become free
	claimedSome                // others may wait, and there are slots for them
	claimedAll                 // nobody waits: a slot for any run got none
)

// claimTimeout bounds one claim. Stopping does not cut it short: what was claimed
// would be lost until its lease ran out. A claim in doubt has as long as leases last.
const claimTimeout = 10 * time.Second

// claiming is the context of one claim.
func (w *Worker) claiming(ctx context.Context) (context.Context, context.CancelFunc) {
	timing := w.service.Config().Timing
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(claimTimeout, timing.LeaseTTL-2*timing.Heartbeat))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(claimTimeout, cancel) })
	return bounded, func() {
		forget()
		cancel()
	}
}

// claim takes what fits.
func (w *Worker) claim(ctx, executing context.Context) claimed {
	defer signal(w.room) // hints were used, and perhaps not all of them led to a run
	w.mu.Lock()
	free := w.opts.Concurrency - len(w.held)
	told := w.told
	w.told = nil
	w.mu.Unlock()
	if free <= 0 || ctx.Err() != nil {
		return claimedFull
	}
	most := free
	if items := w.service.Config().BatchItems; items > 0 {
		most = min(free, items)
	}
	bounded, cancel := w.claiming(ctx)
	defer cancel()
	asked := time.Now()
	told = told[:min(most, len(told))]
	bounded, end := w.followClaim(bounded, told)
	got, err := w.service.Claim(bounded, most, runsOf(told))
	end(err)
	if err != nil {
		if ctx.Err() == nil {
			w.log.WarnContext(ctx, "no runs could be claimed; trying again later", "error", err)
		}
		return claimedFull
	}
	held, asked := w.stillHeld(bounded, got, asked)
	for _, c := range held {
		w.start(executing, bounded, c, asked)
	}
	switch {
	case len(got) == free:
		return claimedFull
	case len(got) == most, len(told) == most: // no slot for any run was left empty
		return claimedSome
	default:
		return claimedAll
	}
}

// stillHeld renews leases that were asked for some time ago before their runs are
// begun, and leaves those to others that are lost by now.
func (w *Worker) stillHeld(ctx context.Context, got []*store.Claimed, asked time.Time) ([]*store.Claimed, time.Time) {
	if len(got) == 0 || time.Since(asked) < w.service.Config().Timing.Heartbeat {
		return got, asked
	}
	beats := make([]store.Beat, len(got))
	for i, c := range got {
		beats[i] = store.Beat{Run: c.Run.ID, Token: c.Token}
	}
	sent := time.Now()
	alive, err := w.service.Heartbeat(ctx, beats)
	if err != nil {
		return got, asked // they may have some time left
	}
	held := make([]*store.Claimed, 0, len(got))
	for i, c := range got {
		if alive[i] {
			held = append(held, c)
		}
	}
	return held, sent
}

// start executes a run. Of claiming only that is of use which a [Tracer] left there.
func (w *Worker) start(executing, claiming context.Context, c *store.Claimed, asked time.Time) {
	executing, end := w.step(executing, runs.StepExecute, c, claiming)
	e := newExecution(executing, w, c, asked)
	w.mu.Lock()
	w.held[c.Run.ID] = e
	w.mu.Unlock()
	w.work.Go(func() {
		end(e.run())
		w.mu.Lock()
		delete(w.held, c.Run.ID)
		w.mu.Unlock()
		signal(w.freed)
		signal(w.room)
	})
}

// drain waits for executions, hands back those that take longer than the grace,
// and waits for these to have stopped. What does not even stop is left to its
// lease.
func (w *Worker) drain(stop context.CancelCauseFunc) {
	done := make(chan struct{})
	go func() { // ends with the executions, which stop ends
		w.work.Wait()
		close(done)
	}()
	grace := time.NewTimer(w.opts.DrainGrace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
		stop(errDraining)
	}
	last := time.NewTimer(finishTimeout + abandonAfter)
	defer last.Stop()
	select {
	case <-done:
	case <-last.C:
		w.log.Error("runs did not stop; their leases will run out", "runs", len(w.executions()))
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
