// Package problem says what a caller is told when a request is not done: one table
// from reason to status and words, the problem document (RFC 9457) built from it,
// and which errors of the inside become which reason. What stands in an error's
// text stays inside.
package problem

import (
	"context"
	"errors"
	"strings"
	"time"

	"dpp"
	"dpp/internal/batch"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// MediaType is that of a problem document.
const MediaType = "application/problem+json"

// Cause turns any error into the refusal that the caller is told of. A
// [*runs.Refusal] is itself; a dependency that could not be reached, or did not
// answer in time, is DEPENDENCY_DOWN; everything else is INTERNAL. It never
// returns nil for an error.
func Cause(err error) *runs.Refusal {
	var refusal *runs.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal
	case dependency(err):
		return &runs.Refusal{Reason: dpp.ReasonDependencyDown}
	default:
		return &runs.Refusal{Reason: dpp.ReasonInternal}
	}
}

func dependency(err error) bool {
	for _, known := range []error{
		store.ErrUnavailable, store.ErrInDoubt, // the truth is out of reach
		runs.ErrBlob,                               // so are results or inputs
		batch.ErrClosed,                            // this process is shutting down
		context.DeadlineExceeded, context.Canceled, // a batch or a look-up ran out of time; or the caller left
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// Document is the problem document of a refusal. Every absolute URL in it starts
// with publicURL; traceID is the request's.
func Document(publicURL, traceID string, r *runs.Refusal) dpp.Problem {
	e := Of(r.Reason)
	p := dpp.Problem{
		Type: strings.TrimRight(publicURL, "/") + "/problems/" + string(e.Reason), Title: e.Title, Status: e.Status, Detail: e.Detail,
		Instance: "urn:dpp:trace:" + traceID, Reason: e.Reason, TraceID: traceID,
		Retryable: e.Retryable, Hint: e.Hint, Remedy: dpp.Remedy{Action: e.Action},
		RunID: r.RunID, Required: r.Required, Available: r.Available, Errors: r.Fields,
	}
	if r.Detail != "" {
		p.Detail = r.Detail
	}
	if r.Hint != "" {
		p.Hint = r.Hint
	}
	if r.Remedy.Action != "" {
		p.Remedy = r.Remedy
	}
	if wait := retryAfter(r); wait > 0 && p.Remedy.RetryAfterMS == 0 {
		p.Remedy.RetryAfterMS = int64((wait + time.Millisecond - 1) / time.Millisecond)
	}
	return p
}

// RetryAfter is the value of the header Retry-After: whole seconds, rounded up; 0
// where waiting does not help.
func RetryAfter(r *runs.Refusal) int64 {
	return int64((retryAfter(r) + time.Second - 1) / time.Second)
}

func retryAfter(r *runs.Refusal) time.Duration {
	if r.RetryAfter > 0 {
		return r.RetryAfter
	}
	return Of(r.Reason).Wait
}
