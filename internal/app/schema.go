package app

import (
	"context"
	"fmt"
	"os"

	"dpp/internal/config"
	"dpp/internal/ops"
	"dpp/internal/store"
	"dpp/internal/store/sqlitestore"
)

// OpenStore opens the store of the data folder, beside a running server, too.
func OpenStore(ctx context.Context, cfg config.Config) (store.Store, error) {
	return openExisting(ctx, cfg)
}

// Migrate brings the schema up to date, makes the database where there is none,
// and names the steps that it took.
func Migrate(ctx context.Context, cfg config.Config) ([]string, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	before, err := sqlitestore.Status(ctx, cfg.DatabasePath())
	if err != nil {
		return nil, err
	}
	if err := sqlitestore.Migrate(ctx, cfg.DatabasePath()); err != nil {
		return nil, err
	}
	var taken []string
	for _, m := range before {
		if m.AppliedAt.IsZero() {
			taken = append(taken, m.Name)
		}
	}
	return taken, nil
}

// MigrationStatus lists every step of the schema.
func MigrationStatus(ctx context.Context, cfg config.Config) ([]ops.MigrationState, error) {
	all, err := sqlitestore.Status(ctx, cfg.DatabasePath())
	states := make([]ops.MigrationState, len(all))
	for i, m := range all {
		states[i] = ops.MigrationState{Version: m.Version, Name: m.Name, Applied: !m.AppliedAt.IsZero(), AppliedAt: m.AppliedAt}
	}
	return states, err
}
