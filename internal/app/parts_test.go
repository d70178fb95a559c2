package app

import (
	"slices"
	"testing"
)

func TestPublicNames(t *testing.T) {
	for url, want := range map[string][]string{
		"":                                   nil,
		"https://api.example.com/dpp":        {"api.example.com"},
		"https://api.example.com:8443":       {"api.example.com"},
		"http://127.0.0.1:8000":              nil,
		"http://10.1.2.3":                    nil,
		"http://[::1]:8000":                  nil,
		"http://198.41.0.4:8000":             {"198.41.0.4"},
		"https://[2001:0503:ba3e::0002:30]/": {"2001:503:ba3e::2:30"},
	} {
		if got := publicNames(url); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}
