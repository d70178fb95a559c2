package pgstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// schemaVersion is the number of the last migration; a test holds it to the files.
const schemaVersion = 5

const selectSchemaVersion = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// Migration is one numbered step of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero while it is pending
}

// Migrate brings the schema of the database at url to the newest version, and makes
// the partitions of the time to come. Several processes may do so at once: one of
// them works, the others wait for it.
func Migrate(ctx context.Context, url string) error {
	err := withMigrations(url, func(p *goose.Provider) error {
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", describe(err))
		}
		return nil
	})
	if err != nil {
		return err
	}
	s, err := Open(ctx, url, Options{Connections: 1})
	if err != nil {
		return err
	}
	return errors.Join(s.Maintain(ctx, 0), s.Close())
}

// Status tells which migrations there are, in their order, and which were applied.
func Status(ctx context.Context, url string) ([]Migration, error) {
	var all []Migration
	err := withMigrations(url, func(p *goose.Provider) error {
		states, err := p.Status(ctx)
		for _, state := range states {
			all = append(all, Migration{Version: state.Source.Version, Name: state.Source.Path, AppliedAt: state.AppliedAt})
		}
		return describe(err)
	})
	return all, err
}

// The lock of migrations is a row, because a lock of a session does not hold behind
// a pooler.
const (
	lockTable    = "goose_lock"
	lockInterval = time.Second
	lockPatience = 300 // intervals
)

func withMigrations(url string, do func(*goose.Provider) error) error {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	db, err := openSQL(url)
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresTableLocker(lock.WithTableName(lockTable), lock.WithTableLockTimeout(lockInterval, lockPatience))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLocker(locker))
	if err != nil {
		return errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	return errors.Join(do(provider), provider.Close()) // closes the database too
}

func openSQL(url string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, ErrURL
	}
	for name := range config.RuntimeParams {
		if len(name) > 5 && name[:5] == "pool_" {
			delete(config.RuntimeParams, name) // for the pool of [Open]
		}
	}
	// A migration is sent once; what the server would remember of it is of no use.
	if config.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		config.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return stdlib.OpenDB(*config), nil
}
