package sqlitestore

import (
	"context"
	"time"

	"dpp"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// Submit accepts runs, in order, in one transaction.
func (s *Store) Submit(ctx context.Context, batch []store.Submission) ([]store.Submitted, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]store.Submitted, error) { return t.submit(batch) })
}

func (t *tx) submit(batch []store.Submission) ([]store.Submitted, error) {
	used, err := t.usedKeys(batch)
	if err != nil {
		return nil, err
	}
	ids := make([]dpp.AccountID, len(batch))
	for i := range batch {
		ids[i] = batch[i].Run.Account()
	}
	books, err := t.openBooks(ids)
	if err != nil {
		return nil, err
	}
	uploads, err := t.namedUploads(batch)
	if err != nil {
		return nil, err
	}
	decided, err := rules.Submit(t.now, batch, used, uploads, books)
	if err != nil {
		return nil, err
	}
	for i := range decided.New {
		if err := t.insert(&decided.New[i]); err != nil {
			return nil, err
		}
	}
	if err := fillIn(t, decided.Earlier); err != nil {
		return nil, err
	}
	return decided.Outcomes, t.closeBooks(books)
}

// SQLite reads the tables of a CROSS JOIN in this order, and looks each key up.
const selectKeys = `SELECT known.key, runs.id, payload_hash, expires_at FROM json_each(?3) AS wanted
	CROSS JOIN idempotency AS known ON known.tenant_id = ?1 AND known.live = ?2 AND known.key = wanted.value
	JOIN runs ON runs.n = known.run_n`

// usedKeys finds the idempotency rows of a batch.
func (t *tx) usedKeys(batch []store.Submission) (map[store.KeyRef]rules.UsedKey, error) {
	wanted := make(map[store.KeyRef][]string) // by their scope, which has no key
	for i := range batch {
		scope := batch[i].Key
		scope.Key = ""
		wanted[scope] = append(wanted[scope], batch[i].Key.Key)
	}
	used := make(map[store.KeyRef]rules.UsedKey)
	for scope, keys := range wanted {
		text, err := list(keys)
		if err != nil {
			return nil, err
		}
		err = t.query(selectKeys, func(r row) error {
			ref := scope
			key, err := scanKeyRow(r, &ref)
			used[ref] = key
			return err
		}, string(scope.Tenant), scope.Live, text)
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}

func scanKeyRow(r row, ref *store.KeyRef) (key rules.UsedKey, err error) {
	var hash []byte
	var expires int64
	err = r.Scan(&ref.Key, (*string)(&key.Run), &hash, &expires)
	copy(key.Hash[:], hash)
	key.Expires = fromMillis(expires)
	return key, err
}

// after is the time in a while, to the millisecond that is kept.
func (t *tx) after(d time.Duration) time.Time { return t.now.Add(d.Truncate(time.Millisecond)) }

const insertRun = `INSERT INTO runs (id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version,
	attempt, losses, used, max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, tags, inputs_key,
	created_at, updated_at, queue_expires_at, deadline)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'QUEUED', 'RESERVED', 1, 0, 0, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16, ?17, ?18)`

func (t *tx) insertRun(run *dpp.Run) (n int64, err error) {
	tags, err := rules.EncodeTags(run.Meta.Tags)
	if err != nil {
		return 0, err
	}
	return t.execInsert(insertRun, string(run.ID), string(run.Tenant), run.Live, run.PackType, run.PackVersion, run.ProfileVersion,
		int64(run.Reservation.MaxCost), run.Reservation.Timebox.Milliseconds(), int64(run.Reservation.MinReliability),
		run.Options.Inline, run.Options.AllowPartial, run.Meta.TraceID, run.Meta.ExternalID, tags, run.InputsKey,
		run.CreatedAt.UnixMilli(), run.QueueExpiresAt.UnixMilli(), run.Deadline.UnixMilli())
}

const (
	insertInputs = `INSERT INTO run_inputs (run_n, data) VALUES (?1, ?2)`
	insertKeyRow = `INSERT INTO idempotency (run_n, tenant_id, live, key, payload_hash, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`
	deleteKey    = `DELETE FROM idempotency WHERE tenant_id = ?1 AND live = ?2 AND key = ?3`
)

// insert writes the run, its inputs, its uses of uploads and its idempotency row.
func (t *tx) insert(run *rules.NewRun) error {
	item := run.Submission
	if run.StaleKey {
		if _, err := t.exec(deleteKey, string(item.Key.Tenant), item.Key.Live, item.Key.Key); err != nil {
			return err
		}
	}
	n, err := t.insertRun(&run.Run)
	if err != nil {
		return err
	}
	if run.InputsKey == "" && len(item.Inputs) > 0 {
		if _, err := t.exec(insertInputs, n, item.Inputs); err != nil {
			return err
		}
	}
	if err := t.use(n, run.Uploads); err != nil {
		return err
	}
	_, err = t.exec(insertKeyRow, n, string(item.Key.Tenant), item.Key.Live, item.Key.Key, item.PayloadHash[:], run.KeyExpires.UnixMilli())
	return err
}

// fillIn reads runs of which only the identifiers are known.
func fillIn(q querier, runs []*dpp.Run) error {
	ids := make([]dpp.RunID, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	found, err := runsByID(q, ids)
	byID := make(map[dpp.RunID]dpp.Run, len(found))
	for _, run := range found {
		byID[run.ID] = run
	}
	for _, run := range runs {
		*run = byID[run.ID]
	}
	return err
}
