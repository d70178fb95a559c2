package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"

	"dpp/internal/store"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// schemaVersion is the number of the last migration; a test holds it to the files.
const schemaVersion = 5

// Migration is one numbered step of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero while it is pending
}

// Migrate brings the schema at path to the newest version, and makes the file, for
// its owner only, where there is none. Several processes may do so at once.
func Migrate(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return withMigrations(path, func(p *goose.Provider) error { return describe(up(ctx, p)) })
}

// up goes on where another process was faster by a step, which is an error of this
// one's step; that can happen once for each step and for the table that counts them.
func up(ctx context.Context, p *goose.Provider) error {
	var err error
	for range schemaVersion + 2 {
		if _, err = p.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Status tells which migrations there are, in their order, and which were applied
// to the database at path. It makes no database where there is none.
func Status(ctx context.Context, path string) ([]Migration, error) {
	var all []Migration
	err := withMigrations(path, func(p *goose.Provider) error {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			for _, source := range p.ListSources() {
				all = append(all, Migration{Version: source.Version, Name: source.Path})
			}
			return nil
		}
		states, err := p.Status(ctx)
		for _, state := range states {
			all = append(all, Migration{Version: state.Source.Version, Name: state.Source.Path, AppliedAt: state.AppliedAt})
		}
		return describe(err)
	})
	return all, err
}

func withMigrations(path string, do func(*goose.Provider) error) error {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	db, err := openDatabase(path, 1)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	return errors.Join(do(provider), provider.Close()) // closes the database too
}

const (
	selectSchemaVersion = `SELECT ifnull(max(version_id), 0) FROM goose_db_version WHERE is_applied`
	selectVersionTable  = `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
)

// checkSchema returns [store.ErrSchema] where the schema is not this build's.
func checkSchema(ctx context.Context, conn *sql.Conn) error {
	var tables, version int64
	if err := conn.QueryRowContext(ctx, selectVersionTable).Scan(&tables); err != nil {
		return err
	}
	if tables == 1 {
		if err := conn.QueryRowContext(ctx, selectSchemaVersion).Scan(&version); err != nil {
			return err
		}
	}
	return fits(version)
}

func fits(version int64) error {
	if version != schemaVersion {
		return fmt.Errorf("%w: it is at version %d, this build needs %d", store.ErrSchema, version, schemaVersion)
	}
	return nil
}
