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

	"go.opentelemetry.io/otel/sdk/trace"

	"dpp/internal/api"
	"dpp/internal/auth"
	"dpp/internal/config"
	"dpp/internal/llm"
	"dpp/internal/pack"
	"dpp/internal/reaper"
	"dpp/internal/runs"
	"dpp/internal/telemetry"
	"dpp/internal/tracing"
	"dpp/internal/worker"
)

// Options change a server for tests and benchmarks. The zero value is a user's.
type Options struct {
	// Packs replaces the packs of this build.
	Packs []pack.Pack
	// BatchItems bounds every batch, and how many calls share a commit; 1 makes
	// batches of one, each with a commit of its own.
	BatchItems int
	// BatchFlights is how many batches of a kind are on their way at once; default 1.
	BatchFlights int
	// Wrap may put decorators around the ports.
	Wrap func(runs.Ports) runs.Ports
	// NoWork: nothing is worked on or swept; runs stay queued.
	NoWork bool
	// Spans takes all traces, whatever the settings say.
	Spans trace.SpanExporter
}

// Server is one process of the platform, of the whole of it or of a part, as the
// configuration's role says.
type Server struct {
	cfg     config.Config
	log     *slog.Logger
	parts   *parts
	metrics *telemetry.Metrics
	traces  *tracing.Tracing // nil: nothing is traced
	service *runs.Service
	keyring *auth.Keyring
	worker  *worker.Worker
	reaper  *reaper.Reaper
	reading *reading    // for what packs parse; it starts nothing before the first job
	model   *llm.Client // that packs may ask; nil: none is configured
	web     []*http.Server
	unlock  func() error
	address string
	ops     string // address of the ops listener, where there is one

	loops    sync.WaitGroup
	stopping atomic.Bool
	failed   chan error // of a listener
	halt     context.CancelFunc
	ballast  []byte // for the garbage collector
}

// Start brings a server up: when it returns, the server answers. Logs go to logs.
func Start(ctx context.Context, cfg config.Config, logs io.Writer, opts Options) (_ *Server, err error) {
	s := &Server{cfg: cfg, log: telemetry.NewLogger(logs, cfg.LogLevel, cfg.LogFormat == config.LogText), failed: make(chan error, 2), ballast: newBallast()}
	var undo []func() error
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			err = errors.Join(err, undo[i]())
		}
	}()
	s.metrics = telemetry.NewMetrics()
	if err = s.startTracing(ctx, opts); err != nil {
		return nil, err
	}
	undo = append(undo, func() error { s.stopTracing(); return nil })
	if s.unlock, err = s.lock(); err != nil {
		return nil, err
	}
	undo = append(undo, s.unlock)
	if s.parts, err = openParts(ctx, cfg, opts, s.observers()); err != nil {
		return nil, err
	}
	undo = append(undo, s.parts.close)
	if cfg.Role == config.Up {
		if err = firstStart(ctx, s.parts.store, cfg); err != nil {
			return nil, fmt.Errorf("the first start was not finished: %w", err)
		}
	}
	epoch, err := s.parts.store.Epoch(ctx)
	if err != nil {
		return nil, err
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
	if s.reading, err = openReading(ctx, cfg, s.log); err != nil {
		return nil, err
	}
	undo = append(undo, s.reading.close)
	if s.model, err = newModel(cfg); err != nil {
		return nil, err
	}
	if err = s.assemble(listeners, epoch, opts); err != nil {
		return nil, err
	}
	undo = append(undo, func() error { s.keyring.Close(); s.service.Close(); return nil })
	if err = s.makeWeb(); err != nil {
		return nil, err
	}
	if err = s.noteAddress(); err != nil {
		return nil, err
	}
	s.run(ctx, listeners, !opts.NoWork)
	return s, nil
}

// assemble makes everything between the adapters and the API.
func (s *Server) assemble(listeners []net.Listener, epoch int64, opts Options) error {
	ports, serviceCfg := measured(s.tracePorts(s.parts.ports()), s.metrics), serviceConfig(s.cfg)
	if opts.Wrap != nil {
		ports = opts.Wrap(ports)
	}
	with := equip(s.cfg, addresses(listeners), ports)
	with.documents, with.program = s.reading.documents, s.reading.program
	with.model = s.model
	packs, err := newPacks(s.cfg, with, opts.Packs)
	if err != nil {
		return err
	}
	serviceCfg.BatchItems, serviceCfg.BatchFlights, serviceCfg.Epoch, serviceCfg.Trace = opts.BatchItems, opts.BatchFlights, epoch, s.runTracer()
	s.service = runs.New(ports, packs, serviceCfg, s.log, s.metrics)
	s.worker = worker.New(s.service, ports.Queue, s.workerOptions(), s.log)
	s.reaper = reaper.New(s.service, s.reaperOptions(), s.log)
	s.observe()
	s.keyring = auth.New(s.parts.store, s.log, s.metrics)
	return nil
}

// makeWeb makes a server for each listener.
func (s *Server) makeWeb() error {
	public := s.cfg.PublicURL
	if public == "" {
		public = "http://" + s.address
	}
	if s.parts.files != nil {
		s.parts.files.SetBaseURL(public)
	}
	face, err := api.New(s.apiConfig(public))
	if err != nil {
		return err
	}
	s.web = append(s.web, api.NewServer(face.Handler(), s.log))
	if s.ops != "" {
		s.web = append(s.web, newOpsServer(s.metrics.Handler()))
	}
	return nil
}

// run starts the loops and the listeners.
func (s *Server) run(ctx context.Context, listeners []net.Listener, work bool) {
	loops, halt := context.WithCancel(context.WithoutCancel(ctx)) // stop ends them, in its order
	s.halt = halt
	if work && s.cfg.Role.Works() {
		s.loops.Go(func() { s.worker.Run(loops) })
		s.loops.Go(func() { s.reading.prepare(loops, s.log) })
	}
	if work && s.cfg.Role.Reaps() {
		s.loops.Go(func() { s.reaper.Run(loops) })
		if s.parts.files != nil {
			s.loops.Go(func() { s.sweepFiles(loops) })
		}
	}
	if s.parts.prepare != nil {
		s.loops.Go(func() { s.prepare(loops) })
	}
	for i, web := range s.web {
		s.loops.Go(func() {
			if err := web.Serve(listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				s.failed <- err
			}
		})
	}
	s.log.InfoContext(ctx, "listening", "address", s.address, "ops_address", s.ops)
}

// sweepInterval is how often files are looked for that a crash left without a row.
const sweepInterval = time.Hour

// sweepFiles removes such files, at the start and from time to time.
func (s *Server) sweepFiles(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		if n, err := s.parts.files.Sweep(ctx); err != nil && ctx.Err() == nil {
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

// lock takes the data folder, where there is one.
func (s *Server) lock() (unlock func() error, err error) {
	if s.cfg.Shared {
		return func() error { return nil }, nil
	}
	return lockFolder(s.cfg.Data)
}

// noteAddress writes down in the data folder, where there is one, where the server
// listens.
func (s *Server) noteAddress() error {
	if s.cfg.Shared {
		return nil
	}
	return writeFile(s.cfg.ListenPath(), s.address+"\n")
}

func (s *Server) forgetAddress() error {
	if s.cfg.Shared {
		return nil
	}
	return os.Remove(s.cfg.ListenPath())
}

// How long making what is missing in shared backends may take, and the pause before
// it is tried again.
const (
	prepareTimeout = 30 * time.Second
	preparePause   = 5 * time.Second
)

// prepare makes the bucket and the queue where they are missing, until that is done.
// What else should be different there is the reaper's to tell: once is enough.
func (s *Server) prepare(ctx context.Context) {
	told, level := map[string]bool{}, slog.LevelDebug
	if s.cfg.Role.Reaps() {
		level = slog.LevelWarn
	}
	for {
		bounded, cancel := context.WithTimeout(ctx, prepareTimeout)
		warnings, err := s.parts.prepare(bounded)
		cancel()
		for _, warning := range warnings {
			if !told[warning] {
				told[warning] = true
				s.log.Log(ctx, level, "shared backends are not as they should be", "warning", warning)
			}
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		s.log.WarnContext(ctx, "bucket and queue are not ready; they are tried again", "error", err)
		timer := time.NewTimer(preparePause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
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
	if cause == nil && s.cfg.Role.Serves() {
		<-time.After(s.cfg.ShutdownDelay) // requests are served meanwhile; a second signal ends the process
	}
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
	s.keyring.Close()
	s.service.Close()
	errs = append(errs, s.reading.close(), s.closeModel(), s.parts.close())
	s.stopTracing()
	errs = append(errs, s.forgetAddress(), s.unlock())
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
