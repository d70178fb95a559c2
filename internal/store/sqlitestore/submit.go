package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dpp"
	"dpp/internal/budget"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// errSubmission: the caller built a submission that cannot be accepted as it is.
var errSubmission = errors.New("sqlitestore: not a new run with its own hold")

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
	b, err := t.open(ids)
	if err != nil {
		return nil, err
	}
	outcomes := make([]store.Submitted, len(batch))
	var earlier []*dpp.Run // answered with a run that is there already
	for i := range batch {
		item, outcome := &batch[i], &outcomes[i]
		key, found := used[item.Key]
		if found && key.counts(item, t.now) {
			if *outcome = key.answer(item); outcome.Verdict != store.Conflict {
				earlier = append(earlier, &outcome.Run)
			}
		} else if *outcome, err = t.accept(item, b, found); err != nil {
			return nil, err
		}
		outcome.Account = b.accounts[item.Run.Account()]
	}
	if err := fillIn(t, earlier); err != nil {
		return nil, err
	}
	return outcomes, b.close()
}

// usedKey is an idempotency row.
type usedKey struct {
	run     dpp.RunID
	hash    [32]byte
	expires time.Time
}

// counts tells whether the row still speaks for its key: it is inside its window,
// or this very submission wrote it.
func (k usedKey) counts(item *store.Submission, now time.Time) bool {
	return k.run == item.Run.ID || k.expires.After(now)
}

// answer is the outcome, with the earlier run's identifier alone.
func (k usedKey) answer(item *store.Submission) store.Submitted {
	verdict := store.Conflict
	switch {
	case k.run == item.Run.ID:
		verdict = store.Accepted
	case k.hash == item.PayloadHash:
		verdict = store.Replayed
	}
	return store.Submitted{Verdict: verdict, Run: dpp.Run{ID: k.run}}
}

// SQLite reads the tables of a CROSS JOIN in this order, and looks each key up.
const selectKeys = `SELECT known.key, runs.id, payload_hash, expires_at FROM json_each(?3) AS wanted
	CROSS JOIN idempotency AS known ON known.tenant_id = ?1 AND known.live = ?2 AND known.key = wanted.value
	JOIN runs ON runs.n = known.run_n`

// usedKeys finds the idempotency rows of a batch.
func (t *tx) usedKeys(batch []store.Submission) (map[store.KeyRef]usedKey, error) {
	wanted := make(map[store.KeyRef][]string) // by their scope, which has no key
	for i := range batch {
		scope := batch[i].Key
		scope.Key = ""
		wanted[scope] = append(wanted[scope], batch[i].Key.Key)
	}
	used := make(map[store.KeyRef]usedKey)
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

func scanKeyRow(r row, ref *store.KeyRef) (key usedKey, err error) {
	var hash []byte
	var expires int64
	err = r.Scan(&ref.Key, (*string)(&key.run), &hash, &expires)
	copy(key.hash[:], hash)
	key.expires = fromMillis(expires)
	return key, err
}

// accept decides one new run against its account, and writes all of it or nothing.
// stale tells that its key has a row that is past its window.
func (t *tx) accept(item *store.Submission, b *books, stale bool) (store.Submitted, error) {
	run := t.newRun(item)
	if !acceptable(item) {
		return store.Submitted{}, errSubmission
	}
	account, ok := b.accounts[run.Account()]
	if !ok {
		return store.Submitted{Verdict: store.Refused, Reason: dpp.ReasonNotFound}, nil
	}
	after, decisions, err := budget.Decide(account, budget.Limits{OpenRuns: item.MaxOpenRuns}, []ledger.Transfer{item.Hold})
	if err != nil {
		return store.Submitted{}, fmt.Errorf("hold for %s: %w", run.ID, err)
	}
	if reason := decisions[0].Refused; reason != "" {
		return store.Submitted{Verdict: store.Refused, Reason: reason}, nil
	}
	if stale {
		if _, err := t.exec(deleteKey, string(item.Key.Tenant), item.Key.Live, item.Key.Key); err != nil {
			return store.Submitted{}, err
		}
	}
	if err := t.insert(&run, item); err != nil {
		return store.Submitted{}, err
	}
	return store.Submitted{Verdict: store.Accepted, Run: run}, b.set(after, decisions[0].Entries)
}

func acceptable(item *store.Submission) bool {
	run, hold := &item.Run, &item.Hold
	return run.Status == dpp.StatusQueued && run.Money == dpp.MoneyReserved && run.Version == 1 && run.Attempt == 0 && run.Losses == 0 &&
		hold.Kind == ledger.TransferHold && hold.Run == run.ID && hold.Account == run.Account()
}

// newRun is the run as it will be read back.
func (t *tx) newRun(item *store.Submission) dpp.Run {
	run := item.Run
	run.CreatedAt, run.UpdatedAt = t.now, t.now
	run.Deadline = t.after(item.DeadlineIn)
	run.QueueExpiresAt = earlier(t.after(item.QueueTTL), run.Deadline)
	run.CompletedAt, run.PurgedAt = time.Time{}, time.Time{}
	run.Used, run.Result, run.Error, run.Progress = 0, nil, nil, nil
	run.Reservation.Timebox = run.Reservation.Timebox.Truncate(time.Millisecond)
	if len(run.Meta.Tags) == 0 {
		run.Meta.Tags = nil
	}
	return run
}

// after is the time in a while, to the millisecond that is kept.
func (t *tx) after(d time.Duration) time.Time { return t.now.Add(d.Truncate(time.Millisecond)) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

const insertRun = `INSERT INTO runs (id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version,
	attempt, losses, used, max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, tags, inputs_key,
	created_at, updated_at, queue_expires_at, deadline)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'QUEUED', 'RESERVED', 1, 0, 0, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16, ?17, ?18)`

func (t *tx) insertRun(run *dpp.Run) (n int64, err error) {
	tags, err := encodeTags(run.Meta.Tags)
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

// insert writes the run, its inputs and its idempotency row.
func (t *tx) insert(run *dpp.Run, item *store.Submission) error {
	n, err := t.insertRun(run)
	if err != nil {
		return err
	}
	if run.InputsKey == "" && len(item.Inputs) > 0 {
		if _, err := t.exec(insertInputs, n, item.Inputs); err != nil {
			return err
		}
	}
	key := item.Key
	_, err = t.exec(insertKeyRow, n, string(key.Tenant), key.Live, key.Key, item.PayloadHash[:], t.after(item.KeyWindow).UnixMilli())
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
