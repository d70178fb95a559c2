// Command bench measures the platform, all in one run, round by round, so that the
// ratios hold on a noisy machine: on the embedded default beside a bare SQLite commit
// and bare HTTP, and with API, worker and reaper as processes of their own on real
// servers beside pgbench and River; both beside the same build with batches of one.
// It prints where the time goes and writes a page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"dpp/internal/config"
	"dpp/test/servers"
)

// options are what the command line says.
type options struct {
	length  time.Duration
	rounds  int
	out     string
	only    string
	without []string
	profile string
	// clients bounds how many clients a scenario has, for tests; 0: nothing does.
	clients int
}

func main() {
	var o options
	seconds := flag.Float64("seconds", 4, "how long each measurement lasts")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each measurement is made, an odd number: medians are shown")
	flag.StringVar(&o.out, "out", "", "file to write the page to")
	flag.StringVar(&o.only, "only", "", "measure only what has this in its name")
	flag.Func("without", "measure nothing that has this in its name; may be given again", func(part string) error {
		o.without = append(o.without, part)
		return nil
	})
	flag.StringVar(&o.profile, "cpuprofile", "", "file to write a CPU profile to; processes of the platform add their role to its name")
	part := flag.String("part", "", "be this part of the platform; the benchmark starts itself so")
	var b batching
	flag.IntVar(&b.items, "batch-items", 0, "what bounds a batch of that part")
	flag.IntVar(&b.flights, "batch-flights", 0, "how many batches of that part are on their way at once")
	flag.Parse()
	o.length = time.Duration(*seconds * float64(time.Second))
	do := func() error { return run(o, os.Stdout) }
	if *part != "" {
		do = func() error { return bePart(config.Role(*part), b) }
	}
	if err := profiled(o.profile, do); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func profiled(path string, do func() error) error {
	if path == "" {
		return do()
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}

// run measures everything that was asked for, on servers that it starts where they
// are needed.
func run(o options, out io.Writer) error {
	if o.rounds%2 == 0 {
		return fmt.Errorf("%d rounds have no median: make it an odd number", o.rounds)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	all := o.chosen(embedded())
	if len(o.chosen(production(nil))) == 0 {
		return o.report(ctx, all, out)
	}
	return servers.Use(ctx, func(t servers.T) error {
		site := newSite(t, o.profile)
		return o.report(ctx, append(all, o.chosen(production(site))...), out)
	})
}

// chosen are the scenarios that were asked for.
func (o options) chosen(all []scenario) []scenario {
	return slices.DeleteFunc(all, func(s scenario) bool {
		return !strings.Contains(s.name, o.only) || slices.ContainsFunc(o.without, func(part string) bool { return strings.Contains(s.name, part) })
	})
}

// turns is the order of a round. Every second one goes backwards, so that what one
// scenario leaves behind, in caches and on disk, is not always the same one's lot.
func turns(n, round int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// report measures scenarios round by round, prints what came of it and writes it down.
func (o options) report(ctx context.Context, all []scenario, out io.Writer) error {
	busy := others()
	figures := make([][]figure, len(all))
	for round := range o.rounds {
		for _, i := range turns(len(all), round) {
			s := all[i]
			if o.clients > 0 {
				s.clients = min(s.clients, o.clients)
			}
			f, err := s.measure(ctx, o.length)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			figures[i] = append(figures[i], f)
			if _, err := fmt.Fprintf(out, "round %d  %-72s %9.0f /s  p50 %8s  p99 %8s\n", round+1, s.name, f.perSecond, rounded(f.p50), rounded(f.p99)); err != nil {
				return err
			}
		}
	}
	text := newReport(all, figures, o.length, o.rounds, busy)
	if _, err := fmt.Fprint(out, "\n", text); err != nil || o.out == "" {
		return err
	}
	return os.WriteFile(o.out, []byte(document(text)), 0o644)
}
