package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"time"

	"dpp"
	"dpp/internal/store/rules"
)

// runColumns are what [scanRun] reads, of the table runs alone.
const runColumns = `runs.id, runs.tenant_id, runs.live, pack_type, pack_version, profile_version, status, money, runs.version, attempt, losses,
	max_cost, timebox_ms, min_reliability, inline, allow_partial, trace_id, external_id, ifnull(tags, ''), inputs_key,
	created_at, updated_at, queue_expires_at, deadline, completed_at, purged_at, used, ifnull(result, ''), ifnull(error, '')`

// leaseColumns are what [leaseRow] reads, of a run's lease where it has one.
const leaseColumns = `ifnull(token, ''), ifnull(leases.expires_at, 0), done IS NOT NULL, ifnull(done, 0), ifnull(total, 0), ifnull(unit, ''), ifnull(metered, 0)`

const (
	// runsAndLeases are runs, with their leases where they have one.
	runsAndLeases = runColumns + `, ` + leaseColumns + ` FROM runs LEFT JOIN leases ON leases.run_n = runs.n`
	// leasedRuns are only those that have one.
	leasedRuns = runColumns + `, ` + leaseColumns + ` FROM leases JOIN runs ON runs.n = leases.run_n`
)

// runRow is a row of runs on its way into a [dpp.Run].
type runRow struct {
	run                                             dpp.Run
	timebox, created, updated, queueExpires, ending int64
	completed, purged                               sql.NullInt64
	tags, result, failure                           string
	maxCost, used                                   int64
}

// scanRun reads [runColumns], and behind them whatever more names.
func scanRun(r row, run *dpp.Run, more ...any) error {
	var got runRow
	if err := r.Scan(append(got.columns(), more...)...); err != nil {
		return err
	}
	if err := got.finish(); err != nil {
		return err
	}
	*run = got.run
	return nil
}

func (g *runRow) columns() []any {
	run := &g.run
	return append(make([]any, 0, 40),
		(*string)(&run.ID), (*string)(&run.Tenant), &run.Live, &run.PackType, &run.PackVersion, &run.ProfileVersion,
		(*string)(&run.Status), (*string)(&run.Money), &run.Version, &run.Attempt, &run.Losses,
		&g.maxCost, &g.timebox, (*int32)(&run.Reservation.MinReliability), &run.Options.Inline, &run.Options.AllowPartial,
		&run.Meta.TraceID, &run.Meta.ExternalID, &g.tags, &run.InputsKey,
		&g.created, &g.updated, &g.queueExpires, &g.ending, &g.completed, &g.purged, &g.used, &g.result, &g.failure,
	)
}

func (g *runRow) finish() error {
	run := &g.run
	run.Reservation.MaxCost, run.Reservation.Timebox = dpp.Money(g.maxCost), time.Duration(g.timebox)*time.Millisecond
	run.Used = dpp.Money(g.used)
	run.CreatedAt, run.UpdatedAt = fromMillis(g.created), fromMillis(g.updated)
	run.QueueExpiresAt, run.Deadline = fromMillis(g.queueExpires), fromMillis(g.ending)
	run.CompletedAt, run.PurgedAt = moment(g.completed), moment(g.purged)
	return rules.Decode(run, g.tags, g.result, g.failure)
}

// leaseRow is a run's lease, empty where it has none.
type leaseRow struct {
	token      string
	expires    int64
	progressed bool
	progress   dpp.Progress
}

func (l *leaseRow) columns() []any {
	p := &l.progress
	return []any{&l.token, &l.expires, &l.progressed, &p.Done, &p.Total, &p.Unit, (*int64)(&p.Used)}
}

// scanLeasedRun reads the columns of [runsAndLeases].
func scanLeasedRun(r row, run *dpp.Run, lease *leaseRow, more ...any) error {
	if err := scanRun(r, run, append(lease.columns(), more...)...); err != nil {
		return err
	}
	if lease.progressed {
		progress := lease.progress // the lease may change while this answer is on its way
		run.Progress = &progress
	}
	return nil
}

// aRun reads one row of [runsAndLeases].
func aRun(r row) (run dpp.Run, err error) {
	err = scanLeasedRun(r, &run, new(leaseRow))
	return run, err
}

// list is a JSON array for json_each, by which a statement takes many values.
func list[T ~string](values []T) (string, error) {
	text, err := json.Marshal(values)
	return string(text), err
}

const selectRuns = `SELECT ` + runsAndLeases + ` WHERE id IN (SELECT value FROM json_each(?1))`

// runsByID reads those of the runs that exist.
func runsByID(q querier, ids []dpp.RunID) ([]dpp.Run, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := list(ids)
	if err != nil {
		return nil, err
	}
	return gather(q, aRun, selectRuns, wanted)
}
