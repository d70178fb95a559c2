package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// view is a transaction in which nothing changes.
type view struct{ in pgx.Tx }

// look runs do with a view of the store at one moment.
func (s *Store) look(ctx context.Context, do func(view) error) error {
	in, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	err = do(view{in})
	_ = in.Rollback(ctx) // nothing was written; where this fails the connection is closed
	return describe(err)
}

func (v view) query(ctx context.Context, query string, each func(pgx.Row) error, args ...any) error {
	rows, err := v.in.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	return forEach(rows, each)
}

// Snapshot calls look with a view of the store in which nothing changes.
func (s *Store) Snapshot(ctx context.Context, look func(store.Snapshot) error) error {
	return s.look(ctx, func(v view) error { return look(snapshot{v}) })
}

type snapshot struct{ view }

// inPages is [rules.InPages] of a statement whose last parameter is its limit.
func inPages[T any](ctx context.Context, v view, query string, scan func(pgx.Row) (T, error), args func(last *T) []any, each func(T) error) error {
	return rules.InPages(func(last *T) (items []T, err error) {
		err = v.query(ctx, query, func(r pgx.Row) error {
			item, err := scan(r)
			items = append(items, item)
			return err
		}, append(args(last), rules.PageRows)...)
		return items, err
	}, each)
}

const selectEachAccount = `SELECT ` + accountColumns + ` FROM accounts WHERE id > $1 ORDER BY id LIMIT $2`

// EachAccount goes over every account.
func (s snapshot) EachAccount(ctx context.Context, each func(ledger.Account) error) error {
	return inPages(ctx, s.view, selectEachAccount, scanAccount, func(last *ledger.Account) []any {
		if last == nil {
			return []any{""}
		}
		return []any{string(last.ID)}
	}, each)
}

const selectEachEntry = `SELECT ` + entryColumns + ` FROM entries WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`

// EachEntry goes over an account's entries.
func (s snapshot) EachEntry(ctx context.Context, account dpp.AccountID, each func(ledger.Entry) error) error {
	return inPages(ctx, s.view, selectEachEntry, scanEntry, func(last *ledger.Entry) []any {
		if last == nil {
			return []any{string(account), int64(0)}
		}
		return []any{string(account), last.Seq}
	}, each)
}

const selectEachRun = `SELECT ` + runColumns + `, ` + leaseColumns + `, (SELECT count(*) FROM idempotency AS known
		WHERE known.tenant_id = runs.tenant_id AND known.live = runs.live AND known.key = runs.idempotency_key AND known.run_id = runs.id)
	FROM runs LEFT JOIN leases ON leases.run_id = runs.id
	WHERE runs.tenant_id = (SELECT tenant_id FROM accounts WHERE id = $1) AND runs.live = (SELECT live FROM accounts WHERE id = $1)
	AND runs.id > $2 ORDER BY runs.id LIMIT $3`

// EachRun goes over an account's runs.
func (s snapshot) EachRun(ctx context.Context, account dpp.AccountID, each func(store.AuditRun) error) error {
	scan := func(r pgx.Row) (run store.AuditRun, err error) {
		var lease leaseRow
		err = scanLeasedRun(r, &run.Run, &lease, &run.Keys)
		run.Leased = lease.token != ""
		return run, err
	}
	return inPages(ctx, s.view, selectEachRun, scan, func(last *store.AuditRun) []any {
		if last == nil {
			return []any{string(account), ""}
		}
		return []any{string(account), string(last.Run.ID)}
	}, each)
}

const selectSealed = `SELECT id, sealed_seq, sealed_digest FROM accounts WHERE id = $1`

// Sealed returns up to which entry an account is sealed, and its digest there.
func (s snapshot) Sealed(ctx context.Context, account dpp.AccountID) (int64, ledger.Digest, error) {
	var found []seal
	err := s.query(ctx, selectSealed, func(r pgx.Row) error {
		one, err := scanSeal(r)
		found = append(found, one)
		return err
	}, string(account))
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return 0, ledger.Digest{}, err
	}
	return found[0].seq, found[0].digest, nil
}

const selectEachUsage = `SELECT ` + usageColumns + ` FROM usage_days
	WHERE account_id = $1 AND (day, pack_type) > ($2, $3) ORDER BY day, pack_type LIMIT $4`

// EachUsage goes over the folded usage of an account.
func (s snapshot) EachUsage(ctx context.Context, account dpp.AccountID, each func(store.UsageDay) error) error {
	return inPages(ctx, s.view, selectEachUsage, scanUsage, func(last *store.UsageDay) []any {
		if last == nil {
			last = new(store.UsageDay)
		}
		return []any{string(account), last.Day, last.PackType}
	}, each)
}

const selectEachUsed = `SELECT ` + uploadColumns + ` FROM uploads
	WHERE id > $1 AND EXISTS (SELECT 1 FROM upload_runs WHERE upload_id = id) ORDER BY id LIMIT $2`

// EachUsed goes over every upload that a run uses.
func (s snapshot) EachUsed(ctx context.Context, each func(dpp.Upload) error) error {
	return inPages(ctx, s.view, selectEachUsed, anUpload, func(last *dpp.Upload) []any {
		if last == nil {
			return []any{""}
		}
		return []any{string(last.ID)}
	}, each)
}

const selectStrays = `
	SELECT 'lease of ' || run_id || ', which is not PROCESSING' FROM leases
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id AND status = 'PROCESSING')
	UNION ALL SELECT 'place in the queue of ' || run_id || ', which is not QUEUED' FROM queue
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id AND status = 'QUEUED')
	UNION ALL SELECT 'run ' || id || ' is QUEUED without a place in the queue' FROM runs
		WHERE completed_at IS NULL AND status = 'QUEUED' AND NOT EXISTS (SELECT 1 FROM queue WHERE run_id = id)
	UNION ALL SELECT 'idempotency row of ' || tenant_id || ' for ' || run_id || ', which does not exist' FROM idempotency
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id)
	UNION ALL SELECT 'event ' || outbox.id || ' of ' || run_id || ', which does not exist' FROM outbox
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = run_id)
	UNION ALL SELECT 'use of upload ' || upload_id || ', which does not exist' FROM upload_runs
		WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE id = upload_id)
	UNION ALL SELECT 'use of upload ' || upload_id || ' by ' || run_id || ', which may not use it' FROM upload_runs JOIN uploads ON uploads.id = upload_id
		WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = run_id AND runs.tenant_id = uploads.tenant_id AND runs.live = uploads.live AND purged_at IS NULL)
	UNION ALL SELECT 'upload ' || id || ' is used and says that it is not, or the other way round' FROM uploads
		WHERE used <> EXISTS (SELECT 1 FROM upload_runs WHERE upload_id = id)
	UNION ALL SELECT 'upload ' || id || ' without an account' FROM uploads
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.tenant_id = uploads.tenant_id AND accounts.live = uploads.live)
	UNION ALL SELECT 'run ' || id || ' without an account' FROM runs
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.tenant_id = runs.tenant_id AND accounts.live = runs.live)
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ', which is no account' FROM entries
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = account_id)
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ' is there twice' FROM entries GROUP BY account_id, seq HAVING count(*) > 1
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ' holds for ' || run_id || ', which does not exist' FROM entries AS hold
		WHERE kind = 'hold' AND NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id) AND NOT EXISTS (
			SELECT 1 FROM entries WHERE run_id = hold.run_id AND kind IN ('capture', 'release'))
	UNION ALL SELECT 'entry ' || seq || ' of ' || account_id || ' settles ' || run_id || ', which never held' FROM entries AS settled
		WHERE kind IN ('capture', 'release') AND NOT EXISTS (SELECT 1 FROM entries WHERE run_id = settled.run_id AND kind = 'hold')`

// EachStray names rows that belong to nothing. A run that was forgotten has left
// its hold and its settlement in the ledger; inputs go by the day.
func (s snapshot) EachStray(ctx context.Context, each func(string) error) error {
	return s.query(ctx, selectStrays, func(r pgx.Row) error {
		what, err := scanText(r)
		if err != nil {
			return err
		}
		return each(what)
	})
}
