package pgstore

import (
	"strings"
	"testing"

	"dpp"
)

// Runs that name no upload pay nothing for those that do.
func TestASubmitWithoutUploadsAsksForNone(t *testing.T) {
	t.Parallel()
	heard := &listener{sent: make(map[string][]any)}
	s, err := Open(t.Context(), newDatabase(t), Options{Tracer: heard, Connections: 1})
	must(t, err)
	accepted(t, s, submissions(newTenant(t, s, 10*dpp.USD), "key", 3))
	must(t, s.Close())
	if sent, _ := heard.find(insertRuns); sent == "" {
		t.Error("nothing was submitted")
	}
	for query := range heard.sent {
		if strings.Contains(query, "upload") {
			t.Errorf("sent: %s", query)
		}
	}
}
