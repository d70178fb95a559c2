package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"dpp/internal/blob/s3blob"
	"dpp/internal/config"
	"dpp/internal/gate/memgate"
	"dpp/internal/gate/redisgate"
	"dpp/internal/queue/dbqueue"
	"dpp/internal/queue/sqsqueue"
	"dpp/internal/store/pgstore"
	"dpp/internal/telemetry"
)

// observers hear what adapters tell of themselves.
type observers struct {
	log  *slog.Logger
	gate redisgate.Observer
	// roundTrips and messages are for traces; nil: there are none.
	roundTrips pgx.QueryTracer
	messages   func(context.Context) map[string]string
}

// openShared opens the adapters of shared backends. The database must answer and
// have the schema of this build; what else is down is waited for while running.
func openShared(ctx context.Context, cfg config.Config, o observers) (p *parts, err error) {
	p = &parts{backends: map[string]string{"database": "postgres", "redis": "memory", "s3": "s3", "sqs": "database"}}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	objects, err := openObjects(ctx, cfg)
	if err != nil {
		return p, err
	}
	p.blobs = objects
	prepare := []func(context.Context) ([]string, error){
		func(ctx context.Context) ([]string, error) { return objects.Bootstrap(ctx, cfg.Retention) },
	}
	if p.gate = memgate.New(memgate.Options{}); cfg.RedisURL != "" {
		g, err := redisgate.Open(ctx, cfg.RedisURL, redisgate.Options{Observer: o.gate})
		if err != nil {
			return p, wrongSetting("DPP_REDIS_URL", err)
		}
		p.gate, p.backends["redis"] = g, "redis"
	}
	if p.queue = dbqueue.New(dbqueue.Options{}); cfg.QueueURL != "" {
		q, err := openQueue(ctx, cfg, o)
		if err != nil {
			return p, err
		}
		p.queue, p.unreadable, p.backends["sqs"] = q, q.Unreadable, "sqs"
		prepare = append(prepare, q.Bootstrap)
	}
	p.prepare = func(ctx context.Context) (all []string, err error) {
		for _, one := range prepare {
			warnings, failed := one(ctx)
			all, err = append(all, warnings...), errors.Join(err, failed)
		}
		return all, err
	}
	s, err := openPostgres(ctx, cfg, pgstore.Options{Tracer: o.roundTrips, Ahead: connectionsAhead})
	if err != nil {
		return p, err
	}
	p.store = s
	p.pool = func() telemetry.Pool { return telemetry.Pool(s.Pool()) }
	return p, nil
}

// connectionsAhead is how many calls mostly are on their way at once: batches of each
// kind follow each other.
const connectionsAhead = 4

func openPostgres(ctx context.Context, cfg config.Config, opts pgstore.Options) (*pgstore.Store, error) {
	s, err := pgstore.Open(ctx, cfg.DatabaseURL, opts)
	return s, databaseError(err)
}

func openObjects(ctx context.Context, cfg config.Config) (*s3blob.Store, error) {
	if cfg.BlobURL == "" {
		return nil, &config.Error{Where: "DPP_BLOB_URL", Why: "must be s3://BUCKET?endpoint=URL&region=NAME beside a postgres:// database"}
	}
	options, err := s3blob.Parse(cfg.BlobURL)
	if err == nil {
		var s *s3blob.Store
		if s, err = s3blob.Open(ctx, options); err == nil {
			return s, nil
		}
	}
	return nil, wrongSetting("DPP_BLOB_URL", err)
}

func openQueue(ctx context.Context, cfg config.Config, o observers) (*sqsqueue.Queue, error) {
	options, err := sqsqueue.Parse(cfg.QueueURL)
	if err == nil {
		options.Log, options.Trace = o.log, o.messages
		var q *sqsqueue.Queue
		if q, err = sqsqueue.New(ctx, options); err == nil {
			return q, nil
		}
	}
	return nil, wrongSetting("DPP_QUEUE_URL", err)
}
