package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Build says what runs here. The value is always 1, so that its labels can be joined
// to other metrics, and counted.
func (m *Metrics) Build(role, version, commit, goVersion string) {
	built := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "dpp_build_info", Help: "1 for every process, with its role (api, worker, reaper; up is all of them) and its build.",
	}, []string{"role", "version", "commit", "go_version"})
	built.WithLabelValues(role, version, commit, goVersion).Set(1)
	m.registry.MustRegister(built)
}

// WatchWaits shows how many runs are watched.
func (m *Metrics) WatchWaits(count func() int) {
	m.gauge("dpp_watched_runs", "Runs that somebody in this process waits for: long polls, and executions of the worker.", count)
}

// WatchWorker shows a worker's slots. What it returns counts executions that came to
// nothing, by why.
func (m *Metrics) WatchWorker(slots func() (all, busy int)) (stopped func(why string)) {
	m.gauge("dpp_worker_slots", "Runs that the worker executes at once at most.", func() int { all, _ := slots(); return all })
	m.gauge("dpp_worker_slots_busy", "Runs that the worker executes now.", func() int { _, busy := slots(); return busy })
	count := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dpp_executions_stopped_total",
		Help: "Executions that came to nothing: lease_lost (not renewed in time), taken (cancelled, or ended by somebody else), draining (handed back at shutdown).",
	}, []string{"why"})
	for _, why := range []string{"lease_lost", "taken", "draining"} {
		count.WithLabelValues(why)
	}
	m.registry.MustRegister(count)
	return func(why string) { count.WithLabelValues(why).Inc() }
}

func (m *Metrics) gauge(name, help string, of func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(of()) }))
}

// Pool is the state of a pool of connections to the database. Waits and Waited only
// grow.
type Pool struct {
	Acquired, Idle, Max int
	Waits               int64
	Waited              time.Duration
}

// WatchPool shows the pool of connections to the database.
func (m *Metrics) WatchPool(state func() Pool) {
	m.gauge("dpp_database_pool_acquired_connections", "Connections to the database that are in use.", func() int { return state().Acquired })
	m.gauge("dpp_database_pool_idle_connections", "Connections to the database that are open and free.", func() int { return state().Idle })
	m.gauge("dpp_database_pool_max_connections", "Connections to the database that there may be.", func() int { return state().Max })
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "dpp_database_pool_waits_total", Help: "Calls that found no free connection to the database and waited for one.",
		}, func() float64 { return float64(state().Waits) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "dpp_database_pool_wait_seconds_total", Help: "Time that calls waited for a connection to the database.",
		}, func() float64 { return state().Waited.Seconds() }))
}
