package intake

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

const traceForm = "1 to 64 characters out of letters, digits, '.', '_' and '-'"

// ValidTrace tells whether a text can be a trace_id.
func ValidTrace(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// FromTraceparent takes the ids of the trace and of the caller's span out of a
// traceparent header (W3C Trace Context); empty where there is none or it is not valid.
func FromTraceparent(values []string) (trace, span string) {
	if len(values) != 1 {
		return "", ""
	}
	parts := strings.Split(values[0], "-")
	if len(parts) < 4 || !lowerHex(parts[0], 2) || !lowerHex(parts[1], 32) || !lowerHex(parts[2], 16) || !lowerHex(parts[3], 2) {
		return "", ""
	}
	if parts[0] == "ff" || parts[0] == "00" && len(parts) != 4 || strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return "", ""
	}
	return parts[1], parts[2]
}

func lowerHex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

// NewTrace makes a trace id.
func NewTrace() string {
	var id [16]byte
	rand.Read(id[:]) // never fails: the program ends where the system has no randomness
	return hex.EncodeToString(id[:])
}
