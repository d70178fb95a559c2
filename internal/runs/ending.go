package runs

import (
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

func attemptName(attempt int) string { return strconv.Itoa(attempt) }

// Ending is how an execution ended, before anybody else knows of it.
type Ending struct {
	// Sealed is what must be stored first; nil where the pack decided nothing.
	Sealed *pack.Sealed
	// Failure is set where nothing was sealed.
	Failure *dpp.RunError
	// At is when the work ended; zero where nobody measures.
	At time.Time
}

// failure is what is said of a reason, and what to do about it.
type failure struct {
	detail, hint string
	retryable    bool
	remedy       dpp.RemedyAction
}

var failures = map[dpp.Reason]failure{
	dpp.ReasonPackError:          {"The pack could not do its work.", "Submit the run again with a new idempotency key; if it fails again, change the inputs.", true, dpp.RemedyUseNewKey},
	dpp.ReasonInputRejected:      {"The inputs cannot be worked on.", "Change the inputs as the detail says and submit with a new idempotency key.", false, dpp.RemedyChangeRequest},
	dpp.ReasonTimeboxExceeded:    {"The timebox ended before any usable part of the work was finished.", "Submit less work or a larger timebox_sec with a new idempotency key.", false, dpp.RemedyChangeRequest},
	dpp.ReasonCostLimitReached:   {"The cost limit was reached before any usable part of the work was finished.", "Submit with a larger max_cost_usd and a new idempotency key.", false, dpp.RemedyRaiseMaxCost},
	dpp.ReasonReliabilityNotMet:  {"The result is less reliable than was asked for.", "Improve the inputs as the reasons say, or ask for a lower min_reliability_score, with a new idempotency key.", false, dpp.RemedyChangeRequest},
	dpp.ReasonWorkerTimeout:      {"The workers that ran this were lost.", "Submit the run again with a new idempotency key.", true, dpp.RemedyUseNewKey},
	dpp.ReasonReservationExpired: {"The run waited in the queue for too long; nothing was charged.", "Submit the run again with a new idempotency key.", true, dpp.RemedyUseNewKey},
	dpp.ReasonCanceled:           {"The run was cancelled.", "Submit the run again with a new idempotency key if it is still wanted.", false, dpp.RemedyUseNewKey},
	dpp.ReasonInternal:           {"The platform failed.", "Submit the run again with a new idempotency key; tell the operator the trace_id if it fails again.", true, dpp.RemedyUseNewKey},
}

// failureOf is the standard error of a reason.
func failureOf(reason dpp.Reason) *dpp.RunError {
	f := failures[reason]
	return &dpp.RunError{Reason: reason, Detail: f.detail, Hint: f.hint, Retryable: f.retryable}
}

// Internal is the ending of an execution that the platform itself broke.
func Internal() Ending { return Ending{Failure: failureOf(dpp.ReasonInternal)} }

// Judge decides how an execution ended from what the pack returned. timeUp tells
// that the timebox was over.
func Judge(run *dpp.Run, offer *pack.Offer, meter *pack.Meter, outcome *pack.Outcome, err error, timeUp bool) Ending {
	var failed *pack.Failure
	switch {
	case err == nil && outcome != nil:
		return judgeOutcome(run, offer, meter, outcome)
	case errors.As(err, &failed):
		return sealFailure(run, meter, failed)
	case errors.Is(err, pack.ErrCostLimit):
		return Ending{Failure: failureOf(dpp.ReasonCostLimitReached)}
	case timeUp:
		return Ending{Failure: failureOf(dpp.ReasonTimeboxExceeded)}
	default:
		return Ending{Failure: failureOf(dpp.ReasonPackError)}
	}
}

func judgeOutcome(run *dpp.Run, offer *pack.Offer, meter *pack.Meter, o *pack.Outcome) Ending {
	if o.Stopped != "" && !run.Options.AllowPartial {
		if o.Stopped == dpp.StopTimebox {
			return Ending{Failure: failureOf(dpp.ReasonTimeboxExceeded)}
		}
		return Ending{Failure: failureOf(dpp.ReasonCostLimitReached)}
	}
	e := newEnvelope(run, meter)
	e.Status = dpp.StatusCompleted
	if required := run.Reservation.MinReliability; o.Reliability < required {
		f := failureOf(dpp.ReasonReliabilityNotMet)
		e.Status, e.Cost.Used = dpp.StatusFailed, run.Reservation.MinimumFee()
		e.Error = &pack.EnvelopeError{Reason: f.Reason, Detail: f.Detail, Hint: f.Hint, Retryable: f.Retryable, Required: &required}
	}
	sealed, err := pack.Seal(e, o, offer.Manifest.Spillable)
	if errors.Is(err, pack.ErrTooLarge) {
		f := failureOf(dpp.ReasonPackError)
		f.Detail, f.Hint, f.Retryable = "The result is larger than an envelope may be.", "Submit less work in one run, with a new idempotency key.", false
		return Ending{Failure: f}
	}
	if err != nil {
		return Internal()
	}
	return Ending{Sealed: sealed}
}

func sealFailure(run *dpp.Run, meter *pack.Meter, failed *pack.Failure) Ending {
	f := failureOf(failed.Reason)
	if f.Detail == "" || failed.Reason != dpp.ReasonInputRejected && failed.Reason != dpp.ReasonPackError {
		f = failureOf(dpp.ReasonPackError)
	}
	if failed.Detail != "" {
		f.Detail = failed.Detail
	}
	if failed.Hint != "" {
		f.Hint = failed.Hint
	}
	f.Retryable = failed.Retryable
	e := newEnvelope(run, meter)
	e.Status, e.Cost.Used = dpp.StatusFailed, run.Reservation.MinimumFee()
	e.Error = &pack.EnvelopeError{Reason: f.Reason, Detail: f.Detail, Hint: f.Hint, Retryable: f.Retryable}
	sealed, err := pack.Seal(e, &pack.Outcome{Data: jsontext.Value("{}"), Discarded: failed.Discarded, Blocked: failed.Blocked}, nil)
	if err != nil { // evidence that does not fit is dropped; the failure stands
		return Ending{Failure: f}
	}
	return Ending{Sealed: sealed}
}

func newEnvelope(run *dpp.Run, meter *pack.Meter) pack.Envelope {
	return pack.Envelope{
		RunID: run.ID, PackType: run.PackType, PackVersion: run.PackVersion, GeneratedAt: dpp.Time{Time: time.Now()},
		Cost:  pack.EnvelopeCost{Reserved: run.Reservation.MaxCost, Used: meter.Total(), MinimumFee: run.Reservation.MinimumFee()},
		Usage: meter.Usage(),
		Meta:  pack.EnvelopeMeta{TraceID: run.Meta.TraceID, ProfileVersion: run.ProfileVersion},
	}
}
