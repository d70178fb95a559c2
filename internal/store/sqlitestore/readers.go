package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// readers are the connections that read.
type readers struct {
	db    *sql.DB
	stmts *prepared
	// views serve snapshots, which may last, and within which their callers may
	// read by other ways.
	views *sql.DB
}

const viewConns = 2

func openReaders(path string, opts Options) (*readers, error) {
	pragmas := []string{pragma("cache_size", readerCachePages), "query_only(1)"}
	db, err := openDatabase(path, opts.Readers, pragmas...)
	if err != nil {
		return nil, err
	}
	views, err := openDatabase(path, viewConns, pragmas...)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &readers{db: db, stmts: newPrepared(db, reads()), views: views}, nil
}

func (r *readers) close() error { return errors.Join(r.stmts.close(), r.db.Close(), r.views.Close()) }

// reading runs statements for one caller: each in a transaction of its own, or all
// in one that sees the store at one moment.
type reading struct {
	ctx   context.Context //nolint:containedctx // the reading is the call, or a part of it
	stmts *prepared
	now   time.Time // the same for all its statements
}

func (r *reading) query(query string, each func(row) error, args ...any) error {
	stmt, err := r.stmts.get(r.ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(r.ctx, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", firstLine(query), err)
	}
	return forEach(rows, each)
}

// read runs do with statements that each see the newest commit.
func (s *Store) read(ctx context.Context, do func(*reading) error) error {
	if err := s.calls.enter(); err != nil {
		return err
	}
	defer s.calls.leave()
	return describe(do(&reading{ctx: ctx, stmts: s.readers.stmts, now: s.opts.now()}))
}

// readTogether runs do with statements that all see the store at one moment.
func (s *Store) readTogether(ctx context.Context, db *sql.DB, do func(*reading) error) error {
	if err := s.calls.enter(); err != nil {
		return err
	}
	defer s.calls.leave()
	in, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // deferred: it takes no lock against the writer
	if err != nil {
		return describe(err)
	}
	stmts := newPrepared(in, reads())
	err = errors.Join(do(&reading{ctx: ctx, stmts: stmts, now: s.opts.now()}), stmts.close())
	if end := in.Rollback(); err == nil && !errors.Is(end, sql.ErrTxDone) {
		err = end
	}
	return describe(err)
}

// readAll gathers the rows of one statement.
func readAll[T any](ctx context.Context, s *Store, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = s.read(ctx, func(r *reading) error {
		all, err = gather(r, scan, query, args...)
		return err
	})
	return all, err
}

// readOne reads one number, text or the like.
func readOne[T any](ctx context.Context, s *Store, query string, args ...any) (value T, err error) {
	err = s.read(ctx, func(r *reading) error {
		return r.query(query, func(r row) error { return r.Scan(&value) }, args...)
	})
	return value, err
}

// gather is the rows of one statement.
func gather[T any](q querier, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = q.query(query, func(r row) error {
		one, err := scan(r)
		if err == nil {
			all = append(all, one)
		}
		return err
	}, args...)
	return all, err
}
