package sqlitestore

import (
	"context"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// Seal folds entries into the usage of their day and into their account's chain.
func (s *Store) Seal(ctx context.Context, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	return write(ctx, s, func(t *tx) (int, error) {
		seals, err := gather(t, scanSeal, selectUnsealed, limit)
		if err != nil {
			return 0, err
		}
		sealed := 0
		for _, seal := range seals {
			if sealed == limit {
				break
			}
			n, err := t.seal(seal, limit-sealed)
			if err != nil {
				return 0, err
			}
			sealed += n
		}
		return sealed, nil
	})
}

// seal is how far an account is sealed, and its digest there.
type seal struct {
	account dpp.AccountID
	seq     int64
	digest  ledger.Digest
}

const (
	selectUnsealed = `SELECT id, sealed_seq, sealed_digest FROM accounts WHERE seq > sealed_seq ORDER BY id LIMIT ?1`

	// The order of an account's entries is the order of its chain.
	selectToSeal = runEntries + `WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3`

	updateSeal = `UPDATE accounts SET sealed_seq = ?2, sealed_digest = ?3 WHERE id = ?1`

	upsertUsage = `INSERT INTO usage_days (account_id, ` + usageColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
		ON CONFLICT (account_id, day, pack_type) DO UPDATE SET
		submitted = submitted + excluded.submitted, completed = completed + excluded.completed, failed = failed + excluded.failed,
		expired = expired + excluded.expired, canceled = canceled + excluded.canceled,
		reserved = reserved + excluded.reserved, charged = charged + excluded.charged`
)

func scanSeal(r row) (s seal, err error) {
	var digest []byte
	err = r.Scan((*string)(&s.account), &s.seq, &digest)
	copy(s.digest[:], digest)
	return s, err
}

// seal folds the next entries of one account.
func (t *tx) seal(s seal, limit int) (int, error) {
	entries, err := gather(t, scanRunEntry, selectToSeal, string(s.account), s.seq, limit)
	if err != nil {
		return 0, err
	}
	sum := make(rules.Fold)
	for _, e := range entries {
		sum.Add(e)
		s.seq, s.digest = e.Seq, s.digest.Chain(e.Entry)
	}
	for _, day := range sum.Sorted() {
		if err := t.addUsage(s.account, day); err != nil {
			return 0, err
		}
	}
	_, err = t.exec(updateSeal, string(s.account), s.seq, s.digest[:])
	return len(entries), err
}

func (t *tx) addUsage(account dpp.AccountID, d store.UsageDay) error {
	_, err := t.exec(upsertUsage, string(account), d.Day, d.PackType, d.Submitted, d.Completed, d.Failed, d.Expired, d.Canceled,
		int64(d.Reserved), int64(d.Charged))
	return err
}
