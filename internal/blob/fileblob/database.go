package fileblob

import (
	"context"
	"database/sql"
	_ "embed" // the schema
	"errors"
	"fmt"
	"net/url"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schemaSQL string

// schemaVersion is kept as the file's user_version.
const schemaVersion = 1

// writerPragmas make commits durable. A checkpoint, which costs two syncs more, comes
// after some 16 MiB.
func writerPragmas() []string {
	return []string{
		"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
	}
}

// SQLite itself waits lockWait (in ms) for a lock. Then [Store.patiently] looks at the
// deadline and, lockPause later, tries again.
const (
	lockWait  = "250"
	lockPause = 5 * time.Millisecond
)

const (
	infoColumns = `key, media_type, size, sha256, metadata, stored_at`

	pingSQL   = `SELECT 1 FROM object LIMIT 1`
	headSQL   = `SELECT ` + infoColumns + ` FROM object WHERE key = ?`
	getSQL    = `SELECT ` + infoColumns + `, file, content FROM object WHERE key = ?`
	listSQL   = `SELECT ` + infoColumns + ` FROM object WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`
	fileSQL   = `SELECT 1 FROM object WHERE file = ?`
	insertSQL = `INSERT INTO object (` + infoColumns + `, file, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`
	deleteSQL = `DELETE FROM object WHERE id IN (SELECT id FROM object WHERE key >= ? AND key < ? LIMIT ?) RETURNING file`
)

// statements are prepared once. Existing is headSQL for the writer.
type statements struct {
	ping, head, get, list, file *sql.Stmt // for the readers
	insert, existing, remove    *sql.Stmt // for the writer
}

func (s *Store) openDatabase(path string) error {
	ctx := context.Background() // opening belongs to no request; patiently bounds it
	var err error
	if s.writer, err = openHandle(path, 1, writerPragmas()...); err != nil {
		return err
	}
	if err := s.patiently(ctx, s.migrate); err != nil {
		return err
	}
	if s.readers, err = openHandle(path, s.opts.Readers, "query_only(1)"); err != nil {
		return err
	}
	return s.patiently(ctx, s.prepare)
}

// openHandle makes a pool of at most n connections, which are kept for good.
func openHandle(path string, n int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}, "_busy_timeout": {lockWait}, "_pragma": pragmas}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

func (s *Store) migrate(ctx context.Context) error {
	return transact(ctx, s.writer, func(ctx context.Context, tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
			return err
		}
		switch version {
		case schemaVersion:
			return nil
		case 0:
			_, err := tx.ExecContext(ctx, schemaSQL+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion))
			return err
		default:
			return fmt.Errorf("objects.db has version %d, this program knows %d: it was made by a newer one", version, schemaVersion)
		}
	})
}

func (s *Store) prepare(ctx context.Context) error {
	for _, p := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		sql  string
	}{
		{&s.stmt.ping, s.readers, pingSQL},
		{&s.stmt.head, s.readers, headSQL},
		{&s.stmt.get, s.readers, getSQL},
		{&s.stmt.list, s.readers, listSQL},
		{&s.stmt.file, s.readers, fileSQL},
		{&s.stmt.insert, s.writer, insertSQL},
		{&s.stmt.existing, s.writer, headSQL},
		{&s.stmt.remove, s.writer, deleteSQL},
	} {
		var err error
		if *p.stmt, err = p.db.PrepareContext(ctx, p.sql); err != nil {
			return err
		}
	}
	return nil
}

// write runs f in one transaction. The caller's context ends only the wait for its
// turn: ending a context under SQLite kills the open transaction, so from then on
// the write has the store's own time.
func (s *Store) write(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // gives the turn back; its error is the transaction's
	return s.patiently(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return transact(ctx, conn, f)
	})
}

type beginner interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}

// transact runs f in a transaction that no context can end; f is short.
func transact(ctx context.Context, db beginner, f func(context.Context, *sql.Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit; else the error is f's
	if err := f(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// patiently repeats f for as long as another process has the file locked, at most
// for the store's own time.
func (s *Store) patiently(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	for {
		err := f(ctx)
		if !locked(err) {
			return err
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return err
		}
	}
}

func locked(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
