// Command bench measures the platform on the embedded default beside the same
// build with batches of one, a bare SQLite commit and bare HTTP, all in one run,
// round by round, so that the ratios hold on a noisy machine. It prints where the
// time goes and writes a table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

func main() {
	seconds := flag.Float64("seconds", 2, "how long each measurement lasts")
	rounds := flag.Int("rounds", 5, "how often each measurement is made; medians are shown")
	out := flag.String("out", "", "file to write the table to")
	only := flag.String("only", "", "measure only what has this in its name")
	profile := flag.String("cpuprofile", "", "file to write a CPU profile to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := profiled(*profile, func() error {
		return run(ctx, *only, time.Duration(*seconds*float64(time.Second)), *rounds, *out)
	}); err != nil {
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

// scenario is one thing that is measured. setup is made anew for every round.
type scenario struct {
	name    string
	clients int
	// prepare returns what one client does again and again.
	prepare func(ctx context.Context, dir string) (*subject, error)
}

// subject is a scenario that is ready to be measured.
type subject struct {
	work  func(ctx context.Context, client int) error
	stats func() []stage // where the time went, nil where there is nothing to say
	close func() error
}

// stage is one step on the way, as its port saw it.
type stage struct {
	name         string
	calls, items int64
	spent        time.Duration
}

// figure is one measurement.
type figure struct {
	perSecond float64
	p50, p99  time.Duration
	cpu       time.Duration // per operation
	stages    []stage
	done      int64
}

func run(ctx context.Context, only string, length time.Duration, rounds int, out string) error {
	all := slices.DeleteFunc(scenarios(), func(s scenario) bool { return !strings.Contains(s.name, only) })
	figures := make([][]figure, len(all))
	for round := range rounds {
		for i, s := range all {
			f, err := measure(ctx, s, length)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			figures[i] = append(figures[i], f)
			fmt.Printf("round %d  %-52s %9.0f /s  p50 %8s  p99 %8s\n", round+1, s.name, f.perSecond, f.p50.Round(time.Microsecond), f.p99.Round(time.Microsecond))
		}
	}
	report := newReport(all, figures, length, rounds)
	fmt.Print("\n", report)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(document(report)), 0o644)
}

func measure(ctx context.Context, s scenario, length time.Duration) (f figure, err error) {
	dir, err := os.MkdirTemp("", "dpp-bench-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	subject, err := s.prepare(ctx, dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, subject.close()) }()
	if _, err := drive(ctx, s, subject, length/5); err != nil { // warm up
		return f, err
	}
	runtime.GC()
	before := cpuTime()
	if subject.stats != nil {
		subject.stats() // forget the warm-up
	}
	if f, err = drive(ctx, s, subject, length); err != nil {
		return f, err
	}
	f.cpu = (cpuTime() - before) / time.Duration(max(f.done, 1))
	if subject.stats != nil {
		f.stages = subject.stats()
	}
	return f, nil
}

// drive lets all clients work for a while and measures what they did.
func drive(ctx context.Context, s scenario, subject *subject, length time.Duration) (figure, error) {
	type clientResult struct {
		took []time.Duration
		err  error
	}
	results := make(chan clientResult, s.clients)
	begin := time.Now()
	end := begin.Add(length)
	for client := range s.clients {
		go func() { // results counts it
			var r clientResult
			for r.err == nil && time.Now().Before(end) && ctx.Err() == nil {
				asked := time.Now()
				if r.err = subject.work(ctx, client); r.err == nil {
					r.took = append(r.took, time.Since(asked))
				}
			}
			results <- r
		}()
	}
	var took []time.Duration
	var err error
	for range s.clients {
		r := <-results
		took, err = append(took, r.took...), errors.Join(err, r.err)
	}
	elapsed := time.Since(begin)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return figure{}, err
	}
	slices.Sort(took)
	f := figure{done: int64(len(took)), perSecond: float64(len(took)) / elapsed.Seconds()}
	if len(took) > 0 {
		f.p50, f.p99 = took[len(took)/2], took[len(took)*99/100]
	}
	return f, nil
}
