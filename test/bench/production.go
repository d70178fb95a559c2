package main

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"dpp/internal/config"
	"dpp/test/servers"
)

const (
	onServers   = "production: "
	submitAt70  = onServers + "submit over HTTP, arriving at 70% of that rate"
	pgbench32   = onServers + "pgbench, single-row inserts, 32 clients"
	pgbenchAt70 = onServers + "pgbench, arriving at 70% of that rate"
	river32     = onServers + "River, insert singly and work, 32 callers"
	riverWait32 = onServers + "River, insert singly and wait for the end, 32 callers"
)

// atOnce is ofOne as a server that knows no batches would have it: every item has a
// transaction of its own, as many at once as there are connections.
const atOnce = ", batches of one, 16 at once"

// variants are how batches are made, by what a scenario's name ends with.
var variants = []struct {
	suffix string
	batching
}{{"", batching{}}, {ofOne, batching{items: 1}}, {atOnce, batching{items: 1, flights: 16}}}

// production is the platform as processes of their own, on real servers.
func production(s *site) []scenario {
	all := []scenario{
		{name: pgbench32, whole: s.pgbench(1)},
		{name: pgbenchAt70, whole: s.pgbench(0.7)},
		{name: river32, whole: s.river(false)},
		{name: riverWait32, whole: s.river(true)},
	}
	for _, v := range variants[:2] { // a lone client has nothing at once
		all = append(all, scenario{name: onServers + submitLone + v.suffix, clients: 1, prepare: s.platform(v.batching, config.API)})
	}
	for _, v := range variants {
		all = append(all, scenario{name: onServers + submit32 + v.suffix, clients: 32, prepare: s.platform(v.batching, config.API)})
	}
	all = append(all, scenario{name: submitAt70, clients: 32, load: 0.7, prepare: s.platform(batching{}, config.API)})
	for _, v := range variants {
		all = append(all, scenario{name: onServers + settled256 + v.suffix, clients: 256, prepare: s.platform(v.batching, config.API, config.Worker, config.Reaper)})
	}
	return all
}

// platform starts one process of each role. Where no worker is among them clients
// only submit, and otherwise they wait until their runs are settled.
func (s *site) platform(b batching, roles ...config.Role) func(context.Context, string) (*subject, error) {
	return func(ctx context.Context, _ string) (_ *subject, err error) {
		database, keys, drop, err := s.platformDatabase(ctx)
		if err != nil {
			return nil, err
		}
		var parts []*part
		end := func() error {
			var errs []error
			for _, p := range slices.Backward(parts) {
				errs = append(errs, p.close())
			}
			return errors.Join(append(errs, drop())...)
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, end())
			}
		}()
		env := s.environment(database)
		for _, role := range roles {
			p, err := startPart(role, env, b, s.profile)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
		for _, p := range parts {
			if err := p.awaitReady(ctx); err != nil {
				return nil, err
			}
		}
		prefer, want := "", http.StatusAccepted
		if len(roles) > 1 {
			prefer, want = "wait=30", http.StatusOK
		}
		c := newCaller("http://"+parts[0].address+"/v1/runs", keys, prefer)
		return &subject{
			work:  func(ctx context.Context, client int) error { return c.post(ctx, client, want) },
			stats: func() ([]stage, error) { return takeAll(parts) },
			used:  func() []usage { return s.used(parts) },
			close: end,
		}, nil
	}
}

// takeAll asks every process where its time went.
func takeAll(parts []*part) (all []stage, err error) {
	for _, p := range parts {
		stages, err := p.take()
		if err != nil {
			return nil, err
		}
		for _, st := range stages {
			st.Name = string(p.role) + ": " + st.Name
			all = append(all, st)
		}
	}
	return all, nil
}

// used is the CPU time of everything that takes part.
func (s *site) used(parts []*part) []usage {
	times := servers.ProcessTimes()
	all := []usage{{"clients", cpuTime()}}
	for _, p := range parts {
		all = append(all, usage{string(p.role), times.Of(p.cmd.Process.Pid)})
	}
	return append(all,
		usage{"PostgreSQL", times.Of(s.postgres.PID())}, usage{"Redis", times.Of(s.redis.PID())},
		usage{"S3", times.Of(s.s3.PID())}, usage{"SQS", times.Of(s.sqs.PID())})
}
