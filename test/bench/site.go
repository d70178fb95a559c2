package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/app"
	"dpp/internal/config"
	"dpp/internal/tenants"
	"dpp/test/servers"
)

// site is the servers that everything on the production path shares. Every scenario
// has a database, a bucket, a queue and tenants of its own there.
type site struct {
	t        servers.T
	postgres *servers.PostgresServer // as durable as it is shipped
	redis    *servers.Server
	s3, sqs  *servers.Server
	objects  servers.Cloud
	queue    servers.Cloud
	profile  string // file for CPU profiles, or empty
}

func newSite(t servers.T, profile string) *site {
	s := &site{t: t, postgres: servers.NewPostgres(t), redis: servers.Redis(t), profile: profile}
	s.s3, s.objects = servers.NewS3(t)
	s.sqs, s.queue = servers.NewSQS(t)
	return s
}

// database makes an empty database, with nothing left to write of what was there
// before. drop removes it.
func (s *site) database(ctx context.Context) (address string, drop func() error, err error) {
	address = s.postgres.URL(s.t)
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, err
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	drop = func() error {
		return execute(context.WithoutCancel(ctx), u.String(), "DROP DATABASE "+name+" WITH (FORCE)")
	}
	return address, drop, execute(ctx, u.String(), "CHECKPOINT")
}

// execute runs statements on a connection of their own.
func execute(ctx context.Context, address string, statements ...string) (err error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// environment is what processes of the platform find in theirs.
func (s *site) environment(database string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DPP_") && !strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	name := "bench-" + strings.ToLower(rand.Text())
	at := func(c servers.Cloud) string {
		return name + "?" + url.Values{"endpoint": {c.Endpoint}, "region": {c.Region}}.Encode()
	}
	return append(append(env, s.objects.Environ()...),
		"DPP_DATABASE_URL="+database, "DPP_REDIS_URL=redis://"+s.redis.Address()+"/0",
		"DPP_BLOB_URL=s3://"+at(s.objects), "DPP_QUEUE_URL=sqs://"+at(s.queue))
}

// customers migrates a database and makes tenants in it who have more than they can
// spend, and returns their keys.
func customers(ctx context.Context, env []string, n int) (keys []string, err error) {
	cfg, err := config.Load(config.Tool, nil, env)
	if err != nil {
		return nil, err
	}
	if _, err := app.Migrate(ctx, cfg); err != nil {
		return nil, err
	}
	s, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	service := tenants.New(s)
	for i := range n {
		tenant, err := service.Create(ctx, "bench "+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if _, err := service.Credit(ctx, tenant.ID, 1_000_000*dpp.USD, "bench"); err != nil {
			return nil, err
		}
		key, err := service.CreateKey(ctx, tenant.ID, "bench")
		if err != nil {
			return nil, err
		}
		keys = append(keys, string(key.Secret))
	}
	return keys, nil
}

// ready tells whether a URL answers that all is well.
func ready(ctx context.Context, address string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
