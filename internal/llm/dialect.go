package llm

import "strings"

// dialect is what a server does not understand of the protocol as it is today. A client
// learns it from the server's refusals, and remembers what was answered at last.
type dialect struct {
	// Plain: the answer is bound to no schema; the words of the prompt must do.
	Plain bool
	// CompletionTokens: the bound of the answer has the newer of its two names.
	CompletionTokens bool
	// NoTemperature and NoSeed: the model draws as it likes.
	NoTemperature, NoSeed bool
}

// without is the dialect for a server that refused a parameter, which it may have named.
// Where it named none, the next one of a fixed order is done without. It is false where
// that cannot be what the server means, or nothing is left to change.
func (d dialect) without(param string) (dialect, bool) {
	parts := []struct {
		name string
		flag *bool
	}{
		{"response_format", &d.Plain},
		{"max_tokens", &d.CompletionTokens},
		{"temperature", &d.NoTemperature},
		{"seed", &d.NoSeed},
	}
	for _, part := range parts {
		if strings.HasPrefix(param, part.name) || param == "" && !*part.flag {
			changed := !*part.flag
			*part.flag = true
			return d, changed
		}
	}
	return d, false
}
