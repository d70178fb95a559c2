package runs

import (
	"errors"
	"fmt"
	"time"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/store"
)

// Refusal is a request that was not done, and left nothing behind.
type Refusal struct {
	Reason dpp.Reason
	// Detail adds to what the reason says by itself; it repeats nothing of the
	// caller's input but names of fields.
	Detail string
	// Hint replaces the reason's own where it is set: one imperative sentence.
	Hint   string
	Fields []dpp.FieldError
	// RunID is the run that stands in the way, where there is one.
	RunID dpp.RunID
	// Required and Available are set for BUDGET_DRAINED.
	Required, Available *dpp.Money
	// Remedy replaces the reason's own where its Action is set.
	Remedy dpp.Remedy
	// RetryAfter is set where waiting helps.
	RetryAfter time.Duration
	// Rate is where the caller stands with its limit, where that was asked.
	Rate *gate.Rate
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Reason, r.Detail) }

// ErrBlob is part of every error that means that the object store could not be
// asked, or did not say.
var ErrBlob = errors.New("the object store did not answer")

func refuse(reason dpp.Reason) *Refusal { return &Refusal{Reason: reason} }

func inDoubt(err error) bool { return errors.Is(err, store.ErrInDoubt) }

func unreachable(err error) bool { return errors.Is(err, store.ErrUnavailable) }
