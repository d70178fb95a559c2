// Package pgstore keeps the truth in PostgreSQL 15 or newer.
//
// Each call is one transaction for its whole batch, in two round trips: the first
// locks and reads, in the order accounts, then runs or keys, each by their
// identifiers; package rules decides; the second writes with one statement per
// table and commits. Reads are one statement and one round trip. Nothing here keeps
// state in a session, so that a pooler in transaction mode may stand between.
//
// SQL stands as a constant beside the function that runs it.
package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dpp/internal/store"
)

const (
	defaultTimeout     = 30 * time.Second
	defaultConnections = 16
	maxRepeats         = 5
)

// Options change how a store works. The zero value is good.
type Options struct {
	// Now is the store's clock; nil is the server's. Times are kept in milliseconds.
	Now func() time.Time
	// Timeout bounds each call, locks and repeats included; 0 stands for 30 s. The
	// server ends a statement or an idle transaction after it, too.
	Timeout time.Duration
	// Connections is how many calls run at once; 0 stands for 16, unless the URL has
	// pool_max_conns.
	Connections int
	// Ahead is how many connections are made before they are needed, each of which has
	// carried out everything once; at most half of Connections.
	Ahead int
	// Tracer hears of every round trip; nil: nobody does.
	Tracer pgx.QueryTracer
}

// Store is the port's store on a PostgreSQL server.
type Store struct {
	opts   Options
	pool   *pgxpool.Pool
	looked progress
}

var _ store.Store = (*Store)(nil)

// Open opens the store at url, whose schema must be the one of this build: it
// returns [store.ErrSchema] where [Migrate] has not been run, and
// [store.ErrUnavailable] where the server cannot be reached. Close ends it. No error
// contains the URL's password.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	s, err := Connect(url, opts)
	if err != nil {
		return nil, err
	}
	version, err := s.schema(ctx)
	if err == nil {
		err = fits(version)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Connect is [Open] for a server that need not be there yet.
func Connect(url string, opts Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, ErrURL
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if opts.Connections > 0 {
		config.MaxConns = int32(min(opts.Connections, 1000))
	} else if !poolSized(url) {
		config.MaxConns = defaultConnections
	}
	if opts.Ahead > 0 {
		config.MinConns = max(config.MinConns, min(int32(min(opts.Ahead, 1000)), config.MaxConns/2))
		config.AfterConnect = opts.warm
	}
	config.ConnConfig.Tracer = opts.Tracer
	config.ConnConfig.StatementCacheCapacity = statementCache
	// Nothing connects here: the pool does when it is asked.
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, ErrURL
	}
	return &Store{opts: opts, pool: pool}, nil
}

const (
	connectTimeout = 5 * time.Second
	statementCache = 128 // more than there are statements
)

// ErrURL: the text is no URL of a PostgreSQL database. It says no more, because the
// URL may hold a password.
var ErrURL = errors.New("not the URL of a PostgreSQL database, such as postgres://user@host:5432/name")

func poolSized(url string) bool {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return false
	}
	_, ok := config.RuntimeParams["pool_max_conns"] // pgxpool takes it out, pgx leaves it in
	return ok
}

// Close waits for the calls that are under way. Calls after it get
// [store.ErrUnavailable]. Closing twice is harmless.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// Ping tells whether the server answers and the schema still fits. A newer one than
// this build's does: a migration leaves in place what the build before it needs, so
// that processes can be replaced one by one behind it.
func (s *Store) Ping(ctx context.Context) error {
	version, err := s.schema(ctx)
	if err == nil && version < schemaVersion {
		err = fits(version)
	}
	return err
}

// schema is the version of the database's schema, 0 where there is none.
func (s *Store) schema(ctx context.Context) (int64, error) {
	version, err := readOne[int64](ctx, s, selectSchemaVersion)
	if noTable(err) {
		return 0, nil
	}
	return version, err
}

const selectEpoch = `SELECT epoch FROM meta WHERE one = 1`

// Epoch is the store's generation: 1 until an operator raises it after a restore.
func (s *Store) Epoch(ctx context.Context) (int64, error) {
	return readOne[int64](ctx, s, selectEpoch)
}

const updateEpoch = `UPDATE meta SET epoch = epoch + 1 WHERE one = 1 RETURNING epoch`

// RaiseEpoch begins a new generation of the store, after a restore, so that caches
// of it forget what they knew, and returns it.
func (s *Store) RaiseEpoch(ctx context.Context) (int64, error) {
	return readOne[int64](ctx, s, updateEpoch)
}

// now is the injected clock, in the milliseconds that are kept; nil asks the server.
func (o Options) now() *time.Time {
	if o.Now == nil {
		return nil
	}
	now := o.Now().UTC().Truncate(time.Millisecond)
	return &now
}

// utc is a moment as the port has it.
func utc(t time.Time) time.Time { return t.UTC() }

// moment reads a time that may be absent.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func fits(version int64) error {
	if version != schemaVersion {
		return fmt.Errorf("%w: it is at version %d, this build needs %d", store.ErrSchema, version, schemaVersion)
	}
	return nil
}
