package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

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

	template string   // name of a database to copy, once there is one
	keys     []string // of the tenants in it
}

func newSite(t servers.T, profile string) *site {
	s := &site{t: t, postgres: servers.NewPostgres(t), redis: servers.Redis(t), profile: profile}
	s.s3, s.objects = servers.NewS3InMemory(t)
	s.sqs, s.queue = servers.NewSQS(t)
	return s
}

// empty makes an empty database, with nothing left to write of what was there
// before. drop removes it.
func (s *site) empty(ctx context.Context) (address string, drop func() error, err error) {
	address = s.postgres.URL(s.t)
	return address, s.dropper(ctx, nameOf(address)), s.administer(ctx, "CHECKPOINT")
}

// platformDatabase makes a database in which tenants have had runs, and returns their keys.
func (s *site) platformDatabase(ctx context.Context) (address string, keys []string, drop func() error, err error) {
	if s.template == "" {
		if err := s.fill(ctx); err != nil {
			return "", nil, nil, err
		}
	}
	name := "platform_" + strings.ToLower(rand.Text())
	if err := s.administer(ctx, "CREATE DATABASE "+name+" TEMPLATE "+s.template, "CHECKPOINT"); err != nil {
		return "", nil, nil, err
	}
	// The accounts stand elsewhere than in the last copy.
	return s.at(name), s.keys, s.dropper(ctx, name), s.flushRedis(ctx)
}

// fill makes the database that is copied. In an empty one everything would be read
// from one page, by plans that nobody has who has customers.
func (s *site) fill(ctx context.Context) error {
	address := s.postgres.URL(s.t)
	keys, err := customers(ctx, s.environment(address))
	if err != nil {
		return err
	}
	if err := execute(ctx, address, "VACUUM ANALYZE"); err != nil {
		return err
	}
	s.template, s.keys = nameOf(address), keys
	return nil
}

func (s *site) dropper(ctx context.Context, name string) func() error {
	return func() error {
		return s.administer(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
	}
}

// administer runs statements that concern the whole server.
func (s *site) administer(ctx context.Context, statements ...string) error {
	return execute(ctx, s.at("postgres"), statements...)
}

func (s *site) at(database string) string {
	return "postgres://postgres@" + s.postgres.Address() + "/" + database + "?sslmode=disable"
}

func nameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}

// flushRedis has the gate forget everything.
func (s *site) flushRedis(ctx context.Context) (err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.redis.Address())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := io.WriteString(conn, "FLUSHALL\r\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "+OK\r\n" {
		err = errors.New("redis does not forget: " + line)
	}
	return err
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
