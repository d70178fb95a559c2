package store

import (
	"context"
	"time"

	"dpp"
	"dpp/internal/ledger"
)

// Books keeps balances and the ledger.
type Books interface {
	// Post applies credits and adjustments, each once per account and reference.
	Post(ctx context.Context, transfers []ledger.Transfer) ([]Posted, error)

	// Accounts returns those of the accounts that exist.
	Accounts(ctx context.Context, ids []dpp.AccountID) ([]ledger.Account, error)

	// Entries returns entries of an account, newest first.
	Entries(ctx context.Context, query EntryQuery) ([]ledger.Entry, error)

	// Usage returns what an account did on each UTC day of [from, to), oldest
	// first: the folded days and, on top, what is not folded yet.
	Usage(ctx context.Context, account dpp.AccountID, from, to time.Time) ([]UsageDay, error)

	// Seal folds entries that are not sealed yet, at most limit of them, into the
	// usage of their day and into their account's hash chain. It returns how many.
	Seal(ctx context.Context, limit int) (int, error)

	// Totals sums up all accounts and compares each with its open runs, at one moment.
	// It looks at every account and every open run, and at nothing that has ended: once
	// a minute is often enough.
	Totals(ctx context.Context) (Totals, error)
}

// Totals is the whole platform at one moment.
type Totals struct {
	Accounts                         int64
	OpenRuns                         int64
	Credited, Available, Held, Spent dpp.Money
	// Unsealed is how many entries no chain holds yet.
	Unsealed int64
	// Discrepancies is how many accounts do not add up (credited = available + held +
	// spent, no part below zero), or have other open runs, or hold another sum, than
	// their runs say; and how many have open runs and no row.
	Discrepancies int64
}

// Posted is the outcome of a credit or adjustment.
type Posted struct {
	// Repeated: the reference had been posted before; Entry is the first one's.
	Repeated bool
	// Reason is set where the transfer was refused: NOT_FOUND (no such account),
	// BUDGET_DRAINED (an adjustment below zero), MAX_COST_EXCEEDED (the balance
	// would not fit), IDEMPOTENCY_CONFLICT (the reference was posted with another
	// amount or kind).
	Reason  dpp.Reason
	Entry   ledger.Entry
	Account ledger.Account
}

// EntryQuery selects ledger entries.
type EntryQuery struct {
	Account dpp.AccountID
	Before  int64 // only entries with a smaller Seq; 0: from the newest
	Limit   int
}

// UsageDay is what one account did on one UTC day with one pack. Runs count on the
// day they were accepted, ends and charges on the day they ended.
type UsageDay struct {
	Day       string // yyyy-mm-dd
	PackType  string
	Submitted int64
	Completed int64
	Failed    int64
	Expired   int64
	Canceled  int64
	Reserved  dpp.Money
	Charged   dpp.Money
}

// Tenants keeps customers and their keys.
type Tenants interface {
	// CreateTenant makes a tenant with an empty live account.
	CreateTenant(ctx context.Context, tenant dpp.Tenant) error
	// ListTenants returns every tenant, oldest first.
	ListTenants(ctx context.Context) ([]dpp.Tenant, error)
	// SetSuspended stops a tenant from submitting, or lets it again; [ErrNotFound].
	SetSuspended(ctx context.Context, tenant dpp.TenantID, suspended bool) error

	// CreateKey stores a key; [ErrNotFound] where its tenant does not exist.
	CreateKey(ctx context.Context, key dpp.Key) error
	// ListKeys returns a tenant's keys, oldest first; every key, operators'
	// included, where tenant is empty.
	ListKeys(ctx context.Context, tenant dpp.TenantID) ([]dpp.Key, error)
	// KeysByHash returns those of the keys that exist, revoked or not.
	KeysByHash(ctx context.Context, hashes []dpp.KeyHash) ([]dpp.Key, error)
	// RevokeKey ends a key; repeating it changes nothing; [ErrNotFound].
	RevokeKey(ctx context.Context, key dpp.KeyID) error
	// RotateKey revokes a key and stores its successor, which takes over tenant,
	// name, mode and scopes, in one step; [ErrNotFound] where there is no such
	// key or it is revoked.
	RotateKey(ctx context.Context, old dpp.KeyID, successor dpp.Key) (dpp.Key, error)
}

// Outbox keeps events that must be delivered outside, written in the transaction
// that they tell of.
type Outbox interface {
	// TakeEvents hands out up to limit events that are due, oldest first, and
	// hides them from others for the given time.
	TakeEvents(ctx context.Context, limit int, hide time.Duration) ([]Event, error)
	// DoneEvents removes delivered events.
	DoneEvents(ctx context.Context, ids []dpp.EventID) error
	// RetryEvents makes events due again after a delay and counts the attempt.
	RetryEvents(ctx context.Context, ids []dpp.EventID, after time.Duration) error
}

// Event is something that happened to a run and must be told.
type Event struct {
	ID       dpp.EventID
	Tenant   dpp.TenantID
	Run      dpp.RunID
	Type     string // such as "run.completed"
	Attempts int    // deliveries that failed so far
	At       time.Time
}

// Auditor shows everything at one moment.
type Auditor interface {
	// Snapshot calls look with a view of the store in which nothing changes.
	Snapshot(ctx context.Context, look func(Snapshot) error) error
}

// Snapshot is the store at one moment. Each method calls back once per item and
// stops at the first error, which it returns.
type Snapshot interface {
	// EachAccount goes over every account in the order of their identifiers.
	EachAccount(ctx context.Context, each func(ledger.Account) error) error
	// EachEntry goes over an account's entries in their order.
	EachEntry(ctx context.Context, account dpp.AccountID, each func(ledger.Entry) error) error
	// EachRun goes over an account's runs in the order of their identifiers.
	EachRun(ctx context.Context, account dpp.AccountID, each func(AuditRun) error) error
	// Sealed returns up to which entry an account is sealed, and its digest there.
	Sealed(ctx context.Context, account dpp.AccountID) (seq int64, digest ledger.Digest, err error)
	// EachUsage goes over the folded usage of an account, by day and pack.
	EachUsage(ctx context.Context, account dpp.AccountID, each func(UsageDay) error) error
	// EachUsed goes over every upload that a run uses, in the order of their
	// identifiers.
	EachUsed(ctx context.Context, each func(dpp.Upload) error) error
	// EachStray names rows that belong to nothing: a lease of a run that is not
	// PROCESSING, an idempotency row, event or entry of a run that does not exist
	// (an entry's run may have been forgotten), a run or an upload without an account,
	// a use of an upload by a run that does not exist, is purged or is another
	// account's, an upload that says that it is used and is not, or the other way round.
	EachStray(ctx context.Context, each func(what string) error) error
}

// AuditRun is a run with what else the store holds of it.
type AuditRun struct {
	Run dpp.Run
	// Keys is how many idempotency rows point to the run.
	Keys int64
	// Leased: the run has a lease.
	Leased bool
}
