package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the driver of the bare commits

	"dpp/internal/api"
	"dpp/internal/app"
	"dpp/internal/config"
	"dpp/internal/pack"
)

// Names of scenarios that the ratios refer to.
const (
	bareCommit = "bare SQLite commit, one row"
	bareHTTP   = "bare HTTP, 32 clients"
	submitLone = "submit over HTTP, 1 client"
	submit32   = "submit over HTTP, 32 clients"
	settled256 = "submit to settled over HTTP, 256 clients"
	ofOne      = ", batches of one"
)

func scenarios() []scenario {
	return []scenario{
		{bareCommit, 1, prepareCommit},
		{bareHTTP, 32, prepareHTTP},
		{submitLone, 1, platform(0, false)},
		{submitLone + ofOne, 1, platform(1, false)},
		{submit32, 32, platform(0, false)},
		{submit32 + ofOne, 32, platform(1, false)},
		{settled256, 256, platform(0, true)},
		{settled256 + ofOne, 256, platform(1, true)},
	}
}

// prepareCommit is the rate at which SQLite commits durably, with nothing else.
func prepareCommit(ctx context.Context, dir string) (*subject, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT`); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	insert, err := db.PrepareContext(ctx, `INSERT INTO t (v) VALUES (?)`)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &subject{
		work: func(ctx context.Context, _ int) error {
			_, err := insert.ExecContext(ctx, "one row")
			return err
		},
		close: func() error { return errors.Join(insert.Close(), db.Close()) },
	}, nil
}

// prepareHTTP is what the HTTP server and client cost with nothing behind them.
func prepareHTTP(ctx context.Context, _ string) (*subject, error) {
	answer := bytes.Repeat([]byte("x"), 900) // about a Run object
	server := api.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(answer)
	}), slog.New(slog.DiscardHandler))
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }() // ends with close
	c := newCaller("http://"+l.Addr().String(), "", "")
	return &subject{
		work: func(ctx context.Context, _ int) error { return c.post(ctx, http.StatusAccepted) },
		close: func() error {
			err := server.Close()
			if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
				err = errors.Join(err, ended)
			}
			return err
		},
	}, nil
}

// platform is a whole server. Unless runs are to be settled, none is worked on.
func platform(batchItems int, settle bool) func(context.Context, string) (*subject, error) {
	return func(ctx context.Context, dir string) (*subject, error) {
		cfg, err := config.Load(config.Up, map[string]string{
			"data": dir, "listen": "127.0.0.1:0", "log-level": "error", "worker-concurrency": "128",
			"rate-limit-post-per-min": "1000000000", "rate-limit-get-per-min": "1000000000",
		}, nil)
		if err != nil {
			return nil, err
		}
		clock := newStopwatch()
		server, err := app.Start(ctx, cfg, io.Discard, app.Options{Packs: []pack.Pack{noop{}}, BatchItems: batchItems, Wrap: clock.wrap, NoWork: !settle})
		if err != nil {
			return nil, err
		}
		key, err := os.ReadFile(cfg.DevKeyPath())
		if err != nil {
			return nil, errors.Join(err, server.Stop())
		}
		prefer, want := "", http.StatusAccepted
		if settle {
			prefer, want = "wait=30", http.StatusOK
		}
		c := newCaller("http://"+server.Address()+"/v1/runs", strings.TrimSpace(string(key)), prefer)
		return &subject{
			work:  func(ctx context.Context, _ int) error { return c.post(ctx, want) },
			stats: clock.take,
			close: server.Stop,
		}, nil
	}
}

// caller submits the same small run under ever new keys.
type caller struct {
	url, key, prefer string
	client           *http.Client
	n                atomic.Int64
}

func newCaller(url, key, prefer string) *caller {
	return &caller{url: url, key: key, prefer: prefer, client: &http.Client{Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true}}}
}

const body = `{"pack_type":"noop","inputs":{"note":"a run that does nothing"},"reservation":{"max_cost_usd":"0.0050","timebox_sec":60}}`

func (c *caller) post(ctx context.Context, want int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Idempotency-Key", "bench-"+strconv.FormatInt(c.n.Add(1), 10)+"-key")
	if c.prefer != "" {
		r.Header.Set("Prefer", c.prefer)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode != want {
		return fmt.Errorf("status %d, want %d: %.300s", answer.StatusCode, want, text)
	}
	return nil
}

// cpuTime is what this process, clients included, has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
