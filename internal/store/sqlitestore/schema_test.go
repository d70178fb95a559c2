package sqlitestore

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"dpp/internal/store"
)

func TestMigrationsGoUpAndDown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dpp.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	full := objects(t, path)
	if len(full) < 20 {
		t.Fatalf("the schema has only %v", full)
	}
	err := withMigrations(path, func(p *goose.Provider) error {
		_, err := p.DownTo(t.Context(), 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := objects(t, path); len(left) != 0 {
		t.Errorf("left after going down: %v", left)
	}
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := Migrate(t.Context(), path); err != nil {
		t.Errorf("migrating again: %v", err)
	}
	again := objects(t, path)
	for name, definition := range full {
		if again[name] != definition {
			t.Errorf("%s after going down and up: %s", name, again[name])
		}
	}
}

// objects are the tables and indexes that migrations made, with their definitions.
func objects(t *testing.T, path string) map[string]string {
	t.Helper()
	rows, err := opened(t, path).QueryContext(t.Context(),
		`SELECT name, ifnull(sql, '') FROM sqlite_master WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	err = forEach(rows, func(r row) error {
		var name, definition string
		err := r.Scan(&name, &definition)
		found[name] = definition
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryTableIsStrict(t *testing.T) {
	rows, err := migrated(t).QueryContext(t.Context(), `SELECT name FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	err = forEach(rows, func(r row) error {
		var name string
		err := r.Scan(&name)
		t.Errorf("table %s is not STRICT", name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatusTellsWhatIsApplied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dpp.db")
	pending, err := Status(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("asking made the file: %v", err)
	}
	if len(pending) != schemaVersion || pending[len(pending)-1].Version != schemaVersion {
		t.Fatalf("the build needs version %d, its migrations are %+v", schemaVersion, pending)
	}
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	applied, err := Status(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range applied {
		if !pending[i].AppliedAt.IsZero() || m.AppliedAt.IsZero() || m.Version != int64(i)+1 || m.Name != pending[i].Name {
			t.Errorf("before %+v, after %+v", pending[i], m)
		}
	}
}

func TestMigrateMakesAPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dpp.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the database has mode %o", mode)
	}
	if err := Migrate(t.Context(), filepath.Join(t.TempDir(), "no such folder", "dpp.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dpp.db")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := Migrate(t.Context(), path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenRefusesOtherSchemas(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.db")
	empty := filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	older, newer := newDatabase(t), newDatabase(t)
	for path, change := range map[string]string{
		older: `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`,
		newer: `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`,
	} {
		mustExec(t, opened(t, path), change)
	}
	for _, path := range []string{missing, empty, older, newer} {
		if s, err := Open(t.Context(), path, Options{}); !errors.Is(err, store.ErrSchema) {
			t.Errorf("%s: %v, %v", filepath.Base(path), s, err)
		}
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening made the file: %v", err)
	}
}

func TestPingSeesTheSchemaChange(t *testing.T) {
	path := newDatabase(t)
	s := open(t, path, nil)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	mustExec(t, opened(t, path), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrSchema) {
		t.Errorf("after a newer migration: %v", err)
	}
}

func TestPathsMayHoldAnyCharacter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20e&f=ü.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the database is not where it was named: %v", err)
	}
}

func mustExec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
