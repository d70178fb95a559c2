package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/blob"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// patience is a context for waiting. It also lifts the connection's read deadline,
// because nothing is to be read while the caller waits.
func (x *exchange) patience(wait int64) (context.Context, context.CancelFunc) {
	// An error means that this is no connection, and has no deadline.
	_ = http.NewResponseController(x.ResponseWriter).SetReadDeadline(time.Time{})
	return context.WithTimeout(x.r.Context(), time.Duration(wait)*time.Second)
}

// getRun answers GET /v1/runs/{id}.
func getRun(x *exchange) error {
	q, err := x.query("wait", "inline")
	if err != nil {
		return err
	}
	wait, inline := q.Wait(), q.Boolean("inline")
	if err := q.Err(); err != nil {
		return err
	}
	known := intake.ParseETags(x.r.Header.Values("If-None-Match"))
	found, err := x.findRun(wait, known.Latest())
	if err != nil {
		return err
	}
	if run := &found.Run; known.Has(run.Version) && !run.Status.Terminal() {
		return x.unchanged(run, found.Account.Available)
	}
	return x.answerRun(http.StatusOK, &found, inline || found.Run.Options.Inline)
}

// findRun reads the run that the path names, waiting for its end, or for a version
// after one that the caller has.
func (x *exchange) findRun(wait, after int64) (store.RunState, error) {
	id := dpp.RunID(x.r.PathValue("id"))
	if wait == 0 || !id.Valid() {
		return x.api.Service.Get(x.r.Context(), x.key, id)
	}
	ctx, cancel := x.patience(wait)
	defer cancel()
	return x.api.Service.Wait(ctx, x.key, id, after)
}

// cancelRun answers POST /v1/runs/{id}/cancel.
func cancelRun(x *exchange) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	if err := intake.DecodeNothing(body); err != nil {
		return err
	}
	state, err := x.api.Service.Cancel(x.r.Context(), x.key, dpp.RunID(x.r.PathValue("id")))
	if err != nil {
		return err
	}
	return x.answerRun(http.StatusOK, &state, false)
}

// getResult answers GET /v1/runs/{id}/result with the stored bytes.
func getResult(x *exchange) error {
	found, err := x.findRun(0, 0)
	if err != nil {
		return err
	}
	run := &found.Run
	if run.Result == nil {
		return &runs.Refusal{
			Reason: dpp.ReasonNotFound, RunID: run.ID,
			Detail: "The run has no result: it has not ended yet, or not as COMPLETED.",
			Hint:   "Read the run until it is terminal, and its result only where its status is COMPLETED.",
		}
	}
	envelope, err := x.api.Service.Envelope(x.r.Context(), run)
	if err != nil {
		return x.withoutObject(run, err)
	}
	view, err := x.api.Service.View(x.r.Context(), run, found.Account.Available, runs.ViewOptions{})
	if err != nil {
		return err
	}
	x.runHeaders(run, view.Cost)
	x.write(http.StatusOK, "application/json", envelope)
	return nil
}

// withoutObject says why a run's object is not there: retention deletes objects
// shortly before it marks their run.
func (x *exchange) withoutObject(run *dpp.Run, err error) error {
	if errors.Is(err, blob.ErrNotFound) && time.Since(run.CompletedAt) > x.api.Service.Config().Retention {
		return &runs.Refusal{Reason: dpp.ReasonResultExpired}
	}
	return err
}

// answerRun answers with the Run object and the headers that go with it.
func (x *exchange) answerRun(status int, state *store.RunState, inline bool) error {
	run := &state.Run
	view, err := x.api.Service.View(x.r.Context(), run, state.Account.Available, runs.ViewOptions{URLs: true, Inline: inline})
	if err != nil {
		return x.withoutObject(run, err)
	}
	x.runHeaders(run, view.Cost)
	return x.json(status, cachePrivate, view)
}

// unchanged answers that the caller has the run as it is.
func (x *exchange) unchanged(run *dpp.Run, remaining dpp.Money) error {
	view, err := x.api.Service.View(x.r.Context(), run, remaining, runs.ViewOptions{})
	if err != nil {
		return err
	}
	x.runHeaders(run, view.Cost)
	x.WriteHeader(http.StatusNotModified)
	return nil
}

func (x *exchange) runHeaders(run *dpp.Run, cost dpp.CostView) {
	x.run = run
	h := x.Header()
	x.costHeaders(cost)
	h.Set("Cache-Control", cachePrivate)
	h.Set("ETag", `W/"`+itoa(run.Version)+`"`)
	if !x.traced && intake.ValidTrace(run.Meta.TraceID) {
		x.trace = run.Meta.TraceID
		h.Set("X-Trace-Id", x.trace)
	}
	if !run.Status.Terminal() {
		h.Set("Retry-After", itoa(wholeSeconds(runs.PollInterval(run))))
	}
}
