// Package runs holds the use cases of a run's life: submit, claim, finish, cancel,
// expire, recover, read and wait. It computes what is charged and what the
// ledger shall say; it knows no adapter and no face.
package runs

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"dpp"
	"dpp/internal/batch"
	"dpp/internal/blob"
	"dpp/internal/gate"
	"dpp/internal/ledger"
	"dpp/internal/pack"
	"dpp/internal/queue"
	"dpp/internal/store"
)

// Ports are the adapters that a Service works with.
type Ports struct {
	Store store.Store
	Gate  gate.Gate
	Blob  blob.Store
	Queue queue.Queue
}

// Config holds an operator's decisions. Every field that says nothing else must be set.
type Config struct {
	Timing               dpp.Timing
	Retention            time.Duration
	IdempotencyWindow    time.Duration
	ResultURLTTL         time.Duration
	ChargePlatformFaults bool
	// GateRequired: submits are refused while the gate does not answer.
	GateRequired bool
	// Epoch is the store's generation, which every word to the gate carries.
	Epoch          int64
	Submits, Reads gate.Policy
	// BatchItems bounds a batch; 1 makes batches of one, for comparison. 0 is the default.
	BatchItems int
	// BatchFlights is how many batches of a kind are on their way at once; 0 is the
	// default of 1. More are for comparison, too.
	BatchFlights int
	// HubInterval is how often the runs that somebody waits for are looked up, for
	// changes that other processes made. 0 is the default of 100 ms.
	HubInterval time.Duration
	// Trace follows runs; nil: nobody does.
	Trace Tracer
}

// Observer hears what happened, for metrics. Its methods must be quick and safe
// for concurrent use.
type Observer interface {
	// Submitted hears the outcome of each submit: "accepted", "replayed", "conflict" or a reason.
	Submitted(outcome string)
	// Accepted hears of each accepted submit how long it took, from its decoding to the
	// commit.
	Accepted(took time.Duration)
	// Transitioned hears of every transition, those of others excluded.
	Transitioned(run *dpp.Run, from dpp.Status)
	// SettleLagged hears how long after the end of its work a run's end was committed, and
	// who did it: a "worker" counts from the return of the pack, the "reaper", which rolls
	// forward, from the storing of the envelope, by the object store's clock.
	SettleLagged(role string, lag time.Duration)
	// Batched hears the size of every batch.
	Batched(name string, size int)
	// BatchWaited hears how long the first of a batch had waited when it set out.
	BatchWaited(name string, waited time.Duration)
	// Recovered hears what the reaper did about a lost lease, once it is committed:
	// "rolled_forward", "requeued" or "failed"; and of each round that "left" one.
	Recovered(what string)
}

// Service is the use cases over one set of ports. Close it after all use.
type Service struct {
	Ports
	cfg     Config
	packs   *pack.Registry
	log     *slog.Logger
	observe Observer
	hub     *Hub
	bell    *bell
	teller  *teller
	// gateDown: the gate did not answer the last time it was asked.
	gateDown atomic.Bool

	submits  *batch.Group[*submission, submitted]
	puts     *batch.Group[blob.Object, blob.PutOutcome]
	ends     *batch.Group[store.Transition, store.Transitioned]
	polls    *batch.Group[[]dpp.RunID, map[dpp.RunID]store.RunState]
	accounts *batch.Group[dpp.AccountID, ledger.Account]
	uploads  *batch.Group[store.NewUpload, store.CreatedUpload]
}

const (
	batchItems   = 1024
	batchBytes   = 4 << 20
	batchTimeout = 30 * time.Second

	pollBytes   = 4 << 10 // what a run weighs, so that a thousand are read at once at most
	pollFlights = 4       // so that a slow read holds few others up
)

// New returns a Service that works.
func New(ports Ports, packs *pack.Registry, cfg Config, log *slog.Logger, observe Observer) *Service {
	s := &Service{Ports: ports, cfg: cfg, packs: packs, log: log, observe: observe}
	s.hub = newHub(ports.Store, cfg.HubInterval, log)
	s.bell = newBell(ports.Queue, cfg.Trace, log)
	s.teller = newTeller(ports.Gate)
	s.submits = batch.New("submit", s.submitBatch, options(s, "submit", func(i *submission) int { return len(i.Inputs) + 512 }))
	puts := options(s, "put", func(o blob.Object) int { return len(o.Content) + 512 })
	puts.Unreachable = func(error) bool { return true } // an object's own fault is its outcome, never an error
	s.puts = batch.New("put", ports.Blob.Put, puts)
	s.ends = batch.New("end", s.apply, options(s, "end", func(store.Transition) int { return 1024 }))
	polls := options(s, "poll", func(ids []dpp.RunID) int { return len(ids) * pollBytes })
	polls.Flights = pollFlights
	s.polls = batch.New("poll", s.readStates, polls)
	s.accounts = batch.New("account", s.readAccounts, options(s, "account", func(dpp.AccountID) int { return 64 }))
	s.uploads = batch.New("upload", ports.Store.CreateUploads, options(s, "upload", func(store.NewUpload) int { return 512 }))
	return s
}

func options[I any](s *Service, name string, size func(I) int) batch.Options[I] {
	o := batch.Options[I]{
		MaxItems: batchItems, MaxBytes: batchBytes, Flights: s.cfg.BatchFlights, Timeout: batchTimeout, Size: size, InDoubt: inDoubt, Unreachable: unreachable,
		Observe: func(n int) { s.observe.Batched(name, n) },
		Waited:  func(d time.Duration) { s.observe.BatchWaited(name, d) },
		// The value of a panic may hold a caller's data, so only its type is logged.
		Panicked: func(p *batch.PanicError) {
			s.log.Error("a batch panicked", "batch", name, "kind", fmt.Sprintf("%T", p.Value), "stack", string(p.Stack))
		},
	}
	if trace := s.cfg.Trace; trace != nil {
		o.Begin = func(ctx context.Context, callers []context.Context) (context.Context, func(error)) {
			return trace.Batch(ctx, "batch."+name, callers)
		}
	}
	if s.cfg.BatchItems > 0 {
		o.MaxItems = s.cfg.BatchItems
	}
	return o
}

// Packs are the packs on offer.
func (s *Service) Packs() *pack.Registry { return s.packs }

// Config is what the service was made with.
func (s *Service) Config() Config { return s.cfg }

// Watched is how many runs are watched: by those who wait for them, and by the worker
// that executes them.
func (s *Service) Watched() int { return s.hub.count() }

// Close lets batches drain and ends every loop. The ports stay open.
func (s *Service) Close() {
	s.submits.Close()
	s.puts.Close()
	s.ends.Close()
	s.polls.Close()
	s.accounts.Close()
	s.uploads.Close()
	s.bell.close()
	s.teller.close()
	s.hub.close()
}

// EndWaits makes every wait answer at once with what it has, from now on: the
// server is about to shut down.
func (s *Service) EndWaits() { s.hub.endWaits() }

// apply commits transitions and tells everybody who must hear of them.
func (s *Service) apply(ctx context.Context, batch []store.Transition) ([]store.Transitioned, error) {
	outcomes, err := s.Store.Transition(ctx, batch)
	if err != nil {
		return nil, err
	}
	words := make([]gate.Word, 0, len(outcomes))
	for i := range outcomes {
		o := &outcomes[i]
		if !o.Happened {
			continue
		}
		s.logTransition(ctx, &o.Run, batch[i].From)
		s.observe.Transitioned(&o.Run, batch[i].From)
		s.hub.notify(&o.Run, o.Account)
		if o.Run.Status.Terminal() {
			words = append(words, s.word(o.Account))
		}
		if o.Run.Status == dpp.StatusQueued {
			s.bell.ring(&o.Run)
		}
	}
	s.teller.tell(words)
	return outcomes, nil
}

func (s *Service) logTransition(ctx context.Context, run *dpp.Run, from dpp.Status) {
	level := slog.LevelInfo
	if run.Error != nil && run.Error.Reason.PlatformFault() {
		level = slog.LevelError
	}
	if !s.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("run_id", string(run.ID)), slog.String("tenant_id", string(run.Tenant)), slog.String("trace_id", run.Meta.TraceID),
		slog.String("from", string(from)), slog.String("to", string(run.Status)),
		slog.Int64("version_before", run.Version-1), slog.Int64("version_after", run.Version), slog.Int("attempt", run.Attempt),
	}
	if run.Error != nil {
		attrs = append(attrs, slog.String("reason_code", string(run.Error.Reason)))
	}
	if run.Status.Terminal() {
		attrs = append(attrs, slog.String("used_usd", run.Used.String()))
	}
	s.log.LogAttrs(ctx, level, "run transition", attrs...)
}
