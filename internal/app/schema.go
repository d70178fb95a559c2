package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"dpp/internal/config"
	"dpp/internal/ops"
	"dpp/internal/store"
	"dpp/internal/store/pgstore"
	"dpp/internal/store/sqlitestore"
)

// OpenStore opens the store, beside running servers, too.
func OpenStore(ctx context.Context, cfg config.Config) (store.Store, error) {
	if cfg.Shared {
		return openPostgres(ctx, cfg, pgstore.Options{})
	}
	return openExisting(ctx, cfg)
}

// Migrate brings the schema up to date, makes the database of a data folder where
// there is none, and names the steps that it took.
func Migrate(ctx context.Context, cfg config.Config) ([]string, error) {
	if !cfg.Shared {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return nil, fmt.Errorf("the data folder cannot be made: %w", err)
		}
	}
	before, err := MigrationStatus(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Shared {
		err = databaseError(pgstore.Migrate(ctx, cfg.DatabaseURL))
	} else {
		err = sqlitestore.Migrate(ctx, cfg.DatabasePath())
	}
	if err != nil {
		return nil, err
	}
	var taken []string
	for _, m := range before {
		if !m.Applied {
			taken = append(taken, m.Name)
		}
	}
	return taken, nil
}

// MigrationStatus lists every step of the schema.
func MigrationStatus(ctx context.Context, cfg config.Config) ([]ops.MigrationState, error) {
	var states []ops.MigrationState
	add := func(version int64, name string, applied time.Time) {
		states = append(states, ops.MigrationState{Version: version, Name: name, Applied: !applied.IsZero(), AppliedAt: applied})
	}
	if cfg.Shared {
		all, err := pgstore.Status(ctx, cfg.DatabaseURL)
		for _, m := range all {
			add(m.Version, m.Name, m.AppliedAt)
		}
		return states, databaseError(err)
	}
	all, err := sqlitestore.Status(ctx, cfg.DatabasePath())
	for _, m := range all {
		add(m.Version, m.Name, m.AppliedAt)
	}
	return states, err
}
