package sqlitestore

import (
	"strings"
	"testing"
)

// Runs that name no upload pay nothing for those that do.
func TestASubmitWithoutUploadsAsksForNone(t *testing.T) {
	s, _ := shop(t, Options{})
	submitMany(t, s, benchTenant(t, s), 3)
	closeShop(t, s)
	done := s.writer.stmts.stmts
	if done[insertRun] == nil {
		t.Error("nothing was submitted")
	}
	for query, stmt := range done {
		if stmt != nil && strings.Contains(query, "upload") {
			t.Errorf("carried out: %s", query)
		}
	}
}
