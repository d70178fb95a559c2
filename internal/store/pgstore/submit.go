package pgstore

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// Submit accepts runs, in order, in one transaction. The lock of an account holds
// back whoever submits under the same keys.
func (s *Store) Submit(ctx context.Context, batch []store.Submission) ([]store.Submitted, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	accounts := make([]dpp.AccountID, len(batch))
	keys := make([]store.KeyRef, len(batch))
	for i := range batch {
		accounts[i], keys[i] = batch[i].Run.Account(), batch[i].Key
	}
	accounts = distinct(accounts)
	named := namedUploads(batch)
	var found []ledger.Account
	var uploads map[dpp.UploadID]dpp.Upload
	var used map[store.KeyRef]rules.UsedKey
	var decided rules.Submits
	err := s.write(ctx, tx{
		ask: func(b *statements) {
			found, used = nil, make(map[store.KeyRef]rules.UsedKey)
			b.lockAccounts(&found, accounts)
			b.usedKeys(used, keys)
			uploads = b.lockUploads(named)
		},
		decide: func(now time.Time, b *statements) (err error) {
			books := rules.OpenBooks(now, found)
			if decided, err = rules.Submit(now, batch, used, uploads, books); err != nil {
				return err
			}
			if err := b.insertRuns(decided.New); err != nil {
				return err
			}
			b.fillIn(decided.Earlier)
			b.closeBooks(now, books)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return decided.Outcomes, nil
}

const selectKeys = `SELECT known.tenant_id, known.live, known.key, run_id, payload_hash, expires_at
	FROM unnest($1::text[], $2::boolean[], $3::text[]) AS wanted (tenant_id, live, key)
	JOIN idempotency AS known ON known.tenant_id = wanted.tenant_id AND known.live = wanted.live AND known.key = wanted.key`

func (b *statements) usedKeys(used map[store.KeyRef]rules.UsedKey, keys []store.KeyRef) {
	tenants, lives, names := keyColumns(keys)
	b.query(selectKeys, func(r pgx.Row) error {
		var ref store.KeyRef
		var key rules.UsedKey
		var hash []byte
		err := r.Scan((*string)(&ref.Tenant), &ref.Live, &ref.Key, (*string)(&key.Run), &hash, &key.Expires)
		copy(key.Hash[:], hash)
		used[ref] = key
		return err
	}, tenants, lives, names)
}

const (
	insertRuns = `INSERT INTO runs (id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version,
		attempt, losses, used, max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, tags, inputs_key,
		idempotency_key, created_at, updated_at, queue_expires_at, deadline)
		SELECT id, tenant_id, live, pack_type, pack_version, profile_version, 'QUEUED', 'RESERVED', 1,
		0, 0, 0, max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, tags::jsonb, inputs_key,
		idempotency_key, created_at, created_at, queue_expires_at, deadline
		FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::integer[],
		$10::boolean[], $11::boolean[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
		$17::timestamptz[], $18::timestamptz[], $19::timestamptz[])
		AS r (id, tenant_id, live, pack_type, pack_version, profile_version, max_cost, timebox_ms, min_reliability,
		inline, allow_partial, trace_id, external_id, tags, inputs_key, idempotency_key, created_at, queue_expires_at, deadline)`

	insertQueued = `INSERT INTO queue (run_id, since, expires_at)
		SELECT run_id, since, expires_at FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS q (run_id, since, expires_at)`

	insertInputs = `INSERT INTO run_inputs (run_id, data) SELECT run_id, data FROM unnest($1::text[], $2::bytea[]) AS i (run_id, data)`

	// A row that is there is past its window, and the account's lock says that nobody
	// else replaces it.
	insertKeys = `INSERT INTO idempotency (tenant_id, live, key, run_id, payload_hash, expires_at)
		SELECT tenant_id, live, key, run_id, payload_hash, expires_at
		FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[])
		AS k (tenant_id, live, key, run_id, payload_hash, expires_at)
		ON CONFLICT (tenant_id, live, key) DO UPDATE
		SET run_id = excluded.run_id, payload_hash = excluded.payload_hash, expires_at = excluded.expires_at`
)

// insertRuns writes runs, their places in the queue, inputs, uses of uploads and
// idempotency rows.
func (b *statements) insertRuns(runs []rules.NewRun) error {
	if len(runs) == 0 {
		return nil
	}
	tags := make([]*string, len(runs))
	keys := make([]store.KeyRef, len(runs))
	var withInputs []string
	var inputs [][]byte
	for i := range runs {
		run, item := &runs[i], runs[i].Submission
		text, err := rules.EncodeTags(run.Meta.Tags)
		if err != nil {
			return err
		}
		tags[i], keys[i] = text, item.Key
		if run.InputsKey == "" && len(item.Inputs) > 0 {
			withInputs, inputs = append(withInputs, string(run.ID)), append(inputs, item.Inputs)
		}
	}
	ids := column(runs, func(r *rules.NewRun) string { return string(r.ID) })
	created := column(runs, func(r *rules.NewRun) time.Time { return r.CreatedAt })
	expires := column(runs, func(r *rules.NewRun) time.Time { return r.QueueExpiresAt })
	tenants, lives, names := keyColumns(keys)
	b.must(len(runs), insertRuns, ids,
		column(runs, func(r *rules.NewRun) string { return string(r.Tenant) }),
		column(runs, func(r *rules.NewRun) bool { return r.Live }),
		column(runs, func(r *rules.NewRun) string { return r.PackType }),
		column(runs, func(r *rules.NewRun) string { return r.PackVersion }),
		column(runs, func(r *rules.NewRun) string { return r.ProfileVersion }),
		column(runs, func(r *rules.NewRun) int64 { return int64(r.Reservation.MaxCost) }),
		column(runs, func(r *rules.NewRun) int64 { return r.Reservation.Timebox.Milliseconds() }),
		column(runs, func(r *rules.NewRun) int32 { return int32(r.Reservation.MinReliability) }),
		column(runs, func(r *rules.NewRun) bool { return r.Options.Inline }),
		column(runs, func(r *rules.NewRun) bool { return r.Options.AllowPartial }),
		column(runs, func(r *rules.NewRun) string { return r.Meta.TraceID }),
		column(runs, func(r *rules.NewRun) string { return r.Meta.ExternalID }),
		tags,
		column(runs, func(r *rules.NewRun) string { return r.InputsKey }),
		names, created, expires,
		column(runs, func(r *rules.NewRun) time.Time { return r.Deadline }))
	b.must(len(runs), insertQueued, ids, created, expires)
	if len(inputs) > 0 {
		b.must(len(inputs), insertInputs, withInputs, inputs)
	}
	b.use(runs)
	b.must(len(runs), insertKeys, tenants, lives, names, ids,
		column(runs, func(r *rules.NewRun) []byte { return r.Submission.PayloadHash[:] }),
		column(runs, func(r *rules.NewRun) time.Time { return r.KeyExpires }))
	return nil
}

// fillIn reads runs of which only the identifiers are known.
func (b *statements) fillIn(runs []*dpp.Run) {
	if len(runs) == 0 {
		return
	}
	waiting := make(map[dpp.RunID][]*dpp.Run, len(runs))
	for _, run := range runs {
		waiting[run.ID] = append(waiting[run.ID], run)
	}
	ids := make([]dpp.RunID, 0, len(waiting))
	for id := range waiting {
		ids = append(ids, id)
	}
	b.query(selectRuns, func(r pgx.Row) error {
		run, err := aRun(r)
		for _, at := range waiting[run.ID] {
			*at = run
		}
		return err
	}, texts(ids))
}

// distinct are identifiers once each, in their order. It is never nil, which the
// server would take for NULL.
func distinct[T ~string](ids []T) []T {
	return slices.Compact(append([]T{}, slices.Sorted(slices.Values(ids))...))
}
