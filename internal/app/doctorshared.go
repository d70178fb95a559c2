package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dpp/internal/config"
	"dpp/internal/gate/redisgate"
	"dpp/internal/ops"
	"dpp/internal/store"
	"dpp/internal/store/pgstore"
)

// examineShared checks the shared backends.
func examineShared(ctx context.Context, cfg config.Config) []ops.Finding {
	findings := checkPostgres(ctx, cfg)
	findings = append(findings, checkGate(ctx, cfg))
	objects, err := openObjects(ctx, cfg)
	if err != nil {
		findings = append(findings, bad("objects", err, "Correct DPP_BLOB_URL."))
	} else {
		findings = append(findings, objects.Check(ctx)...)
		findings = append(findings, closed("objects", objects.Close())...)
	}
	if cfg.QueueURL != "" {
		q, err := openQueue(ctx, cfg, observers{log: slog.New(slog.DiscardHandler)})
		if err != nil {
			findings = append(findings, bad("queue", err, "Correct DPP_QUEUE_URL."))
		} else {
			findings = append(findings, q.Check(ctx)...)
			findings = append(findings, closed("queue", q.Close())...)
		}
	} else {
		findings = append(findings, good("queue", "none: workers look into the database every few seconds"))
	}
	return append(findings, checkPacks(cfg), checkModel(ctx, cfg), checkFingerprints(cfg), checkSandbox(ctx, cfg), checkOCR(ctx, cfg), checkClock())
}

// closed is a finding only where closing failed.
func closed(name string, err error) []ops.Finding {
	if err == nil {
		return nil
	}
	return []ops.Finding{bad(name, err, "Run dpp doctor again.")}
}

// oldestServer is the first version of PostgreSQL that the schema works on.
const oldestServer = 150000

// mostSkew is how far the database's clock may be from this machine's: deadlines are
// the database's, signatures and retries this machine's.
const mostSkew = 5 * time.Second

func checkPostgres(ctx context.Context, cfg config.Config) []ops.Finding {
	const name = "database"
	s, err := openPostgres(ctx, cfg, pgstore.Options{})
	switch {
	case errors.Is(err, store.ErrSchema):
		return []ops.Finding{bad(name, err, "Run dpp migrate up, or use the build that made the schema.")}
	case errors.Is(err, store.ErrUnavailable):
		return []ops.Finding{bad(name, err, "Start PostgreSQL, or correct DPP_DATABASE_URL: host, port, user, password, database.")}
	case err != nil:
		return []ops.Finding{bad(name, err, "Correct DPP_DATABASE_URL.")}
	}
	about, err := s.About(ctx)
	if err = errors.Join(err, s.Close()); err != nil {
		return []ops.Finding{bad(name, err, "Let the user of DPP_DATABASE_URL read the schema.")}
	}
	return []ops.Finding{checkServer(about), checkDatabaseClock(about), checkPartitions(about)}
}

func checkServer(about pgstore.About) ops.Finding {
	if about.Version < oldestServer {
		return bad("database", fmt.Errorf("PostgreSQL %d is too old", about.Version/10000), "Use PostgreSQL 15 or newer.")
	}
	return good("database", "PostgreSQL %d.%d answers, the schema is at version %d, epoch %d", about.Version/10000, about.Version%10000, about.Schema, about.Epoch)
}

func checkDatabaseClock(about pgstore.About) ops.Finding {
	const name = "database clock"
	if about.Skew.Abs() > mostSkew {
		return bad(name, fmt.Errorf("it is %s away from this machine's", about.Skew.Round(time.Millisecond)), "Keep both clocks with NTP.")
	}
	return good(name, "it agrees with this machine's to %s", mostSkew)
}

func checkPartitions(about pgstore.About) ops.Finding {
	const name = "partitions"
	if about.Missing > 0 {
		return bad(name, fmt.Errorf("%d of the time to come are missing", about.Missing), "Start dpp reaper, or run dpp migrate up: both make them. Let their user create tables.")
	}
	return good(name, "those of the time to come are there")
}

// gatePatience is how long the doctor waits for Redis.
const gatePatience = 3 * time.Second

func checkGate(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "gate"
	if cfg.RedisURL == "" {
		return good(name, "none: the ledger alone decides, and each process limits rates by itself")
	}
	// A part goes on without Redis after 100 ms. Whether it is there is another question,
	// and is asked on machines that are in trouble.
	g, err := redisgate.Open(ctx, cfg.RedisURL, redisgate.Options{Timeout: gatePatience})
	if err != nil {
		return bad(name, err, "Correct DPP_REDIS_URL.")
	}
	if err := errors.Join(g.Ping(ctx), g.Close()); err != nil {
		return bad(name, err, "Start Redis, or correct DPP_REDIS_URL. Submits go on without it, decided by the ledger alone.")
	}
	return good(name, "Redis answers")
}
