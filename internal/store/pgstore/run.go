package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// runColumns are what [runRow] reads, of the table runs alone.
const runColumns = `runs.id, runs.tenant_id, runs.live, pack_type, pack_version, profile_version, status, money, runs.version, attempt, losses,
	max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, coalesce(tags::text, ''), inputs_key,
	runs.created_at, updated_at, queue_expires_at, deadline, completed_at, purged_at, used, coalesce(result::text, ''), coalesce(error::text, '')`

// leaseColumns are what [leaseRow] reads, of a run's lease where it has one.
const leaseColumns = `coalesce(token, ''), leases.expires_at, done, coalesce(total, 0), coalesce(unit, ''), coalesce(metered, 0)`

const (
	// runsAndLeases are runs, with their leases where they have one.
	runsAndLeases = runColumns + `, ` + leaseColumns + ` FROM runs LEFT JOIN leases ON leases.run_id = runs.id`
	// Runs that a list of identifiers names are looked up one by one, each in its own
	// month; a list that was compared as a whole would be looked for in every month.
	// The list is a sub-query, so that the server does not count it and prefer to read
	// all runs for a long one.
	ofIDs = ` FROM unnest((SELECT $1::text[])) AS wanted (id) JOIN runs ON runs.id = wanted.id LEFT JOIN leases ON leases.run_id = runs.id`
)

// runRow is a row of runs on its way into a [dpp.Run].
type runRow struct {
	run                   dpp.Run
	timebox               int64
	completed, purged     *time.Time
	tags, result, failure string
}

func (g *runRow) columns() []any {
	run := &g.run
	return append(make([]any, 0, 48),
		(*string)(&run.ID), (*string)(&run.Tenant), &run.Live, &run.PackType, &run.PackVersion, &run.ProfileVersion,
		(*string)(&run.Status), (*string)(&run.Money), &run.Version, &run.Attempt, &run.Losses,
		(*int64)(&run.Reservation.MaxCost), &g.timebox, (*int32)(&run.Reservation.MinReliability), &run.Options.Inline, &run.Options.AllowPartial,
		&run.Meta.TraceID, &run.Meta.ExternalID, &g.tags, &run.InputsKey,
		&run.CreatedAt, &run.UpdatedAt, &run.QueueExpiresAt, &run.Deadline, &g.completed, &g.purged, (*int64)(&run.Used), &g.result, &g.failure,
	)
}

func (g *runRow) finish() error {
	run := &g.run
	run.Reservation.Timebox = time.Duration(g.timebox) * time.Millisecond
	run.CreatedAt, run.UpdatedAt = utc(run.CreatedAt), utc(run.UpdatedAt)
	run.QueueExpiresAt, run.Deadline = utc(run.QueueExpiresAt), utc(run.Deadline)
	run.CompletedAt, run.PurgedAt = moment(g.completed), moment(g.purged)
	return rules.Decode(run, g.tags, g.result, g.failure)
}

// leaseRow is a run's lease, empty where it has none.
type leaseRow struct {
	token   string
	expires *time.Time
	done    *int64
	rest    dpp.Progress
}

func (l *leaseRow) columns() []any {
	return []any{&l.token, &l.expires, &l.done, &l.rest.Total, &l.rest.Unit, (*int64)(&l.rest.Used)}
}

// scanLeasedRun reads the columns of [runsAndLeases], and behind them whatever more
// names.
func scanLeasedRun(r pgx.Row, run *dpp.Run, lease *leaseRow, more ...any) error {
	var got runRow
	if err := r.Scan(append(append(got.columns(), lease.columns()...), more...)...); err != nil {
		return err
	}
	if err := got.finish(); err != nil {
		return err
	}
	*run = got.run
	if lease.done != nil {
		progress := lease.rest
		progress.Done = *lease.done
		run.Progress = &progress
	}
	return nil
}

// aRun reads one row of [runsAndLeases].
func aRun(r pgx.Row) (run dpp.Run, err error) {
	err = scanLeasedRun(r, &run, new(leaseRow))
	return run, err
}

const selectRuns = `SELECT ` + runColumns + `, ` + leaseColumns + ofIDs

// RunsByID returns those of the runs that exist.
func (s *Store) RunsByID(ctx context.Context, ids []dpp.RunID) ([]dpp.Run, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return readAll(ctx, s, aRun, selectRuns, texts(distinct(ids)))
}

// LIMIT keeps the server from joining all accounts with all runs that it expects.
const selectRunStates = `SELECT ` + runColumns + `, ` + leaseColumns + `, ` + accountColumns + `
	FROM unnest((SELECT $1::text[]), (SELECT $2::bigint[])) AS wanted (id, version)
	JOIN runs ON runs.id = wanted.id AND runs.version > wanted.version
	CROSS JOIN LATERAL (SELECT * FROM accounts WHERE accounts.tenant_id = runs.tenant_id AND accounts.live = runs.live LIMIT 1) AS accounts
	LEFT JOIN leases ON leases.run_id = runs.id`

// RunStates returns those of the runs that exist at a version above the given one,
// each with its account.
func (s *Store) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	if len(above) == 0 {
		return nil, nil
	}
	ids, versions := make([]dpp.RunID, 0, len(above)), make([]int64, 0, len(above))
	for id, version := range above {
		ids, versions = append(ids, id), append(versions, version)
	}
	return readAll(ctx, s, func(r pgx.Row) (state store.RunState, err error) {
		err = scanLeasedRun(r, &state.Run, new(leaseRow), columnsOfAccount(&state.Account)...)
		return state, err
	}, selectRunStates, texts(ids), versions)
}

// The lists are sub-queries, as in [ofIDs], so that one plan serves all of them.
const selectRunsByKey = `SELECT ` + runColumns + `, ` + leaseColumns + `, known.key, payload_hash
	FROM unnest((SELECT $1::text[]), (SELECT $2::boolean[]), (SELECT $3::text[])) AS wanted (tenant_id, live, key)
	JOIN idempotency AS known ON known.tenant_id = wanted.tenant_id AND known.live = wanted.live AND known.key = wanted.key
	JOIN runs ON runs.id = known.run_id LEFT JOIN leases ON leases.run_id = runs.id
	WHERE known.expires_at > coalesce($4, clock_timestamp())`

// RunsByKey returns for each key, in order, the run that it was used for inside its
// window.
func (s *Store) RunsByKey(ctx context.Context, keys []store.KeyRef) ([]*store.KnownKey, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	found := make(map[store.KeyRef]*store.KnownKey)
	tenants, lives, names := keyColumns(keys)
	err := s.read(ctx, selectRunsByKey, func(r pgx.Row) error {
		var known store.KnownKey
		var key string
		var hash []byte
		err := scanLeasedRun(r, &known.Run, new(leaseRow), &key, &hash)
		copy(known.PayloadHash[:], hash)
		found[store.KeyRef{Tenant: known.Run.Tenant, Live: known.Run.Live, Key: key}] = &known
		return err
	}, tenants, lives, names, s.opts.now())
	if err != nil {
		return nil, err
	}
	known := make([]*store.KnownKey, len(keys))
	for i, key := range keys {
		known[i] = found[key]
	}
	return known, nil
}

func keyColumns(keys []store.KeyRef) (tenants []string, lives []bool, names []string) {
	return column(keys, func(k *store.KeyRef) string { return string(k.Tenant) }),
		column(keys, func(k *store.KeyRef) bool { return k.Live }),
		column(keys, func(k *store.KeyRef) string { return k.Key })
}
