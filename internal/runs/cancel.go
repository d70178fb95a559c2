package runs

import (
	"context"
	"errors"

	"dpp"
	"dpp/internal/store"
)

// errContended: a run changed hands more often than one cancel follows.
var errContended = errors.New("the run changes too fast to be cancelled now")

// cancelTries is far above the number of transitions that a run can have between
// two reads: every one needs a claim or a requeue.
const cancelTries = 100

// Cancel ends a run of the key's tenant. A cancel is a wish: where another
// transition comes first it reads again, until the run is terminal. A run that was
// cancelled before is returned as it is; one that ended otherwise is the refusal
// RUN_ALREADY_TERMINAL.
func (s *Service) Cancel(ctx context.Context, key dpp.Key, id dpp.RunID) (store.RunState, error) {
	for range cancelTries {
		state, err := s.Get(ctx, key, id)
		if err != nil {
			return store.RunState{}, err
		}
		run := state.Run
		if run.Status == dpp.StatusCanceled {
			return state, nil
		}
		if run.Status.Terminal() {
			return store.RunState{}, &Refusal{Reason: dpp.ReasonRunAlreadyTerminal, RunID: run.ID}
		}
		t := s.end(&run, dpp.StatusCanceled, dpp.ReasonCanceled, 0)
		t.Error = failureOf(dpp.ReasonCanceled)
		within, ended := s.step(ctx, StepCancel, &run)
		out, err := s.ends.Do(within, t)
		ended(happened(out.Happened, err))
		if err != nil {
			return store.RunState{}, err
		}
		if out.Happened {
			return store.RunState{Run: out.Run, Account: out.Account}, nil
		}
	}
	return store.RunState{}, errContended
}
