package pgstore

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/test/servers"
)

// told is what callers heard of their batches.
type told struct {
	mu      sync.Mutex
	submits []call[store.Submission]
	ends    []call[store.Transition]
}

type call[T any] struct {
	batch []T
	err   error
}

const (
	submitters = 6
	workers    = 3
)

// crowd submits and ends runs until the store fails each of them, and then returns.
// enough is closed when a good many batches have gone through.
func (h *told) crowd(t *testing.T, s *Store, tenant dpp.TenantID, enough chan<- struct{}) {
	ctx := t.Context()
	var done atomic.Int64
	together(submitters+workers, func(i int) {
		for err := error(nil); err == nil; {
			if i < submitters {
				batch := submissions(tenant, string(dpp.NewKeyID()), 3)
				_, err = s.Submit(ctx, batch)
				h.mu.Lock()
				h.submits = append(h.submits, call[store.Submission]{batch, err})
				h.mu.Unlock()
			} else {
				err = h.work(ctx, s)
			}
			if err == nil && done.Add(1) == 40 {
				close(enough)
			}
		}
	})
}

func (h *told) work(ctx context.Context, s *Store) error {
	work, err := s.Claim(ctx, slots(string(dpp.NewKeyID()), 2))
	if err != nil {
		return err
	}
	var steps []store.Transition
	for _, c := range work {
		if c != nil {
			steps = append(steps, ending(c))
		}
	}
	_, err = s.Transition(ctx, steps)
	h.mu.Lock()
	h.ends = append(h.ends, call[store.Transition]{steps, err})
	h.mu.Unlock()
	return err
}

// check holds what was told against what is there, and repeats everything.
func (h *told) check(t *testing.T, s *Store) {
	t.Helper()
	for _, c := range h.submits {
		runs := column(c.batch, func(b *store.Submission) dpp.RunID { return b.Run.ID })
		there, err := s.RunsByID(t.Context(), runs)
		must(t, err)
		judge(t, "submit", c.err, len(there), len(runs))
		outcomes, err := s.Submit(t.Context(), c.batch)
		must(t, err)
		for i, out := range outcomes {
			if out.Verdict != store.Accepted || out.Run.ID != runs[i] {
				t.Errorf("repeat of a submission that got %v: %+v", c.err, out)
			}
		}
	}
	for _, c := range h.ends {
		runs, err := s.RunsByID(t.Context(), column(c.batch, func(b *store.Transition) dpp.RunID { return b.Run }))
		must(t, err)
		ended := 0
		for _, run := range runs {
			if run.Status.Terminal() {
				ended++
			}
		}
		judge(t, "transition", c.err, ended, len(c.batch))
		outcomes, err := s.Transition(t.Context(), c.batch)
		must(t, err)
		for _, out := range outcomes {
			if !out.Happened {
				t.Errorf("repeat of a transition that got %v: %+v", c.err, out)
			}
		}
	}
	checkBooks(t, s)
}

// judge tells whether an answer was true, where so many of a batch are there.
func judge(t *testing.T, what string, err error, there, all int) {
	t.Helper()
	switch {
	case there != 0 && there != all:
		t.Errorf("%s: %d of %d are there: %v", what, there, all, err)
	case err == nil && there != all:
		t.Errorf("%s: it went well, and is not there", what)
	case errors.Is(err, store.ErrInDoubt):
	case errors.Is(err, store.ErrUnavailable):
		if there != 0 {
			t.Errorf("%s: it is there in spite of %v", what, err)
		}
	case err != nil:
		t.Errorf("%s: %v", what, err)
	}
}

// testFault fails a store under a crowd, and heals it.
func testFault(t *testing.T, at string, fail, heal func()) {
	t.Helper()
	s, err := Open(t.Context(), at, Options{Timeout: 20 * time.Second, Connections: submitters + workers})
	must(t, err)
	tenant := newTenant(t, s, 100_000*dpp.USD)
	var heard told
	enough, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		heard.crowd(t, s, tenant, enough)
	}()
	select {
	case <-enough:
	case <-over:
		t.Error("the store failed before anything happened to it")
	}
	fail()
	<-over
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("while nobody answers: %v", err)
	}
	heal()
	heard.check(t, s)
	must(t, s.Close())
}

func TestServerStopsAtOnce(t *testing.T) {
	t.Parallel()
	server := servers.NewPostgres(t)
	at := server.URL(t)
	must(t, Migrate(t.Context(), at))
	testFault(t, at, func() { server.Stop(servers.Immediate) }, server.Start)
}

// through is the URL of a database by way of a proxy.
func through(t *testing.T, database string) (*servers.Proxy, string) {
	t.Helper()
	at, err := url.Parse(database)
	must(t, err)
	proxy := servers.NewProxy(t, at.Host)
	at.Host = proxy.Address()
	return proxy, at.String()
}

func TestConnectionsAreCut(t *testing.T) {
	t.Parallel()
	proxy, at := through(t, newDatabase(t))
	testFault(t, at, proxy.Cut, proxy.Restore)
}

func TestServerIsFarAway(t *testing.T) {
	t.Parallel()
	proxy, at := through(t, newDatabase(t))
	patient := open(t, at, nil)
	hasty, err := Open(t.Context(), at, Options{Timeout: 750 * time.Millisecond, Connections: 1})
	must(t, err)
	tenant := newTenant(t, patient, 100*dpp.USD)
	accepted(t, hasty, submissions(tenant, "before", 1)) // knows its statements now
	proxy.Slow(250 * time.Millisecond)
	wholeLives(t, patient, tenant, 1)
	batch := submissions(tenant, "far", 2) // two round trips of half a second each
	_, err = hasty.Submit(t.Context(), batch)
	if err == nil {
		t.Error("a call went on past its timeout")
	}
	heard := told{submits: []call[store.Submission]{{batch, err}}}
	proxy.Slow(0)
	must(t, hasty.Close())
	heard.check(t, open(t, at, nil))
}

// victims counts the deadlocks that the server ended.
type victims struct {
	*listener
	deadlocks atomic.Int64
}

func (v *victims) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if code(data.Err) == codeDeadlock {
		v.deadlocks.Add(1)
	}
}

func TestADeadlockIsRepeated(t *testing.T) {
	t.Parallel()
	at := newDatabase(t)
	seen := &victims{listener: &listener{sent: make(map[string][]any)}}
	// The store's transaction is the one that finds the deadlock.
	s, err := Open(t.Context(), at+"&deadlock_timeout=2s", Options{Tracer: seen, Connections: 1})
	must(t, err)
	a, b := newTenant(t, s, dpp.USD), newTenant(t, s, dpp.USD)
	a, b = min(a, b), max(a, b)
	other := connect(t, at+"&deadlock_timeout=1h")
	lock := func(tenant dpp.TenantID) error {
		_, err := other.Exec(t.Context(), lockAccounts, []string{string(tenant)})
		return err
	}
	_, err = other.Exec(t.Context(), begin)
	must(t, err)
	must(t, lock(b))
	batch := append(submissions(a, "key", 1), submissions(b, "key", 1)...)
	var outcomes []store.Submitted
	failed := make(chan error, 1)
	go func() {
		var err error
		outcomes, err = s.Submit(t.Context(), batch) // locks a, and waits for b
		failed <- err
	}()
	awaitLock(t, at)
	must(t, lock(a))
	_, err = other.Exec(t.Context(), rollback)
	must(t, err)
	must(t, <-failed)
	if outcomes[0].Verdict != store.Accepted || outcomes[1].Verdict != store.Accepted || seen.deadlocks.Load() == 0 {
		t.Errorf("after %d deadlocks: %+v", seen.deadlocks.Load(), outcomes)
	}
	must(t, s.Close())
}

// awaitLock returns once somebody waits for a lock in this database.
func awaitLock(t *testing.T, at string) {
	t.Helper()
	conn := connect(t, at)
	for waiting := false; !waiting; {
		must(t, conn.QueryRow(t.Context(), `SELECT exists(SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting))
	}
}

func TestAPoisonedItemFailsItsBatchAlone(t *testing.T) {
	t.Parallel()
	s := open(t, newDatabase(t), nil)
	tenant := newTenant(t, s, 10*dpp.USD)
	before, err := s.Accounts(t.Context(), []dpp.AccountID{dpp.AccountOf(tenant, true)})
	must(t, err)
	batch := submissions(tenant, "key", 3)
	batch[1].Run.Reservation.MinReliability = 2_000_000
	for range 2 {
		_, err = s.Submit(t.Context(), batch)
		var said *pgconn.PgError
		if !errors.As(err, &said) || said.Code != codeCheck || errors.Is(err, store.ErrInDoubt) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("a row that nobody can write: %v", err)
		}
	}
	after, err := s.Accounts(t.Context(), []dpp.AccountID{dpp.AccountOf(tenant, true)})
	must(t, err)
	there, err := s.RunsByID(t.Context(), column(batch, func(b *store.Submission) dpp.RunID { return b.Run.ID }))
	must(t, err)
	if len(there) != 0 || after[0] != before[0] {
		t.Errorf("%d runs are there, account %+v, before %+v", len(there), after[0], before[0])
	}
	accepted(t, s, append(batch[:1:1], batch[2]))
	_, err = s.Post(t.Context(), []ledger.Transfer{ledger.NewCredit(dpp.AccountOf(tenant, true), dpp.USD, "more")})
	must(t, err)
	checkBooks(t, s)
}
