package sqlitestore

import (
	"context"
	"time"

	"dpp"
)

const (
	updatePurged = `UPDATE runs SET purged_at = ?2
		WHERE id IN (SELECT value FROM json_each(?1)) AND +completed_at IS NOT NULL AND +purged_at IS NULL`
	deleteInputs = `DELETE FROM run_inputs WHERE run_n IN (
		SELECT n FROM runs WHERE id IN (SELECT value FROM json_each(?1)) AND +purged_at IS NOT NULL)`
)

// Purge marks terminal runs, deletes their inputs, and has them use no uploads.
func (s *Store) Purge(ctx context.Context, runs []dpp.RunID) error {
	if len(runs) == 0 {
		return nil
	}
	ids, err := list(runs)
	if err != nil {
		return err
	}
	_, err = write(ctx, s, func(t *tx) (struct{}, error) {
		if _, err := t.exec(updatePurged, ids, t.now.UnixMilli()); err != nil {
			return struct{}{}, err
		}
		if _, err := t.exec(deleteInputs, ids); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.releaseUploads(ids)
	})
	return err
}

const (
	deleteKeys = `DELETE FROM idempotency WHERE run_n IN (SELECT run_n FROM idempotency WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)`

	// A run whose key may still be asked for, or whose entries are not folded into
	// usage yet, stays for now.
	deleteRuns = `DELETE FROM runs WHERE n IN (
		SELECT n FROM runs WHERE purged_at IS NOT NULL AND completed_at < ?1
		AND NOT EXISTS (SELECT 1 FROM idempotency WHERE idempotency.run_n = runs.n)
		AND NOT EXISTS (SELECT 1 FROM entries JOIN accounts ON accounts.id = entries.account_id
			WHERE entries.run_id = runs.id AND entries.seq > accounts.sealed_seq)
		ORDER BY completed_at LIMIT ?2)`
)

// Forget deletes rows that nobody may ask for any more.
func (s *Store) Forget(ctx context.Context, endedFor time.Duration, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	return write(ctx, s, func(t *tx) (int, error) {
		keys, err := t.exec(deleteKeys, t.now.UnixMilli(), limit)
		if err != nil {
			return 0, err
		}
		runs, err := t.exec(deleteRuns, t.now.Add(-endedFor).UnixMilli(), int64(limit)-keys)
		return int(keys + runs), err
	})
}
