package pgstore

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"dpp"
	"dpp/internal/store"
	"dpp/test/servers"
)

// objects are what migrations and [Store.Maintain] made, with their definitions.
func objects(t *testing.T, url string) map[string]string {
	t.Helper()
	const everything = `SELECT c.relname, concat_ws(' ', c.relkind, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), c.reloptions,
			CASE WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END,
			(SELECT string_agg(concat_ws(' ', attname, atttypid::regtype, attnotnull, attcollation::regcollation, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum)
				FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = c.oid AND attnum > 0),
			(SELECT string_agg(pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid))
		FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'
		UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace`
	rows, err := connect(t, url).Query(t.Context(), everything)
	must(t, err)
	found := make(map[string]string)
	must(t, forEach(rows, func(r pgx.Row) error {
		var name, definition string
		err := r.Scan(&name, &definition)
		found[name] = definition
		return err
	}))
	return found
}

// migrateTo takes the schema up or down to a version.
func migrateTo(t *testing.T, url string, version int64) {
	t.Helper()
	must(t, withMigrations(url, func(p *goose.Provider) error {
		current, err := p.GetDBVersion(t.Context())
		if err == nil && current > version {
			_, err = p.DownTo(t.Context(), version)
		} else if err == nil {
			_, err = p.UpTo(t.Context(), version)
		}
		return err
	}))
}

func TestMigrationsGoUpAndDown(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	full := objects(t, url)
	if len(full) < 60 {
		t.Fatalf("the schema has only %v", full)
	}
	migrateTo(t, url, 0)
	if left := objects(t, url); len(left) != 0 {
		t.Errorf("left after going down: %v", left)
	}
	for range 2 {
		must(t, Migrate(t.Context(), url))
		if again := objects(t, url); !maps.Equal(again, full) {
			t.Errorf("after going down and up\n%v\nwant\n%v", again, full)
		}
	}
}

// What can be there at each version stays as it is when the newer migrations come.
var rowsOfVersions = []string{
	1: `INSERT INTO tenants (id, name, created_at) VALUES ('ten_a', 'a', now());
		INSERT INTO accounts (id, tenant_id, live, credited, available) VALUES ('ten_a', 'ten_a', true, 1000, 1000);
		INSERT INTO keys (id, tenant_id, name, live, scopes, hash, created_at) VALUES ('key_a', 'ten_a', 'k', true, '{runs}', sha256('a'), now())`,
	2: `UPDATE accounts SET seq = 1, unsealed = true;
		INSERT INTO entries (account_id, seq, kind, amount, reference, created_at) VALUES ('ten_a', 1, 'credit', 1000, 'ref', '2020-01-15');
		INSERT INTO posted (account_id, reference, seq, created_at) SELECT account_id, reference, seq, created_at FROM entries`,
	3: goodRuns,
	4: ``,
	5: ``,
}

func TestEveryVersionIsTheWayToTheNewest(t *testing.T) {
	t.Parallel()
	if len(rowsOfVersions) != schemaVersion+1 {
		t.Fatalf("there are rows for %d versions, and %d versions", len(rowsOfVersions)-1, schemaVersion)
	}
	for from := int64(1); from < schemaVersion; from++ {
		url := servers.Postgres(t)
		for version := int64(1); version <= from; version++ {
			migrateTo(t, url, version)
			do(t, url, rowsOfVersions[version])
		}
		must(t, Migrate(t.Context(), url))
		s := open(t, url, nil)
		account, err := s.Accounts(t.Context(), []dpp.AccountID{"ten_a"})
		must(t, err)
		if len(account) != 1 || account[0].Credited != 1000 {
			t.Errorf("from version %d: %+v", from, account)
		}
		if from >= 2 {
			entries, err := s.Entries(t.Context(), store.EntryQuery{Account: "ten_a", Limit: 10})
			must(t, err)
			if len(entries) != 1 || entries[0].Reference != "ref" {
				t.Errorf("from version %d: %+v", from, entries)
			}
		}
		accepted(t, s, submissions(newTenant(t, s, dpp.USD), "new", 1))
	}
}

func TestStatusTellsWhatIsApplied(t *testing.T) {
	t.Parallel()
	url := servers.Postgres(t)
	pending, err := Status(t.Context(), url)
	must(t, err)
	files, err := migrationFiles.ReadDir("migrations")
	must(t, err)
	if len(files) != schemaVersion || len(pending) != schemaVersion || pending[len(pending)-1].Version != schemaVersion {
		t.Fatalf("the build needs version %d, there are %d files, and the migrations are %+v", schemaVersion, len(files), pending)
	}
	must(t, Migrate(t.Context(), url))
	applied, err := Status(t.Context(), url)
	must(t, err)
	for i, m := range applied {
		if !pending[i].AppliedAt.IsZero() || m.AppliedAt.IsZero() || m.Version != int64(i)+1 || m.Name != pending[i].Name {
			t.Errorf("before %+v, after %+v", pending[i], m)
		}
	}
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := servers.Postgres(t)
	together(8, func(int) {
		if err := Migrate(t.Context(), url); err != nil {
			t.Error(err)
		}
	})
	about, err := open(t, url, nil).About(t.Context())
	must(t, err)
	if about.Schema != schemaVersion || about.Missing != 0 {
		t.Errorf("after eight migrations at once: %+v", about)
	}
}

// together runs n goroutines and waits for them.
func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func TestOpenRefusesOtherSchemas(t *testing.T) {
	t.Parallel()
	empty, changed := servers.Postgres(t), newDatabase(t)
	refused := func(what, url string) {
		if _, err := Open(t.Context(), url, Options{}); !errors.Is(err, store.ErrSchema) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("nothing", empty)
	s := open(t, changed, nil)
	do(t, changed, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)`)
	refused("newer", changed)
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("a store that was open before a newer migration: %v", err)
	}
	do(t, changed, fmt.Sprintf(`DELETE FROM goose_db_version WHERE version_id >= %d`, schemaVersion))
	refused("older", changed)
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrSchema) {
		t.Errorf("a store whose schema went back: %v", err)
	}
}

func TestWhatIsNoURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:secret@host:port/name", "postgres://u:secret@host/name?sslmode=sometimes", "host='"} {
		_, opened := Open(t.Context(), url, Options{})
		_, status := Status(t.Context(), url)
		for _, err := range []error{opened, status, Migrate(t.Context(), url)} {
			if !errors.Is(err, ErrURL) || err.Error() != ErrURL.Error() {
				t.Errorf("%v", err)
			}
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	const url = "postgres://postgres:secret@127.0.0.1:1/name?sslmode=disable&connect_timeout=2"
	_, opened := Open(t.Context(), url, Options{})
	_, status := Status(t.Context(), url)
	for _, err := range []error{opened, status, Migrate(t.Context(), url)} {
		if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}
