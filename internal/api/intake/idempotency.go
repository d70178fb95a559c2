package intake

import (
	"dpp"
	"dpp/internal/runs"
)

// IdempotencyHeader is the header of a submit's key.
const IdempotencyHeader = "Idempotency-Key"

// IdempotencyKey reads the header Idempotency-Key: 8 to 64 visible ASCII
// characters; quotes around them are not part of the key.
func IdempotencyKey(values []string) (string, error) {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return "", badKey(dpp.ReasonIdempotencyKeyMissing, "required", "This header is required.")
	}
	key := values[0]
	if n := len(key); n >= 2 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	if len(values) > 1 || len(key) < 8 || len(key) > 64 || !visible(key) {
		return "", badKey(dpp.ReasonIdempotencyKeyInvalid, "pattern", "The key does not have the required form.")
	}
	return key, nil
}

func badKey(reason dpp.Reason, code, message string) error {
	return &runs.Refusal{Reason: reason, Fields: []dpp.FieldError{
		{Header: IdempotencyHeader, Code: code, Message: message, Expected: "8 to 64 visible ASCII characters"},
	}}
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return true
}
