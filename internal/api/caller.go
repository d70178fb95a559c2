package api

import (
	"errors"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/api/openapi"
	"dpp/internal/auth"
	"dpp/internal/runs"
)

// admitCaller lets a caller in who has a key with the scope that the access needs.
func (x *exchange) admitCaller(access openapi.Access) error {
	if access == openapi.Public {
		return nil
	}
	secret, err := intake.Bearer(x.r.Header.Values("Authorization"))
	if err != nil {
		return err
	}
	key, err := x.api.Keyring.Verify(x.r.Context(), secret)
	if errors.Is(err, auth.ErrInvalid) {
		return &runs.Refusal{Reason: dpp.ReasonAuthInvalid}
	}
	if err != nil {
		return err
	}
	x.key = key
	scope := dpp.ScopeRuns
	if access == openapi.Operator {
		scope = dpp.ScopeOperator
	}
	if !key.Permits(scope) || access == openapi.Tenant && key.Tenant == "" {
		return &runs.Refusal{Reason: dpp.ReasonScopeMissing}
	}
	return nil
}
