package worker

import (
	"context"
	"fmt"
	"testing"

	"dpp"
	"dpp/internal/runs"
)

// Followers are told why an execution came to nothing, or how its run failed, in a code.
func TestCodesOfExecutions(t *testing.T) {
	failed := runs.Ending{Failure: &dpp.RunError{Reason: dpp.ReasonPackError}}
	for _, c := range []struct {
		stopped error
		ending  runs.Ending
		want    error
	}{
		{nil, runs.Ending{}, nil},
		{nil, failed, runs.Code("PACK_ERROR")},
		{errLeaseLost, failed, runs.Code("LEASE_LOST")},
		{fmt.Errorf("at the end: %w", errDraining), runs.Ending{}, runs.Code("HANDED_BACK")},
		{errTaken, runs.Ending{}, runs.CodeTaken},
		{context.Canceled, runs.Ending{}, context.Canceled},
	} {
		if got := codeOf(c.stopped, c.ending); got != c.want { //nolint:errorlint // codes are told as they are
			t.Errorf("stopped by %v: %v, want %v", c.stopped, got, c.want)
		}
	}
}
