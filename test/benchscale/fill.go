package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store/pgstore"
	"dpp/internal/store/rules"
)

// chunkRuns is how many runs are copied at once.
const chunkRuns = 20_000

// fill makes the schema by the product's migrations, the partitions of 13 months as
// the reaper would have made them, and writes the world into them.
func fill(ctx context.Context, url string, w *world) error {
	if err := pgstore.Migrate(ctx, url); err != nil {
		return err
	}
	if err := makeParts(ctx, url, w.now); err != nil {
		return err
	}
	books, err := w.credits()
	if err != nil {
		return err
	}
	if err := onConn(ctx, url, func(c *pgx.Conn) error { return copyTenants(ctx, c, w, books) }); err != nil {
		return err
	}
	if err := onConn(ctx, url, func(c *pgx.Conn) error {
		restore, err := dropIndexes(ctx, c)
		if err == nil {
			err = copyAll(ctx, url, w)
		}
		if err == nil {
			err = restore()
		}
		return err
	}); err != nil {
		return err
	}
	if err := dropParts(ctx, url); err != nil {
		return err
	}
	return onConn(ctx, url, func(c *pgx.Conn) error { return finish(ctx, c, w) })
}

// makeParts goes back in time, because whoever goes forward drops days that are
// still without runs.
func makeParts(ctx context.Context, url string, now time.Time) error {
	var at time.Time
	s, err := pgstore.Open(ctx, url, pgstore.Options{Connections: 1, Now: func() time.Time { return at }})
	if err != nil {
		return err
	}
	const day = 24 * time.Hour
	for back := time.Duration(0); back <= span+28*day && err == nil; {
		at = now.Add(-back)
		err = s.Maintain(ctx, 0)
		if back < keptFor+7*day {
			back += 7 * day
		} else {
			back += 28 * day // the days of inputs between are gone already
		}
	}
	return errors.Join(err, s.Close())
}

// dropParts has the days go that the reaper would have dropped by now.
func dropParts(ctx context.Context, url string) error {
	s, err := pgstore.Open(ctx, url, pgstore.Options{Connections: 1})
	if err != nil {
		return err
	}
	return errors.Join(s.Maintain(ctx, 0), s.Close())
}

func onConn(ctx context.Context, url string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

// copyAll makes the next chunk while the last one is written, the ledger beside the
// runs.
func copyAll(ctx context.Context, url string, w *world) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	runs, entries := make(chan chunk, 1), make(chan chunk, 1)
	writers := make(chan error, 2)
	write := func(from <-chan chunk, do func(*pgx.Conn, chunk) error) {
		err := onConn(ctx, url, func(c *pgx.Conn) error {
			if _, err := c.Exec(ctx, "SET synchronous_commit = off"); err != nil {
				return err
			}
			for next := range from {
				if err := do(c, next); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			stop()
		}
		writers <- err
	}
	go write(runs, func(c *pgx.Conn, part chunk) error { return copyRuns(ctx, c, part) })
	go write(entries, func(c *pgx.Conn, part chunk) error {
		return errors.Join(copyEntries(ctx, c, part.entries), copyUsage(ctx, c, part.usage))
	})
	err := w.each(ctx, func(part chunk) error {
		for _, to := range []chan chunk{runs, entries} {
			select {
			case to <- part:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	close(runs)
	close(entries)
	return errors.Join(err, <-writers, <-writers)
}

// each hands out the world in chunks, and tells how far it is.
func (w *world) each(ctx context.Context, do func(chunk) error) error {
	told := time.Now()
	for w.made < w.runs && ctx.Err() == nil {
		part, err := w.next(chunkRuns)
		if err == nil {
			err = do(part)
		}
		if err != nil {
			return err
		}
		if time.Since(told) > 15*time.Second {
			told = time.Now()
			fmt.Printf("  %d of %d runs\n", w.made, w.runs)
		}
	}
	return ctx.Err()
}

const (
	selectIndexes = `SELECT pg_class.oid::regclass::text, replace(pg_get_indexdef(pg_class.oid), ' ON ONLY ', ' ON ') FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
		WHERE NOT indisprimary AND relnamespace = 'public'::regnamespace AND NOT relispartition
		AND (relname LIKE 'runs_listed%' OR relname LIKE 'entries_y%' OR relname IN ('runs_kept', 'runs_purged')) ORDER BY 1`
	buildMemory = "SET maintenance_work_mem = '384MB'"
)

// dropIndexes takes the indexes of what grows most away, and returns what makes them
// again: to sort them at the end takes a part of the time.
func dropIndexes(ctx context.Context, c *pgx.Conn) (restore func() error, err error) {
	rows, err := c.Query(ctx, selectIndexes)
	if err != nil {
		return nil, err
	}
	type index struct{ Name, Definition string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if _, err := c.Exec(ctx, "DROP INDEX "+i.Name); err != nil {
			return nil, err
		}
	}
	return func() error {
		if _, err := c.Exec(ctx, buildMemory); err != nil {
			return err
		}
		for _, i := range all {
			if _, err := c.Exec(ctx, i.Definition); err != nil {
				return fmt.Errorf("%s: %w", i.Name, err)
			}
		}
		return nil
	}, nil
}

func copyTenants(ctx context.Context, c *pgx.Conn, w *world, credits []ledger.Entry) error {
	_, err := c.CopyFrom(ctx, pgx.Identifier{"tenants"}, []string{"id", "name", "created_at"},
		rowsOf(w.tenants, func(t *tenant) []any { return []any{string(t.Tenant), "filled", w.began()} }))
	if err == nil {
		_, err = c.CopyFrom(ctx, pgx.Identifier{"accounts"}, []string{"id", "tenant_id", "live"},
			rowsOf(w.tenants, func(t *tenant) []any { return []any{string(t.ID), string(t.Tenant), true} }))
	}
	if err == nil {
		_, err = c.CopyFrom(ctx, pgx.Identifier{"keys"}, []string{"id", "tenant_id", "name", "live", "scopes", "hash", "created_at"},
			rowsOf(w.tenants, func(t *tenant) []any {
				hash := dpp.Secret(t.Tenant).Hash()
				return []any{string(dpp.NewKeyID()), string(t.Tenant), "filled", true, []string{string(dpp.ScopeRuns)}, hash[:], w.began()}
			}))
	}
	if err == nil {
		_, err = c.CopyFrom(ctx, pgx.Identifier{"posted"}, []string{"account_id", "reference", "seq", "created_at"},
			rowsOf(credits, func(e *ledger.Entry) []any { return []any{string(e.Account), e.Reference, e.Seq, e.CreatedAt} }))
	}
	if err == nil {
		err = copyEntries(ctx, c, credits)
	}
	return err
}

func copyEntries(ctx context.Context, c *pgx.Conn, entries []ledger.Entry) error {
	_, err := c.CopyFrom(ctx, pgx.Identifier{"entries"},
		[]string{"account_id", "seq", "kind", "amount", "run_id", "reference", "created_at"},
		rowsOf(entries, func(e *ledger.Entry) []any {
			return []any{string(e.Account), e.Seq, string(e.Kind), int64(e.Amount), orNull(string(e.Run)), orNull(e.Reference), e.CreatedAt}
		}))
	return err
}

func copyUsage(ctx context.Context, c *pgx.Conn, rows []usageRow) error {
	_, err := c.CopyFrom(ctx, pgx.Identifier{"usage_days"},
		[]string{"account_id", "day", "pack_type", "submitted", "completed", "failed", "expired", "canceled", "reserved", "charged"},
		rowsOf(rows, func(u *usageRow) []any {
			n := u.counts
			return []any{string(u.account), u.day, u.pack, n[0], n[1], n[2], n[3], n[4], n[5], n[6]}
		}))
	return err
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func orNever(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// rowsOf are values for COPY.
func rowsOf[T any](all []T, row func(*T) []any) pgx.CopyFromSource {
	return pgx.CopyFromSlice(len(all), func(i int) ([]any, error) { return row(&all[i]), nil })
}

// some are those of which the condition holds.
func some(all []filled, is func(*filled) bool) (found []filled) {
	for i := range all {
		if is(&all[i]) {
			found = append(found, all[i])
		}
	}
	return found
}

var runColumns = []string{
	"id", "tenant_id", "live", "pack_type", "pack_version", "profile_version", "status", "money", "version", "attempt", "losses", "used",
	"max_cost", "timebox_ms", "min_reliability", "inline", "allow_partial", "trace_id", "external_id", "inputs_key", "idempotency_key",
	"created_at", "updated_at", "queue_expires_at", "deadline", "completed_at", "purged_at", "result", "error", "mark",
}

func runRow(r *filled) []any {
	return []any{
		string(r.ID), string(r.Tenant), r.Live, r.PackType, r.PackVersion, r.ProfileVersion, string(r.Status), string(r.Money), r.Version,
		int32(r.Attempt), int32(r.Losses), int64(r.Used), int64(r.Reservation.MaxCost), r.Reservation.Timebox.Milliseconds(), int32(0),
		r.Options.Inline, r.Options.AllowPartial, r.Meta.TraceID, r.Meta.ExternalID, "", r.key,
		r.CreatedAt, r.UpdatedAt, r.QueueExpiresAt, r.Deadline, orNever(r.CompletedAt), orNever(r.PurgedAt), r.result, r.failure, orNull(r.mark),
	}
}

// copyRuns writes runs and what stands beside them.
func copyRuns(ctx context.Context, c *pgx.Conn, part chunk) error {
	for i := range part.runs {
		r := &part.runs[i]
		var err, failed error
		r.result, err = rules.EncodeResult(r.Result)
		r.failure, failed = rules.EncodeError(r.Error)
		if err = errors.Join(err, failed); err != nil {
			return err
		}
	}
	zero := make([]byte, 32)
	for _, table := range []struct {
		name    string
		columns []string
		is      func(*filled) bool
		row     func(*filled) []any
	}{
		{"runs", runColumns, func(*filled) bool { return true }, runRow},
		{
			"run_inputs",
			[]string{"run_id", "data"},
			func(r *filled) bool { return r.inputs != nil },
			func(r *filled) []any { return []any{string(r.ID), r.inputs} },
		},
		{
			"idempotency",
			[]string{"tenant_id", "live", "key", "run_id", "payload_hash", "expires_at"},
			func(r *filled) bool { return r.keyed },
			func(r *filled) []any {
				return []any{string(r.Tenant), r.Live, r.key, string(r.ID), zero, r.CreatedAt.Add(keptFor)}
			},
		},
		{
			"queue",
			[]string{"run_id", "since", "expires_at"},
			func(r *filled) bool { return r.Status == dpp.StatusQueued },
			func(r *filled) []any { return []any{string(r.ID), r.UpdatedAt, r.QueueExpiresAt} },
		},
		{
			"leases",
			[]string{"run_id", "token", "expires_at"},
			func(r *filled) bool { return !r.leased.IsZero() },
			func(r *filled) []any { return []any{string(r.ID), token(r.ID), r.leased} },
		},
	} {
		rows := some(part.runs, table.is)
		if len(rows) == 0 {
			continue
		}
		if _, err := c.CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, rowsOf(rows, table.row)); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	return nil
}

func token(run dpp.RunID) string { return "token of " + string(run) }

const updateAccounts = `UPDATE accounts SET credited = a.credited, available = a.available, held = a.held, spent = a.spent, open_runs = a.open_runs,
	version = a.version, seq = a.seq, sealed_seq = a.sealed, sealed_digest = a.digest, unsealed = a.seq > a.sealed
	FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[])
	AS a (id, credited, available, held, spent, open_runs, version, seq, sealed, digest) WHERE accounts.id = a.id`

// finish writes the balances, and has the server do what it would have done by now.
func finish(ctx context.Context, c *pgx.Conn, w *world) error {
	ids, digests := make([]string, len(w.tenants)), make([][]byte, len(w.tenants))
	var numbers [8][]int64
	for i := range w.tenants {
		t := &w.tenants[i]
		ids[i], digests[i] = string(t.ID), t.sealed[:]
		for n, value := range []int64{
			int64(t.Credited), int64(t.Available), int64(t.Held), int64(t.Spent), t.OpenRuns, t.Version, t.Seq, t.seal,
		} {
			numbers[n] = append(numbers[n], value)
		}
	}
	args := []any{ids}
	for _, column := range numbers {
		args = append(args, column)
	}
	if _, err := c.Exec(ctx, updateAccounts, append(args, digests)...); err != nil {
		return err
	}
	for _, statement := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err := c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
