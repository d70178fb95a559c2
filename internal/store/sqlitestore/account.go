package sqlitestore

import (
	"context"
	"math"
	"slices"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

const accountColumns = `accounts.id, accounts.tenant_id, credited, available, held, spent, open_runs, suspended, accounts.version, seq`

func columnsOfAccount(a *ledger.Account) []any {
	return []any{
		(*string)(&a.ID), (*string)(&a.Tenant), (*int64)(&a.Credited), (*int64)(&a.Available), (*int64)(&a.Held),
		(*int64)(&a.Spent), &a.OpenRuns, &a.Suspended, &a.Version, &a.Seq,
	}
}

func scanAccount(r row) (a ledger.Account, err error) {
	err = r.Scan(columnsOfAccount(&a)...)
	return a, err
}

const selectAccounts = `SELECT ` + accountColumns + ` FROM accounts WHERE id IN (SELECT value FROM json_each(?1))`

// Accounts returns those of the accounts that exist.
func (s *Store) Accounts(ctx context.Context, ids []dpp.AccountID) ([]ledger.Account, error) {
	wanted, err := list(ids)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, s, scanAccount, selectAccounts, wanted)
}

// openBooks reads the accounts that a transaction touches.
func (t *tx) openBooks(ids []dpp.AccountID) (*rules.Books, error) {
	slices.Sort(ids)
	wanted, err := list(slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	accounts, err := gather(t, scanAccount, selectAccounts, wanted)
	return rules.OpenBooks(t.now, accounts), err
}

const updateAccount = `UPDATE accounts SET credited = ?2, available = ?3, held = ?4, spent = ?5, open_runs = ?6, version = ?7, seq = ?8 WHERE id = ?1`

// closeBooks writes the accounts and entries that changed.
func (t *tx) closeBooks(books *rules.Books) error {
	for _, a := range books.Changed() {
		_, err := t.exec(updateAccount, string(a.ID), int64(a.Credited), int64(a.Available), int64(a.Held), int64(a.Spent),
			a.OpenRuns, a.Version, a.Seq)
		if err != nil {
			return err
		}
	}
	for _, e := range books.Entries() {
		if err := t.insertEntry(e); err != nil {
			return err
		}
	}
	return nil
}

const insertEntry = `INSERT INTO entries (account_id, seq, kind, direction, amount, run_id, reference, created_at)
	VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, nullif(?6, ''), nullif(?7, ''), ?8)`

func (t *tx) insertEntry(e ledger.Entry) error {
	_, err := t.exec(insertEntry, string(e.Account), e.Seq, string(e.Kind), string(e.Direction), int64(e.Amount),
		string(e.Run), e.Reference, e.CreatedAt.UnixMilli())
	return err
}

const entryColumns = `account_id, seq, kind, ifnull(direction, ''), amount, ifnull(run_id, ''), ifnull(reference, ''), entries.created_at`

func scanEntry(r row) (e ledger.Entry, err error) {
	err = scanEntryAnd(r, &e)
	return e, err
}

func scanEntryAnd(r row, e *ledger.Entry, more ...any) error {
	var created int64
	err := r.Scan(append([]any{
		(*string)(&e.Account), &e.Seq, (*string)(&e.Kind), (*string)(&e.Direction), (*int64)(&e.Amount),
		(*string)(&e.Run), &e.Reference, &created,
	}, more...)...)
	e.CreatedAt = fromMillis(created)
	return err
}

const selectEntries = `SELECT ` + entryColumns + ` FROM entries WHERE account_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3`

// Entries returns entries of an account, newest first.
func (s *Store) Entries(ctx context.Context, query store.EntryQuery) ([]ledger.Entry, error) {
	return readAll(ctx, s, scanEntry, selectEntries, string(query.Account), orLast(query.Before), max(query.Limit, 0))
}

// orLast is a bound below which to look, where 0 stands for none.
func orLast(before int64) int64 {
	if before == 0 {
		return math.MaxInt64
	}
	return before
}
