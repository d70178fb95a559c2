package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dpp/internal/store"
)

// statements are sent together and cost one round trip. What is read is handed over
// before the round trip ends.
type statements struct{ pgx.Batch }

// exec adds a statement that returns no rows. changed, where it is not nil, receives
// the number of rows.
func (b *statements) exec(query string, changed *int64, args ...any) {
	q := b.Queue(query, args...)
	q.Exec(func(tag pgconn.CommandTag) error {
		if changed != nil {
			*changed = tag.RowsAffected()
		}
		return nil
	})
}

// query adds a statement whose rows go to each.
func (b *statements) query(query string, each func(pgx.Row) error, args ...any) {
	b.Queue(query, args...).Query(func(rows pgx.Rows) error { return forEach(rows, each) })
}

func forEach(rows pgx.Rows, each func(pgx.Row) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// gather adds a statement whose rows are appended to all.
func gather[T any](b *statements, all *[]T, scan func(pgx.Row) (T, error), query string, args ...any) {
	b.query(query, func(r pgx.Row) error {
		one, err := scan(r)
		if err == nil {
			*all = append(*all, one)
		}
		return err
	}, args...)
}

// tx is one transaction: ask reads and locks, decide says what is to be written.
// Both may be called again, after a deadlock or a serialisation failure.
type tx struct {
	ask    func(*statements)
	decide func(now time.Time, b *statements) error
}

const (
	begin = `BEGIN`
	// A transaction that nobody ends any more must not hold its locks for ever. Plans
	// are the generic ones, which the tests know, from the first execution on: on
	// partitioned tables a plan for just these values costs more than running it.
	selectBounds = `SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true),
		set_config('plan_cache_mode', 'force_generic_plan', true)`
	// The clock is read once the locks are held: what a waiting transaction decides,
	// it decides at the time when it does.
	selectNow = `SELECT coalesce($1, date_trunc('milliseconds', clock_timestamp()))`
	commit    = `COMMIT`
	rollback  = `ROLLBACK`
)

// write runs a transaction, again where it met another one's locks.
func (s *Store) write(ctx context.Context, t tx) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	for repeat := 0; ; repeat++ {
		err := s.once(ctx, t)
		if repeat >= maxRepeats || !collided(err) {
			return describe(err)
		}
		if sleep(ctx, time.Duration(1<<repeat)*time.Millisecond) != nil {
			return describe(err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (s *Store) once(ctx context.Context, t tx) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	defer conn.Release() // one that is still in a transaction is closed
	var first statements
	var now time.Time
	first.exec(begin, nil)
	first.query(selectBounds, func(pgx.Row) error { return nil }, fmt.Sprint(s.opts.Timeout.Milliseconds()))
	t.ask(&first)
	first.query(selectNow, func(r pgx.Row) error { return r.Scan(&now) }, s.opts.now())
	if err := conn.SendBatch(ctx, &first.Batch).Close(); err != nil {
		return abort(ctx, conn, err)
	}
	var second statements
	if err := t.decide(utc(now), &second); err != nil {
		return abort(ctx, conn, err)
	}
	if second.Len() == 0 {
		return abort(ctx, conn, nil)
	}
	second.exec(commit, nil)
	if err := conn.SendBatch(ctx, &second.Batch).Close(); err != nil {
		return abort(ctx, conn, doubt(err))
	}
	return nil
}

// doubt says what an error of the round trip that commits means: where the server
// itself says that a statement failed, nothing was written.
func doubt(err error) error {
	var said *pgconn.PgError
	if errors.As(err, &said) && !goingDown(said) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrInDoubt, err)
}

// abort ends a transaction that is not to be committed, and returns why.
func abort(ctx context.Context, conn *pgxpool.Conn, why error) error {
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == 'I' {
		return why
	}
	// Where this fails the connection is closed, which ends the transaction, too.
	_, _ = conn.Exec(ctx, rollback)
	return why
}

// errLost: a row that this transaction has read changed before it was written.
var errLost = errors.New("pgstore: a row changed under a transaction")

// must adds a statement that changes exactly n rows, or else fails on the server, so
// that the commit behind it does not happen.
func (b *statements) must(n int, query string, args ...any) {
	b.query(required(query, len(args)), func(pgx.Row) error { return nil }, append(args, int64(n))...)
}

func required(query string, args int) string {
	return fmt.Sprintf("WITH changed AS (%s RETURNING 1) SELECT require(count(*) = $%d::bigint) FROM changed", query, args+1)
}
