package worker

import (
	"context"
	"errors"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// Tracer follows runs from the message that told of them to their end.
type Tracer interface {
	runs.Tracer
	// Heard is a context of whoever sent a message with this trace context.
	Heard(trace map[string]string) context.Context
}

// hint is a run that a message told of, and the message's trace context.
type hint struct {
	run   dpp.RunID
	trace map[string]string
}

func hints(m queue.Message) []hint {
	all := make([]hint, len(m.Runs))
	for i, run := range m.Runs {
		all[i] = hint{run, m.Trace}
	}
	return all
}

func runsOf(told []hint) []dpp.RunID {
	ids := make([]dpp.RunID, len(told))
	for i, h := range told {
		ids[i] = h.run
	}
	return ids
}

func unfollowed(error) {}

// followClaim begins a claim where somebody follows.
func (w *Worker) followClaim(ctx context.Context, told []hint) (context.Context, func(error)) {
	if w.opts.Trace == nil {
		return ctx, unfollowed
	}
	from := make([]context.Context, 0, len(told))
	for _, h := range told {
		if h.trace != nil {
			from = append(from, w.opts.Trace.Heard(h.trace))
		}
	}
	return w.opts.Trace.Batch(ctx, runs.BatchClaim, from)
}

// step begins a step of a run where somebody follows.
func (w *Worker) step(ctx context.Context, name string, c *store.Claimed, from ...context.Context) (context.Context, func(error)) {
	if w.opts.Trace == nil {
		return ctx, unfollowed
	}
	return w.opts.Trace.Step(ctx, name, &c.Run, from...)
}

// codeOf says why an execution came to nothing, or how its run failed.
func codeOf(stopped error, ending runs.Ending) error {
	var cause *stopCause
	switch {
	case errors.As(stopped, &cause):
		return cause.code
	case stopped != nil:
		return stopped
	case ending.Failure != nil:
		return runs.Code(ending.Failure.Reason)
	case ending.Sealed != nil && ending.Sealed.Envelope.Error != nil:
		return runs.Code(ending.Sealed.Envelope.Error.Reason)
	default:
		return nil
	}
}

// codeOfPack says how a pack failed.
func codeOfPack(ctx context.Context, err error) error {
	var failed *pack.Failure
	var panicked *panicError
	switch cause := context.Cause(ctx); {
	case err == nil:
		return nil
	case errors.As(err, &failed):
		return runs.Code(failed.Reason)
	case errors.As(err, &panicked):
		return runs.Code(dpp.ReasonInternal)
	case errors.Is(err, pack.ErrCostLimit):
		return runs.Code(dpp.ReasonCostLimitReached)
	case errors.Is(cause, errTimebox):
		return runs.Code(dpp.ReasonTimeboxExceeded)
	case cause != nil:
		return codeOf(cause, runs.Ending{})
	default:
		return runs.Code(dpp.ReasonPackError)
	}
}
