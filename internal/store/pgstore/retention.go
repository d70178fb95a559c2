package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
)

// Inputs are not deleted here, their day goes as a whole, see [Store.Maintain]; apart
// from those that are in the partition of everything else.
const (
	lockEnded    = `SELECT runs.id` + ofIDs + ` WHERE completed_at IS NOT NULL AND purged_at IS NULL ORDER BY runs.id FOR UPDATE OF runs`
	updatePurged = `UPDATE runs SET purged_at = $2 FROM unnest((SELECT $1::text[])) AS ended (id) WHERE runs.id = ended.id`

	deleteOtherInputs = `DELETE FROM run_inputs_other WHERE run_id = ANY($1)`
)

// Purge marks terminal runs, and has them use no uploads.
func (s *Store) Purge(ctx context.Context, runs []dpp.RunID) error {
	if len(runs) == 0 {
		return nil
	}
	var ended, uploads []string
	return s.write(ctx, tx{
		ask: func(b *statements) {
			ended, uploads = nil, nil
			ids := texts(distinct(runs))
			gather(b, &ended, scanText, lockEnded, ids)
			gather(b, &uploads, scanText, lockUsed, ids)
		},
		decide: func(now time.Time, b *statements) error {
			if len(ended) > 0 {
				b.must(len(ended), updatePurged, ended, now)
				b.exec(deleteOtherInputs, nil, ended)
			}
			if len(ended) > 0 && len(uploads) > 0 {
				b.exec(deleteUses, nil, ended)
				b.exec(updateReleased, nil, uploads)
			}
			return nil
		},
	})
}

func scanText(r pgx.Row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

const (
	deleteKeys = `DELETE FROM idempotency WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM idempotency WHERE expires_at <= (SELECT coalesce($1, clock_timestamp()))
		ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`

	// A run whose key may still be asked for, or whose entries are not folded into
	// usage yet, stays for now. OFFSET 0 has this looked up for one run after the
	// other; as joins, all keys and the whole ledger would be read.
	lockForgotten = `SELECT runs.id FROM runs
		WHERE purged_at IS NOT NULL AND completed_at < (SELECT coalesce($1, clock_timestamp()) - $3 * interval '1 microsecond')
		AND NOT EXISTS (` + ownKey + ` OFFSET 0) AND NOT EXISTS (` + ownUnsealed + ` OFFSET 0)
		ORDER BY completed_at LIMIT $2 FOR UPDATE OF runs SKIP LOCKED`

	ownKey = `SELECT 1 FROM idempotency AS known WHERE known.tenant_id = runs.tenant_id AND known.live = runs.live
		AND known.key = runs.idempotency_key AND known.run_id = runs.id`

	// A run's entries are made when it is accepted and when it ends, in its own
	// transactions: their months are known.
	ownUnsealed = `SELECT 1 FROM entries WHERE entries.run_id = runs.id
		AND entries.created_at BETWEEN least(runs.created_at, runs.completed_at) AND greatest(runs.created_at, runs.completed_at)
		AND entries.seq > coalesce((SELECT sealed_seq FROM accounts WHERE accounts.tenant_id = runs.tenant_id AND accounts.live = runs.live), 0)`

	deleteForgotten       = `DELETE FROM runs USING unnest((SELECT $1::text[])) AS forgotten (id) WHERE runs.id = forgotten.id`
	deleteForgottenInputs = `DELETE FROM run_inputs USING unnest((SELECT $1::text[])) AS forgotten (id) WHERE run_inputs.run_id = forgotten.id`
	deleteForgottenEvents = `DELETE FROM outbox WHERE run_id = ANY($1)`
)

// Forget deletes rows that nobody may ask for any more.
func (s *Store) Forget(ctx context.Context, endedFor time.Duration, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	var keys int64
	err := s.write(ctx, tx{
		ask:    func(*statements) {},
		decide: func(_ time.Time, b *statements) error { b.exec(deleteKeys, &keys, s.opts.now(), limit); return nil },
	})
	if err != nil || int(keys) >= limit {
		return int(keys), err
	}
	var forgotten []string
	err = s.write(ctx, tx{
		ask: func(b *statements) {
			forgotten = nil
			gather(b, &forgotten, scanText, lockForgotten, s.opts.now(), int64(limit)-keys, endedFor.Microseconds())
		},
		decide: func(_ time.Time, b *statements) error {
			if len(forgotten) == 0 {
				return nil
			}
			b.exec(deleteForgottenEvents, nil, forgotten)
			b.exec(deleteForgottenInputs, nil, forgotten)
			b.must(len(forgotten), deleteForgotten, forgotten)
			return nil
		},
	})
	if err != nil {
		return int(keys), err
	}
	return int(keys) + len(forgotten), nil
}
