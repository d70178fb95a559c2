package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store/pgstore"
	"dpp/internal/tenants"
	"dpp/test/servers"
)

// How the cost of a run is measured.
const (
	costTenants  = 50
	loadClients  = 128
	aloneShare   = 10 // of the runs under load, one caller alone makes a tenth
	quietFor     = 20 * time.Second
	settlingTime = 2 * time.Minute
	// The server adds what a connection did to the sums of a database at the latest
	// ten seconds after it fell idle.
	statisticsLag = 11 * time.Second
)

// The three situations.
const (
	oneCaller = "one caller"
	underLoad = "under load"
	idle      = "idle"
)

// costs are what the parts used in three situations.
type costs struct {
	phases         []phase
	redisPerTenant float64
	statements     map[string]statement // under load
}

// phase is one situation.
type phase struct {
	name  string
	runs  int // 0: nothing was asked for
	lasts time.Duration
	used  usage
}

// site is the production path: one process of each role, on servers of its own.
type site struct {
	database    string
	redis       string
	parts       []*part
	keys        []dpp.Secret
	cpu         map[string]int // numbers of processes
	relays      map[string]*relay
	watch       *pgx.Conn
	client      *http.Client
	clientBytes atomic.Int64
}

// measureCosts runs the production path and has it settle so many runs under load.
func measureCosts(ctx context.Context, runs int) (*costs, error) {
	c := &costs{}
	err := servers.Use(ctx, func(t servers.T) (err error) {
		s, err := bringUp(ctx, t)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.end()) }()
		return c.measure(ctx, s, runs)
	})
	return c, err
}

func (c *costs) measure(ctx context.Context, s *site, runs int) error {
	if _, err := s.settle(ctx, loadClients, min(runs, 500)); err != nil { // warm up
		return err
	}
	for _, p := range []struct {
		name          string
		clients, runs int
	}{{oneCaller, 1, max(runs/aloneShare, 1)}, {underLoad, loadClients, runs}, {idle, 0, 0}} {
		before, err := s.usage(ctx)
		if err != nil {
			return err
		}
		statements, _ := statementsOf(ctx, s.watch, nil) // nil where the server does not count
		lasts, err := s.settle(ctx, p.clients, p.runs)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		after, err := s.usage(ctx)
		if err != nil {
			return err
		}
		if p.name == underLoad && statements != nil {
			if c.statements, err = statementsOf(ctx, s.watch, statements); err != nil {
				return err
			}
		}
		c.phases = append(c.phases, phase{p.name, p.runs, lasts, after.minus(before)})
		fmt.Printf("%s: %d runs in %s\n", p.name, p.runs, lasts.Round(time.Millisecond))
	}
	bytes, err := redisBytes(ctx, s.redis)
	c.redisPerTenant = float64(bytes) / costTenants
	return err
}

// bringUp starts servers, relays before them, and one process of each role.
func bringUp(ctx context.Context, t servers.T) (*site, error) {
	dir, err := os.MkdirTemp("", "dpp-benchscale-")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	binary, err := build(ctx, dir)
	if err != nil {
		return nil, err
	}
	postgres, redis := servers.NewPostgres(t), servers.NewRedis(t)
	objects, objectsCloud := servers.NewS3(t)
	queue, queueCloud := servers.NewSQS(t)
	if err := countStatements(ctx, postgres, t); err != nil {
		return nil, err
	}
	s := &site{database: postgres.URL(t), redis: redis.Address(), relays: map[string]*relay{}}
	s.cpu = map[string]int{"PostgreSQL": postgres.PID(), "Redis": redis.PID(), "S3 (versitygw)": objects.PID(), "SQS (fauxqs)": queue.PID()}
	if err := s.relay(ctx, postgres.Address(), objectsCloud.Endpoint, queueCloud.Endpoint); err != nil {
		return nil, errors.Join(err, s.end())
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.end())
	}
	env := append(plainEnvironment(), objectsCloud.Environ()...)
	env = append(env, s.settings(postgres.Address(), objectsCloud.Region)...)
	for _, role := range []string{"api", "worker", "reaper"} {
		p, err := start(ctx, binary, role, env)
		if err != nil {
			return nil, errors.Join(err, s.end())
		}
		s.parts = append(s.parts, p)
		s.cpu["dpp "+role] = p.cmd.Process.Pid
	}
	return s, nil
}

func plainEnvironment() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DPP_") && !strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	return env
}

func (s *site) settings(postgres, region string) []string {
	name := "bench-" + strings.ToLower(rand.Text())
	return []string{
		"DPP_DATABASE_URL=" + strings.Replace(s.database, postgres, s.relays["PostgreSQL"].url, 1),
		"DPP_REDIS_URL=redis://" + s.relays["Redis"].url + "/0",
		"DPP_BLOB_URL=s3://" + name + "?endpoint=" + s.relays["S3"].url + "&region=" + region,
		"DPP_QUEUE_URL=sqs://" + name + "?endpoint=" + s.relays["SQS"].url + "&region=" + region,
		"DPP_WORKER_CONCURRENCY=128", "DPP_LOG_LEVEL=warn",
		"DPP_RATE_LIMIT_POST_PER_MIN=1000000000", "DPP_RATE_LIMIT_GET_PER_MIN=1000000000",
	}
}

func (s *site) relay(ctx context.Context, postgres, objects, queue string) (err error) {
	keep := func(name string, r *relay, failed error) {
		if err = errors.Join(err, failed); failed == nil {
			s.relays[name] = r
		}
	}
	r, failed := relayTCP(ctx, postgres)
	keep("PostgreSQL", r, failed)
	r, failed = relayTCP(ctx, s.redis)
	keep("Redis", r, failed)
	r, failed = relayHTTP(ctx, objects, objectRequest)
	keep("S3", r, failed)
	r, failed = relayHTTP(ctx, queue, queueRequest)
	keep("SQS", r, failed)
	return err
}

// prepare makes the schema and tenants with keys and credit.
func (s *site) prepare(ctx context.Context) (err error) {
	if err := pgstore.Migrate(ctx, s.database); err != nil {
		return err
	}
	books, err := pgstore.Open(ctx, s.database, pgstore.Options{Connections: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	operator := tenants.New(books)
	for range costTenants {
		tenant, err := operator.Create(ctx, "measured")
		if err != nil {
			return err
		}
		key, err := operator.CreateKey(ctx, tenant.ID, "measured")
		if err == nil {
			_, err = operator.Credit(ctx, tenant.ID, 10_000*dpp.USD, "start")
		}
		if err != nil {
			return err
		}
		s.keys = append(s.keys, key.Secret)
	}
	if s.watch, err = pgx.Connect(ctx, s.database); err != nil {
		return err
	}
	extend(ctx, s.watch)
	s.client = newClient(&s.clientBytes)
	return nil
}

func (s *site) end() (err error) {
	for _, p := range s.parts {
		err = errors.Join(err, p.end())
	}
	for _, r := range s.relays {
		err = errors.Join(err, r.stop())
	}
	if s.watch != nil {
		err = errors.Join(err, s.watch.Close(context.Background())) // the caller's may have ended
	}
	return err
}
