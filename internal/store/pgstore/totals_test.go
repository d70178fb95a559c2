package pgstore

import (
	"testing"

	"dpp"
)

// A sum that is held for nobody breaks no constraint of the schema; the totals find it.
func TestTotalsFindWhatNoConstraintDoes(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	s := open(t, url, nil)
	accepted(t, s, submissions(newTenant(t, s, 10*dpp.USD), "totals", 3))
	newTenant(t, s, dpp.USD)
	totals, err := s.Totals(t.Context())
	must(t, err)
	if totals.Accounts != 2 || totals.OpenRuns != 3 || totals.Held != 3*dpp.USD || totals.Unsealed != 5 || totals.Discrepancies != 0 {
		t.Fatalf("%+v before any damage", totals)
	}
	for _, damage := range []string{
		"UPDATE accounts SET available = available - 100, held = held + 100 WHERE held > 0",
		"UPDATE accounts SET open_runs = open_runs + 1 WHERE held = 0",
	} {
		do(t, url, damage)
	}
	if totals, err = s.Totals(t.Context()); err != nil || totals.Discrepancies != 2 {
		t.Errorf("%+v, %v; want two discrepancies", totals, err)
	}
	if pool := s.Pool(); pool.Max != 2 || pool.Acquired != 0 || pool.Idle < 1 {
		t.Errorf("the pool is %+v when nothing is under way", pool)
	}
}
