package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp/test/servers"
)

// smallest is the least number of runs that has all kinds of them.
const smallest = 2000

// Room that a run takes while it is filled in, its share of the log included.
const roomPerRun = 3500

// growth is what was measured at each size.
type growth struct {
	tenants int
	steps   []step
}

// step is one size.
type step struct {
	runs    int
	filled  time.Duration
	audited time.Duration // 0: it was not
	tables  []tableSize
	figures []figure
}

// tableSize is a table with all of its partitions.
type tableSize struct {
	name                     string
	rows, heap, index, toast int64
	partitions               int
}

// grow fills a database of its own for each size, on one server that is as durable
// as it is shipped, and measures it.
func grow(ctx context.Context, sizes []int, tenants, calls, audited int) (*growth, error) {
	g := &growth{tenants: tenants}
	if err := hasRoom(sizes[len(sizes)-1]); err != nil {
		return nil, err
	}
	err := servers.Use(ctx, func(t servers.T) error {
		server := servers.NewPostgres(t)
		if err := countStatements(ctx, server, t); err != nil {
			return err
		}
		for _, runs := range sizes {
			s, err := measureSize(ctx, server, t, newPlan(runs, tenants), calls, audited)
			if err != nil {
				return fmt.Errorf("%d runs: %w", runs, err)
			}
			g.steps = append(g.steps, s)
			fmt.Print("\n", g.sizes(), "\n", g.latencies(), "\n")
		}
		return nil
	})
	return g, err
}

func hasRoom(runs int) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &disk); err != nil {
		return err
	}
	free, need := disk.Bavail*uint64(disk.Bsize), uint64(runs)*roomPerRun
	fmt.Printf("%s has %s free, %d runs need about %s\n", os.TempDir(), size(int64(free)), runs, size(int64(need)))
	if free < need {
		return fmt.Errorf("there is not enough room in %s for %d runs", os.TempDir(), runs)
	}
	return nil
}

// countStatements has the server count by statement, where it can.
func countStatements(ctx context.Context, server *servers.PostgresServer, t servers.T) error {
	there := false
	err := onConn(ctx, server.URL(t), func(c *pgx.Conn) error {
		err := c.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'pg_stat_statements'").Scan(&there)
		if err == nil && there {
			_, err = c.Exec(ctx, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
		}
		return err
	})
	if err != nil || !there {
		return err
	}
	server.Stop(servers.Fast)
	server.Start()
	return nil
}

// extend lets the database see what the server counts, where it does.
func extend(ctx context.Context, c *pgx.Conn) {
	_, _ = c.Exec(ctx, "CREATE EXTENSION pg_stat_statements") // without it pages stay unknown
}

func measureSize(ctx context.Context, server *servers.PostgresServer, t servers.T, p plan, calls, audited int) (step, error) {
	url := server.URL(t)
	if err := setWAL(ctx, url, "SET max_wal_size = '6GB'"); err != nil {
		return step{}, err
	}
	s := step{runs: p.runs}
	begin := time.Now()
	w := newWorld(p, begin)
	if err := fill(ctx, url, w); err != nil {
		return s, err
	}
	s.filled = time.Since(begin)
	fmt.Printf("%d runs filled in %s\n", p.runs, s.filled.Round(time.Second))
	err := onConn(ctx, url, func(c *pgx.Conn) (err error) {
		if err = checkLaws(ctx, c); err != nil {
			return err
		}
		s.tables, err = tableSizes(ctx, c)
		extend(ctx, c)
		return err
	})
	if err == nil && p.runs <= audited {
		s.audited, err = auditAll(ctx, url)
	}
	if err = errors.Join(err, setWAL(ctx, url, "RESET max_wal_size")); err != nil {
		return s, err
	}
	if s.figures, err = measure(ctx, url, w, calls); err != nil {
		return s, err
	}
	if err := onConn(ctx, url, func(c *pgx.Conn) error { return checkLaws(ctx, c) }); err != nil {
		return s, fmt.Errorf("after the measurements: %w", err)
	}
	return s, drop(ctx, url)
}

// setWAL bounds how often the server writes checkpoints. They are as shipped while
// anything is measured.
func setWAL(ctx context.Context, url, change string) error {
	return onConn(ctx, url, func(c *pgx.Conn) error {
		for _, statement := range []string{"ALTER SYSTEM " + change, "SELECT pg_reload_conf()"} {
			if _, err := c.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// drop removes a database: the next, larger one needs the room.
func drop(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	name := config.Database
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return errors.Join(err, conn.Close(ctx))
}

const selectSizes = `SELECT coalesce(parent.relname, child.relname) AS name, sum(greatest(child.reltuples, 0))::bigint, sum(pg_relation_size(child.oid))::bigint,
	sum(pg_indexes_size(child.oid))::bigint, sum(pg_table_size(child.oid) - pg_relation_size(child.oid))::bigint, count(*)
	FROM pg_class AS child LEFT JOIN pg_inherits ON inhrelid = child.oid LEFT JOIN pg_class AS parent ON parent.oid = inhparent
	WHERE child.relkind = 'r' AND child.relnamespace = 'public'::regnamespace GROUP BY 1 HAVING sum(pg_total_relation_size(child.oid)) > 1048576 ORDER BY 1`

func tableSizes(ctx context.Context, c *pgx.Conn) ([]tableSize, error) {
	rows, err := c.Query(ctx, selectSizes)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (t tableSize, err error) {
		err = r.Scan(&t.name, &t.rows, &t.heap, &t.index, &t.toast, &t.partitions)
		return t, err
	})
}
