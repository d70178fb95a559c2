package runs

import (
	"context"

	"dpp"
)

// Tracer follows runs through processes. What a method begins ends when the function
// that it returns is called, with the error that it came to; the context that it
// returns carries what was begun to all that is called meanwhile, and its deadline is
// that of ctx. Implementations are safe for concurrent use.
type Tracer interface {
	// Step begins a step of one run, such as [StepSubmit]. It belongs to the run
	// wherever ctx comes from; from are contexts of what led to it.
	Step(ctx context.Context, name string, run *dpp.Run, from ...context.Context) (context.Context, func(error))
	// Batch begins a step that is taken for many at once, of whom from are the
	// contexts.
	Batch(ctx context.Context, name string, from []context.Context) (context.Context, func(error))
	// Of is a context of the run's acceptance, wherever that was.
	Of(run *dpp.Run) context.Context
}

// Steps of a run.
const (
	StepSubmit   = "run.submit" // ends with the acceptance, or the refusal
	StepExecute  = "run.execute"
	StepPack     = "pack.run"
	StepBlob     = "blob.put"
	StepFinalize = "run.finalize"
	StepHandBack = "run.hand_back"
	StepCancel   = "run.cancel"
	StepExpire   = "run.expire"
	// StepRecover is a look at a lost lease. What comes of it is a step of its own,
	// called run. and that which [Observer] hears, such as run.requeued.
	StepRecover = "run.recover"
)

// What is done for many at once, beside the batches of callers, which are called
// batch. and their name.
const (
	BatchSend  = "queue.send"
	BatchClaim = "batch.claim"
	BatchSweep = "batch.sweep"
)

// Code is an error that says no more than its code, for a [Tracer]: why a step came
// to nothing.
type Code string

func (c Code) Error() string { return string(c) }

// CodeTaken: the run was ended or taken by somebody else.
const CodeTaken Code = "TAKEN"

func unfollowed(error) {}

// step begins a step where somebody follows.
func (s *Service) step(ctx context.Context, name string, run *dpp.Run) (context.Context, func(error)) {
	if s.cfg.Trace == nil {
		return ctx, unfollowed
	}
	return s.cfg.Trace.Step(ctx, name, run)
}

// happened is how the step of a transition ended.
func happened(did bool, err error) error {
	if err == nil && !did {
		return CodeTaken
	}
	return err
}

// steps are those of many runs, which a sweep takes together.
type steps struct {
	from []context.Context
	ends []func(error)
}

func (t *steps) begin(ctx context.Context, s *Service, name string, run *dpp.Run) {
	if s.cfg.Trace == nil {
		return
	}
	ctx, end := s.cfg.Trace.Step(ctx, name, run)
	t.from, t.ends = append(t.from, ctx), append(t.ends, end)
}

// end ends all of them; did tells of each, in order, whether its transition happened.
func (t *steps) end(did func(i int) bool, err error) {
	for i, end := range t.ends {
		end(happened(err != nil || did(i), err))
	}
}
