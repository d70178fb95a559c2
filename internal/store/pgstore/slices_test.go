package pgstore

import (
	"testing"
	"time"

	"dpp"
)

// TestAPartitionIsLookedAtInSlices: whatever the size of a slice, one run that is
// kept is found, none is looked at twice, and another process sees the same.
func TestAPartitionIsLookedAtInSlices(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	s := open(t, url, nil)
	tenant := newTenant(t, s, 100*dpp.USD)
	const n = 5
	runs := accepted(t, s, submissions(tenant, "sliced", n))
	now := time.Now()
	for _, rows := range []int{1, 2, n - 1, n, n + 1} {
		part := partRuns{"p", dpp.FirstRunID(now.Add(-time.Hour)), dpp.FirstRunID(now.Add(time.Hour)), rows}
		mine := open(t, url, nil)
		do(t, url, `UPDATE runs SET purged_at = NULL, completed_at = NULL, money = 'RESERVED', status = 'QUEUED'`)
		for i := range runs {
			gone, err := mine.none(t.Context(), part, selectUnpurged)
			must(t, err)
			if at := mine.looked.of(part); gone || at != string(runs[i].ID) {
				t.Errorf("slices of %d: gone %t, looked up to %s, want %s", rows, gone, at, runs[i].ID)
			}
			do(t, url, `UPDATE runs SET status = 'EXPIRED', money = 'REFUNDED', completed_at = now(), purged_at = now() WHERE id = $1`, string(runs[i].ID))
		}
		for _, who := range []*Store{mine, open(t, url, nil)} {
			if gone, err := who.none(t.Context(), part, selectUnpurged); err != nil || !gone {
				t.Errorf("slices of %d: gone %t, %v, although nothing is kept", rows, gone, err)
			}
			if at := who.looked.of(part); at != string(part.from) {
				t.Errorf("slices of %d: a partition that goes is remembered at %s", rows, at)
			}
		}
	}
}
