package telemetry

import (
	"dpp"
)

// zero shows what has not happened yet: a rate over a counter that appears with its
// first event misses that event.
func (m *Metrics) zero() {
	for _, outcome := range []string{"accepted", "replayed", "conflict"} {
		m.submits.WithLabelValues(outcome)
	}
	for _, reason := range refusalsOfSubmits() {
		m.submits.WithLabelValues(string(reason))
	}
	for _, t := range transitions() {
		m.transitions.WithLabelValues(string(t.from), string(t.to), string(t.reason))
	}
	for _, outcome := range []string{"rolled_forward", "requeued", "failed", "left"} {
		m.recovered.WithLabelValues(outcome)
	}
	for _, role := range []string{"worker", "reaper"} {
		m.settleLag.WithLabelValues(role)
	}
	for _, batch := range []string{"submit", "put", "end", "poll", "account", "key", "upload"} {
		m.batches.WithLabelValues(batch)
		m.batchWait.WithLabelValues(batch)
	}
	for _, call := range []string{"admit", "word", "ping"} {
		m.gateFailed.WithLabelValues(call)
	}
}

// refusalsOfSubmits are the reasons for which the use case refuses a submit.
func refusalsOfSubmits() []dpp.Reason {
	return []dpp.Reason{
		dpp.ReasonBudgetDrained, dpp.ReasonTenantSuspended, dpp.ReasonTooManyRuns, dpp.ReasonNotFound, dpp.ReasonRateLimited,
		dpp.ReasonDependencyDown, dpp.ReasonUnknownPack, dpp.ReasonValidationFailed, dpp.ReasonMaxCostTooLow, dpp.ReasonUploadUnusable, dpp.ReasonInternal,
	}
}

// transition is one arrow of the state machine.
type transition struct {
	from, to dpp.Status
	reason   dpp.Reason
}

func transitions() []transition {
	all := []transition{
		{dpp.StatusQueued, dpp.StatusProcessing, ""},
		{dpp.StatusQueued, dpp.StatusExpired, dpp.ReasonReservationExpired},
		{dpp.StatusQueued, dpp.StatusCanceled, dpp.ReasonCanceled},
		{dpp.StatusProcessing, dpp.StatusQueued, ""},
		{dpp.StatusProcessing, dpp.StatusCompleted, ""},
		{dpp.StatusProcessing, dpp.StatusCanceled, dpp.ReasonCanceled},
	}
	for _, reason := range []dpp.Reason{
		dpp.ReasonPackError, dpp.ReasonInputRejected, dpp.ReasonTimeboxExceeded, dpp.ReasonCostLimitReached,
		dpp.ReasonReliabilityNotMet, dpp.ReasonWorkerTimeout, dpp.ReasonInternal,
	} {
		all = append(all, transition{dpp.StatusProcessing, dpp.StatusFailed, reason})
	}
	return all
}

// ExpectRefusals shows the reasons of problem documents before the first of each.
func (m *Metrics) ExpectRefusals(reasons ...string) {
	for _, reason := range reasons {
		m.refusals.WithLabelValues(reason)
	}
}

// ExpectSubmits shows the answers to submits before the first of each class: whoever
// counts failures divides by them.
func (m *Metrics) ExpectSubmits(method, route string) {
	for _, class := range []string{"2xx", "4xx", "5xx"} {
		m.requests.WithLabelValues(method, route, class)
	}
}
