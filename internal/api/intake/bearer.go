package intake

import (
	"strings"

	"dpp"
	"dpp/internal/runs"
)

// Bearer takes the secret out of the header Authorization.
func Bearer(values []string) (dpp.Secret, error) {
	if len(values) == 0 {
		return "", &runs.Refusal{Reason: dpp.ReasonAuthMissing}
	}
	scheme, secret, found := strings.Cut(values[0], " ")
	if len(values) > 1 || !found || !strings.EqualFold(scheme, "Bearer") {
		return "", &runs.Refusal{Reason: dpp.ReasonAuthInvalid}
	}
	return dpp.Secret(strings.Trim(secret, " ")), nil
}
