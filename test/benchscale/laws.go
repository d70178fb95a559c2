package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/audit"
	"dpp/internal/blob"
	"dpp/internal/store/pgstore"
)

// What must hold of all accounts at once; each counts where it does not.
var laws = []struct{ name, breaches string }{
	{"the account is the sum of its entries", `SELECT count(*) FROM accounts LEFT JOIN (
		SELECT account_id, count(*) AS n, max(seq) AS seq,
		sum(amount) FILTER (WHERE kind = 'credit') AS credited, sum(amount) FILTER (WHERE kind = 'hold') AS held,
		sum(amount) FILTER (WHERE kind = 'capture') AS captured, sum(amount) FILTER (WHERE kind = 'release') AS released
		FROM entries GROUP BY account_id) AS e ON account_id = id
		WHERE n IS DISTINCT FROM accounts.seq OR e.seq IS DISTINCT FROM accounts.seq OR accounts.credited IS DISTINCT FROM e.credited
		OR spent <> coalesce(captured, 0) OR accounts.held <> coalesce(e.held, 0) - coalesce(captured, 0) - coalesce(released, 0)`},
	{"the account is the sum of its runs", `SELECT count(*) FROM accounts LEFT JOIN (
		SELECT tenant_id, live, sum(used) AS used, sum(max_cost) FILTER (WHERE completed_at IS NULL) AS held,
		count(*) FILTER (WHERE completed_at IS NULL) AS open FROM runs GROUP BY tenant_id, live) AS r USING (tenant_id, live)
		WHERE spent <> coalesce(used, 0) OR accounts.held <> coalesce(r.held, 0) OR open_runs <> coalesce(open, 0)`},
	{"what waits is in the queue", `SELECT count(*) FROM (SELECT id FROM runs WHERE completed_at IS NULL AND status = 'QUEUED') AS r
		FULL JOIN queue ON run_id = id WHERE id IS NULL OR run_id IS NULL`},
	{"what is worked on has a lease", `SELECT count(*) FROM (SELECT id FROM runs WHERE completed_at IS NULL AND status = 'PROCESSING') AS r
		FULL JOIN leases ON run_id = id WHERE id IS NULL OR run_id IS NULL`},
	{"every index is whole", `SELECT count(*) FROM pg_index WHERE NOT indisvalid`},
	{"no row is outside of its month", `SELECT (SELECT count(*) FROM runs_other) + (SELECT count(*) FROM entries_other)`},
}

// checkLaws proves that the database could be the product's own.
func checkLaws(ctx context.Context, c *pgx.Conn) error {
	for _, law := range laws {
		var breaches int64
		if err := c.QueryRow(ctx, law.breaches).Scan(&breaches); err != nil {
			return fmt.Errorf("%s: %w", law.name, err)
		}
		if breaches > 0 {
			return fmt.Errorf("%s: not so in %d places", law.name, breaches)
		}
	}
	return nil
}

// auditAll is `dpp audit`, with objects that contain their own key.
func auditAll(ctx context.Context, url string) (time.Duration, error) {
	s, err := pgstore.Open(ctx, url, pgstore.Options{Connections: 2, Timeout: time.Hour})
	if err != nil {
		return 0, err
	}
	var found []string
	begin := time.Now()
	_, err = audit.Run(ctx, s, mirrors{}, audit.Config{
		Timing:            dpp.Timing{ReservationTTL: time.Hour, LeaseTTL: time.Hour, Heartbeat: time.Minute, ReaperInterval: time.Minute, MaxAttempts: 2},
		IdempotencyWindow: keptFor - 24*time.Hour, // of a key that just ran out the reaper may be rid
	}, func(line string) {
		if len(found) < 10 {
			found = append(found, line)
		}
	})
	if len(found) > 0 {
		err = errors.Join(err, errors.New(strings.Join(found, "\n")))
	}
	return time.Since(begin), errors.Join(err, s.Close())
}

// mirrors is a store in which every object's content is its own key.
type mirrors struct{ blob.Store }

func (mirrors) Get(_ context.Context, key string, _, _ int64) (io.ReadCloser, blob.Info, error) {
	return io.NopCloser(strings.NewReader(key)), blob.Info{Key: key, Size: int64(len(key)), SHA256: sum(key)}, nil
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}
