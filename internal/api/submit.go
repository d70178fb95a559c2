package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/ledger"
	"dpp/internal/runs"
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
	status, run, account := x.awaitSubmitted(receipt)
	x.Header().Set("Location", "/v1/runs/"+string(run.ID))
	return x.answerRun(status, &run, account.Available, run.Options.Inline)
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

// awaitSubmitted waits for the run's end where the caller prefers that. The run is
// accepted whatever happens here: where the account cannot be read again, the answer
// is that of the acceptance.
func (x *exchange) awaitSubmitted(receipt runs.Receipt) (int, dpp.Run, ledger.Account) {
	wait, preferred := intake.PreferredWait(x.r.Header.Values("Prefer"))
	if !preferred {
		return http.StatusAccepted, receipt.Run, receipt.Account
	}
	x.Header().Set("Preference-Applied", "wait="+itoa(wait))
	run, account := receipt.Run, receipt.Account
	if !run.Status.Terminal() {
		ctx, cancel := x.patience(wait)
		defer cancel()
		run = x.api.Service.Follow(ctx, run)
		later, err := x.api.Service.Account(x.r.Context(), x.key)
		if err != nil {
			x.accountUnread(err)
			return http.StatusAccepted, receipt.Run, receipt.Account
		}
		account = later
	}
	if run.Status.Terminal() {
		return http.StatusOK, run, account
	}
	return http.StatusAccepted, run, account
}

func (x *exchange) accountUnread(err error) {
	if errors.Is(err, context.Canceled) {
		return // the caller left
	}
	x.api.Log.LogAttrs(x.r.Context(), slog.LevelWarn, "the account of an accepted run could not be read again",
		slog.String("trace_id", x.trace), slog.String("tenant_id", string(x.key.Tenant)), slog.Any("error", err))
}
