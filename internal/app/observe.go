package app

import (
	"net/http"

	"dpp/internal/gate/redisgate"
	"dpp/internal/problem"
	"dpp/internal/reaper"
	"dpp/internal/store"
	"dpp/internal/telemetry"
	"dpp/internal/worker"
)

// observers are what the adapters tell of themselves.
func (s *Server) observers() observers {
	return observers{log: s.log, roundTrips: s.postgresTracer(), messages: s.messageTracer(), gate: redisgate.Observer{
		Breaker: s.metrics.GateBreaker, Failed: s.metrics.GateFailed, Drift: s.metrics.GateDrift,
	}}
}

// observe shows the state of the parts that are there in this role, and what they
// count, before anything has happened.
func (s *Server) observe() {
	v := Version()
	s.metrics.Build(string(s.cfg.Role), v.Version, v.Commit, v.Go)
	s.metrics.WatchQueue(s.parts.store.Depth)
	s.metrics.WatchWaits(s.service.Watched)
	if s.parts.unreadable != nil {
		s.metrics.WatchUnreadable(s.parts.unreadable)
	}
	if s.parts.pool != nil {
		s.metrics.WatchPool(s.parts.pool)
	}
	if s.cfg.Role.Serves() {
		s.metrics.ExpectSubmits(http.MethodPost, "/v1/runs")
		for _, entry := range problem.Entries() {
			s.metrics.ExpectRefusals(string(entry.Reason))
		}
	}
}

// workerOptions are those of this process's worker, which need not run.
func (s *Server) workerOptions() worker.Options {
	options := worker.Options{Concurrency: s.cfg.WorkerConcurrency, DrainGrace: s.cfg.DrainGrace, Trace: s.workerTracer()}
	if s.cfg.Role.Works() {
		options.Stopped = s.metrics.WatchWorker(func() (all, busy int) { return s.worker.Slots() })
	}
	return options
}

// reaperOptions are those of this process's reaper, which need not run.
func (s *Server) reaperOptions() reaper.Options {
	if !s.cfg.Role.Reaps() {
		return reaper.Options{}
	}
	books := s.metrics.NewBooks()
	return reaper.Options{
		Swept: s.metrics.NewSweeps(reaper.Sweeps()...).Swept,
		Summed: func(t store.Totals) {
			books.Summed(telemetry.Sums{
				Accounts: t.Accounts, OpenRuns: t.OpenRuns, Unsealed: t.Unsealed, Discrepancies: t.Discrepancies,
				Credited: t.Credited, Available: t.Available, Held: t.Held, Spent: t.Spent,
			})
		},
	}
}
