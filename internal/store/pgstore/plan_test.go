package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// The size of the database whose plans are looked at: months of runs, of many
// tenants of whom one has half of them.
const (
	planRuns    = 200_000
	planOpen    = 2_000
	planTenants = 5_000
	planDays    = 100
)

var planNow = time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)

const (
	fillTenants = `WITH made AS (INSERT INTO tenants (id, name, created_at) SELECT 'ten_' || n, 'n', $1 FROM generate_series(0, $2 - 1) AS n RETURNING id),
		keyed AS (INSERT INTO keys (id, tenant_id, name, live, scopes, hash, created_at)
			SELECT 'key_' || n, 'ten_' || n, 'k', true, '{}', sha256(n::text::bytea), $1 FROM generate_series(0, $2 - 1) AS n)
		INSERT INTO accounts (id, tenant_id, live, credited, available) SELECT id, id, true, 1000000000000, 1000000000000 FROM made`

	// Of the open ones, every fourth is worked on. Those that ended a month ago are purged.
	fillRuns = `INSERT INTO runs (id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version,
		attempt, losses, used, max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, inputs_key,
		idempotency_key, created_at, updated_at, queue_expires_at, deadline, completed_at, purged_at)
		SELECT id, 'ten_' || CASE WHEN n % 2 = 0 THEN 0 ELSE n % $5 END, true, CASE WHEN n % 10 = 0 THEN 'url' ELSE 'decision' END, '1', '1',
		CASE WHEN open AND n % 4 = 0 THEN 'PROCESSING' WHEN open THEN 'QUEUED' WHEN n % 20 = 0 THEN 'FAILED' ELSE 'COMPLETED' END,
		CASE WHEN open THEN 'RESERVED' ELSE 'SETTLED' END, 3, 1, 0, CASE WHEN open THEN 0 ELSE 100 END, 1000, 1000, 0, true, true, '',
		CASE WHEN n % 3 = 0 THEN 'external ' || n ELSE '' END, '', 'key ' || n, at, at, at + interval '1 day', at + interval '2 days',
		CASE WHEN NOT open THEN at + interval '1 minute' END, CASE WHEN at < $3 THEN at + interval '30 days' END
		FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS r (id, at, n)
		CROSS JOIN LATERAL (SELECT n > $4 AS open) AS o`

	fillQueue  = `INSERT INTO queue (run_id, since, expires_at) SELECT id, updated_at, queue_expires_at FROM runs WHERE status = 'QUEUED'`
	fillLeases = `INSERT INTO leases (run_id, token, expires_at) SELECT id, 'token of ' || id, updated_at + interval '1 day' FROM runs WHERE status = 'PROCESSING'`
	fillInputs = `INSERT INTO run_inputs (run_id, data) SELECT id, '{}' FROM runs WHERE purged_at IS NULL`
	fillKeys   = `INSERT INTO idempotency (tenant_id, live, key, run_id, payload_hash, expires_at)
		SELECT tenant_id, live, idempotency_key, id, decode(repeat('00', 32), 'hex'), created_at + interval '31 days' FROM runs WHERE created_at > $1`
	fillEntries = `INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at)
		SELECT tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY id, kind DESC), kind, 100, id, created_at
		FROM runs CROSS JOIN (VALUES ('hold'), ('capture')) AS k (kind) WHERE created_at > $1 AND (kind = 'hold' OR completed_at IS NOT NULL)`
	fillSeals = `UPDATE accounts SET seq = last.seq, sealed_seq = greatest(last.seq - 10, 0), unsealed = true
		FROM (SELECT account_id, max(seq) AS seq FROM entries GROUP BY account_id) AS last WHERE id = account_id`
	fillOutbox = `INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at)
		SELECT 'evt_' || id, tenant_id, id, 'run.completed', completed_at, completed_at + interval '1 year' FROM runs WHERE completed_at > $1`
	// Of every ten uploads nine are used, and a month of them has expired.
	fillUploads = `INSERT INTO uploads (id, tenant_id, live, name, media_type, size, sha256, created_at, expires_at, used)
		SELECT 'upl_' || id, tenant_id, live, '', 'text/plain', 1, '', created_at, created_at + interval '1 day', hashtext(id) % 10 <> 0
		FROM runs WHERE created_at > $1`
	fillUses = `INSERT INTO upload_runs (run_id, upload_id) SELECT substr(id, 5), id FROM uploads WHERE used`
	// As autovacuum does: tables that have rows, and no partitioned ones.
	analyze = `DO $$ DECLARE filled regclass; BEGIN
		FOR filled IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 LOOP
			EXECUTE 'ANALYZE ' || filled;
		END LOOP; END $$`

	fillUsage = `INSERT INTO usage_days (account_id, day, pack_type) SELECT tenant_id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), pack_type
		FROM runs WHERE completed_at IS NULL GROUP BY 1, 2, 3`
)

// fill makes the database that plans are looked at in.
func fill(t *testing.T, url string) {
	t.Helper()
	for back := planDays; back >= 0; back -= 20 { // the partitions of those days
		at := planNow.AddDate(0, 0, -back)
		s := open(t, url, func() time.Time { return at })
		must(t, s.Maintain(t.Context(), 0))
	}
	runs, times := make([]string, planRuns), make([]time.Time, planRuns)
	for i := range runs {
		times[i] = planNow.Add(-time.Duration(planRuns-i) * (planDays * 24 * time.Hour / planRuns))
		runs[i] = string(dpp.FirstRunID(times[i]))
	}
	monthAgo := planNow.AddDate(0, 0, -30)
	do(t, url, "ALTER TABLE queue SET (autovacuum_enabled = false)")
	do(t, url, fillTenants, planNow, planTenants)
	do(t, url, fillRuns, runs, times, monthAgo, planRuns-planOpen, planTenants)
	for _, statement := range []string{fillQueue, fillLeases, fillInputs, fillUsage} {
		do(t, url, statement)
	}
	do(t, url, fillKeys, monthAgo)
	do(t, url, fillEntries, monthAgo)
	do(t, url, fillSeals)
	do(t, url, fillOutbox, monthAgo)
	do(t, url, fillUploads, monthAgo)
	do(t, url, fillUses)
	do(t, url, analyze)
}

// listener notes every statement and the first values that it was sent with.
type listener struct {
	mu   sync.Mutex
	sent map[string][]any
}

func (l *listener) note(query string, args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.sent[query]; !known {
		l.sent[query] = args
	}
}

func (l *listener) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.note(data.SQL, data.Args)
	return ctx
}

func (l *listener) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (l *listener) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (l *listener) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	l.note(data.SQL, data.Args)
}

func (l *listener) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// live calls everything that requests, workers and the reaper call.
func live(t *testing.T, s *Store) {
	t.Helper()
	ctx, tenant := t.Context(), dpp.TenantID("ten_7")
	_, err := s.Post(ctx, []ledger.Transfer{ledger.NewCredit("ten_7", dpp.USD, "ref"), ledger.NewCredit("ten_0", dpp.USD, "ref")})
	must(t, err)
	batch := append(submissions(tenant, "new", 100), submissions("ten_0", "new", 100)...)
	use(t, s, batch[90:110])
	runs := accepted(t, s, batch)
	accepted(t, s, batch) // from the rows that are there

	free := slots("free", 100)
	free[3].Run, free[4].Run = runs[7].ID, runs[150].ID
	work := claimed(t, s, free)
	beats := make([]store.Beat, len(work))
	steps := make([]store.Transition, len(work))
	for i, c := range work {
		beats[i] = store.Beat{Run: c.Run.ID, Token: c.Token, TTL: time.Minute, Progress: dpp.Progress{Unit: "row"}}
		steps[i] = ending(c)
		steps[i].Used = 0
		steps[i].Money, steps[i].Settle = dpp.MoneyRefunded, ledger.NewSettle(c.Run.Account(), c.Run.ID, c.Run.Reservation.MaxCost, 0)
	}
	_, err = s.Heartbeat(ctx, beats)
	must(t, err)
	// The runs of the fill have no open holds; these here do.
	var mine []store.Transition
	for i, step := range steps {
		if c := work[i]; slices.Contains(ids(runs), c.Run.ID) {
			mine = append(mine, step)
		} else {
			mine = append(mine, store.Transition{Run: c.Run.ID, Version: c.Run.Version, From: dpp.StatusProcessing, Mark: "m", To: dpp.StatusQueued, QueueTTL: time.Hour})
		}
	}
	_, err = s.Transition(ctx, mine)
	must(t, err)
	cancel := store.Transition{
		Run: runs[50].ID, Version: 1, From: dpp.StatusQueued, Mark: "c", To: dpp.StatusCanceled, Money: dpp.MoneyRefunded,
		Settle: ledger.NewSettle(runs[50].Account(), runs[50].ID, dpp.USD, 0),
	}
	_, err = s.Transition(ctx, []store.Transition{cancel})
	must(t, err)
	look(t, s, runs, batch)
	sweep(t, s, runs)
}

// use announces uploads that the submissions name.
func use(t *testing.T, s *Store, batch []store.Submission) {
	t.Helper()
	all := make([]store.NewUpload, len(batch))
	for i := range batch {
		run := &batch[i].Run
		all[i] = store.NewUpload{
			Upload: dpp.Upload{ID: dpp.NewUploadID(), Tenant: run.Tenant, Live: run.Live, MediaType: "text/plain", Size: 1}, TTL: time.Hour, MaxUnused: 1000,
		}
		batch[i].Uploads = []dpp.UploadID{all[i].Upload.ID}
	}
	outcomes, err := s.CreateUploads(t.Context(), all)
	must(t, err)
	for _, out := range outcomes {
		if out.Reason != "" {
			t.Fatalf("an upload is refused: %s", out.Reason)
		}
	}
}

// look asks everything that callers ask.
func look(t *testing.T, s *Store, runs []dpp.Run, batch []store.Submission) {
	t.Helper()
	ctx := t.Context()
	_, err := s.RunsByID(ctx, ids(runs))
	must(t, err)
	above := make(map[dpp.RunID]int64)
	for _, run := range runs {
		above[run.ID] = 0
	}
	_, err = s.RunStates(ctx, above)
	must(t, err)
	_, err = s.RunsByKey(ctx, column(batch, func(b *store.Submission) store.KeyRef { return b.Key }))
	must(t, err)
	for _, q := range []store.ListQuery{{}, {Status: dpp.StatusQueued}, {Status: dpp.StatusFailed}, {PackType: "url"}, {ExternalID: "external 9"}} {
		q.Tenant, q.Live, q.Limit = "ten_0", true, 50
		_, err = s.ListRuns(ctx, q)
		must(t, err)
	}
	_, err = s.Accounts(ctx, []dpp.AccountID{"ten_0", "ten_9"})
	must(t, err)
	_, err = s.Entries(ctx, store.EntryQuery{Account: "ten_0", Limit: 50})
	must(t, err)
	_, err = s.Usage(ctx, "ten_0", planNow.AddDate(0, 0, -30), planNow.AddDate(0, 0, 1))
	must(t, err)
	_, err = s.UploadsByID(ctx, batch[90].Uploads)
	must(t, err)
	_, err = s.KeysByHash(ctx, make([]dpp.KeyHash, 9))
	must(t, err)
	_, err = s.ListKeys(ctx, "ten_0")
	must(t, err)
	_, _, err = s.Depth(ctx)
	must(t, err)
}

// sweep does what the reaper does.
func sweep(t *testing.T, s *Store, runs []dpp.Run) {
	t.Helper()
	ctx := t.Context()
	for _, due := range []store.Due{store.DueLeases, store.DueQueue, store.DueRetention} {
		_, err := s.Due(ctx, store.DueQuery{Due: due, EndedFor: 30 * 24 * time.Hour, Limit: 100})
		must(t, err)
	}
	must(t, s.Purge(ctx, ids(runs)))
	unused, err := s.UnusedUploads(ctx, 100)
	must(t, err)
	must(t, s.DeleteUploads(ctx, column(unused, func(u *dpp.Upload) dpp.UploadID { return u.ID })))
	_, err = s.Seal(ctx, 100)
	must(t, err)
	events, err := s.TakeEvents(ctx, 50, time.Minute)
	must(t, err)
	named := column(events, func(e *store.Event) dpp.EventID { return e.ID })
	must(t, s.RetryEvents(ctx, named, time.Minute))
	must(t, s.DoneEvents(ctx, named))
	_, err = s.Forget(ctx, 60*24*time.Hour, 500)
	must(t, err)
}

// step is a step of a plan, as EXPLAIN shows it.
type step struct {
	Type    string `json:"Node Type"`
	Table   string `json:"Relation Name"`
	Index   string `json:"Index Name"`
	Cond    string `json:"Index Cond"`
	Rows    int64  `json:"Actual Rows"`
	Loops   int64  `json:"Actual Loops"`
	Removed int64  `json:"Rows Removed by Filter"`
	Plans   []step
}

func (s step) each(do func(step)) {
	do(s)
	for _, below := range s.Plans {
		below.each(do)
	}
}

// looked is how many rows of tables a plan looked at.
func (s step) looked() (rows int64) {
	s.each(func(s step) {
		if s.Table != "" || s.Index != "" {
			rows += (s.Rows + s.Removed) * s.Loops
		}
	})
	return rows
}

// explain returns the plan of a query, with the values given.
func explain(t *testing.T, conn *pgx.Conn, options, query string, args []any) step {
	t.Helper()
	numbered := make([]string, len(args))
	for i := range args {
		numbered[i] = fmt.Sprintf("$%d", i+1)
	}
	execute := "EXECUTE looked_at"
	if len(args) > 0 {
		execute += " (" + strings.Join(numbered, ", ") + ")"
	}
	_, err := conn.Exec(t.Context(), "PREPARE looked_at AS "+query)
	must(t, err)
	var text string
	err = conn.QueryRow(t.Context(), "EXPLAIN ("+options+"FORMAT JSON) "+execute, append([]any{pgx.QueryExecModeSimpleProtocol}, args...)...).Scan(&text)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	_, err = conn.Exec(t.Context(), "DEALLOCATE looked_at")
	must(t, err)
	var plans []struct{ Plan step }
	must(t, json.Unmarshal([]byte(text), &plans))
	return plans[0].Plan
}

var growing = regexp.MustCompile(`^(runs|entries|run_inputs|idempotency|outbox|accounts|keys|usage_days|uploads|upload_runs)(_|$)`)

// readsAll tells whether a step goes over a whole growing table or index.
func (s step) readsAll() bool {
	if s.Type == "Seq Scan" {
		return growing.MatchString(s.Table)
	}
	return strings.Contains(s.Type, "Index") && s.Cond == "" && growing.MatchString(s.Table+s.Index)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close(context.WithoutCancel(t.Context()))) })
	return conn
}

// TestPlans looks at what the server does for each statement, in a database that has
// grown.
func TestPlans(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	fill(t, url)
	heard := &listener{sent: make(map[string][]any)}
	s, err := Open(t.Context(), url, Options{Now: func() time.Time { return planNow }, Connections: 2, Tracer: heard})
	must(t, err)
	live(t, s)
	must(t, s.Close())
	conn := connect(t, url)
	for name, query := range statementsOfRequests() {
		sent, args := heard.find(query)
		if sent == "" {
			t.Errorf("%s was not sent", name)
			continue
		}
		// The server plans a statement for all values, or for each anew.
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			do := "SET plan_cache_mode = " + mode
			_, err := conn.Exec(t.Context(), do)
			must(t, err)
			explain(t, conn, "", sent, args).each(func(s step) {
				if s.readsAll() {
					t.Errorf("%s: %s reads all of %s %s by %s", mode, name, s.Table, s.Index, s.Type)
				}
			})
		}
	}
	explain(t, conn, "", selectTotals, nil).each(func(s step) {
		if s.Type == "Seq Scan" && s.Table != "accounts" && s.readsAll() && s.Table != "runs_other" {
			t.Errorf("the totals read all of %s", s.Table)
		}
	})
	testBacklog(t, conn, heard)
}

// find returns what was sent of a statement, which may be a part of it.
func (l *listener) find(query string) (sent string, args []any) {
	for sent, args := range l.sent {
		if strings.Contains(sent, query) {
			return sent, args
		}
	}
	return "", nil
}

const fillBacklog = `INSERT INTO queue (run_id, since, expires_at) SELECT 'run_' || n, $1::timestamptz, $1::timestamptz + interval '1 day' FROM generate_series(1, 100000) AS n`

// testBacklog has statements look at few rows although many wait, of whom the
// server's statistics know nothing yet.
func testBacklog(t *testing.T, conn *pgx.Conn, heard *listener) {
	t.Helper()
	_, err := conn.Exec(t.Context(), fillBacklog, planNow)
	must(t, err)
	_, err = conn.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan")
	must(t, err)
	const few = 2000
	for name, query := range map[string]string{
		"selectOldest": selectOldest, "selectReady": selectReady, "selectDueQueue": selectDueQueue, "selectDueLeases": selectDueLeases,
		"selectDueRetention": selectDueRetention, "deleteKeys": deleteKeys, "lockForgotten": lockForgotten, "updateTaken": updateTaken,
		"selectUnusedUploads": selectUnusedUploads, "selectUnusedCount": selectUnusedCount,
	} {
		sent, args := heard.find(query)
		in, err := conn.Begin(t.Context())
		must(t, err)
		if rows := explain(t, conn, "ANALYZE, ", sent, args).looked(); rows > few {
			t.Errorf("%s looks at %d rows", name, rows)
		}
		must(t, in.Rollback(t.Context()))
	}
}
