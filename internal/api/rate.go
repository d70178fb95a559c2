package api

import (
	"dpp"
	"dpp/internal/gate"
	"dpp/internal/runs"
)

// admitRead counts the request against the tenant's reads, and refuses it where
// they are used up.
func (x *exchange) admitRead() error { return x.admit(x.api.Service.Config().Reads) }

// admitRefused counts a submit that is refused before anybody else looked at it.
func (x *exchange) admitRefused() error { return x.admit(x.api.Service.Config().Submits) }

func (x *exchange) admit(policy gate.Policy) error {
	rate := x.api.Service.Admit(x.r.Context(), x.key.Account(), policy)
	x.rateHeaders(rate)
	if !rate.Allowed {
		return &runs.Refusal{Reason: dpp.ReasonRateLimited, RetryAfter: rate.RetryAfter}
	}
	return nil
}
