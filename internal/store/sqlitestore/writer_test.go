package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// shop is a store and the path of its file, for tests beside other users of it.
func shop(t *testing.T, opts Options) (*Store, string) {
	t.Helper()
	path := newDatabase(t)
	s, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

func closeShop(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// lockFile takes the file's write lock, as another process would, until unlock.
func lockFile(t *testing.T, path string) (unlock func()) {
	t.Helper()
	db, err := openDatabase(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil) // a DSN of this package begins IMMEDIATE
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

func newTenant(ctx context.Context, s *Store) error {
	return s.CreateTenant(ctx, dpp.Tenant{ID: dpp.NewTenantID(), Name: "a tenant"})
}

func count(t *testing.T, s *Store) int {
	t.Helper()
	tenants, err := s.ListTenants(t.Context())
	if err != nil {
		t.Error(err)
	}
	return len(tenants)
}

func TestALockIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path := shop(t, Options{})
		defer closeShop(t, s)
		unlock := lockFile(t, path)
		var wrote error
		var wg sync.WaitGroup
		wg.Go(func() { wrote = newTenant(t.Context(), s) })
		time.Sleep(defaultWriteTimeout - time.Second)
		if n := count(t, s); n != 0 {
			t.Errorf("%d tenants while somebody else holds the lock", n) // and reading goes on
		}
		unlock()
		wg.Wait()
		if n := count(t, s); wrote != nil || n != 1 {
			t.Errorf("after the lock: %d tenants, %v", n, wrote)
		}
	})
}

func TestALockThatStaysIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path := shop(t, Options{WriteTimeout: 5 * time.Second})
		defer closeShop(t, s)
		unlock := lockFile(t, path)
		errs := make([]error, 3) // the first waits for the lock, the others for their turn
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = newTenant(t.Context(), s) })
		}
		wg.Wait()
		for _, err := range errs {
			if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrInDoubt) {
				t.Errorf("got %v", err)
			}
		}
		unlock()
		if err := newTenant(t.Context(), s); err != nil {
			t.Errorf("after the lock: %v", err)
		}
		if n := count(t, s); n != 1 {
			t.Errorf("%d tenants, want only the last one", n)
		}
	})
}

func TestALeavingCallerDoesNotKillTheTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path := shop(t, Options{})
		defer closeShop(t, s)
		unlock := lockFile(t, path)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		waiting, give := context.WithTimeout(t.Context(), time.Second)
		defer give()
		var first, second error
		var wg sync.WaitGroup
		wg.Go(func() { first = newTenant(ctx, s) })
		synctest.Wait() // the first has its turn
		wg.Go(func() { second = newTenant(waiting, s) })
		wg.Wait()
		if !errors.Is(first, store.ErrInDoubt) || !errors.Is(first, context.DeadlineExceeded) {
			t.Errorf("who left during the transaction got %v", first)
		}
		if errors.Is(second, store.ErrInDoubt) || !errors.Is(second, context.DeadlineExceeded) {
			t.Errorf("who left before the turn got %v", second)
		}
		unlock()
		if err := newTenant(t.Context(), s); err != nil {
			t.Error(err)
		}
		if n := count(t, s); n != 2 { // the first and the last, not the second
			t.Errorf("%d tenants", n)
		}
	})
}

// Three processes write without a pause, each until all have written enough: none
// starves.
func TestBesideBusyNeighbours(t *testing.T) {
	const enough = 15
	s, path := shop(t, Options{})
	defer closeShop(t, s)
	neighbour, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeShop(t, neighbour)
	plain := opened(t, path) // one that waits as SQLite does by itself
	writers := []func() error{
		func() error { return newTenant(t.Context(), s) },
		func() error { return newTenant(t.Context(), neighbour) },
		func() error { return hog(t.Context(), plain) },
	}
	written := make([]atomic.Int64, len(writers))
	hungry := func() bool {
		return slices.ContainsFunc([]int{0, 1, 2}, func(i int) bool { return written[i].Load() < enough })
	}
	var wg sync.WaitGroup
	for i, busily := range writers {
		wg.Go(func() {
			for hungry() && !t.Failed() {
				if err := busily(); err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
				written[i].Add(1)
			}
		})
	}
	wg.Wait()
	if n, want := count(t, s), written[0].Load()+written[1].Load(); int64(n) != want {
		t.Errorf("%d tenants, want %d", n, want)
	}
}

// hog holds the lock for some statements.
func hog(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	for busy(err) { // it is the others who are tested
		tx, err = db.BeginTx(ctx, nil)
	}
	if err != nil {
		return err
	}
	for range 20 {
		if _, err := tx.ExecContext(ctx, `UPDATE meta SET epoch = epoch + 1`); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func TestAPanicIsAnErrorAndWritesNothing(t *testing.T) {
	s, _ := shop(t, Options{})
	defer closeShop(t, s)
	_, err := write(t.Context(), s, func(tx *tx) (int, error) {
		if _, err := tx.exec(insertTenant, "ten_a", "a", 1); err != nil {
			t.Error(err)
		}
		panic("a mistake")
	})
	if err == nil || errors.Is(err, store.ErrInDoubt) {
		t.Errorf("got %v", err)
	}
	if n := count(t, s); n != 0 {
		t.Errorf("%d tenants of a transaction that broke", n)
	}
	if err := newTenant(t.Context(), s); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAFailedCommitIsInDoubt(t *testing.T) {
	s, _ := shop(t, Options{})
	defer closeShop(t, s)
	_, err := write(t.Context(), s, func(tx *tx) (int64, error) { return tx.exec(rollback) }) // so that there is nothing to commit
	if !errors.Is(err, store.ErrInDoubt) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := newTenant(t.Context(), s); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAFullDiskIsUnavailable(t *testing.T) {
	s, _ := shop(t, Options{})
	defer closeShop(t, s)
	tenant := dpp.NewTenantID()
	if err := s.CreateTenant(t.Context(), dpp.Tenant{ID: tenant}); err != nil {
		t.Fatal(err)
	}
	credit := []ledger.Transfer{ledger.NewCredit(dpp.AccountOf(tenant, true), dpp.USD, "")}
	setting := func(statement string) {
		if _, err := s.writer.conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	setting(`PRAGMA max_page_count = 1`) // SQLite takes as many pages as there are
	full := error(nil)
	for range 1000 {
		if _, full = s.Post(t.Context(), credit); full != nil {
			break
		}
	}
	if !errors.Is(full, store.ErrUnavailable) {
		t.Errorf("got %v", full)
	}
	before, err := s.Accounts(t.Context(), []dpp.AccountID{credit[0].Account})
	if err != nil {
		t.Fatal(err)
	}
	setting(`PRAGMA max_page_count = 100000`)
	after, err := s.Post(t.Context(), credit)
	if err != nil || after[0].Entry.Seq != before[0].Seq+1 {
		t.Errorf("afterwards %+v, %v; before %+v", after, err, before)
	}
}

func TestConnectionsAreSetUpToLast(t *testing.T) {
	s, _ := shop(t, Options{})
	defer closeShop(t, s)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "0"} {
		var got string
		if err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s of the writer is %s, %v", pragma, got, err)
		}
	}
	for what, db := range map[string]*sql.DB{"readers": s.readers.db, "views": s.readers.views} {
		if _, err := db.ExecContext(t.Context(), `UPDATE meta SET epoch = 2`); err == nil {
			t.Errorf("the %s can write", what)
		}
	}
}

func TestManySnapshotsLeaveRoomForReads(t *testing.T) {
	s, _ := shop(t, Options{Readers: 1})
	defer closeShop(t, s)
	var wg sync.WaitGroup
	for range 4 * viewConns {
		wg.Go(func() {
			err := s.Snapshot(t.Context(), func(store.Snapshot) error {
				_, err := s.ListTenants(t.Context())
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCloseWaitsForCallsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := shop(t, Options{})
		var closed atomic.Bool
		err := s.Snapshot(t.Context(), func(view store.Snapshot) error {
			go func() {
				closeShop(t, s)
				closed.Store(true)
			}()
			synctest.Wait()
			if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("a call after the end began: %v", err)
			}
			if closed.Load() {
				t.Error("closed while a call was under way")
			}
			return view.EachAccount(t.Context(), func(ledger.Account) error { return nil })
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !closed.Load() {
			t.Error("not closed when the last call had left")
		}
	})
}

// TestCallsThatWaitShareACommit lets calls gather behind one that takes its time:
// they get one transaction. One that fails among them fails alone.
func TestCallsThatWaitShareACommit(t *testing.T) {
	for name, c := range map[string]struct {
		perCommit, poisoned int
		shared              bool
	}{
		"all good":       {64, -1, true},
		"one poisoned":   {64, 2, false},
		"one per commit": {1, -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := shop(t, Options{CallsPerCommit: c.perCommit})
				defer closeShop(t, s)
				const n = 5
				hold := make(chan struct{})
				var wg sync.WaitGroup
				wg.Go(func() {
					_, err := write(t.Context(), s, func(*tx) (int, error) {
						<-hold
						return 0, nil
					})
					if err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
				ran := make([]*tx, n) // the transaction in which each call was last carried out
				errs := make([]error, n)
				for i := range n {
					wg.Go(func() {
						_, errs[i] = write(t.Context(), s, func(own *tx) (int, error) {
							ran[i] = own
							if i == c.poisoned {
								return 0, rules.ErrTransition
							}
							return 0, own.createTenant(dpp.Tenant{ID: dpp.NewTenantID(), Name: "a tenant"})
						})
					})
				}
				synctest.Wait()
				close(hold)
				wg.Wait()
				want := n
				for i, err := range errs {
					if i == c.poisoned {
						want--
					}
					if (err != nil) != (i == c.poisoned) {
						t.Errorf("call %d: %v", i, err)
					}
					if shared := ran[i] == ran[0]; i > 0 && shared != c.shared {
						t.Errorf("call %d shared a commit: %t", i, shared)
					}
				}
				if got := count(t, s); got != want {
					t.Errorf("%d tenants were written, want %d", got, want)
				}
			})
		})
	}
}
