package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
)

// One statement for each index that lists are read from.
const (
	listFrom  = `SELECT ` + runsAndLeases + ` WHERE runs.tenant_id = $1 AND runs.live = $2 AND runs.id < $3 AND runs.created_at >= $4 AND runs.created_at < $5`
	listOrder = ` ORDER BY runs.id DESC LIMIT $9`

	ofStatus   = ` AND ($6 = '' OR status = $6)`
	ofPack     = ` AND ($7 = '' OR pack_type = $7)`
	ofExternal = ` AND ($8 = '' OR external_id = $8)`

	selectList         = listFrom + ofStatus + ofPack + ofExternal + listOrder
	selectListOpen     = listFrom + ` AND completed_at IS NULL` + ofStatus + ofPack + ofExternal + listOrder
	selectListEnded    = listFrom + ` AND ending = $6` + ofPack + ofExternal + listOrder
	selectListPack     = listFrom + ofStatus + ` AND pack_type = $7` + ofExternal + listOrder
	selectListExternal = listFrom + ofStatus + ofPack + ` AND external_id <> '' AND external_id = $8` + listOrder
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

// Bounds where a query has none.
var (
	firstMoment = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastMoment  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// ListRuns returns runs of one tenant, newest first.
func (s *Store) ListRuns(ctx context.Context, q store.ListQuery) ([]dpp.Run, error) {
	before, from, until := string(q.Before), firstMoment, lastMoment
	if before == "" {
		before = "\U0010FFFF" // sorts behind every identifier
	}
	if !q.CreatedAfter.IsZero() {
		from = ceilMillis(q.CreatedAfter)
	}
	if !q.CreatedBefore.IsZero() {
		until = ceilMillis(q.CreatedBefore)
	}
	return readAll(ctx, s, aRun, listStatement(q), string(q.Tenant), q.Live, before, from, until,
		string(q.Status), q.PackType, q.ExternalID, max(q.Limit, 0))
}

// ceilMillis is the first kept moment that is not before t.
func ceilMillis(t time.Time) time.Time {
	kept := t.UTC().Truncate(time.Millisecond)
	if kept.Before(t) {
		kept = kept.Add(time.Millisecond)
	}
	return kept
}

const (
	// The identifiers are picked first, and the moment is a sub-query: otherwise the
	// index is not entered at it, or all runs are read to be joined with a few.
	selectDueLeases = `SELECT ` + runColumns + `, ` + leaseColumns + ` FROM unnest(ARRAY(
		SELECT run_id FROM leases WHERE expires_at < (SELECT coalesce($1, clock_timestamp())) ORDER BY expires_at, run_id LIMIT $2)) ` + inPlace
	selectDueQueue = `SELECT ` + runColumns + `, ` + leaseColumns + ` FROM unnest(ARRAY(
		SELECT run_id FROM queue WHERE expires_at <= (SELECT coalesce($1, clock_timestamp())) ORDER BY expires_at, run_id LIMIT $2)) ` + inPlace
	selectDueRetention = `SELECT ` + runsAndLeases + ` WHERE completed_at IS NOT NULL AND purged_at IS NULL
		AND completed_at <= (SELECT coalesce($1, clock_timestamp()) - $3 * interval '1 microsecond') ORDER BY completed_at, runs.id LIMIT $2`

	inPlace = `WITH ORDINALITY AS wanted (id, place) JOIN runs ON runs.id = wanted.id LEFT JOIN leases ON leases.run_id = runs.id ORDER BY place`
)

// Due returns runs that the reaper must look at.
func (s *Store) Due(ctx context.Context, q store.DueQuery) ([]store.DueRun, error) {
	args := []any{s.opts.now(), max(q.Limit, 0)}
	var statement string
	switch q.Due {
	case store.DueLeases:
		statement = selectDueLeases
	case store.DueQueue:
		statement = selectDueQueue
	case store.DueRetention:
		statement, args = selectDueRetention, append(args, q.EndedFor.Microseconds())
	default:
		return nil, fmt.Errorf("pgstore: nothing is due of kind %d", q.Due)
	}
	return readAll(ctx, s, func(r pgx.Row) (due store.DueRun, err error) {
		var lease leaseRow
		err = scanLeasedRun(r, &due.Run, &lease)
		due.Token = store.LeaseToken(lease.token)
		return due, err
	}, statement, args...)
}

const selectDepth = `SELECT count(*), coalesce(extract(epoch FROM coalesce($1, clock_timestamp()) - min(since)) * 1000000, 0)::bigint FROM queue`

// Depth counts the runs that wait in the queue and how long the first has.
func (s *Store) Depth(ctx context.Context) (waiting int64, oldest time.Duration, err error) {
	var micros int64
	err = s.read(ctx, selectDepth, func(r pgx.Row) error { return r.Scan(&waiting, &micros) }, s.opts.now())
	return waiting, max(time.Duration(micros)*time.Microsecond, 0), err
}
