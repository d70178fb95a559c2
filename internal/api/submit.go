package api

import (
	"net/http"

	"dpp/internal/api/intake"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// submit answers POST /v1/runs. A request that cannot be read counts as a submit
// all the same: else a broken client could hammer for free.
func submit(x *exchange) error {
	request, err := x.submission()
	if err != nil {
		if limited := x.admitRefused(); limited != nil {
			return limited
		}
		return err
	}
	receipt, err := x.api.Service.Submit(x.r.Context(), request)
	if err != nil {
		return err
	}
	x.rateHeaders(receipt.Rate)
	if receipt.Replayed {
		x.Header().Set("Idempotent-Replayed", "true")
	}
	status, state := x.awaitSubmitted(receipt)
	x.Header().Set("Location", "/v1/runs/"+string(state.Run.ID))
	return x.answerRun(status, &state, state.Run.Options.Inline)
}

// submission reads the request.
func (x *exchange) submission() (runs.Request, error) {
	if err := x.noQuery(); err != nil {
		return runs.Request{}, err
	}
	key, err := intake.IdempotencyKey(x.r.Header.Values(intake.IdempotencyHeader))
	if err != nil {
		return runs.Request{}, err
	}
	body, err := x.body()
	if err != nil {
		return runs.Request{}, err
	}
	s, err := intake.DecodeSubmission(body)
	if err != nil {
		return runs.Request{}, err
	}
	if s.Meta.TraceID == "" {
		s.Meta.TraceID = x.trace
	}
	return runs.Request{
		Key: x.key, IdempotencyKey: key, PackType: s.PackType, Inputs: s.Inputs,
		Reservation: s.Reservation, Options: s.Options, Meta: s.Meta,
	}, nil
}

// awaitSubmitted waits for the run's end where the caller prefers that.
func (x *exchange) awaitSubmitted(receipt runs.Receipt) (int, store.RunState) {
	state := store.RunState{Run: receipt.Run, Account: receipt.Account}
	wait, preferred := intake.PreferredWait(x.r.Header.Values("Prefer"))
	if !preferred {
		return http.StatusAccepted, state
	}
	x.Header().Set("Preference-Applied", "wait="+itoa(wait))
	if !state.Run.Status.Terminal() {
		ctx, cancel := x.patience(wait)
		defer cancel()
		state = x.api.Service.Follow(ctx, state)
	}
	if state.Run.Status.Terminal() {
		return http.StatusOK, state
	}
	return http.StatusAccepted, state
}
