package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

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

// embedded is everything in one process, clients included.
func embedded() []scenario {
	return []scenario{
		{name: bareCommit, clients: 1, prepare: prepareCommit},
		{name: bareHTTP, clients: 32, prepare: prepareHTTP},
		{name: submitLone, clients: 1, prepare: platform(0, false)},
		{name: submitLone + ofOne, clients: 1, prepare: platform(1, false)},
		{name: submit32, clients: 32, prepare: platform(0, false)},
		{name: submit32 + ofOne, clients: 32, prepare: platform(1, false)},
		{name: settled256, clients: 256, prepare: platform(0, true)},
		{name: settled256 + ofOne, clients: 256, prepare: platform(1, true)},
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
	c := newCaller("http://"+l.Addr().String(), []string{""}, "")
	return &subject{
		work: func(ctx context.Context, client int) error { return c.post(ctx, client, http.StatusAccepted) },
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
		flags := maps.Clone(settings)
		flags["data"] = dir
		cfg, err := config.Load(config.Up, flags, nil)
		if err != nil {
			return nil, err
		}
		clock := newStopwatch()
		server, err := app.Start(ctx, cfg, io.Discard, app.Options{Packs: []pack.Pack{noop{}}, BatchItems: batchItems, Wrap: clock.wrap, NoWork: !settle})
		if err != nil {
			return nil, err
		}
		key, err := os.ReadFile(cfg.DevKeyPath())
		if err == nil {
			err = enrich(ctx, dir)
		}
		if err != nil {
			return nil, errors.Join(err, server.Stop())
		}
		prefer, want := "", http.StatusAccepted
		if settle {
			prefer, want = "wait=30", http.StatusOK
		}
		c := newCaller("http://"+server.Address()+"/v1/runs", []string{strings.TrimSpace(string(key))}, prefer)
		return &subject{
			work:  func(ctx context.Context, client int) error { return c.post(ctx, client, want) },
			stats: clock.take,
			close: server.Stop,
		}, nil
	}
}
