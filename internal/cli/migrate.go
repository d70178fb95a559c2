package cli

import (
	"context"
	"io"

	"github.com/alecthomas/kong"

	"dpp"
	"dpp/internal/store"
)

type migrateCmds struct {
	kong.Plugins
	Up     migrateUpCmd     `cmd:"" help:"Bring the schema up to date."`
	Status migrateStatusCmd `cmd:"" help:"List the steps of the schema."`

	Restored migrateRestoredCmd `cmd:"" help:"Say that the database was restored from a backup, before any process starts on it."`
}

type migrateUpCmd struct{}

// Run is part of the command line.
func (c *migrateUpCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	applied, err := s.platform.Migrate(ctx, cfg)
	if err != nil {
		return err
	}
	if applied == nil {
		applied = []string{}
	}
	return s.print(struct {
		Applied []string `json:"applied"`
	}{applied}, func(w io.Writer) {
		for _, name := range applied {
			row(w, "applied", name)
		}
		if len(applied) == 0 {
			row(w, "the schema is up to date")
		}
	})
}

type migrateStatusCmd struct{}

type migrationDoc struct {
	Version   int64     `json:"version"`
	Name      string    `json:"name"`
	Applied   bool      `json:"applied"`
	AppliedAt *dpp.Time `json:"applied_at,omitempty"`
}

// Run is part of the command line.
func (c *migrateStatusCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	states, err := s.platform.MigrationStatus(ctx, cfg)
	if err != nil {
		return err
	}
	list := dpp.List[migrationDoc]{Data: make([]migrationDoc, len(states))}
	for i, m := range states {
		list.Data[i] = migrationDoc{Version: m.Version, Name: m.Name, Applied: m.Applied}
		if m.Applied {
			list.Data[i].AppliedAt = &dpp.Time{Time: m.AppliedAt}
		}
	}
	return s.print(list, func(w io.Writer) {
		row(w, "VERSION", "NAME", "APPLIED")
		for _, m := range list.Data {
			row(w, m.Version, m.Name, when(m.AppliedAt))
		}
	})
}

// migrateRestoredCmd raises the store's epoch, so that what caches know from before
// the restore is worth nothing.
type migrateRestoredCmd struct{}

// Run is part of the command line.
func (c *migrateRestoredCmd) Run(ctx context.Context, s *session) error {
	return s.withStore(ctx, func(db store.Store) error {
		epoch, err := db.RaiseEpoch(ctx)
		if err != nil {
			return err
		}
		return s.print(struct {
			Epoch int64 `json:"epoch"`
		}{epoch}, func(w io.Writer) { row(w, "epoch", epoch) })
	})
}
