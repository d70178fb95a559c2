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
	selectUnsealed = `SELECT id, sealed_seq, sealed_digest, seq FROM accounts WHERE unsealed ORDER BY id LIMIT $1`

	// The order of an account's entries is the order of its chain. OFFSET 0 has them
	// looked up for one account after the other; as a join, the whole ledger would be
	// read.
	selectToSeal = `SELECT ` + entryColumns + `, coalesce(pack_type, ''), coalesce(status, ''), coalesce(used, 0)
		FROM unnest((SELECT $1::text[]), (SELECT $2::bigint[]), (SELECT $3::bigint[])) AS wanted (account_id, after, until)
		CROSS JOIN LATERAL (SELECT * FROM entries AS own WHERE own.account_id = wanted.account_id AND seq > wanted.after AND seq <= wanted.until OFFSET 0) AS entries
		LEFT JOIN runs ON runs.id = entries.run_id ORDER BY entries.account_id, entries.seq`

	// The order of locks is that of everybody else.
	lockSealed = `SELECT id FROM accounts WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`
	updateSeal = `UPDATE accounts SET sealed_seq = s.until, sealed_digest = s.digest, unsealed = accounts.seq > s.until
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[]) AS s (id, after, until, digest)
		WHERE accounts.id = s.id AND sealed_seq = s.after`

	upsertUsage = `INSERT INTO usage_days (account_id, ` + usageColumns + `)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
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
	err = scanSealAnd(r, &s)
	return s, err
}

func scanSealAnd(r pgx.Row, s *seal, more ...any) error {
	var digest []byte
	err := r.Scan(append([]any{(*string)(&s.account), &s.seq, &digest}, more...)...)
	copy(s.digest[:], digest)
	return err
}

// unsealed is an account whose entries behind its seal are to be folded, up to one.
type unsealed struct {
	seal
	until int64
}

// Seal folds entries into the usage of their day and into their account's chain, of
// many accounts in one transaction: there may be as many accounts as entries. They
// are not locked while entries are read: the last statements see whether another
// sealer was faster, and then nothing of this one's is written.
func (s *Store) Seal(ctx context.Context, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	all, err := readAll(ctx, s, func(r pgx.Row) (u unsealed, err error) {
		err = scanSealAnd(r, &u.seal, &u.until)
		return u, err
	}, selectUnsealed, limit)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	n, left := 0, int64(limit)
	for ; n < len(all) && left > 0; n++ {
		all[n].until = min(all[n].until, all[n].seq+left)
		left -= all[n].until - all[n].seq
	}
	err = s.seal(ctx, all[:n])
	if lost(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return limit - int(left), nil
}

// seal folds the next entries of accounts.
func (s *Store) seal(ctx context.Context, all []unsealed) error {
	ids := column(all, func(u *unsealed) string { return string(u.account) })
	after := column(all, func(u *unsealed) int64 { return u.seq })
	until := column(all, func(u *unsealed) int64 { return u.until })
	var entries []rules.RunEntry
	return s.write(ctx, tx{
		ask: func(b *statements) {
			entries = nil
			gather(b, &entries, scanRunEntry, selectToSeal, ids, after, until)
		},
		decide: func(_ time.Time, b *statements) error {
			digests, usage := fold(all, entries)
			b.query(lockSealed, func(pgx.Row) error { return nil }, ids)
			// First, so that a slower one of two sealers writes no usage.
			b.must(len(all), updateSeal, ids, after, until, digests)
			b.addUsage(usage)
			return nil
		},
	})
}

// folded is what an account did on one day with one pack.
type folded struct {
	store.UsageDay
	account dpp.AccountID
}

// fold chains the entries of each account, which stand in its order, and adds up
// what they say of usage. What is missing the audit finds.
func fold(all []unsealed, entries []rules.RunEntry) (digests [][]byte, usage []folded) {
	for _, u := range all {
		sum, digest := make(rules.Fold), u.digest
		for ; len(entries) > 0 && entries[0].Account == u.account; entries = entries[1:] {
			sum.Add(entries[0])
			digest = digest.Chain(entries[0].Entry)
		}
		digests = append(digests, digest[:])
		for _, day := range sum.Sorted() {
			usage = append(usage, folded{day, u.account})
		}
	}
	return digests, usage
}

func (b *statements) addUsage(days []folded) {
	if len(days) == 0 {
		return
	}
	b.exec(upsertUsage, nil,
		column(days, func(d *folded) string { return string(d.account) }),
		column(days, func(d *folded) string { return d.Day }),
		column(days, func(d *folded) string { return d.PackType }),
		column(days, func(d *folded) int64 { return d.Submitted }),
		column(days, func(d *folded) int64 { return d.Completed }),
		column(days, func(d *folded) int64 { return d.Failed }),
		column(days, func(d *folded) int64 { return d.Expired }),
		column(days, func(d *folded) int64 { return d.Canceled }),
		column(days, func(d *folded) int64 { return int64(d.Reserved) }),
		column(days, func(d *folded) int64 { return int64(d.Charged) }))
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
