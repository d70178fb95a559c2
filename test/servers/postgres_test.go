package servers

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// answer runs one statement and returns the first field of its first row.
func answer(t *testing.T, url, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rows, err := postgresAsk(ctx, url, sql)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return ""
	}
	return string(rows[0][0])
}

func TestPostgresGivesEachTestADatabase(t *testing.T) {
	one, other := Postgres(t), Postgres(t)
	answer(t, one, "create table here (n int)")
	answer(t, other, "create table here (n int)") // it is not there yet
	const dropped = "select count(*) from pg_database where datname = current_database()"
	if got := answer(t, one, dropped); got != "1" {
		t.Fatalf("this database is there %s times", got)
	}

	var inner string
	t.Run("inner", func(t *testing.T) {
		inner = Postgres(t)
		conn, err := pgconn.Connect(t.Context(), inner)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn // left open: it does not keep the database
	})
	if _, err := postgresAsk(t.Context(), inner, "select 1"); err == nil {
		t.Error("the database of a test that has ended is still there")
	}
}

func TestOnlyTheSharedPostgresIsCareless(t *testing.T) {
	if got := answer(t, Postgres(t), "show fsync"); got != "off" {
		t.Errorf("the shared one: fsync is %s", got)
	}
	own := NewPostgres(t).URL(t)
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if got := answer(t, own, "show "+setting); got != "on" {
			t.Errorf("one's own: %s is %s", setting, got)
		}
	}
}

func TestPostgresKeepsItsDataOverAnyStop(t *testing.T) {
	s := NewPostgres(t)
	url := s.URL(t)
	answer(t, url, "create table stop (how text)")
	for how, stop := range map[string]func(){
		"fast": func() { s.Stop(Fast) }, "immediate": func() { s.Stop(Immediate) }, "kill": s.Kill,
	} {
		answer(t, url, "insert into stop values ('"+how+"')")
		address := s.Address()
		stop()
		refuses(t, address)
		stop() // once more does nothing
		s.Start()
		if s.Address() != address {
			t.Errorf("after %s it is at %s, and was at %s", how, s.Address(), address)
		}
	}
	if got := answer(t, url, "select count(distinct how) from stop"); got != "3" {
		t.Errorf("%s rows of 3 are left", got)
	}
}

// In session mode each client would have a server connection of its own.
func TestPgBouncerSharesConnectionsBetweenTransactions(t *testing.T) {
	url := PgBouncer(t, Postgres(t))
	backends := map[string]bool{}
	for range 3 {
		conn, err := pgconn.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
		results, err := conn.Exec(t.Context(), "select pg_backend_pid()").ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		backends[string(results[0].Rows[0][0])] = true
	}
	if len(backends) != 1 {
		t.Errorf("three clients were served by %d connections", len(backends))
	}
}
