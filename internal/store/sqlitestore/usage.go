package sqlitestore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// usageKey is the day and pack of one row of usage.
type usageKey struct{ day, pack string }

// fold adds up what entries say of usage.
type fold map[usageKey]*store.UsageDay

func (f fold) day(key usageKey) *store.UsageDay {
	day := f[key]
	if day == nil {
		day = &store.UsageDay{Day: key.day, PackType: key.pack}
		f[key] = day
	}
	return day
}

// runEntry is an entry, and what is known of the run that it belongs to, if any.
type runEntry struct {
	ledger.Entry
	pack   string
	status dpp.Status
	used   dpp.Money
}

// add counts one entry. The capture and the release of one settlement are one end;
// they may come in different calls.
func (f fold) add(e runEntry) {
	if e.Run == "" {
		return
	}
	day := f.day(usageKey{e.CreatedAt.Format(time.DateOnly), e.pack})
	switch e.Kind {
	case ledger.Hold:
		day.Submitted++
		day.Reserved += e.Amount
	case ledger.Capture:
		day.Charged += e.Amount
		countEnd(day, e.status)
	case ledger.Release:
		if e.used == 0 { // else the capture counts
			countEnd(day, e.status)
		}
	case ledger.Credit, ledger.Adjust: // of no run
	}
}

func countEnd(day *store.UsageDay, status dpp.Status) {
	switch status {
	case dpp.StatusCompleted:
		day.Completed++
	case dpp.StatusFailed:
		day.Failed++
	case dpp.StatusExpired:
		day.Expired++
	case dpp.StatusCanceled:
		day.Canceled++
	case dpp.StatusQueued, dpp.StatusProcessing: // have not ended
	}
}

// merge adds a day that was folded already.
func (f fold) merge(d store.UsageDay) {
	day := f.day(usageKey{d.Day, d.PackType})
	day.Submitted += d.Submitted
	day.Completed += d.Completed
	day.Failed += d.Failed
	day.Expired += d.Expired
	day.Canceled += d.Canceled
	day.Reserved += d.Reserved
	day.Charged += d.Charged
}

// sorted are the days by day and pack.
func (f fold) sorted() []store.UsageDay {
	days := make([]store.UsageDay, 0, len(f))
	for _, day := range f {
		days = append(days, *day)
	}
	slices.SortFunc(days, func(a, b store.UsageDay) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.PackType, b.PackType))
	})
	return days
}

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

func scanRunEntry(r row) (e runEntry, err error) {
	err = scanEntryAnd(r, &e.Entry, &e.pack, (*string)(&e.status), (*int64)(&e.used))
	return e, err
}

// Usage returns what an account did on each UTC day of [from, to).
func (s *Store) Usage(ctx context.Context, account dpp.AccountID, from, to time.Time) ([]store.UsageDay, error) {
	if !from.Before(to) {
		return nil, nil
	}
	first, last := from.UTC().Truncate(24*time.Hour), to.UTC().Add(-1)
	end := last.Truncate(24 * time.Hour).Add(24*time.Hour - time.Millisecond)
	sum := make(fold)
	err := s.readTogether(ctx, s.readers.db, func(r *reading) error {
		err := r.query(selectUsage, func(r row) error {
			day, err := scanUsage(r)
			sum.merge(day)
			return err
		}, string(account), first.Format(time.DateOnly), last.Format(time.DateOnly))
		if err != nil {
			return err
		}
		return r.query(selectUnfolded, func(r row) error {
			entry, err := scanRunEntry(r)
			sum.add(entry)
			return err
		}, string(account), first.UnixMilli(), end.UnixMilli())
	})
	return sum.sorted(), err
}
