package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

const (
	selectUnsealed = `SELECT id, sealed_seq, sealed_digest FROM accounts WHERE unsealed ORDER BY id LIMIT $1`

	// The order of an account's entries is the order of its chain.
	selectToSeal = runEntries + `WHERE entries.account_id = $1 AND entries.seq > $2 ORDER BY entries.seq LIMIT $3`

	updateSeal = `UPDATE accounts SET sealed_seq = $3, sealed_digest = $4, unsealed = seq > $3 WHERE id = $1 AND sealed_seq = $2`

	upsertUsage = `INSERT INTO usage_days (account_id, ` + usageColumns + `)
		SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
		ON CONFLICT (account_id, day, pack_type) DO UPDATE SET
		submitted = usage_days.submitted + excluded.submitted, completed = usage_days.completed + excluded.completed,
		failed = usage_days.failed + excluded.failed, expired = usage_days.expired + excluded.expired,
		canceled = usage_days.canceled + excluded.canceled, reserved = usage_days.reserved + excluded.reserved,
		charged = usage_days.charged + excluded.charged`
)

// seal is how far an account is sealed, and its digest there.
type seal struct {
	account dpp.AccountID
	seq     int64
	digest  ledger.Digest
}

func scanSeal(r pgx.Row) (s seal, err error) {
	var digest []byte
	err = r.Scan((*string)(&s.account), &s.seq, &digest)
	copy(s.digest[:], digest)
	return s, err
}

// Seal folds entries into the usage of their day and into their account's chain. The
// account is not locked while they are read: the last statement sees whether another
// sealer was faster, and then nothing of this one's is written.
func (s *Store) Seal(ctx context.Context, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	seals, err := readAll(ctx, s, scanSeal, selectUnsealed, limit)
	sealed := 0
	for _, from := range seals {
		if err != nil || sealed >= limit {
			break
		}
		var n int
		n, err = s.seal(ctx, from, limit-sealed)
		sealed += n
	}
	return sealed, err
}

// seal folds the next entries of one account.
func (s *Store) seal(ctx context.Context, from seal, limit int) (int, error) {
	var entries []rules.RunEntry
	won := false
	err := s.write(ctx, tx{
		ask: func(b *statements) {
			entries = nil
			gather(b, &entries, scanRunEntry, selectToSeal, string(from.account), from.seq, limit)
		},
		decide: func(_ time.Time, b *statements) error {
			won = len(entries) > 0
			if !won {
				return nil
			}
			sum, to := make(rules.Fold), from
			for _, e := range entries {
				sum.Add(e)
				to.seq, to.digest = e.Seq, to.digest.Chain(e.Entry)
			}
			// First, so that a slower one of two sealers writes no usage.
			b.must(1, updateSeal, string(from.account), from.seq, to.seq, to.digest[:])
			b.addUsage(from.account, sum.Sorted())
			return nil
		},
	})
	if lost(err) {
		return 0, nil
	}
	if err != nil || !won {
		return 0, err
	}
	return len(entries), nil
}

func (b *statements) addUsage(account dpp.AccountID, days []store.UsageDay) {
	b.exec(upsertUsage, nil, string(account),
		column(days, func(d *store.UsageDay) string { return d.Day }),
		column(days, func(d *store.UsageDay) string { return d.PackType }),
		column(days, func(d *store.UsageDay) int64 { return d.Submitted }),
		column(days, func(d *store.UsageDay) int64 { return d.Completed }),
		column(days, func(d *store.UsageDay) int64 { return d.Failed }),
		column(days, func(d *store.UsageDay) int64 { return d.Expired }),
		column(days, func(d *store.UsageDay) int64 { return d.Canceled }),
		column(days, func(d *store.UsageDay) int64 { return int64(d.Reserved) }),
		column(days, func(d *store.UsageDay) int64 { return int64(d.Charged) }))
}

const (
	usageColumns = `day, pack_type, submitted, completed, failed, expired, canceled, reserved, charged`

	// Entries and the runs they belong to; a run is never deleted before its entries
	// are folded.
	runEntries = `SELECT ` + entryColumns + `, coalesce(pack_type, ''), coalesce(status, ''), coalesce(used, 0)
		FROM entries LEFT JOIN runs ON runs.id = entries.run_id `

	selectUsage = `SELECT ` + usageColumns + ` FROM usage_days WHERE account_id = $1 AND day BETWEEN $2 AND $3`

	selectUnfolded = runEntries + `WHERE entries.account_id = $1 AND entries.seq > (SELECT sealed_seq FROM accounts WHERE id = $1)
		AND entries.created_at >= $2 AND entries.created_at < $3`
)

func scanUsage(r pgx.Row) (d store.UsageDay, err error) {
	err = r.Scan(&d.Day, &d.PackType, &d.Submitted, &d.Completed, &d.Failed, &d.Expired, &d.Canceled,
		(*int64)(&d.Reserved), (*int64)(&d.Charged))
	return d, err
}

func scanRunEntry(r pgx.Row) (e rules.RunEntry, err error) {
	err = scanEntryAnd(r, &e.Entry, &e.PackType, (*string)(&e.Status), (*int64)(&e.Used))
	return e, err
}

// Usage returns what an account did on each UTC day of [from, to).
func (s *Store) Usage(ctx context.Context, account dpp.AccountID, from, to time.Time) ([]store.UsageDay, error) {
	if !from.Before(to) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	first, last := from.UTC().Truncate(24*time.Hour), to.UTC().Add(-1)
	sum := make(rules.Fold)
	err := s.look(ctx, func(v view) error {
		err := v.query(ctx, selectUsage, func(r pgx.Row) error {
			day, err := scanUsage(r)
			sum.Merge(day)
			return err
		}, string(account), first.Format(time.DateOnly), last.Format(time.DateOnly))
		if err != nil {
			return err
		}
		return v.query(ctx, selectUnfolded, func(r pgx.Row) error {
			entry, err := scanRunEntry(r)
			sum.Add(entry)
			return err
		}, string(account), first, last.Truncate(24*time.Hour).Add(24*time.Hour))
	})
	return sum.Sorted(), err
}
