package pgstore_test

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp/internal/store/pgstore"
	"dpp/test/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// newDatabase is an empty database with the schema of this build.
func newDatabase(t testing.TB) (url string) {
	t.Helper()
	url = servers.Postgres(t)
	if err := pgstore.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return url
}

// rooms are databases that are used again by the next test: a new one for each
// would take most of the tests' time.
type rooms struct {
	template string
	mu       sync.Mutex
	free     []string
}

func newRooms(t testing.TB) *rooms {
	t.Helper()
	return &rooms{template: newDatabase(t)}
}

// emptied leaves a database as [pgstore.Migrate] made it.
const emptied = `DELETE FROM outbox; DELETE FROM idempotency; DELETE FROM leases; DELETE FROM queue; DELETE FROM run_inputs;
	DELETE FROM runs; DELETE FROM usage_days; DELETE FROM posted; DELETE FROM entries; DELETE FROM keys; DELETE FROM accounts;
	DELETE FROM tenants; UPDATE meta SET epoch = 1`

// empty is a database without rows that is the test's own until it ends.
func (r *rooms) empty(t testing.TB) (url string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		url, r.free = r.free[n-1], r.free[:n-1]
	} else {
		url = copyOf(t, r.template)
	}
	t.Cleanup(func() { // after the test has closed its stores
		do(t, url, emptied)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.free = append(r.free, url)
	})
	return url
}

var copies atomic.Int64

// copyOf is a database that is as another one is, which nobody may be using. It
// ends with the server that all tests share.
func copyOf(t testing.TB, template string) string {
	t.Helper()
	at, err := url.Parse(template)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("copy_%d", copies.Add(1))
	admin(t, template, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, at.Path[1:]))
	at.Path = "/" + name
	return at.String()
}

// admin runs a statement from the server's own database.
func admin(t testing.TB, server, statement string) {
	t.Helper()
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/postgres"
	do(t, at.String(), statement)
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

func open(t testing.TB, url string, now func() time.Time) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), url, pgstore.Options{Now: now, Connections: 4})
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
