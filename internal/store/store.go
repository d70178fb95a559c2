// Package store is the port of the truth: runs, balances, tenants and the outbox,
// each change and the ledger entries that pay for it in one transaction.
//
// Rules for every method:
//
//   - Writes take slices and give one outcome per item, in order. A refusal is an
//     outcome. An error means that nothing was written or that the fate of the
//     whole batch is unknown ([ErrInDoubt]); repeating the batch is safe, because
//     identities, lease tokens and marks were made before it: an item that finds
//     its own row reports its success.
//   - Times are written and compared by the store's clock.
//   - A store decides nothing about money: it applies what package ledger and
//     package budget say.
//   - Methods are safe for concurrent use.
package store

import (
	"context"
	"errors"
	"time"

	"dpp"
	"dpp/internal/ledger"
)

// Errors of the port.
var (
	// ErrUnavailable: the store cannot be reached; nothing was written.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrInDoubt: the store may or may not have committed.
	ErrInDoubt = errors.New("store: commit in doubt")
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("store: not found")
	// ErrSchema: the schema is older or newer than this build needs.
	ErrSchema = errors.New("store: schema does not match this build")
)

// Store is all of the port's parts.
type Store interface {
	Runs
	Reader
	Books
	Tenants
	Outbox
	Uploads
	Auditor

	// Ping tells whether the store answers, and its schema fits.
	Ping(ctx context.Context) error
	// Epoch is the store's own generation: an operator raises it after a restore.
	Epoch(ctx context.Context) (int64, error)
	// RaiseEpoch begins a new generation and returns it.
	RaiseEpoch(ctx context.Context) (int64, error)
	// Maintain prepares the store for the time to come, and gives back at once the
	// room of many rows that nobody may ask for any more, among them runs that ended
	// longer ago than endedFor. The reaper calls it now and then; several may at once.
	// A store that has nothing of the kind to do does nothing.
	Maintain(ctx context.Context, endedFor time.Duration) error
	// Close waits for what is under way and releases the store.
	Close() error
}

// Runs writes the life cycle.
type Runs interface {
	// Submit accepts runs, in order, in one transaction: the run, its inputs, its
	// idempotency row and its hold, or nothing of it. No two items of a batch
	// share tenant, mode and key.
	Submit(ctx context.Context, batch []Submission) ([]Submitted, error)

	// Claim gives waiting runs to a worker: QUEUED → PROCESSING, attempt and
	// version up by one, a lease under the slot's token. A slot that names a run
	// gets that run or nothing; others get the runs that wait longest. Runs whose
	// time in the queue is over are not given. The outcome of a slot is nil where
	// it got nothing.
	Claim(ctx context.Context, slots []Slot) ([]*Claimed, error)

	// Heartbeat renews leases and notes progress. It tells for each whether the
	// token still holds the run. It changes no version.
	Heartbeat(ctx context.Context, beats []Beat) ([]bool, error)

	// Transition ends, requeues, cancels or expires runs: each is one conditional
	// update on run, version and status, and on its fence. The outcome tells for
	// each whether it happened; one that did not left no trace of any kind.
	Transition(ctx context.Context, batch []Transition) ([]Transitioned, error)

	// Purge marks terminal runs whose objects were deleted, has them use no upload any
	// more, and deletes what the store itself holds of their inputs, at once or, where
	// Maintain drops them by the day, once every run of that day is purged. Runs purged
	// already are no error.
	Purge(ctx context.Context, runs []dpp.RunID) error

	// Forget deletes up to limit rows that nobody may ask for any more: purged
	// runs that ended longer ago than endedFor, and idempotency rows past their
	// window. It returns how many. The ledger is kept.
	Forget(ctx context.Context, endedFor time.Duration, limit int) (int, error)
}

// KeyRef is the scope of an idempotency key.
type KeyRef struct {
	Tenant dpp.TenantID
	Live   bool
	Key    string
}

// Submission is a run to be accepted.
type Submission struct {
	// Run is as it shall be, at version 1 and QUEUED; the store fills in its times.
	Run         dpp.Run
	Key         KeyRef
	PayloadHash [32]byte
	// Inputs are kept by the store unless Run.InputsKey names where they are.
	Inputs []byte
	// Uploads are those that the inputs name. Each must be the account's own and not
	// expired; the run uses them from then on.
	Uploads []dpp.UploadID
	Hold    ledger.Transfer
	// QueueTTL, DeadlineIn and KeyWindow count from the acceptance.
	QueueTTL, DeadlineIn, KeyWindow time.Duration
	// MaxOpenRuns bounds the account's open runs; 0 does not.
	MaxOpenRuns int64
}

// Verdict is what became of a submission.
type Verdict int

// Verdicts. A replay is a key that had been used for the same payload; a conflict
// for another one.
const (
	Accepted Verdict = iota + 1
	Replayed
	Conflict
	Refused
)

// Submitted is the outcome of a submission.
type Submitted struct {
	Verdict Verdict
	// Reason is set where Verdict is Refused: UPLOAD_UNUSABLE, BUDGET_DRAINED,
	// TENANT_SUSPENDED, TOO_MANY_RUNS, or NOT_FOUND where the tenant has no account.
	Reason dpp.Reason
	// Run is the accepted or the earlier run as it is now; its ID alone on a
	// conflict; empty where refused.
	Run dpp.Run
	// Account is as the decision left it.
	Account ledger.Account
}

// LeaseToken fences one claim. It is random and unguessable.
type LeaseToken string

// Slot is a free place of a worker.
type Slot struct {
	Token LeaseToken
	Run   dpp.RunID // empty: whichever waits longest
	TTL   time.Duration
}

// Claimed is a run that a worker holds.
type Claimed struct {
	Run    dpp.Run
	Inputs []byte // nil where Run.InputsKey names where they are
	Token  LeaseToken
}

// Beat renews a lease.
type Beat struct {
	Run      dpp.RunID
	Token    LeaseToken
	TTL      time.Duration
	Progress dpp.Progress
}

// Fence is what must hold of a run beside its version and status.
type Fence struct {
	// Token must be that of the run's lease; empty asks nothing.
	Token LeaseToken
	// LeaseExpired: the lease must be past its time.
	LeaseExpired bool
	// Overdue: the run's time in the queue, or its deadline, must be over.
	Overdue bool
}

// Transition is one step of a run's life.
type Transition struct {
	Run     dpp.RunID
	Version int64
	From    dpp.Status
	Fence   Fence
	// Mark is random and makes a repeat of this transition known as itself.
	Mark string

	To dpp.Status
	// Lost: this requeue counts as a lost lease.
	Lost bool
	// QueueTTL restarts the run's time in the queue, at most to its deadline;
	// only for To QUEUED.
	QueueTTL time.Duration

	// For a terminal To:
	Money  dpp.MoneyState
	Used   dpp.Money
	Result *dpp.Result
	Error  *dpp.RunError
	Settle ledger.Transfer
	Events []Event
}

// Transitioned is the outcome of a transition.
type Transitioned struct {
	// Happened: this very transition is in the store.
	Happened bool
	// Run is as it is after the transition; as it is now where it did not happen.
	// Its ID is empty where there is no such run.
	Run dpp.Run
	// Account is the run's account after a terminal transition that happened.
	Account ledger.Account
}

// Reader answers questions. What it tells may be old by the time it arrives.
type Reader interface {
	// RunsByID returns those of the runs that exist, in no particular order. It
	// does not look at owners.
	RunsByID(ctx context.Context, ids []dpp.RunID) ([]dpp.Run, error)

	// RunsByKey returns for each key, in order, the run that it was used for inside
	// its window; nil where there is none.
	RunsByKey(ctx context.Context, keys []KeyRef) ([]*KnownKey, error)

	// RunStates returns those of the runs that exist at a version above the given one,
	// each with its account, in no particular order, by one statement: it is what
	// polls and waits ask. It does not look at owners.
	RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]RunState, error)

	// ListRuns returns runs of one tenant, newest first.
	ListRuns(ctx context.Context, query ListQuery) ([]dpp.Run, error)

	// Due returns runs that the reaper must look at, those waiting longest first.
	Due(ctx context.Context, query DueQuery) ([]DueRun, error)

	// Depth counts the runs that wait in the queue and how long the first has.
	Depth(ctx context.Context) (waiting int64, oldest time.Duration, err error)
}

// RunState is a run and the account that it is paid from, as of one moment.
type RunState struct {
	Run     dpp.Run
	Account ledger.Account
}

// KnownKey is what an idempotency key was used for.
type KnownKey struct {
	Run         dpp.Run
	PayloadHash [32]byte
}

// ListQuery selects runs of a tenant and mode.
type ListQuery struct {
	Tenant        dpp.TenantID
	Live          bool
	Status        dpp.Status // empty: any
	PackType      string     // empty: any
	ExternalID    string     // empty: any
	CreatedAfter  time.Time  // inclusive; zero: no bound
	CreatedBefore time.Time  // exclusive; zero: no bound
	Before        dpp.RunID  // only runs that sort before it; empty: from the newest
	Limit         int
}

// Due is a kind of work for the reaper.
type Due int

// What may be due: leases past their time, runs that waited too long, results
// past their retention.
const (
	DueLeases Due = iota + 1
	DueQueue
	DueRetention
)

// DueQuery selects work for the reaper.
type DueQuery struct {
	Due Due
	// EndedFor selects terminal runs that ended at least this long ago and are not
	// purged; only for DueRetention.
	EndedFor time.Duration
	Limit    int
}

// DueRun is a run and, for DueLeases, the token of its lease and the progress that
// its last heartbeat told.
type DueRun struct {
	Run   dpp.Run
	Token LeaseToken
}
