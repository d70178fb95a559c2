package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/store/pgstore"
)

// figure is what one operation took at one size.
type figure struct {
	name          string
	calls         int
	p10, p50, p95 time.Duration
	pages         float64 // of the database that a call looked at; below zero: unknown
}

// operation is something that the product does to its store.
type operation struct {
	name  string
	calls int
	do    func(ctx context.Context) error
}

// warmups are calls that are not counted: the server makes a plan for all values
// after five.
const warmups = 8

// measured is a filled database under measurement.
type measured struct {
	w     *world
	s     *pgstore.Store
	calls int
	held  []*store.Claimed // claimed and not ended yet
	asked int
}

// measure has the product do everything to a filled database, one caller at a time.
func measure(ctx context.Context, url string, w *world, calls int) (all []figure, err error) {
	s, err := pgstore.Open(ctx, url, pgstore.Options{Connections: 2})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	watch, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, watch.Close(context.WithoutCancel(ctx))) }()
	m := &measured{w: w, s: s, calls: calls}
	for _, o := range m.operations() {
		f, err := timed(ctx, watch, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		all = append(all, f)
	}
	return all, nil
}

func timed(ctx context.Context, watch *pgx.Conn, o operation) (figure, error) {
	for range min(warmups, o.calls) {
		if err := o.do(ctx); err != nil {
			return figure{}, err
		}
	}
	counting := resetPages(ctx, watch)
	took := make([]time.Duration, o.calls)
	for i := range took {
		begin := time.Now()
		if err := o.do(ctx); err != nil {
			return figure{}, err
		}
		took[i] = time.Since(begin)
	}
	slices.Sort(took)
	f := figure{name: o.name, calls: o.calls, p10: took[len(took)/10], p50: took[len(took)/2], p95: took[len(took)*95/100], pages: -1}
	if counting {
		pages, err := pagesTouched(ctx, watch)
		if err != nil {
			return f, err
		}
		f.pages = float64(pages) / float64(o.calls)
	}
	return f, nil
}

// resetPages tells whether the server counts pages by statement.
func resetPages(ctx context.Context, c *pgx.Conn) bool {
	_, err := c.Exec(ctx, "SELECT pg_stat_statements_reset()")
	return err == nil
}

func pagesTouched(ctx context.Context, c *pgx.Conn) (pages int64, err error) {
	err = c.QueryRow(ctx, `SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::bigint FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%pg_stat_statements%'`).Scan(&pages)
	return pages, err
}

// operations are in an order in which each finds what it needs.
func (m *measured) operations() []operation {
	n, few := m.calls, max(m.calls/20, 4)
	return slices.Concat([]operation{
		{"submit, batch of 1", n, func(ctx context.Context) error { return m.submit(ctx, 1) }},
		{"submit, batch of 64", few, func(ctx context.Context) error { return m.submit(ctx, 64) }},
		{"claim, batch of 1", n / 2, func(ctx context.Context) error { return m.claim(ctx, 1) }},
		{"claim, batch of 16", few, func(ctx context.Context) error { return m.claim(ctx, 16) }},
		{"heartbeat, batch of 64", few, m.beat},
		{"finalize, batch of 1", n / 2, func(ctx context.Context) error { return m.finalize(ctx, 1) }},
		{"finalize, batch of 16", few, func(ctx context.Context) error { return m.finalize(ctx, 16) }},
	}, m.reads(n), m.lists(n), m.sweeps(few))
}

func (m *measured) reads(n int) []operation {
	now := m.w.now
	return []operation{
		{"poll: a run by its identifier", n, func(ctx context.Context) error {
			found, err := m.s.RunStates(ctx, map[dpp.RunID]int64{m.any().id: 0})
			return want(err, len(found) == 1)
		}},
		{"wait: what is new of 64 runs", n, func(ctx context.Context) error {
			above := make(map[dpp.RunID]int64, 64)
			for range 64 {
				above[m.any().id] = math.MaxInt64 // nothing is, as most of the time
			}
			found, err := m.s.RunStates(ctx, above)
			return want(err, len(found) == 0)
		}},
		{"poll: a run by its idempotency key", n, func(ctx context.Context) error {
			r := m.keyed()
			found, err := m.s.RunsByKey(ctx, []store.KeyRef{{Tenant: r.tenant, Live: true, Key: r.key}})
			return want(err, len(found) == 1 && found[0] != nil)
		}},
		{"who is calling: a key by its hash", n, func(ctx context.Context) error {
			_, err := m.s.KeysByHash(ctx, []dpp.KeyHash{dpp.Secret(m.any().tenant).Hash()})
			return err
		}},
		{"budget: an account", n, func(ctx context.Context) error {
			found, err := m.s.Accounts(ctx, []dpp.AccountID{dpp.AccountOf(m.any().tenant, true)})
			return want(err, len(found) == 1)
		}},
		{"ledger: the newest 50 entries", n, func(ctx context.Context) error {
			found, err := m.s.Entries(ctx, store.EntryQuery{Account: dpp.AccountOf(m.any().tenant, true), Limit: 50})
			return want(err, len(found) > 0)
		}},
		{"usage: an account's last 30 days", n, func(ctx context.Context) error {
			_, err := m.s.Usage(ctx, dpp.AccountOf(m.any().tenant, true), now.Add(-keptFor), now)
			return err
		}},
	}
}

func (m *measured) lists(n int) []operation {
	list := func(q store.ListQuery, tenant func() dpp.TenantID) func(context.Context) error {
		return func(ctx context.Context) error {
			q.Tenant, q.Live, q.Limit = tenant(), true, 50
			_, err := m.s.ListRuns(ctx, q)
			return err
		}
	}
	largest := func() dpp.TenantID { return m.w.tenants[0].Tenant }
	anyone := func() dpp.TenantID { return m.any().tenant }
	deep := dpp.FirstRunID(m.w.now.Add(-span * 9 / 10))
	return []operation{
		{"list: first page, the largest tenant", n, list(store.ListQuery{}, largest)},
		{"list: first page, any tenant", n, list(store.ListQuery{}, anyone)},
		{"list: a page a year back, the largest tenant", n, list(store.ListQuery{Before: deep}, largest)},
		{"list: COMPLETED, the largest tenant", n, list(store.ListQuery{Status: dpp.StatusCompleted}, largest)},
		{"list: FAILED, the largest tenant", n, list(store.ListQuery{Status: dpp.StatusFailed}, largest)},
		{"list: QUEUED, the largest tenant", n, list(store.ListQuery{Status: dpp.StatusQueued}, largest)},
		{"list: one pack, any tenant", n, list(store.ListQuery{PackType: "url"}, anyone)},
	}
}

func (m *measured) sweeps(n int) []operation {
	due := func(q store.DueQuery) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := m.s.Due(ctx, q)
			return err
		}
	}
	return []operation{
		{"reaper: look for lost leases", n, due(store.DueQuery{Due: store.DueLeases, Limit: 100})},
		{"reaper: look for runs that waited too long", n, due(store.DueQuery{Due: store.DueQueue, Limit: 100})},
		{"reaper: retention, 50 runs", n, m.retain},
		{"reaper: forget 50 keys", n, func(ctx context.Context) error {
			_, err := m.s.Forget(ctx, 431*24*time.Hour, 50)
			return err
		}},
		{"reaper: seal 50 entries", n, func(ctx context.Context) error {
			_, err := m.s.Seal(ctx, 50)
			return err
		}},
		{"reaper: partitions", n, func(ctx context.Context) error { return m.s.Maintain(ctx, 400*24*time.Hour) }},
		{"metrics: depth of the queue", n, func(ctx context.Context) error {
			_, _, err := m.s.Depth(ctx)
			return err
		}},
	}
}

var errUnexpected = errors.New("the store gave another answer than it must")

func want(err error, so bool) error {
	if err == nil && !so {
		return errUnexpected
	}
	return err
}

// any is the next of the runs that are asked for, from all over the 13 months.
func (m *measured) any() sampled {
	m.asked++
	return m.w.sample[(m.asked*7919)%len(m.w.sample)]
}

func (m *measured) keyed() sampled {
	for range m.w.sample {
		if r := m.any(); r.key != "" {
			return r
		}
	}
	return sampled{}
}

func (m *measured) submit(ctx context.Context, n int) error {
	batch := make([]store.Submission, n)
	for i := range batch {
		tenant := m.any().tenant
		r := dpp.Run{
			ID: dpp.NewRunID(), Tenant: tenant, Live: true, PackType: "decision", PackVersion: "1.0.0", ProfileVersion: "1",
			Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
			Reservation: dpp.Reservation{MaxCost: reserved, Timebox: time.Minute}, Meta: dpp.Meta{TraceID: rand.Text()},
		}
		batch[i] = store.Submission{
			Run: r, Key: store.KeyRef{Tenant: tenant, Live: true, Key: "new-" + rand.Text()}, Inputs: make([]byte, 300),
			Hold: ledger.NewHold(r.Account(), r.ID, reserved), QueueTTL: time.Hour, DeadlineIn: lifetime, KeyWindow: keptFor,
		}
	}
	done, err := m.s.Submit(ctx, batch)
	return want(err, !slices.ContainsFunc(done, func(d store.Submitted) bool { return d.Verdict != store.Accepted }))
}

func (m *measured) claim(ctx context.Context, n int) error {
	slots := make([]store.Slot, n)
	for i := range slots {
		slots[i] = store.Slot{Token: store.LeaseToken(rand.Text()), TTL: time.Hour}
	}
	got, err := m.s.Claim(ctx, slots)
	if err != nil || slices.Contains(got, nil) {
		return want(err, false)
	}
	m.held = append(m.held, got...)
	return nil
}

func (m *measured) beat(ctx context.Context) error {
	beats := make([]store.Beat, min(64, len(m.held)))
	for i := range beats {
		beats[i] = store.Beat{Run: m.held[i].Run.ID, Token: m.held[i].Token, TTL: time.Hour, Progress: dpp.Progress{Done: 1, Total: 2, Unit: "row"}}
	}
	held, err := m.s.Heartbeat(ctx, beats)
	return want(err, !slices.Contains(held, false))
}

func (m *measured) finalize(ctx context.Context, n int) error {
	if len(m.held) < n {
		return want(nil, false)
	}
	batch := make([]store.Transition, n)
	for i, c := range m.held[:n] {
		const used = 100 * dpp.Quantum
		key := "measured/" + string(c.Run.ID)
		batch[i] = store.Transition{
			Run: c.Run.ID, Version: c.Run.Version, From: dpp.StatusProcessing, Fence: store.Fence{Token: c.Token}, Mark: rand.Text(),
			To: dpp.StatusCompleted, Money: dpp.MoneySettled, Used: used,
			Result: &dpp.Result{Key: key, SHA256: sum(key), Size: int64(len(key)), Reliability: dpp.FullScore},
			Settle: ledger.NewSettle(c.Run.Account(), c.Run.ID, reserved, used),
		}
	}
	m.held = m.held[n:]
	done, err := m.s.Transition(ctx, batch)
	return want(err, !slices.ContainsFunc(done, func(d store.Transitioned) bool { return !d.Happened }))
}

// retain is a step of the reaper's, without the objects.
func (m *measured) retain(ctx context.Context) error {
	due, err := m.s.Due(ctx, store.DueQuery{Due: store.DueRetention, EndedFor: keptFor, Limit: min(50, runs.SweepLimit)})
	if err != nil {
		return err
	}
	ids := make([]dpp.RunID, len(due))
	for i := range due {
		ids[i] = due[i].Run.ID
	}
	return m.s.Purge(ctx, ids)
}
