package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp/test/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// TestAFilledDatabaseIsTheProductsOwn fills a small database, which the product's
// audit finds in order, and has everything measured in it.
func TestAFilledDatabaseIsTheProductsOwn(t *testing.T) {
	t.Parallel()
	url := servers.Postgres(t)
	const calls = 10
	w := newWorld(newPlan(smallest, 20), time.Now())
	must(t, fill(t.Context(), url, w))
	books := func() {
		t.Helper()
		must(t, onConn(t.Context(), url, func(c *pgx.Conn) error { return checkLaws(t.Context(), c) }))
		_, err := auditAll(t.Context(), url)
		must(t, err)
	}
	books()
	breakLaws(t, url)
	figures, err := measure(t.Context(), url, w, calls)
	must(t, err)
	books()
	for _, f := range figures {
		if f.p50 <= 0 || f.p95 < f.p50 || f.p50 < f.p10 {
			t.Errorf("%s took %s, %s, %s", f.name, f.p10, f.p50, f.p95)
		}
	}
	one := step{runs: smallest, figures: figures, filled: time.Second}
	g := &growth{tenants: 20, steps: []step{one, one}}
	if text := g.latencies(); strings.Count(text, "\n") != len(figures)+4 || !strings.Contains(text, " 1.00 | 1.00 |") {
		t.Errorf("a table of %d operations:\n%s", len(figures), text)
	}
}

// breakLaws proves that the check of the laws sees what is wrong.
func breakLaws(t *testing.T, url string) {
	t.Helper()
	must(t, onConn(t.Context(), url, func(c *pgx.Conn) error {
		for _, wrong := range []string{
			`UPDATE entries SET amount = amount + 100 WHERE kind = 'capture' AND seq = (SELECT min(seq) FROM entries WHERE kind = 'capture')`,
			`UPDATE runs SET used = used + 100 WHERE id = (SELECT min(id) FROM runs WHERE status = 'COMPLETED')`,
			`DELETE FROM queue WHERE run_id = (SELECT min(run_id) FROM queue)`,
			`DELETE FROM leases WHERE run_id = (SELECT min(run_id) FROM leases)`,
		} {
			in, err := c.Begin(t.Context())
			must(t, err)
			_, err = in.Exec(t.Context(), wrong)
			must(t, err)
			if checkLaws(t.Context(), in.Conn()) == nil {
				t.Errorf("nobody sees %q", wrong)
			}
			must(t, in.Rollback(t.Context()))
		}
		return nil
	}))
}

func TestRelaysCount(t *testing.T) {
	t.Parallel()
	redis := servers.NewRedis(t)
	r, err := relayTCP(t.Context(), redis.Address())
	must(t, err)
	_, err = redisCommands(t.Context(), r.url)
	must(t, err)
	sum, err := redisBytes(t.Context(), r.url)
	must(t, err)
	must(t, r.stop())
	if r.bytes.Load() == 0 || sum != 0 {
		t.Errorf("%d bytes on the wire, %d of keys", r.bytes.Load(), sum)
	}
	_, cloud := servers.NewS3(t)
	r, err = relayHTTP(t.Context(), cloud.Endpoint, objectRequest)
	must(t, err)
	status, err := get(t.Context(), r.url+"/bucket/object")
	must(t, err)
	must(t, r.stop())
	if r.counted()["S3 GET object"] != 1 || status < http.StatusBadRequest || r.bytes.Load() == 0 {
		t.Errorf("status %d, counted %v", status, r.counted())
	}
}

// TestPageHasAPlaceForEveryTable: what the program writes is on the page.
func TestPageHasAPlaceForEveryTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/scale.md")
	must(t, err)
	page := filepath.Join(t.TempDir(), "scale.md")
	must(t, os.WriteFile(page, text, 0o644))
	tables := map[string]string{}
	for _, name := range []string{"size", "latency", "cost", "statements", "rates"} {
		tables[name] = "what was measured of " + name
	}
	for range 2 { // the second time they are replaced
		must(t, replaceTables(page, tables))
	}
	text, err = os.ReadFile(page)
	must(t, err)
	for name, table := range tables {
		if strings.Count(string(text), table+"\n") != 1 {
			t.Errorf("the table of %s is there %d times", name, strings.Count(string(text), table))
		}
	}
	if replaceTables(page, map[string]string{"nothing": ""}) == nil {
		t.Error("a table without a place was written")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	steps, err := ascending("2000,5000")
	must(t, err)
	if !slices.Equal(steps, []int{2000, 5000}) {
		t.Errorf("steps %v", steps)
	}
	for _, wrong := range []string{"5000,2000", "1", "many"} {
		if _, err := ascending(wrong); err == nil {
			t.Errorf("sizes %q", wrong)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"WITH changed AS (INSERT INTO runs (id) SELECT id FROM unnest($1) RETURNING 1) SELECT require(count(*) = $2) FROM changed": "insert runs",
		"SELECT a FROM unnest((SELECT $1::text[])) AS wanted (id) JOIN runs ON x":                                                  "read runs",
		"SELECT id FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE":                                                        "read and lock accounts",
		"DELETE FROM queue WHERE run_id = ANY($1)":                                                                                 "delete queue",
		"COMMIT": "COMMIT",
	} {
		if got := label(query); got != want {
			t.Errorf("%q for %q, want %q", got, query, want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
