package pgstore

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp/test/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// newDatabase is an empty database with the schema of this build, of the test's own.
func newDatabase(t testing.TB) (url string) {
	t.Helper()
	template := migrated(t)
	name := fmt.Sprintf("copy_%d", copies.Add(1))
	admin(t, template, "CREATE DATABASE "+name+" TEMPLATE "+templateName)
	return databaseOf(t, template, name)
}

var copies atomic.Int64

const templateName = "migrated"

// template is made once: a copy of it takes less time than all migrations.
var template struct {
	sync.Mutex
	url string
}

// migrated is the URL of the database that others are copied from. It ends with the
// server that all tests share.
func migrated(t testing.TB) (url string) {
	t.Helper()
	template.Lock()
	defer template.Unlock()
	if template.url == "" {
		server := servers.Postgres(t)
		admin(t, server, "CREATE DATABASE "+templateName)
		at := databaseOf(t, server, templateName)
		must(t, Migrate(t.Context(), at))
		template.url = at
	}
	return template.url
}

// databaseOf is the URL of another database of the same server.
func databaseOf(t testing.TB, server, name string) string {
	t.Helper()
	at, err := url.Parse(server)
	must(t, err)
	at.Path = "/" + name
	return at.String()
}

// rooms are databases that are used again by the next test: a new one for each
// would take most of the tests' time.
type rooms struct {
	mu   sync.Mutex
	free []string
}

// emptied takes all rows out of a database.
const emptied = `DELETE FROM upload_runs; DELETE FROM uploads; DELETE FROM outbox; DELETE FROM idempotency; DELETE FROM leases; DELETE FROM queue; DELETE FROM run_inputs;
	DELETE FROM runs; DELETE FROM usage_days; DELETE FROM posted; DELETE FROM entries; DELETE FROM keys; DELETE FROM accounts;
	DELETE FROM tenants; UPDATE meta SET epoch = 1`

// fewer leaves the first partition of each table: every connection reads of all that
// there are.
const fewer = `DO $$ DECLARE surplus regclass; BEGIN
	FOR surplus IN SELECT oid FROM (SELECT c.oid, relname, row_number() OVER (PARTITION BY inhparent ORDER BY relname) AS place
			FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE relkind = 'r' AND relname NOT LIKE '%_other') AS parts WHERE place > 1 LOOP
		EXECUTE 'DROP TABLE ' || surplus;
	END LOOP; END $$`

// empty is a database without rows that is the test's own until it ends.
func (r *rooms) empty(t testing.TB) (url string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		url, r.free = r.free[n-1], r.free[:n-1]
	} else {
		url = newDatabase(t)
		do(t, url, fewer)
	}
	t.Cleanup(func() { // after the test has closed its stores
		do(t, url, emptied)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.free = append(r.free, url)
	})
	return url
}

// admin runs a statement from the server's own database.
func admin(t testing.TB, server, statement string) {
	t.Helper()
	do(t, databaseOf(t, server, "postgres"), statement)
}

// do runs a statement by another way than the store.
func do(t testing.TB, url, statement string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // cleanups call it, too
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, statement, args...); err != nil {
		t.Error(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Error(err)
	}
}

func open(t testing.TB, url string, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, Options{Now: now, Connections: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
