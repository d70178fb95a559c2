// Package sqlitestore keeps the truth in one SQLite file.
//
// One goroutine writes, one transaction at a time, each a whole batch, or several
// where they wait at once; a small pool of connections reads beside it. Commits are durable against power loss
// (synchronous=FULL). Other processes may use the same file: where one of them
// holds the lock, a transaction is repeated until its own deadline.
//
// SQL stands as a constant beside the function that runs it, and is prepared once
// for each connection.
package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"dpp/internal/store"
)

const (
	defaultWriteTimeout   = 30 * time.Second
	defaultReaders        = 4
	defaultCallsPerCommit = 64
)

// Options change how a store works. The zero value is good.
type Options struct {
	// Now is the store's clock; nil is the system's. Times are kept in
	// milliseconds.
	Now func() time.Time
	// WriteTimeout bounds how long a batch waits for its turn, and for other
	// processes that hold the file's lock; 0 stands for 30 s. What has begun is
	// never cut off.
	WriteTimeout time.Duration
	// Readers is how many reads run at once; 0 stands for 4.
	Readers int
	// CallsPerCommit is how many calls that wait at the same time may share one
	// commit; 0 stands for 64.
	CallsPerCommit int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = defaultWriteTimeout
	}
	if o.CallsPerCommit <= 0 {
		o.CallsPerCommit = defaultCallsPerCommit
	}
	if o.Readers <= 0 {
		o.Readers = defaultReaders
	}
	return o
}

// Store is the port's store in one SQLite file.
type Store struct {
	opts    Options
	calls   *calls
	writer  *writer
	readers *readers
}

var _ store.Store = (*Store)(nil)

// Open opens the store at path, whose schema must be the one of this build: it
// returns [store.ErrSchema] where [Migrate] has not been run. Close ends it.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", store.ErrSchema, err)
	}
	w, err := openWriter(ctx, path, opts)
	if err != nil {
		return nil, fmt.Errorf("open the database for writing: %w", err)
	}
	r, err := openReaders(path, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database for reading: %w", err), w.close())
	}
	return &Store{opts: opts, calls: newCalls(), writer: w, readers: r}, nil
}

// Close waits for the calls and the transaction that are under way. Calls after it
// get [store.ErrUnavailable]. Closing twice is harmless.
func (s *Store) Close() error {
	if !s.calls.end() {
		return nil
	}
	return errors.Join(s.writer.close(), s.readers.close())
}

// Ping tells whether the file can be read and its schema fits.
func (s *Store) Ping(ctx context.Context) error {
	version, err := readOne[int64](ctx, s, selectSchemaVersion)
	if err != nil {
		return err
	}
	return fits(version)
}

const selectEpoch = `SELECT epoch FROM meta WHERE only = 1`

// Epoch is the store's generation: 1 until an operator raises it after a restore.
func (s *Store) Epoch(ctx context.Context) (int64, error) {
	return readOne[int64](ctx, s, selectEpoch)
}

const updateEpoch = `UPDATE meta SET epoch = epoch + 1 WHERE only = 1`

// RaiseEpoch begins a new generation of the store, after a restore.
func (s *Store) RaiseEpoch(ctx context.Context) (int64, error) {
	return write(ctx, s, func(t *tx) (epoch int64, err error) {
		if _, err := t.exec(updateEpoch); err != nil {
			return 0, err
		}
		err = t.query(selectEpoch, func(r row) error { return r.Scan(&epoch) })
		return epoch, err
	})
}

// Maintain has nothing to do: one file holds everything, and Forget deletes rows.
func (s *Store) Maintain(ctx context.Context, _ time.Duration) error {
	if err := s.calls.enter(); err != nil {
		return err
	}
	defer s.calls.leave()
	return ctx.Err()
}

// now is the store's clock, to the millisecond that is kept.
func (o Options) now() time.Time { return fromMillis(o.Now().UnixMilli()) }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// moment reads a time that may be absent, kept as 0 or NULL.
func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}
