package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"dpp/test/servers"
)

// One row as small and as cheap to index as a row of a run can be.
const (
	bareTable = `CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL, pack_type text NOT NULL,
		status text NOT NULL, money text NOT NULL, max_cost bigint NOT NULL, inputs text NOT NULL, created_at timestamptz NOT NULL)`
	bareInsert = `INSERT INTO bare (tenant_id, pack_type, status, money, max_cost, inputs, created_at)
		VALUES ('ten_01hzxv5y2n8q3w4e5r6t7y8u9i', 'noop', 'QUEUED', 'RESERVED', 5000, '{"note":"a run that does nothing"}', now());`
)

// pgbench is the rate at which the server commits one row for each of 32 clients,
// without a program of ours; with a load below 1, what becomes of that many of them by
// the clock, the time that they wait to be sent included. It counts whole seconds.
func (s *site) pgbench(load float64) func(context.Context, string, time.Duration) (figure, error) {
	return func(ctx context.Context, dir string, length time.Duration) (figure, error) {
		return s.pgbenchAt(ctx, load, dir, length)
	}
}

func (s *site) pgbenchAt(ctx context.Context, load float64, dir string, length time.Duration) (f figure, err error) {
	program, err := servers.PostgresProgram("pgbench")
	if err != nil {
		return f, err
	}
	database, drop, err := s.empty(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	if err := execute(ctx, database, bareTable); err != nil {
		return f, err
	}
	script := filepath.Join(dir, "insert.sql")
	if err := os.WriteFile(script, []byte(bareInsert+"\n"), 0o600); err != nil {
		return f, err
	}
	seconds := 1 + int(math.Ceil(length.Seconds())) // it needs some time to connect
	// run tells the rate. On a busy machine all the time may go into connecting: then it
	// is given twice as much.
	run := func(more ...string) (perSecond float64, err error) {
		for range 5 {
			cmd := exec.CommandContext(ctx, program, append([]string{
				"--no-vacuum", "--protocol=prepared", "--client=32", "--jobs=2",
				"--time=" + strconv.Itoa(seconds), "--file=" + script, database,
			}, more...)...)
			var out []byte
			if out, err = cmd.CombinedOutput(); err != nil {
				return 0, fmt.Errorf("pgbench: %w:\n%s", err, out)
			}
			if perSecond, err = rate(out); err == nil {
				return perSecond, nil
			}
			seconds *= 2
		}
		return 0, err
	}
	var pace []string
	if load < 1 {
		most, err := run()
		if err != nil {
			return f, err
		}
		pace = []string{"--rate=" + strconv.FormatFloat(load*most, 'f', 0, 64)}
	}
	logs := filepath.Join(dir, "log")
	subject := &subject{used: func() []usage {
		// pgbench is waited for before it is asked, so it counts as our child.
		return []usage{{"pgbench", childrenTime()}, {"PostgreSQL", servers.ProcessTimes().Of(s.postgres.PID())}}
	}}
	return subject.watch(func() (figure, error) {
		perSecond, err := run(append(pace, "--log", "--log-prefix="+logs)...)
		if err != nil {
			return figure{}, err
		}
		took, err := latencies(logs + ".*")
		if err != nil {
			return figure{}, err
		}
		f := newFigure(took, time.Duration(seconds)*time.Second)
		f.perSecond = perSecond
		return f, nil
	})
}

var ratePattern = regexp.MustCompile(`(?m)^tps = (\d+(\.\d+)?)`)

// rate is what pgbench says that it reached once it was connected.
func rate(out []byte) (float64, error) {
	found := ratePattern.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("pgbench tells no rate:\n%s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// latencies reads the third column, in microseconds, of pgbench's logs.
func latencies(pattern string) (took []time.Duration, err error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			fields := bytes.Fields(lines.Bytes())
			if len(fields) < 3 {
				return nil, fmt.Errorf("pgbench logs %q", lines.Text())
			}
			micros, err := strconv.ParseInt(string(fields[2]), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("pgbench logs %q: %w", lines.Text(), err)
			}
			took = append(took, time.Duration(micros)*time.Microsecond)
		}
	}
	return took, nil
}
