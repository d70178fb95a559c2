package sqlitestore

import (
	"context"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// Snapshot calls look with a view of the store in which nothing changes.
func (s *Store) Snapshot(ctx context.Context, look func(store.Snapshot) error) error {
	return s.readTogether(ctx, s.readers.views, func(r *reading) error { return look(snapshot{r}) })
}

type snapshot struct{ r *reading }

// with is the snapshot's view under the context of one call.
func (s snapshot) with(ctx context.Context) *reading {
	r := *s.r
	r.ctx = ctx
	return &r
}

const selectEachAccount = `SELECT ` + accountColumns + ` FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2`

// EachAccount goes over every account.
func (s snapshot) EachAccount(ctx context.Context, each func(ledger.Account) error) error {
	return rules.InPages(func(last *ledger.Account) ([]ledger.Account, error) {
		after := ""
		if last != nil {
			after = string(last.ID)
		}
		return gather(s.with(ctx), scanAccount, selectEachAccount, after, rules.PageRows)
	}, each)
}

const selectEachEntry = `SELECT ` + entryColumns + ` FROM entries WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3`

// EachEntry goes over an account's entries.
func (s snapshot) EachEntry(ctx context.Context, account dpp.AccountID, each func(ledger.Entry) error) error {
	return rules.InPages(func(last *ledger.Entry) ([]ledger.Entry, error) {
		after := int64(0)
		if last != nil {
			after = last.Seq
		}
		return gather(s.with(ctx), scanEntry, selectEachEntry, string(account), after, rules.PageRows)
	}, each)
}

const selectEachRun = `SELECT ` + runColumns + `, ` + leaseColumns + `, (SELECT count(*) FROM idempotency WHERE run_n = runs.n)
	FROM runs LEFT JOIN leases ON leases.run_n = runs.n
	WHERE tenant_id = (SELECT tenant_id FROM accounts WHERE id = ?1) AND live = (SELECT live FROM accounts WHERE id = ?1)
	AND runs.id > ?2 ORDER BY runs.id LIMIT ?3`

// EachRun goes over an account's runs.
func (s snapshot) EachRun(ctx context.Context, account dpp.AccountID, each func(store.AuditRun) error) error {
	scan := func(r row) (run store.AuditRun, err error) {
		var lease leaseRow
		err = scanLeasedRun(r, &run.Run, &lease, &run.Keys)
		run.Leased = lease.token != ""
		return run, err
	}
	return rules.InPages(func(last *store.AuditRun) ([]store.AuditRun, error) {
		after := ""
		if last != nil {
			after = string(last.Run.ID)
		}
		return gather(s.with(ctx), scan, selectEachRun, string(account), after, rules.PageRows)
	}, each)
}

const selectSealed = `SELECT id, sealed_seq, sealed_digest FROM accounts WHERE id = ?1`

// Sealed returns up to which entry an account is sealed, and its digest there.
func (s snapshot) Sealed(ctx context.Context, account dpp.AccountID) (int64, ledger.Digest, error) {
	seals, err := gather(s.with(ctx), scanSeal, selectSealed, string(account))
	if err == nil && len(seals) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return 0, ledger.Digest{}, err
	}
	return seals[0].seq, seals[0].digest, nil
}

const selectEachUsage = `SELECT ` + usageColumns + ` FROM usage_days
	WHERE account_id = ?1 AND (day, pack_type) > (?2, ?3) ORDER BY day, pack_type LIMIT ?4`

// EachUsage goes over the folded usage of an account.
func (s snapshot) EachUsage(ctx context.Context, account dpp.AccountID, each func(store.UsageDay) error) error {
	return rules.InPages(func(last *store.UsageDay) ([]store.UsageDay, error) {
		var after store.UsageDay
		if last != nil {
			after = *last
		}
		return gather(s.with(ctx), scanUsage, selectEachUsage, string(account), after.Day, after.PackType, rules.PageRows)
	}, each)
}

const selectEachUsed = `SELECT ` + uploadColumns + ` FROM uploads
	WHERE id > ?1 AND EXISTS (SELECT 1 FROM upload_runs WHERE upload_id = id) ORDER BY id LIMIT ?2`

// EachUsed goes over every upload that a run uses.
func (s snapshot) EachUsed(ctx context.Context, each func(dpp.Upload) error) error {
	return rules.InPages(func(last *dpp.Upload) ([]dpp.Upload, error) {
		after := ""
		if last != nil {
			after = string(last.ID)
		}
		return gather(s.with(ctx), anUpload, selectEachUsed, after, rules.PageRows)
	}, each)
}

const selectStrays = `
	SELECT 'lease of ' || ifnull(id, 'run number ' || run_n) || ', which is not PROCESSING' FROM leases LEFT JOIN runs ON n = run_n
		WHERE status IS NOT 'PROCESSING'
	UNION ALL SELECT 'idempotency row of ' || tenant_id || ' for run number ' || run_n || ', which does not exist' FROM idempotency
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE n = run_n)
	UNION ALL SELECT 'inputs of run number ' || run_n || ', which does not exist' FROM run_inputs
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE n = run_n)
	UNION ALL SELECT 'event ' || id || ' of ' || run_id || ', which does not exist' FROM outbox
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = run_id)
	UNION ALL SELECT 'use of upload ' || upload_id || ', which does not exist' FROM upload_runs
		WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE id = upload_id)
	UNION ALL SELECT 'use of upload ' || uploads.id || ' by run number ' || run_n || ', which may not use it' FROM upload_runs
		JOIN uploads ON uploads.id = upload_id LEFT JOIN runs ON runs.n = run_n
		WHERE runs.tenant_id IS NOT uploads.tenant_id OR runs.live IS NOT uploads.live OR runs.purged_at IS NOT NULL
	UNION ALL SELECT 'upload ' || id || ' is used and says that it is not, or the other way round' FROM uploads
		WHERE used <> EXISTS (SELECT 1 FROM upload_runs WHERE upload_id = id)
	UNION ALL SELECT 'upload ' || id || ' without an account' FROM uploads
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.tenant_id = uploads.tenant_id AND accounts.live = uploads.live)
	UNION ALL SELECT 'run ' || id || ' without an account' FROM runs
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.tenant_id = runs.tenant_id AND accounts.live = runs.live)
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ', which is no account' FROM entries
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = account_id)
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ' holds for ' || run_id || ', which does not exist' FROM entries AS hold
		WHERE kind = 'hold' AND NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id) AND NOT EXISTS (
			SELECT 1 FROM entries WHERE run_id = hold.run_id AND kind IN ('capture', 'release'))
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ' settles ' || run_id || ', which never held' FROM entries AS settled
		WHERE kind IN ('capture', 'release') AND NOT EXISTS (SELECT 1 FROM entries WHERE run_id = settled.run_id AND kind = 'hold')`

// EachStray names rows that belong to nothing. A run that was forgotten has left
// its hold and its settlement in the ledger.
func (s snapshot) EachStray(ctx context.Context, each func(string) error) error {
	return s.with(ctx).query(selectStrays, func(r row) error {
		var what string
		if err := r.Scan(&what); err != nil {
			return err
		}
		return each(what)
	})
}
