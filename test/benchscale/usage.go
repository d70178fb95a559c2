package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/rueidis"

	"dpp/test/servers"
)

// usage is everything that is counted, by name.
type usage map[string]float64

// Names of what is counted beside requests and processes.
const (
	walBytes     = "bytes of log (WAL)"
	walPages     = "whole pages in the log"
	heapBytes    = "bytes of tables"
	indexBytes   = "bytes of indexes"
	otherBytes   = "bytes of TOAST and maps"
	transactions = "transactions"
	statementsN  = "statements"
	storedBytes  = "bytes of objects"
	clientName   = "clients"
	cpuOf        = "CPU "
	networkOf    = "network "
)

func (u usage) minus(before usage) usage {
	difference := make(usage, len(u))
	for name, value := range u {
		difference[name] = value - before[name]
	}
	return difference
}

// usage reads all counters.
func (s *site) usage(ctx context.Context) (usage, error) {
	u := usage{networkOf + clientName: float64(s.clientBytes.Load())}
	times := servers.ProcessTimes()
	for name, pid := range s.cpu {
		u[cpuOf+name] = times.Of(pid).Seconds()
	}
	for name, r := range s.relays {
		u[networkOf+name] = float64(r.bytes.Load())
		for request, n := range r.counted() {
			u[request] = float64(n)
		}
	}
	u[storedBytes] = float64(s.relays["S3"].stored.Load())
	commands, err := redisCommands(ctx, s.redis)
	if err != nil {
		return nil, err
	}
	maps.Copy(u, commands)
	if err := databaseUsage(ctx, s.watch, u); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := until(ctx, 2*statisticsLag, func() (bool, error) { return time.Since(begin) > statisticsLag, nil }); err != nil {
		return nil, err
	}
	var n float64
	err = s.watch.QueryRow(ctx, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()").Scan(&n)
	u[transactions] = n
	return u, err
}

const (
	selectRoom = `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, sum(pg_relation_size(oid)), sum(pg_indexes_size(oid)), sum(pg_table_size(oid) - pg_relation_size(oid))
		FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
	selectStatements = `SELECT query, calls::float8, total_exec_time, (shared_blks_hit + shared_blks_read)::float8, wal_bytes::float8 FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND calls > 0`
	selectCounted = `SELECT coalesce(sum(calls), 0)::float8, coalesce(sum(wal_fpi), 0)::float8 FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%pg_stat%' AND query <> '` + selectUnsealed + `'`
	selectUnsealed = `SELECT count(*) FROM accounts WHERE unsealed`
)

func databaseUsage(ctx context.Context, c *pgx.Conn, u usage) error {
	var wal, heap, index, other float64
	if err := c.QueryRow(ctx, selectRoom).Scan(&wal, &heap, &index, &other); err != nil {
		return err
	}
	u[walBytes], u[heapBytes], u[indexBytes], u[otherBytes] = wal, heap, index, other
	var calls, full float64
	if err := c.QueryRow(ctx, selectCounted).Scan(&calls, &full); err == nil { // else the server does not count
		u[statementsN], u[walPages] = calls, full
	}
	return nil
}

// statement is what all statements that do the same to the same table cost a run.
type statement struct {
	name                    string
	calls, ms, pages, bytes float64
}

var does = regexp.MustCompile(`(?i)(INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN) +([a-z_]+)`)

// label names a statement by what it does and to which table.
func label(query string) string {
	query = strings.Join(strings.Fields(query), " ")
	upper := strings.ToUpper(query)
	switch {
	case strings.Contains(query, "pg_stat") || strings.Contains(query, "pg_class") || query == selectUnsealed:
		return ""
	case strings.HasPrefix(upper, "BEGIN"), strings.HasPrefix(upper, "COMMIT"), strings.HasPrefix(upper, "ROLLBACK"):
		return strings.ToUpper(strings.Fields(query)[0])
	case strings.Contains(query, "set_config"), strings.Contains(query, "date_trunc($1"), strings.Contains(query, "SELECT coalesce($1, date_trunc"):
		return "bounds and clock of a transaction"
	}
	lock := ""
	if strings.Contains(query, "FOR UPDATE") {
		lock = " and lock"
	}
	for _, found := range does.FindAllStringSubmatch(query, -1) {
		verb, table := strings.ToUpper(found[1]), found[2]
		if table == "unnest" || table == "changed" || table == "of" || table == "held" {
			continue
		}
		switch verb {
		case "FROM", "JOIN":
			return "read" + lock + " " + table
		default:
			return strings.ToLower(strings.Fields(verb)[0]) + " " + table
		}
	}
	return "other"
}

// statementsOf adds up what the server counted since the database was made.
func statementsOf(ctx context.Context, c *pgx.Conn, before map[string]statement) (map[string]statement, error) {
	rows, err := c.Query(ctx, selectStatements)
	if err != nil {
		return nil, err
	}
	all := map[string]statement{}
	var query string
	var one statement
	_, err = pgx.ForEachRow(rows, []any{&query, &one.calls, &one.ms, &one.pages, &one.bytes}, func() error {
		name := label(query)
		sum := all[name]
		all[name] = statement{name, sum.calls + one.calls, sum.ms + one.ms, sum.pages + one.pages, sum.bytes + one.bytes}
		return nil
	})
	for name, sum := range before {
		now := all[name]
		all[name] = statement{name, now.calls - sum.calls, now.ms - sum.ms, now.pages - sum.pages, now.bytes - sum.bytes}
	}
	return all, err
}

func redisDo(address string, do func(rueidis.Client) error) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{address}, ForceSingleClient: true, DisableCache: true, Dialer: net.Dialer{Timeout: 5 * time.Second}})
	if err != nil {
		return err
	}
	defer client.Close()
	return do(client)
}

var redisCalls = regexp.MustCompile(`cmdstat_([a-z|]+):calls=(\d+)`)

// redisCommands are how often each command was run. Connections say hello and the like.
func redisCommands(ctx context.Context, address string) (usage, error) {
	u := usage{}
	err := redisDo(address, func(c rueidis.Client) error {
		text, err := c.Do(ctx, c.B().Info().Section("commandstats").Build()).ToString()
		for _, found := range redisCalls.FindAllStringSubmatch(text, -1) {
			if n, err := strconv.ParseFloat(found[2], 64); err == nil && (strings.HasPrefix(found[1], "eval") || found[1] == "get" || found[1] == "ping") {
				u["Redis "+found[1]] = n
			}
		}
		return err
	})
	return u, err
}

// redisBytes is what all keys take.
func redisBytes(ctx context.Context, address string) (sum int64, err error) {
	err = redisDo(address, func(c rueidis.Client) error {
		var cursor uint64
		for {
			page, err := c.Do(ctx, c.B().Scan().Cursor(cursor).Count(1000).Build()).AsScanEntry()
			if err != nil {
				return err
			}
			for _, key := range page.Elements {
				n, err := c.Do(ctx, c.B().MemoryUsage().Key(key).Build()).AsInt64()
				if err != nil && !rueidis.IsRedisNil(err) {
					return fmt.Errorf("memory of a key: %w", err)
				}
				sum += n
			}
			if cursor = page.Cursor; cursor == 0 {
				return nil
			}
		}
	})
	return sum, err
}
