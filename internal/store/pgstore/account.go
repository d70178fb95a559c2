package pgstore

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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

func scanAccount(r pgx.Row) (a ledger.Account, err error) {
	err = r.Scan(columnsOfAccount(&a)...)
	return a, err
}

const selectAccounts = `SELECT ` + accountColumns + ` FROM accounts WHERE id = ANY($1)`

// Accounts returns those of the accounts that exist.
func (s *Store) Accounts(ctx context.Context, ids []dpp.AccountID) ([]ledger.Account, error) {
	return readAll(ctx, s, scanAccount, selectAccounts, texts(ids))
}

// The order of locks is that of identifiers, so that no two transactions wait for
// each other.
const lockAccounts = `SELECT ` + accountColumns + ` FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE`

func (b *statements) lockAccounts(accounts *[]ledger.Account, ids []dpp.AccountID) {
	gather(b, accounts, scanAccount, lockAccounts, texts(ids))
}

const (
	updateAccounts = `UPDATE accounts SET credited = a.credited, available = a.available, held = a.held, spent = a.spent,
		open_runs = a.open_runs, version = a.version, seq = a.seq, unsealed = a.seq > accounts.sealed_seq
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
		AS a (id, credited, available, held, spent, open_runs, version, seq) WHERE accounts.id = a.id`

	insertEntries = `INSERT INTO entries (account_id, seq, kind, direction, amount, run_id, reference, created_at)
		SELECT account_id, seq, kind, nullif(direction, ''), amount, nullif(run_id, ''), nullif(reference, ''), $8
		FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
		AS e (account_id, seq, kind, direction, amount, run_id, reference)`
)

// closeBooks writes the accounts and entries that changed.
func (b *statements) closeBooks(now time.Time, books *rules.Books) {
	accounts, entries := books.Changed(), books.Entries()
	if len(accounts) == 0 {
		return
	}
	b.must(len(accounts), updateAccounts,
		column(accounts, func(a *ledger.Account) string { return string(a.ID) }),
		column(accounts, func(a *ledger.Account) int64 { return int64(a.Credited) }),
		column(accounts, func(a *ledger.Account) int64 { return int64(a.Available) }),
		column(accounts, func(a *ledger.Account) int64 { return int64(a.Held) }),
		column(accounts, func(a *ledger.Account) int64 { return int64(a.Spent) }),
		column(accounts, func(a *ledger.Account) int64 { return a.OpenRuns }),
		column(accounts, func(a *ledger.Account) int64 { return a.Version }),
		column(accounts, func(a *ledger.Account) int64 { return a.Seq }))
	b.must(len(entries), insertEntries,
		column(entries, func(e *ledger.Entry) string { return string(e.Account) }),
		column(entries, func(e *ledger.Entry) int64 { return e.Seq }),
		column(entries, func(e *ledger.Entry) string { return string(e.Kind) }),
		column(entries, func(e *ledger.Entry) string { return string(e.Direction) }),
		column(entries, func(e *ledger.Entry) int64 { return int64(e.Amount) }),
		column(entries, func(e *ledger.Entry) string { return string(e.Run) }),
		column(entries, func(e *ledger.Entry) string { return e.Reference }),
		now)
}

const entryColumns = `entries.account_id, entries.seq, kind, coalesce(direction, ''), amount, coalesce(entries.run_id, ''),
	coalesce(entries.reference, ''), entries.created_at`

func scanEntry(r pgx.Row) (e ledger.Entry, err error) {
	err = scanEntryAnd(r, &e)
	return e, err
}

func scanEntryAnd(r pgx.Row, e *ledger.Entry, more ...any) error {
	err := r.Scan(append([]any{
		(*string)(&e.Account), &e.Seq, (*string)(&e.Kind), (*string)(&e.Direction), (*int64)(&e.Amount),
		(*string)(&e.Run), &e.Reference, &e.CreatedAt,
	}, more...)...)
	e.CreatedAt = utc(e.CreatedAt)
	return err
}

const selectEntries = `SELECT ` + entryColumns + ` FROM entries WHERE account_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`

// Entries returns entries of an account, newest first.
func (s *Store) Entries(ctx context.Context, query store.EntryQuery) ([]ledger.Entry, error) {
	before := query.Before
	if before == 0 {
		before = math.MaxInt64
	}
	return readAll(ctx, s, scanEntry, selectEntries, string(query.Account), before, max(query.Limit, 0))
}

// column is one value of each row, as an array for unnest.
func column[R, V any](rows []R, value func(*R) V) []V {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	return values
}

// texts are identifiers as an array of text. One that the server could not even
// read becomes one that names nothing.
func texts[T ~string](ids []T) []string {
	return column(ids, func(id *T) string {
		if strings.ContainsRune(string(*id), 0) {
			return "\uFFFD"
		}
		return strings.ToValidUTF8(string(*id), "\uFFFD")
	})
}
