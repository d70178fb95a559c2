package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"time"
)

// scenario is one thing that is measured, anew in every round: by clients who do
// the same again and again, or in a way of its own.
type scenario struct {
	name    string
	clients int
	// prepare returns what one client does. The subject is made anew for every round.
	prepare func(ctx context.Context, dir string) (*subject, error)
	// whole measures by itself; nil: clients work on what prepare returns.
	whole func(ctx context.Context, dir string, length time.Duration) (figure, error)
	// load is the share of what the clients reach at which submits arrive, whether or
	// not earlier ones were answered; 0: a client asks again when it has its answer.
	load float64
}

// subject is a scenario that is ready to be measured.
type subject struct {
	work func(ctx context.Context, client int) error
	// stats tells where the time went since it was last asked; nil: nobody knows.
	stats func() ([]stage, error)
	// used is the CPU time of each process so far; nil: there is this one only.
	used  func() []usage
	close func() error
}

// stage is one step on the way, as its port saw it.
type stage struct {
	Name         string
	Calls, Items int64
	Spent        int64 // nanoseconds, as JSON knows no durations
}

// usage is the CPU time of one process, its children included.
type usage struct {
	name string
	cpu  time.Duration
}

// figure is one measurement.
type figure struct {
	perSecond float64
	p50, p99  time.Duration
	cpu       time.Duration // per operation, of all processes
	parts     []usage       // per operation, of each of several processes
	stages    []stage
	length    time.Duration
	done      int64
}

func (s scenario) measure(ctx context.Context, length time.Duration) (f figure, err error) {
	dir, err := os.MkdirTemp("", "dpp-bench-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if s.whole != nil {
		return s.whole(ctx, dir, length)
	}
	subject, err := s.prepare(ctx, dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, subject.close()) }()
	warm, err := drive(ctx, s.clients, subject.work, length/5)
	if err != nil {
		return f, err
	}
	way := func() (figure, error) { return drive(ctx, s.clients, subject.work, length) }
	if s.load > 0 {
		if warm, err = way(); err != nil {
			return f, err
		}
		way = func() (figure, error) { return arrive(ctx, s.load*warm.perSecond, subject.work, length) }
	}
	return subject.watch(way)
}

// watch measures what is done besides its rate and its latency.
func (s *subject) watch(do func() (figure, error)) (figure, error) {
	if s.used == nil {
		s.used = func() []usage { return []usage{{"this process", cpuTime()}} }
	}
	if s.stats == nil {
		s.stats = func() ([]stage, error) { return nil, nil }
	}
	runtime.GC()
	if _, err := s.stats(); err != nil { // forget the warm-up
		return figure{}, err
	}
	before := s.used()
	f, err := do()
	if err != nil {
		return f, err
	}
	for i, after := range s.used() {
		each := (after.cpu - before[i].cpu) / time.Duration(max(f.done, 1))
		f.cpu += each
		f.parts = append(f.parts, usage{after.name, each})
	}
	f.stages, err = s.stats()
	return f, err
}

// newFigure is what came of operations that took so long, all within elapsed.
func newFigure(took []time.Duration, elapsed time.Duration) figure {
	slices.Sort(took)
	f := figure{done: int64(len(took)), perSecond: float64(len(took)) / elapsed.Seconds(), length: elapsed}
	if len(took) > 0 {
		f.p50, f.p99 = took[len(took)/2], took[len(took)*99/100]
	}
	return f
}
