package fileblob_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

func now() time.Time { return time.Now() }

// openRaw opens the database beside the store, as another process would.
func openRaw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "objects.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// lock takes the write lock of the database, until unlock.
func lock(t *testing.T, dir string) (unlock func()) {
	t.Helper()
	db := openRaw(t, dir)
	if _, err := db.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := db.ExecContext(t.Context(), `ROLLBACK`); err != nil {
			t.Error(err)
		}
	}
}

type result struct {
	outcomes []blob.PutOutcome
	err      error
}

// putting puts in a goroutine of its own.
func putting(ctx context.Context, s *fileblob.Store, objects ...blob.Object) <-chan result {
	results := make(chan result, 1)
	go func() {
		outcomes, err := s.Put(ctx, objects)
		results <- result{outcomes, err}
	}()
	return results
}

func TestALockIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, fileblob.Options{Timeout: time.Minute})
		defer closeStore(t, s)
		unlock := lock(t, dir)
		small, large := putting(t.Context(), s, envelope(1, nil)), putting(t.Context(), s, envelope(2, make([]byte, 70<<10)))
		time.Sleep(50 * time.Second)
		if infos, err := s.List(t.Context(), "", "", 9); err != nil || len(infos) != 0 {
			t.Errorf("a reader beside the lock: %v, %v", infos, err)
		}
		unlock()
		for _, r := range []result{<-small, <-large} {
			if r.err != nil || r.outcomes[0].Existed {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestALockIsWaitedOutOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, fileblob.Options{Timeout: 10 * time.Second})
		defer closeStore(t, s)
		unlock := lock(t, dir)
		start := time.Now()
		_, err := s.Put(t.Context(), []blob.Object{envelope(1, nil)})
		var busy *sqlite.Error
		if !errors.As(err, &busy) || busy.Code()&0xff != sqlite3.SQLITE_BUSY {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("gave up after %v", took)
		}
		unlock()
		put(t, s, envelope(1, nil)) // the store is none the worse
	})
}

// A caller that leaves while its transaction is under way does not break it, and one
// that leaves while it waits for its turn has written nothing.
func TestACallerThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, fileblob.Options{Timeout: time.Minute})
		defer closeStore(t, s)
		unlock := lock(t, dir)

		ctx, cancel := context.WithCancel(t.Context())
		first := putting(ctx, s, envelope(1, nil))
		time.Sleep(time.Second) // it has its turn, and waits for the lock
		second := putting(ctx, s, envelope(2, nil), envelope(3, make([]byte, 70<<10)))
		time.Sleep(time.Second) // it waits for its turn
		cancel()
		if r := <-second; !errors.Is(r.err, context.Canceled) {
			t.Errorf("the second caller: %v", r.err)
		}
		if files := filesIn(t, dir); len(files) != 0 {
			t.Errorf("the second caller's file is left: %v", files)
		}
		unlock()
		if r := <-first; r.err != nil || r.outcomes[0].Existed {
			t.Errorf("the first caller: %+v", r)
		}
		infos, err := s.List(t.Context(), "", "", 9)
		if err != nil || len(infos) != 1 {
			t.Errorf("stored %v, %v", infos, err)
		}
	})
}

// A sweep spares the file of a Put under way, however old the clock makes it look.
func TestASweepSparesAPutUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, fileblob.Options{})
		defer closeStore(t, s)
		unlock := lock(t, dir)
		o := envelope(1, make([]byte, large))
		writing := putting(t.Context(), s, o)
		time.Sleep(time.Second) // its file is written, its row waits for the lock
		age(t, dir, filesIn(t, dir)[0], 1000*time.Hour)
		if removed, err := s.Sweep(t.Context()); removed != 0 || err != nil {
			t.Errorf("removed %d, %v", removed, err)
		}
		unlock()
		if r := <-writing; r.err != nil {
			t.Error(r.err)
		}
		age(t, dir, filesIn(t, dir)[0], 1000*time.Hour)
		if removed, err := s.Sweep(t.Context()); removed != 0 || err != nil {
			t.Errorf("removed %d, %v", removed, err)
		}
		body, _, err := s.Get(t.Context(), o.Key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	})
}
