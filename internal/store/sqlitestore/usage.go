package sqlitestore

import (
	"context"
	"time"

	"dpp"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

const (
	usageColumns = `day, pack_type, submitted, completed, failed, expired, canceled, reserved, charged`

	selectUsage = `SELECT ` + usageColumns + ` FROM usage_days WHERE account_id = ?1 AND day BETWEEN ?2 AND ?3`

	// Entries and the runs they belong to; a run is never deleted before its
	// entries are folded.
	runEntries = `SELECT ` + entryColumns + `, ifnull(pack_type, ''), ifnull(status, ''), ifnull(used, 0)
		FROM entries LEFT JOIN runs ON runs.id = entries.run_id `

	selectUnfolded = runEntries + `WHERE account_id = ?1 AND seq > (SELECT sealed_seq FROM accounts WHERE id = ?1)
		AND entries.created_at BETWEEN ?2 AND ?3`
)

func scanUsage(r row) (d store.UsageDay, err error) {
	err = r.Scan(&d.Day, &d.PackType, &d.Submitted, &d.Completed, &d.Failed, &d.Expired, &d.Canceled,
		(*int64)(&d.Reserved), (*int64)(&d.Charged))
	return d, err
}

func scanRunEntry(r row) (e rules.RunEntry, err error) {
	err = scanEntryAnd(r, &e.Entry, &e.PackType, (*string)(&e.Status), (*int64)(&e.Used))
	return e, err
}

// Usage returns what an account did on each UTC day of [from, to).
func (s *Store) Usage(ctx context.Context, account dpp.AccountID, from, to time.Time) ([]store.UsageDay, error) {
	if !from.Before(to) {
		return nil, nil
	}
	first, last := from.UTC().Truncate(24*time.Hour), to.UTC().Add(-1)
	end := last.Truncate(24 * time.Hour).Add(24*time.Hour - time.Millisecond)
	sum := make(rules.Fold)
	err := s.readTogether(ctx, s.readers.db, func(r *reading) error {
		err := r.query(selectUsage, func(r row) error {
			day, err := scanUsage(r)
			sum.Merge(day)
			return err
		}, string(account), first.Format(time.DateOnly), last.Format(time.DateOnly))
		if err != nil {
			return err
		}
		return r.query(selectUnfolded, func(r row) error {
			entry, err := scanRunEntry(r)
			sum.Add(entry)
			return err
		}, string(account), first.UnixMilli(), end.UnixMilli())
	})
	return sum.Sorted(), err
}
