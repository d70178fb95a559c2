package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"dpp/internal/api"
	"dpp/internal/config"
	"dpp/internal/pack"
	"dpp/internal/reaper"
	"dpp/internal/runs"
	"dpp/internal/telemetry"
	"dpp/internal/worker"
)

// Options change a server for tests and benchmarks. The zero value is a user's.
type Options struct {
	// Packs replaces the packs of this build.
	Packs []pack.Pack
	// BatchItems bounds every batch, and how many calls share a commit; 1 makes
	// batches of one, each with a commit of its own.
	BatchItems int
	// Wrap may put decorators around the ports.
	Wrap func(runs.Ports) runs.Ports
	// NoWork: nothing is worked on or swept; runs stay queued.
	NoWork bool
}

// Server is the whole platform in one process.
type Server struct {
	cfg     config.Config
	log     *slog.Logger
	parts   *parts
	service *runs.Service
	worker  *worker.Worker
	reaper  *reaper.Reaper
	web     []*http.Server
	unlock  func() error
	address string
	ops     string // address of the ops listener, where there is one

	loops    sync.WaitGroup
	stopping atomic.Bool
	failed   chan error // of a listener
	halt     context.CancelFunc
}

// Start brings a server up: when it returns, the server answers. Logs go to logs.
func Start(ctx context.Context, cfg config.Config, logs io.Writer, opts Options) (_ *Server, err error) {
	s := &Server{cfg: cfg, log: telemetry.NewLogger(logs, cfg.LogLevel, cfg.LogFormat == config.LogText), failed: make(chan error, 2)}
	var undo []func() error
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			err = errors.Join(err, undo[i]())
		}
	}()
	if s.unlock, err = lockFolder(cfg.Data); err != nil {
		return nil, err
	}
	undo = append(undo, s.unlock)
	if s.parts, err = openParts(ctx, cfg, opts); err != nil {
		return nil, err
	}
	undo = append(undo, s.parts.close)
	if err = firstStart(ctx, s.parts.store, cfg); err != nil {
		return nil, fmt.Errorf("the first start was not finished: %w", err)
	}
	listeners, err := listen(ctx, cfg)
	if err != nil {
		return nil, err
	}
	undo = append(undo, func() error { return closeAll(listeners) })
	s.address = listeners[0].Addr().String()
	if len(listeners) > 1 {
		s.ops = listeners[1].Addr().String()
	}
	if err = s.assemble(listeners, opts); err != nil {
		return nil, err
	}
	undo = append(undo, func() error { s.service.Close(); return nil })
	if err = writeFile(cfg.ListenPath(), s.address+"\n"); err != nil {
		return nil, err
	}
	s.run(ctx, listeners, !opts.NoWork)
	return s, nil
}

// assemble makes everything above the adapters.
func (s *Server) assemble(listeners []net.Listener, opts Options) error {
	metrics := telemetry.NewMetrics()
	public := s.cfg.PublicURL
	if public == "" {
		public = "http://" + s.address
	}
	s.parts.blobs.SetBaseURL(public)
	packs, err := newPacks(s.cfg, addresses(listeners), opts.Packs)
	if err != nil {
		return err
	}
	ports, serviceCfg := s.parts.ports(), serviceConfig(s.cfg)
	if opts.Wrap != nil {
		ports = opts.Wrap(ports)
	}
	serviceCfg.BatchItems = opts.BatchItems
	s.service = runs.New(ports, packs, serviceCfg, s.log, metrics)
	s.worker = worker.New(s.service, ports.Queue, worker.Options{Concurrency: s.cfg.WorkerConcurrency, DrainGrace: s.cfg.DrainGrace}, s.log)
	s.reaper = reaper.New(s.service, s.log)
	metrics.WatchQueue(s.parts.store.Depth)
	face, err := api.New(s.apiConfig(public, metrics))
	if err != nil {
		return err
	}
	s.web = append(s.web, api.NewServer(face.Handler(), s.log))
	if len(listeners) > 1 {
		s.web = append(s.web, newOpsServer(metrics.Handler()))
	}
	return nil
}

// run starts the loops and the listeners.
func (s *Server) run(ctx context.Context, listeners []net.Listener, work bool) {
	loops, halt := context.WithCancel(context.WithoutCancel(ctx)) // stop ends them, in its order
	s.halt = halt
	if work {
		s.loops.Go(func() { s.worker.Run(loops) })
		s.loops.Go(func() { s.reaper.Run(loops) })
		s.loops.Go(func() { s.sweepFiles(loops) })
	}
	for i, web := range s.web {
		s.loops.Go(func() {
			if err := web.Serve(listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				s.failed <- err
			}
		})
	}
	s.log.InfoContext(ctx, "listening", "address", s.address)
}

// sweepInterval is how often files are looked for that a crash left without a row.
const sweepInterval = time.Hour

// sweepFiles removes such files, at the start and from time to time.
func (s *Server) sweepFiles(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		if n, err := s.parts.blobs.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "files without a row could not be removed; the next round tries again", "error", err)
		} else if n > 0 {
			s.log.InfoContext(ctx, "files that a crash left behind were removed", "files", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Address is where the API listens, as host:port.
func (s *Server) Address() string { return s.address }

// OpsAddress is where metrics and profiles are served without a key; empty where
// they are not.
func (s *Server) OpsAddress() string { return s.ops }

// Wait serves until ctx ends or a listener fails, and then shuts down.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return s.stop(nil)
	case err := <-s.failed:
		return s.stop(err)
	}
}

// Stop shuts down, for callers that do not [Server.Wait].
func (s *Server) Stop() error { return s.stop(nil) }

// shutdownTimeout bounds how long requests under way may take once waits were ended.
const shutdownTimeout = 10 * time.Second

// stop shuts down in the order in which things depend on each other: no new
// requests, no new claims, runs finished or handed back, batches drained, store
// closed.
func (s *Server) stop(cause error) error {
	s.log.Info("stopping")
	s.stopping.Store(true)
	s.service.EndWaits()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout) // the caller's has ended
	defer cancel()
	errs := []error{cause}
	for _, web := range s.web {
		if err := web.Shutdown(ctx); err != nil {
			errs = append(errs, web.Close())
		}
	}
	s.halt()
	s.loops.Wait()
	s.service.Close()
	errs = append(errs, s.parts.close(), os.Remove(s.cfg.ListenPath()), s.unlock())
	s.log.Info("stopped")
	return errors.Join(errs...)
}

func listen(ctx context.Context, cfg config.Config) ([]net.Listener, error) {
	var open []net.Listener
	for _, address := range []string{cfg.Listen, cfg.OpsListen} {
		if address == "" {
			continue
		}
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cannot listen on %s: %w", address, err), closeAll(open))
		}
		open = append(open, l)
	}
	return open, nil
}

func closeAll(listeners []net.Listener) error {
	errs := make([]error, len(listeners))
	for i, l := range listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs[i] = err
		}
	}
	return errors.Join(errs...)
}
