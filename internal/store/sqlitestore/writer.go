package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"dpp/internal/store"
)

// writer owns the one connection that writes. Its goroutine runs transactions one
// after the other; calls that wait while one is under way share the next one, and
// with it the price of a durable commit.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts *prepared
	opts  Options
	jobs  chan *job
	done  chan struct{} // closed when the goroutine has ended
}

// job is what one call wants written. It may be carried out more than once; only
// what was done last, before finish, is committed.
type job struct {
	ctx    context.Context //nolint:containedctx // of the call, without its end
	ends   time.Time       // until when another process's lock is waited out
	do     func(*tx) error
	finish func(error)
}

func openWriter(ctx context.Context, path string, opts Options) (*writer, error) {
	db, err := openDatabase(path, 1, pragma("cache_size", writerCachePages))
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, opts: opts, jobs: make(chan *job), done: make(chan struct{})}
	if err := w.connect(ctx); err != nil {
		return nil, errors.Join(describe(err), w.disconnect())
	}
	go w.work()
	return w, nil
}

func (w *writer) connect(ctx context.Context) (err error) {
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	if err := checkSchema(ctx, w.conn); err != nil {
		return err
	}
	// SQLite's own waiting polls ever more seldom, and starves beside a process
	// that writes in a loop. This package waits by itself.
	_, err = w.conn.ExecContext(ctx, "PRAGMA busy_timeout = 0")
	w.stmts = newPrepared(w.conn, writes())
	return err
}

func (w *writer) work() {
	defer close(w.done)
	for first := range w.jobs {
		waiting := w.gather(first)
		if len(waiting) > 1 && w.together(waiting) {
			continue
		}
		for _, j := range waiting {
			j.finish(w.transact(j.ctx, j.ends, j.do))
		}
	}
}

// gather takes along those who wait at this moment; it waits for nobody.
func (w *writer) gather(first *job) []*job {
	waiting := []*job{first}
	for len(waiting) < w.opts.CallsPerCommit {
		select {
		case next, open := <-w.jobs:
			if !open {
				return waiting
			}
			waiting = append(waiting, next)
		default:
			return waiting
		}
	}
	return waiting
}

// together carries jobs out in one transaction. It tells whether they are done: if
// one of them fails, or the lock is somebody else's, nothing was written, and each
// is to find out by itself.
func (w *writer) together(jobs []*job) bool {
	err := w.once(jobs[0].ctx, func(t *tx) error {
		for _, j := range jobs {
			if err := j.do(t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrInDoubt) {
		return false
	}
	for _, j := range jobs {
		j.finish(err)
	}
	return true
}

// close ends the goroutine once its transaction is through. Nobody may hand it
// another one.
func (w *writer) close() error {
	close(w.jobs)
	<-w.done
	return errors.Join(w.stmts.close(), w.disconnect())
}

func (w *writer) disconnect() error {
	var err error
	if w.conn != nil {
		err = w.conn.Close()
	}
	return errors.Join(err, w.db.Close())
}

// write runs do in a transaction of the writer's goroutine and returns what it
// returned, once that is committed. It is repeated from the start while another
// process holds the lock.
//
// The caller's context only bounds its own waiting: a caller that leaves before its
// turn leaves nothing behind, one that leaves later cannot know its fate.
func write[T any](ctx context.Context, s *Store, do func(*tx) (T, error)) (T, error) {
	var none T
	if err := s.calls.enter(); err != nil {
		return none, err
	}
	defer s.calls.leave()
	if err := ctx.Err(); err != nil {
		return none, err
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	var value T
	work := &job{
		ctx: context.WithoutCancel(ctx), ends: time.Now().Add(s.opts.WriteTimeout),
		do: func(t *tx) (err error) {
			value, err = do(t)
			return err
		},
		finish: func(err error) { done <- outcome{value, err} },
	}
	if err := s.writer.line(ctx, s.opts.WriteTimeout, work); err != nil {
		return none, err
	}
	select {
	case out := <-done:
		if out.err != nil {
			return none, out.err
		}
		return out.value, nil
	case <-ctx.Done():
		return none, fmt.Errorf("%w: the caller left: %w", store.ErrInDoubt, ctx.Err())
	}
}

// line waits until the goroutine takes the job.
func (w *writer) line(ctx context.Context, timeout time.Duration, work *job) error {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case w.jobs <- work:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("%w: %s passed before the turn of this transaction", store.ErrUnavailable, timeout)
	}
}

// transact repeats a transaction while the lock is somebody else's, until the given time.
func (w *writer) transact(ctx context.Context, ends time.Time, do func(*tx) error) error {
	for try := 0; ; try++ {
		err := w.once(ctx, do)
		if !busy(err) || !time.Now().Before(ends) {
			return describe(err)
		}
		<-time.After(pause(try)) // the transaction has its own end, and no caller's
	}
}

const (
	shortestPause = 200 * time.Microsecond
	longestPause  = 3 * time.Millisecond
)

// pause is how long to wait before the next try: short enough to find the gap
// between two transactions of a busy neighbour, random so as not to keep missing it.
func pause(try int) time.Duration {
	longest := min(shortestPause<<min(try, 10), longestPause)
	return longest/2 + rand.N(longest/2) //nolint:gosec // no secret
}

const (
	begin    = `BEGIN IMMEDIATE`
	commit   = `COMMIT`
	rollback = `ROLLBACK`
)

// once runs one transaction. Its context never ends: that would kill the
// transaction at any statement.
func (w *writer) once(ctx context.Context, do func(*tx) error) (err error) {
	t := &tx{reading{ctx: ctx, stmts: w.stmts}}
	if _, err := t.exec(begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committing := false
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("sqlitestore: panic in a transaction: %v\n%s", panicked, debug.Stack())
		}
		if err == nil {
			return
		}
		// Fails where SQLite has rolled back by itself; there is no more to do then.
		_, _ = t.exec(rollback)
		if committing && !busy(err) {
			err = fmt.Errorf("%w: %w", store.ErrInDoubt, err)
		}
	}()
	t.now = w.opts.now() // behind the lock: the wait for it does not make times old
	if err := do(t); err != nil {
		return err
	}
	committing = true
	_, err = t.exec(commit)
	return err
}

// tx is the open transaction, which reads what it has written.
type tx struct{ reading }

// exec runs a statement and tells how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	result, err := t.run(query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// execInsert inserts a row and tells its number.
func (t *tx) execInsert(query string, args ...any) (int64, error) {
	result, err := t.run(query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (t *tx) run(query string, args ...any) (sql.Result, error) {
	stmt, err := t.stmts.get(t.ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := stmt.ExecContext(t.ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstLine(query), err)
	}
	return result, nil
}
