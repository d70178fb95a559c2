package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// stopCause is why an execution is stopped from outside.
type stopCause struct {
	text string
	word string    // for [Options].Stopped
	code runs.Code // for a [Tracer]
}

func (c *stopCause) Error() string { return c.text }

var (
	errLeaseLost = &stopCause{"the lease is lost", "lease_lost", "LEASE_LOST"}
	errTaken     = &stopCause{"the run was ended or taken by somebody else", "taken", runs.CodeTaken}
	errDraining  = &stopCause{"the worker is shutting down", "draining", "HANDED_BACK"}
)

// errTimebox ends a pack, and not its execution.
var errTimebox = errors.New("the timebox is over")

// finishTimeout is what storing and settling a result may take.
const finishTimeout = 30 * time.Second

// execution is one claimed run on its way.
type execution struct {
	worker  *Worker
	claimed *store.Claimed
	offer   *pack.Offer
	meter   *pack.Meter
	ctx     context.Context //nolint:containedctx // the execution's own life
	cancel  context.CancelCauseFunc
	// fuse ends the execution when no heartbeat was good for too long.
	fuse *time.Timer
}

// newExecution makes the execution of a run that was asked for at the given time.
func newExecution(parent context.Context, w *Worker, c *store.Claimed, asked time.Time) *execution {
	e := &execution{worker: w, claimed: c}
	e.ctx, e.cancel = context.WithCancelCause(parent)
	offer, ok := w.service.Packs().Lookup(c.Run.PackType)
	var prices []dpp.Price
	if ok {
		e.offer, prices = offer, offer.Manifest.Prices
	}
	e.meter = pack.NewMeter(prices, c.Run.Reservation.MaxCost, func() { signal(w.notify) })
	timing := w.service.Config().Timing
	e.fuse = time.AfterFunc(timing.LeaseTTL-timing.Heartbeat-time.Since(asked), func() { e.cancel(errLeaseLost) })
	return e
}

// renewed notes a good heartbeat by the time at which it was sent.
func (e *execution) renewed(sent time.Time, silence time.Duration) {
	e.fuse.Reset(max(0, silence-time.Since(sent)))
}

// run executes the pack and sees its ending through. It returns why that came to
// nothing, or how the run failed.
func (e *execution) run() error {
	defer e.fuse.Stop()
	defer e.cancel(nil)
	watch := e.worker.service.Watch(e.claimed)
	defer watch.Close()
	watched := make(chan struct{})
	go func() { // ends with the execution, which waits for it
		defer close(watched)
		e.follow(watch)
	}()
	ending, stopped := e.execute()
	ending.At = time.Now()
	if stopped == nil {
		stopped = e.finish(ending)
	}
	e.afterwards(stopped)
	e.cancel(nil)
	<-watched
	return codeOf(stopped, ending)
}

// follow stops the execution as soon as its run changes under it.
func (e *execution) follow(watch *runs.Watch) {
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-watch.Ready():
			if len(watch.Changed()) > 0 {
				e.cancel(errTaken)
				return
			}
		}
	}
}

// execute runs the pack. stopped is why there is no ending.
func (e *execution) execute() (ending runs.Ending, stopped error) {
	run := &e.claimed.Run
	inputs, err := e.worker.service.Inputs(e.ctx, e.claimed)
	if cause := context.Cause(e.ctx); cause != nil {
		return runs.Ending{}, cause
	}
	if err != nil {
		e.worker.log.ErrorContext(e.ctx, "the inputs of a run cannot be read", "run_id", run.ID, "trace_id", run.Meta.TraceID, "error", err)
		return runs.Internal(), nil
	}
	if e.offer == nil {
		e.worker.log.ErrorContext(e.ctx, "this worker has no such pack", "run_id", run.ID, "trace_id", run.Meta.TraceID, "pack_type", run.PackType)
		return runs.Internal(), nil
	}
	boxed, end := context.WithTimeoutCause(e.ctx, run.Reservation.Timebox, errTimebox)
	defer end()
	running, ended := e.worker.step(boxed, runs.StepPack, e.claimed)
	outcome, err := e.call(running, inputs)
	ended(codeOfPack(boxed, err))
	if cause := context.Cause(e.ctx); cause != nil {
		return runs.Ending{}, cause
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		e.worker.log.ErrorContext(e.ctx, "a pack panicked", "run_id", run.ID, "trace_id", run.Meta.TraceID, "pack_type", run.PackType, "kind", panicked.kind, "stack", panicked.stack)
		return runs.Internal(), nil
	}
	return runs.Judge(run, e.offer, e.meter, outcome, err, boxed.Err() != nil), nil
}

// panicError is a panic of a pack. Its value may hold inputs, so only its type is
// kept.
type panicError struct{ kind, stack string }

func (p *panicError) Error() string { return "panic: " + p.kind }

// abandonAfter is how long a pack may go on after it was told to stop. A pack that
// does not hear holds neither its run nor its slot; what it returns is dropped.
const abandonAfter = 5 * time.Second

// call runs the pack and returns what it returned, or the reason for which it was
// abandoned.
func (e *execution) call(ctx context.Context, inputs []byte) (*pack.Outcome, error) {
	type result struct {
		outcome *pack.Outcome
		err     error
	}
	returned := make(chan result, 1)
	go func() { // a pack that never returns is a bug that is logged below
		outcome, err := e.guarded(ctx, inputs)
		returned <- result{outcome, err}
	}()
	select {
	case r := <-returned:
		return r.outcome, r.err
	case <-ctx.Done():
	}
	patience := time.NewTimer(abandonAfter)
	defer patience.Stop()
	select {
	case r := <-returned:
		return r.outcome, r.err
	case <-patience.C:
		e.worker.log.ErrorContext(ctx, "a pack did not stop and was abandoned", "run_id", e.claimed.Run.ID, "trace_id", e.claimed.Run.Meta.TraceID, "pack_type", e.claimed.Run.PackType)
		return nil, context.Cause(ctx)
	}
}

func (e *execution) guarded(ctx context.Context, inputs []byte) (outcome *pack.Outcome, err error) {
	defer func() {
		if v := recover(); v != nil {
			outcome, err = nil, &panicError{kind: fmt.Sprintf("%T", v), stack: string(debug.Stack())}
		}
	}()
	return e.offer.Pack.Run(ctx, pack.Job{RunID: e.claimed.Run.ID, Tenant: e.claimed.Run.Tenant, Live: e.claimed.Run.Live, Inputs: jsontext.Value(inputs), Meter: e.meter})
}

// finish stores and settles, again and again while the lease is held: a store that
// is away for a while costs time, not the run. No cancel reaches into a step that
// is on its way; the lease fences it.
func (e *execution) finish(ending runs.Ending) error {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 5 * time.Second
	for {
		happened, err := e.finishOnce(ending)
		switch {
		case err == nil && happened:
			return nil
		case err == nil:
			return errTaken
		}
		if cause := context.Cause(e.ctx); cause != nil {
			return cause
		}
		e.worker.log.WarnContext(e.ctx, "a result could not be settled yet", "run_id", e.claimed.Run.ID, "trace_id", e.claimed.Run.Meta.TraceID, "error", err)
		if !sleep(e.ctx, pause.NextBackOff()) {
			return context.Cause(e.ctx)
		}
	}
}

func (e *execution) finishOnce(ending runs.Ending) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), finishTimeout)
	defer cancel()
	return e.worker.service.Finish(ctx, e.claimed, ending)
}

// afterwards hands the run back where the worker shuts down, and says why an
// execution came to nothing.
func (e *execution) afterwards(stopped error) {
	if stopped == nil {
		return
	}
	cause := errTaken
	errors.As(stopped, &cause)
	e.worker.opts.Stopped(cause.word)
	run := &e.claimed.Run
	if !errors.Is(stopped, errDraining) {
		e.worker.log.InfoContext(e.ctx, "an execution was stopped", "run_id", run.ID, "trace_id", run.Meta.TraceID, "attempt", run.Attempt, "why", stopped.Error())
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), finishTimeout)
	defer cancel()
	if err := e.worker.service.HandBack(ctx, e.claimed); err != nil {
		e.worker.log.WarnContext(ctx, "a run was not handed back; its lease will run out", "run_id", run.ID, "trace_id", run.Meta.TraceID, "error", err)
	}
}
