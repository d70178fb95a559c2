package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"dpp"
	"dpp/internal/store"
)

// RunsByID returns those of the runs that exist.
func (s *Store) RunsByID(ctx context.Context, ids []dpp.RunID) (runs []dpp.Run, err error) {
	err = s.read(ctx, func(r *reading) error {
		runs, err = runsByID(r, ids)
		return err
	})
	return runs, err
}

const selectRunStates = `SELECT ` + runColumns + `, ` + leaseColumns + `, ` + accountColumns + `
	FROM json_each(?1) AS wanted JOIN runs ON runs.id = wanted.key AND runs.version > wanted.value
	JOIN accounts ON accounts.tenant_id = runs.tenant_id AND accounts.live = runs.live
	LEFT JOIN leases ON leases.run_n = runs.n`

// RunStates returns those of the runs that exist at a version above the given one,
// each with its account.
func (s *Store) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	if len(above) == 0 {
		return nil, nil
	}
	wanted, err := json.Marshal(above)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, s, func(r row) (state store.RunState, err error) {
		err = scanLeasedRun(r, &state.Run, new(leaseRow), columnsOfAccount(&state.Account)...)
		return state, err
	}, selectRunStates, string(wanted))
}

// One statement for each index that lists are read from.
const (
	listFrom  = `SELECT ` + runsAndLeases + ` WHERE tenant_id = ?1 AND live = ?2 AND id < ?3 AND created_at >= ?4 AND created_at < ?5`
	listOrder = ` ORDER BY id DESC LIMIT ?9`

	ofStatus   = ` AND (?6 = '' OR status = ?6)`
	ofPack     = ` AND (?7 = '' OR pack_type = ?7)`
	ofExternal = ` AND (?8 = '' OR external_id = ?8)`

	selectList         = listFrom + ofStatus + ofPack + ofExternal + listOrder
	selectListOpen     = listFrom + ` AND completed_at IS NULL` + ofStatus + ofPack + ofExternal + listOrder
	selectListEnded    = listFrom + ` AND completed_at IS NOT NULL AND status = ?6` + ofPack + ofExternal + listOrder
	selectListPack     = listFrom + ofStatus + ` AND pack_type = ?7` + ofExternal + listOrder
	selectListExternal = listFrom + ofStatus + ofPack + ` AND external_id <> '' AND external_id = ?8` + listOrder
)

// listStatement picks the index that leaves the fewest runs to look at.
func listStatement(q store.ListQuery) string {
	switch {
	case q.ExternalID != "":
		return selectListExternal
	case q.Status.Terminal():
		return selectListEnded
	case q.Status != "":
		return selectListOpen
	case q.PackType != "":
		return selectListPack
	default:
		return selectList
	}
}

// ListRuns returns runs of one tenant, newest first.
func (s *Store) ListRuns(ctx context.Context, q store.ListQuery) ([]dpp.Run, error) {
	before, until := string(q.Before), int64(math.MaxInt64)
	if before == "" {
		before = "\U0010FFFF" // sorts behind every identifier
	}
	if !q.CreatedBefore.IsZero() {
		until = ceilMillis(q.CreatedBefore)
	}
	from := int64(math.MinInt64)
	if !q.CreatedAfter.IsZero() {
		from = ceilMillis(q.CreatedAfter)
	}
	return readAll(ctx, s, aRun, listStatement(q), string(q.Tenant), q.Live, before, from, until,
		string(q.Status), q.PackType, q.ExternalID, max(q.Limit, 0))
}

// ceilMillis is the first kept moment that is not before t.
func ceilMillis(t time.Time) int64 {
	ms := t.UnixMilli()
	if fromMillis(ms).Before(t) {
		ms++
	}
	return ms
}

const (
	selectDueLeases = `SELECT ` + leasedRuns + ` WHERE leases.expires_at < ?1 ORDER BY leases.expires_at LIMIT ?2`
	selectDueQueue  = `SELECT ` + runsAndLeases + ` WHERE status = 'QUEUED' AND queue_expires_at <= ?1
		ORDER BY queue_expires_at, n LIMIT ?2`
	selectDueRetention = `SELECT ` + runsAndLeases + ` WHERE completed_at IS NOT NULL AND completed_at <= ?1 AND purged_at IS NULL
		ORDER BY completed_at, n LIMIT ?2`
)

// Due returns runs that the reaper must look at.
func (s *Store) Due(ctx context.Context, q store.DueQuery) ([]store.DueRun, error) {
	now := s.opts.now()
	var statement string
	switch q.Due {
	case store.DueLeases:
		statement = selectDueLeases
	case store.DueQueue:
		statement = selectDueQueue
	case store.DueRetention:
		statement, now = selectDueRetention, now.Add(-q.EndedFor)
	default:
		return nil, fmt.Errorf("sqlitestore: nothing is due of kind %d", q.Due)
	}
	return readAll(ctx, s, func(r row) (due store.DueRun, err error) {
		var lease leaseRow
		err = scanLeasedRun(r, &due.Run, &lease)
		due.Token = store.LeaseToken(lease.token)
		return due, err
	}, statement, now.UnixMilli(), max(q.Limit, 0))
}

const selectDepth = `SELECT count(*), min(updated_at) FROM runs WHERE status = 'QUEUED'`

// Depth counts the runs that wait in the queue and how long the first has.
func (s *Store) Depth(ctx context.Context) (waiting int64, oldest time.Duration, err error) {
	var since sql.NullInt64
	err = s.read(ctx, func(r *reading) error {
		return r.query(selectDepth, func(r row) error { return r.Scan(&waiting, &since) })
	})
	if since.Valid {
		oldest = max(s.opts.now().Sub(fromMillis(since.Int64)), 0)
	}
	return waiting, oldest, err
}
