// Command river measures River, a queue of jobs on PostgreSQL, for comparison: callers
// insert jobs that do nothing, one job and one transaction at a time, and a client of
// the same process works on them. It prints how long each job took, from the call that
// inserted it until its completion was told to a subscriber, and how long all took.
//
// It is a module of its own, so that River is none of the platform's dependencies.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

func main() {
	var o options
	flag.StringVar(&o.database, "database", "", "URL of an empty database")
	flag.IntVar(&o.callers, "callers", 32, "how many callers insert")
	flag.DurationVar(&o.length, "length", time.Second, "how long they do")
	flag.BoolVar(&o.wait, "wait", false, "whether a caller waits until its job is completed before it inserts the next")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f, err := run(ctx, o)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "river:", err)
		os.Exit(1)
	}
}

type options struct {
	database string
	callers  int
	length   time.Duration
	wait     bool
}

// figure is what is printed. Durations are nanoseconds.
type figure struct {
	Took    []time.Duration
	Elapsed time.Duration
}

type nothing struct{}

func (nothing) Kind() string { return "nothing" }

type worker struct {
	river.WorkerDefaults[nothing]
}

func (worker) Work(context.Context, *river.Job[nothing]) error { return nil }

func run(ctx context.Context, o options) (f figure, err error) {
	cfg, err := pgxpool.ParseConfig(o.database)
	if err != nil {
		return f, err
	}
	// A connection for each caller, and some for River's own work.
	cfg.MaxConns = int32(o.callers + 16)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return f, err
	}
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return f, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return f, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker{})
	client, err := river.NewClient(driver, &river.Config{
		// Its defaults are made for calm: looking for jobs no more than ten times a
		// second would bound the rate. Looking more often than this costs it more than it
		// gains. Completions go in batches, as River does by itself.
		FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond,
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 500}},
		Workers: workers,
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return f, err
	}
	events, unsubscribe := client.SubscribeConfig(&river.SubscribeConfig{
		ChanSize: 100_000, Kinds: []river.EventKind{river.EventKindJobCompleted},
	})
	defer unsubscribe()
	if err := client.Start(ctx); err != nil {
		return f, err
	}
	ended := newEnds()
	hearing := make(chan struct{})
	go func() { // ends with the subscription
		defer close(hearing)
		for event := range events {
			ended.note(event.Job.ID, time.Now())
		}
	}()
	if _, err = measure(ctx, client, ended, o, o.length/2); err == nil { // warm up
		_, err = pool.Exec(ctx, "ANALYZE") // as the server does by itself within a minute
	}
	if err == nil {
		f, err = measure(ctx, client, ended, o, o.length)
	}
	err = errors.Join(err, client.Stop(context.WithoutCancel(ctx)))
	unsubscribe()
	<-hearing
	return f, err
}

// measure lets callers insert for a while, and waits until all jobs are completed.
func measure[T any](ctx context.Context, client *river.Client[T], ended *ends, o options, length time.Duration) (f figure, err error) {
	var mu sync.Mutex
	var callers sync.WaitGroup
	begin := time.Now()
	end := begin.Add(length)
	for range o.callers {
		callers.Go(func() {
			var took []time.Duration
			var jobs []job
			var failed error
			for failed == nil && time.Now().Before(end) {
				asked := time.Now()
				inserted, insertErr := client.Insert(ctx, nothing{}, nil)
				if failed = insertErr; failed != nil {
					break
				}
				jobs = append(jobs, job{inserted.Job.ID, asked})
				if o.wait {
					took, failed = collect(ctx, ended, jobs, took)
					jobs = jobs[:0]
				}
			}
			if failed == nil {
				took, failed = collect(ctx, ended, jobs, took)
			}
			mu.Lock()
			defer mu.Unlock()
			f.Took, err = append(f.Took, took...), errors.Join(err, failed)
		})
	}
	callers.Wait()
	f.Elapsed = time.Since(begin)
	return f, err
}

// job is one that was inserted by a call that began when it was asked for.
type job struct {
	id    int64
	asked time.Time
}

// collect waits until jobs are completed and adds how long each took.
func collect(ctx context.Context, ended *ends, jobs []job, took []time.Duration) ([]time.Duration, error) {
	for _, j := range jobs {
		at, err := ended.wait(ctx, j.id)
		if err != nil {
			return took, err
		}
		took = append(took, at.Sub(j.asked))
	}
	return took, nil
}
