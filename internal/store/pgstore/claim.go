package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
)

const (
	// What a claim needs of a run: all of it, and its inputs.
	claimColumns = runColumns + `, ` + leaseColumns + `, data`

	selectHeld = `SELECT ` + claimColumns + ` FROM leases JOIN runs ON runs.id = leases.run_id
		LEFT JOIN run_inputs ON run_inputs.run_id = runs.id WHERE token = ANY($1)`

	// A run that somebody else is about to claim or to end is passed over: a claim
	// waits for nobody.
	selectReady = `SELECT ` + claimColumns + ` FROM unnest((SELECT $1::text[])) AS wanted (id) JOIN queue ON queue.run_id = wanted.id
		JOIN runs ON runs.id = queue.run_id LEFT JOIN leases ON leases.run_id = runs.id LEFT JOIN run_inputs ON run_inputs.run_id = runs.id
		WHERE queue.expires_at > coalesce($2, clock_timestamp()) FOR UPDATE OF queue, runs SKIP LOCKED`

	// The identifiers are picked first, from the queue alone, into an array: joined
	// and limited in one go, stale statistics can make this read all there is.
	selectOldest = `SELECT ` + claimColumns + ` FROM unnest(ARRAY(
		SELECT run_id FROM queue WHERE expires_at > coalesce($1, clock_timestamp()) AND run_id <> ALL ($3::text[])
		ORDER BY since, run_id LIMIT $2 FOR UPDATE SKIP LOCKED)) WITH ORDINALITY AS wanted (id, place)
		JOIN runs ON runs.id = wanted.id LEFT JOIN leases ON leases.run_id = runs.id LEFT JOIN run_inputs ON run_inputs.run_id = runs.id
		WHERE status = 'QUEUED' ORDER BY place FOR UPDATE OF runs SKIP LOCKED`
)

func scanClaimed(r pgx.Row) (c store.Claimed, err error) {
	var lease leaseRow
	err = scanLeasedRun(r, &c.Run, &lease, &c.Inputs)
	c.Token = store.LeaseToken(lease.token)
	return c, err
}

const (
	updateStarted = `UPDATE runs SET status = 'PROCESSING', attempt = runs.attempt + 1, version = runs.version + 1, updated_at = $3
		FROM unnest($1::text[], $2::bigint[]) AS started (id, version)
		WHERE runs.id = started.id AND runs.version = started.version AND status = 'QUEUED'`
	deleteQueued = `DELETE FROM queue WHERE run_id = ANY($1)`
	insertLeases = `INSERT INTO leases (run_id, token, expires_at)
		SELECT run_id, token, expires_at FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS l (run_id, token, expires_at)`
)

// Claim gives waiting runs to a worker.
func (s *Store) Claim(ctx context.Context, slots []store.Slot) ([]*store.Claimed, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	tokens := column(slots, func(slot *store.Slot) string { return string(slot.Token) })
	named := []string{}
	for _, slot := range slots {
		if slot.Run != "" {
			named = append(named, string(slot.Run))
		}
	}
	named = distinct(named)
	free := 0
	for _, slot := range slots {
		if slot.Run == "" {
			free++
		}
	}
	var claims []*store.Claimed
	var held, ready, oldest []store.Claimed
	err := s.write(ctx, tx{
		ask: func(b *statements) {
			held, ready, oldest = nil, nil, nil
			gather(b, &held, scanClaimed, selectHeld, tokens)
			if len(named) > 0 {
				gather(b, &ready, scanClaimed, selectReady, named, s.opts.now())
			}
			if free > 0 {
				gather(b, &oldest, scanClaimed, selectOldest, s.opts.now(), free, named)
			}
		},
		decide: func(now time.Time, b *statements) error {
			var started []start
			claims, started = give(slots, held, ready, oldest)
			b.start(now, started)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// start is a run that a slot gets now.
type start struct {
	*store.Claimed
	ttl time.Duration
}

// give fills the slots: with what a token holds already, from an earlier call whose
// fate was in doubt, with the runs that they name, and with the oldest.
func give(slots []store.Slot, held, ready, oldest []store.Claimed) ([]*store.Claimed, []start) {
	claims := make([]*store.Claimed, len(slots))
	byToken := make(map[store.LeaseToken]*store.Claimed, len(held))
	for i := range held {
		byToken[held[i].Token] = &held[i]
	}
	byRun := make(map[dpp.RunID]*store.Claimed, len(ready))
	for i := range ready {
		byRun[ready[i].Run.ID] = &ready[i]
	}
	var started []start
	for i, slot := range slots {
		if claims[i] = byToken[slot.Token]; claims[i] != nil {
			continue
		}
		if slot.Run != "" {
			claims[i] = byRun[slot.Run]
			delete(byRun, slot.Run) // a second slot that names it gets nothing
		} else if len(oldest) > 0 {
			claims[i], oldest = &oldest[0], oldest[1:]
		}
		if claims[i] != nil {
			claims[i].Token = slot.Token
			started = append(started, start{claims[i], slot.TTL})
		}
	}
	return claims, started
}

// start makes waiting runs PROCESSING.
func (b *statements) start(now time.Time, started []start) {
	if len(started) == 0 {
		return
	}
	ids := column(started, func(c *start) string { return string(c.Run.ID) })
	b.must(len(started), updateStarted, ids, column(started, func(c *start) int64 { return c.Run.Version }), now)
	b.must(len(started), deleteQueued, ids)
	b.must(len(started), insertLeases, ids,
		column(started, func(c *start) string { return string(c.Token) }),
		column(started, func(c *start) time.Time { return now.Add(c.ttl.Truncate(time.Millisecond)) }))
	for _, c := range started {
		run := &c.Run
		run.Status, run.UpdatedAt = dpp.StatusProcessing, now
		run.Attempt++
		run.Version++
	}
}

// The leases are locked in their order first: two updates that each join in an
// order of their own could wait for each other.
const updateLeases = `WITH held AS (
		SELECT leases.run_id, until.expires_at, beat.done, beat.total, beat.unit, beat.metered
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])
		AS beat (run_id, token, ttl, done, total, unit, metered)
		CROSS JOIN LATERAL (SELECT date_trunc('milliseconds', coalesce($8, clock_timestamp())) + beat.ttl * interval '1 millisecond' AS expires_at) AS until
		JOIN leases ON leases.run_id = beat.run_id AND leases.token = beat.token ORDER BY leases.run_id FOR UPDATE OF leases)
	UPDATE leases SET expires_at = held.expires_at, done = held.done, total = held.total, unit = held.unit, metered = held.metered
	FROM held WHERE leases.run_id = held.run_id RETURNING leases.run_id, leases.token`

// Heartbeat renews leases and notes progress.
func (s *Store) Heartbeat(ctx context.Context, beats []store.Beat) ([]bool, error) {
	if len(beats) == 0 {
		return nil, nil
	}
	renewed := make(map[store.Beat]bool)
	err := s.write(ctx, tx{
		ask: func(*statements) {},
		decide: func(_ time.Time, b *statements) error {
			clear(renewed)
			b.query(updateLeases, func(r pgx.Row) error {
				var key store.Beat
				err := r.Scan((*string)(&key.Run), (*string)(&key.Token))
				renewed[key] = true
				return err
			},
				column(beats, func(beat *store.Beat) string { return string(beat.Run) }),
				column(beats, func(beat *store.Beat) string { return string(beat.Token) }),
				column(beats, func(beat *store.Beat) int64 { return beat.TTL.Milliseconds() }),
				column(beats, func(beat *store.Beat) int64 { return beat.Progress.Done }),
				column(beats, func(beat *store.Beat) int64 { return beat.Progress.Total }),
				column(beats, func(beat *store.Beat) string { return beat.Progress.Unit }),
				column(beats, func(beat *store.Beat) int64 { return int64(beat.Progress.Used) }),
				s.opts.now())
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	held := make([]bool, len(beats))
	for i, beat := range beats {
		held[i] = renewed[store.Beat{Run: beat.Run, Token: beat.Token}]
	}
	return held, nil
}
