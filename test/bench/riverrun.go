package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"dpp/test/servers"
)

// riverFigure is what the program in folder river prints.
type riverFigure struct {
	Took    []int64 // nanoseconds that each job took
	Elapsed int64   // nanoseconds that all took
}

// river is River on the same server: 32 callers insert one job after the other, and a
// client works on them. Where they wait, each inserts its next job when the last one
// has been completed; else when it has been inserted, and the time until all are
// completed counts.
func (s *site) river(wait bool) func(context.Context, string, time.Duration) (figure, error) {
	return func(ctx context.Context, dir string, length time.Duration) (f figure, err error) {
		program := filepath.Join(dir, "river")
		build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
		build.Dir = filepath.Join(servers.Checkout(), "test", "bench", "river")
		if out, err := build.CombinedOutput(); err != nil {
			return f, fmt.Errorf("build the program with River: %w:\n%s", err, out)
		}
		database, drop, err := s.empty(ctx)
		if err != nil {
			return f, err
		}
		defer func() { err = errors.Join(err, drop()) }()
		subject := &subject{used: func() []usage {
			return []usage{{"River", childrenTime()}, {"PostgreSQL", servers.ProcessTimes().Of(s.postgres.PID())}}
		}}
		return subject.watch(func() (figure, error) {
			cmd := exec.CommandContext(ctx, program, "-database", database, "-callers", "32",
				"-length", length.String(), "-wait="+strconv.FormatBool(wait))
			out, err := cmd.Output()
			if err != nil {
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					err = fmt.Errorf("%w:\n%s", err, exit.Stderr)
				}
				return figure{}, fmt.Errorf("run River: %w", err)
			}
			var said riverFigure
			if err := json.Unmarshal(out, &said); err != nil {
				return figure{}, err
			}
			took := make([]time.Duration, len(said.Took))
			for i, one := range said.Took {
				took[i] = time.Duration(one)
			}
			return newFigure(took, time.Duration(said.Elapsed)), nil
		})
	}
}
