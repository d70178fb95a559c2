package pgstore

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dpp"
	"dpp/test/servers"
)

const selectPrepared = `SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements`

type prepared struct {
	statement       string
	generic, custom int64
}

// A connection that was made ahead has a plan of everything, the one that is used, and
// nothing of it has changed or locked a row.
func TestConnectionsAreMadeAhead(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	earlier := open(t, url, nil)
	tenant := newTenant(t, earlier, 100*dpp.USD)
	if _, err := earlier.Submit(t.Context(), submissions(tenant, "waiting", 3)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), url, Options{Ahead: 2})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	enough, tick := time.NewTimer(30*time.Second), time.NewTicker(time.Millisecond)
	defer enough.Stop()
	defer tick.Stop()
	for s.Pool().Idle < 2 {
		select {
		case <-tick.C:
		case <-enough.C:
			t.Fatalf("there are %+v", s.Pool())
		}
	}
	conns := make([]*pgxpool.Conn, 2)
	for i := range conns {
		conns[i], err = s.pool.Acquire(t.Context())
		must(t, err)
		defer conns[i].Release()
	}
	// One of them may be the one that Open made, which was taught as well.
	for _, conn := range conns {
		known := planned(t, conn)
		for _, query := range warmed() {
			if !slices.Contains(known, query) {
				t.Errorf("there is no plan of %s", firstLine(query))
			}
		}
	}
	if work, err := earlier.Claim(t.Context(), slots("free", 3)); err != nil || slices.Contains(work, nil) {
		t.Errorf("claimed %v, %v", work, err)
	}
	checkBooks(t, earlier)
}

// planned are the statements that a connection has one plan of, for all values.
func planned(t *testing.T, conn *pgxpool.Conn) (known []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), selectPrepared, pgx.QueryExecModeExec)
	must(t, err)
	must(t, forEach(rows, func(r pgx.Row) error {
		var p prepared
		err := r.Scan(&p.statement, &p.generic, &p.custom)
		if p.generic > 0 && p.custom == 0 {
			known = append(known, p.statement)
		}
		return err
	}))
	return known
}

// A database without the schema is nothing that a connection fails of.
func TestWarmingNeedsNoSchema(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), servers.Postgres(t))
	must(t, err)
	defer func() { must(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	must(t, Options{Timeout: time.Minute}.warm(t.Context(), conn))
	var one int
	must(t, conn.QueryRow(t.Context(), "SELECT 1").Scan(&one))
}
