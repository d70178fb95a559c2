package sqlitestore

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

const accountColumns = `id, tenant_id, credited, available, held, spent, open_runs, suspended, version, seq`

func scanAccount(r row) (a ledger.Account, err error) {
	err = r.Scan((*string)(&a.ID), (*string)(&a.Tenant), (*int64)(&a.Credited), (*int64)(&a.Available), (*int64)(&a.Held),
		(*int64)(&a.Spent), &a.OpenRuns, &a.Suspended, &a.Version, &a.Seq)
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

// books are the accounts that a transaction touches: each is read once, changed by
// package ledger, and written once.
type books struct {
	t        *tx
	accounts map[dpp.AccountID]ledger.Account
	changed  map[dpp.AccountID]bool
}

func (t *tx) open(ids []dpp.AccountID) (*books, error) {
	slices.Sort(ids)
	wanted, err := list(slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	b := &books{t: t, accounts: make(map[dpp.AccountID]ledger.Account), changed: make(map[dpp.AccountID]bool)}
	err = t.query(selectAccounts, func(r row) error {
		account, err := scanAccount(r)
		b.accounts[account.ID] = account
		return err
	}, wanted)
	return b, err
}

// set is the account after entries that package ledger made.
func (b *books) set(account ledger.Account, entries []ledger.Entry) error {
	b.accounts[account.ID] = account
	b.changed[account.ID] = true
	for _, e := range entries {
		if err := b.t.insertEntry(e); err != nil {
			return err
		}
	}
	return nil
}

// errNoAccount: the schema makes it impossible.
var errNoAccount = errors.New("sqlitestore: a run without an account")

// apply posts a transfer that must succeed.
func (b *books) apply(transfer ledger.Transfer) (ledger.Account, error) {
	account, ok := b.accounts[transfer.Account]
	if !ok {
		return account, errNoAccount
	}
	after, entries, err := account.Apply(transfer)
	if err != nil {
		return account, err
	}
	return after, b.set(after, entries)
}

const updateAccount = `UPDATE accounts SET credited = ?2, available = ?3, held = ?4, spent = ?5, open_runs = ?6, version = ?7, seq = ?8 WHERE id = ?1`

// close writes the accounts that changed.
func (b *books) close() error {
	for _, id := range slices.Sorted(maps.Keys(b.changed)) {
		a := b.accounts[id]
		_, err := b.t.exec(updateAccount, string(id), int64(a.Credited), int64(a.Available), int64(a.Held), int64(a.Spent),
			a.OpenRuns, a.Version, a.Seq)
		if err != nil {
			return err
		}
	}
	return nil
}

const insertEntry = `INSERT INTO entries (account_id, seq, kind, direction, amount, run_id, reference, created_at)
	VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, nullif(?6, ''), nullif(?7, ''), ?8)`

func (t *tx) insertEntry(e ledger.Entry) error {
	_, err := t.exec(insertEntry, string(e.Account), e.Seq, string(e.Kind), string(e.Direction), int64(e.Amount),
		string(e.Run), e.Reference, t.now.UnixMilli())
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
