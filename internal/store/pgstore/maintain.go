package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
)

// How far ahead partitions are made.
const (
	monthsAhead = 3
	daysAhead   = 7
)

// part is one partition of a table: what was made in [from, to).
type part struct {
	table    string
	from, to time.Time
	bound    func(time.Time) string // as the table's partitions are bounded
	// finish is what a new partition needs beyond what its table has.
	finish []string
}

func (p part) name(layout string) string { return p.table + "_" + p.from.Format(layout) }

const (
	monthLayout = "y2006m01"
	dayLayout   = "y2006m01d02"
)

func byID(t time.Time) string { return "'" + string(dpp.FirstRunID(t)) + "'" }

func byTime(t time.Time) string { return "'" + t.Format(time.RFC3339) + "'" }

// Maintain makes the partitions of the time to come, and drops those of the past
// that nobody may ask for any more: a day's inputs once all its runs are purged, and
// a month's runs once all of them have ended longer than endedFor ago and are
// forgotten in every other way; 0 drops no runs. The reaper calls it every now and
// then; several may at once. The ledger is kept.
//
// It waits for nobody for long: what is locked is left for the next time.
func (s *Store) Maintain(ctx context.Context, endedFor time.Duration) error {
	now, err := readOne[time.Time](ctx, s, selectNow, s.opts.now())
	if err != nil {
		return err
	}
	now = utc(now)
	var errs []error
	for _, p := range wanted(now) {
		errs = append(errs, s.makePart(ctx, p))
	}
	errs = append(errs, s.dropInputs(ctx, now))
	if endedFor > 0 {
		errs = append(errs, s.dropRuns(ctx, now, endedFor))
	}
	return errors.Join(errs...)
}

// ErrOccupied: rows of a partition's range are in the partition of everything else
// already, because they were made before it was. They work as they are; to have the
// partition, an operator moves them out and in again.
var ErrOccupied = errors.New("rows of its range are in another partition already")

// named is a partition and its table's name.
type named struct {
	part
	name string
}

// wanted are the partitions that there should be.
func wanted(now time.Time) []named {
	var parts []named
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for range monthsAhead + 1 {
		next := month.AddDate(0, 1, 0)
		runs := part{"runs", month, next, byID, nil}
		entries := part{"entries", month, next, byTime, nil}
		name := entries.name(monthLayout)
		entries.finish = []string{
			"CREATE UNIQUE INDEX " + name + "_account ON " + name + " (account_id, seq)",
			"CREATE UNIQUE INDEX " + name + "_run ON " + name + " (run_id, kind) WHERE run_id IS NOT NULL",
		}
		parts = append(parts, named{runs, runs.name(monthLayout)}, named{entries, name})
		month = next
	}
	day := now.Truncate(24 * time.Hour)
	for range daysAhead + 1 {
		inputs := part{"run_inputs", day, day.Add(24 * time.Hour), byID, nil}
		parts = append(parts, named{inputs, inputs.name(dayLayout)})
		day = inputs.to
	}
	return parts
}

const (
	selectPart = `SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
		WHERE relname = $1 AND nspname = current_schema() AND relispartition`
	// Two that make the same partition do so one after the other.
	lockParts    = `SELECT pg_advisory_xact_lock(hashtext('dpp partitions'))`
	boundLocks   = `SET LOCAL lock_timeout = '2s'`
	fillsAndRoom = ` WITH (fillfactor = 50)`
)

// makePart makes one partition where it is missing. It is made apart and attached,
// which holds up nobody who reads or writes the others.
func (s *Store) makePart(ctx context.Context, p named) error {
	there, err := readOne[int64](ctx, s, selectPart, p.name)
	if err != nil || there > 0 {
		return err
	}
	return s.define(ctx, func(in pgx.Tx) error {
		var there int64
		if err := in.QueryRow(ctx, selectPart, p.name).Scan(&there); err != nil || there > 0 {
			return err
		}
		room := ""
		if p.table == "runs" {
			room = fillsAndRoom
		}
		define := append([]string{
			"CREATE TABLE " + p.name + " (LIKE " + p.table + " INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)" + room,
		}, p.finish...)
		define = append(define, "ALTER TABLE "+p.table+" ATTACH PARTITION "+p.name+" FOR VALUES FROM ("+p.bound(p.from)+") TO ("+p.bound(p.to)+")")
		for _, statement := range define {
			if _, err := in.Exec(ctx, statement); code(err) == codeCheck {
				return fmt.Errorf("make partition %s: %w: %s_other", p.name, ErrOccupied, p.table)
			} else if err != nil {
				return fmt.Errorf("make partition %s: %w", p.name, err)
			}
		}
		return nil
	})
}

// define runs statements that change the schema in one transaction.
func (s *Store) define(ctx context.Context, do func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	in, err := s.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	// Who waits for another one that makes partitions holds nobody up.
	for _, statement := range []string{lockParts, boundLocks} {
		if err == nil {
			_, err = in.Exec(ctx, statement)
		}
	}
	if err == nil {
		err = do(in)
	}
	if err == nil {
		return describe(in.Commit(ctx))
	}
	_ = in.Rollback(ctx) // where this fails the connection is closed
	return describe(err)
}

const (
	selectParts = `SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
		JOIN pg_class AS parent ON parent.oid = inhparent JOIN pg_namespace ON pg_namespace.oid = parent.relnamespace
		WHERE parent.relname = $1 AND nspname = current_schema() ORDER BY child.relname`

	// Whether a partition may go is seen a slice after the other: it may have more
	// rows than one statement has time for.
	selectNextSlice = `SELECT id FROM runs WHERE id >= $1 AND id < $2 ORDER BY id OFFSET $3 LIMIT 1`
	selectUnpurged  = `SELECT id FROM (SELECT id, purged_at FROM runs WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3) AS slice
		WHERE purged_at IS NULL ORDER BY id LIMIT 1`
)

// dropInputs drops the days of which every run is purged.
func (s *Store) dropInputs(ctx context.Context, now time.Time) error {
	return s.dropParts(ctx, "run_inputs", dayLayout, func(name string, day time.Time) (bool, error) {
		if now.Sub(day) < 48*time.Hour {
			return false, nil
		}
		return s.none(ctx, partRuns{name, dpp.FirstRunID(day), dpp.FirstRunID(day.Add(24 * time.Hour)), sliceRows}, selectUnpurged)
	})
}

const selectRemembered = `SELECT id FROM (SELECT * FROM runs WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3) AS runs
	WHERE purged_at IS NULL OR completed_at >= coalesce($4, clock_timestamp()) - $5 * interval '1 microsecond'
	OR EXISTS (` + ownKey + ` OFFSET 0) OR EXISTS (` + ownUnsealed + ` OFFSET 0)
	OR EXISTS (SELECT 1 FROM outbox WHERE outbox.run_id = runs.id OFFSET 0) ORDER BY id LIMIT 1`

// dropRuns drops the months of which every run may be forgotten.
func (s *Store) dropRuns(ctx context.Context, now time.Time, endedFor time.Duration) error {
	return s.dropParts(ctx, "runs", monthLayout, func(name string, month time.Time) (bool, error) {
		end := month.AddDate(0, 1, 0)
		if now.Sub(end) < endedFor {
			return false, nil
		}
		return s.none(ctx, partRuns{name, dpp.FirstRunID(month), dpp.FirstRunID(end), sliceRows}, selectRemembered, s.opts.now(), endedFor.Microseconds())
	})
}

// dropParts drops those partitions of a table of which may says so.
func (s *Store) dropParts(ctx context.Context, table, layout string, may func(name string, from time.Time) (bool, error)) error {
	names, err := readAll(ctx, s, scanText, selectParts, table)
	if err != nil {
		return err
	}
	for _, name := range names {
		from, err := time.Parse(table+"_"+layout, name)
		if err != nil {
			continue // the partition of everything else, or an operator's own
		}
		if gone, err := may(name, from); err != nil || !gone {
			if err != nil {
				return err
			}
			continue
		}
		err = s.define(ctx, func(in pgx.Tx) error {
			_, err := in.Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{name}.Sanitize())
			return err
		})
		if err != nil {
			return fmt.Errorf("drop partition %s: %w", name, err)
		}
	}
	return nil
}

// About is what an operator should know of a database.
type About struct {
	Version int64 // of the server, such as 150018
	Schema  int64
	Epoch   int64
	Skew    time.Duration // of the server's clock against this machine's
	Missing int           // partitions that should be there and are not
}

const (
	selectServer = `SELECT current_setting('server_version_num')::bigint, (SELECT epoch FROM meta WHERE one = 1), clock_timestamp()`
	selectMade   = `SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
		WHERE relname = ANY($1) AND nspname = current_schema() AND relispartition`
)

// About looks at the database.
func (s *Store) About(ctx context.Context) (About, error) {
	about := About{Schema: schemaVersion}
	before := time.Now()
	var at time.Time
	err := s.read(ctx, selectServer, func(r pgx.Row) error { return r.Scan(&about.Version, &about.Epoch, &at) })
	if err != nil {
		return About{}, err
	}
	about.Skew = at.Sub(before.Add(time.Since(before) / 2))
	parts := wanted(utc(at))
	made, err := readOne[int64](ctx, s, selectMade, column(parts, func(p *named) string { return p.name }))
	about.Missing = len(parts) - int(made)
	return about, err
}
