package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Sweeps are the numbers of a reaper's sweeps.
type Sweeps struct {
	items, errors *prometheus.CounterVec
	succeeded     *prometheus.GaugeVec
}

// NewSweeps adds the numbers of a process that reaps, for sweeps of these names.
func (m *Metrics) NewSweeps(names ...string) *Sweeps {
	s := &Sweeps{
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_sweep_items_total", Help: "Things that the reaper's sweeps took: runs, rows, ledger entries or objects, by sweep.",
		}, []string{"sweep"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_sweep_errors_total", Help: "Sweeps that failed, by sweep; the next round tries again.",
		}, []string{"sweep"}),
		succeeded: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dpp_sweep_last_success_timestamp_seconds", Help: "When a sweep last succeeded, in seconds since 1970, by sweep; 0: not since the start.",
		}, []string{"sweep"}),
	}
	for _, name := range names {
		s.items.WithLabelValues(name)
		s.errors.WithLabelValues(name)
		s.succeeded.WithLabelValues(name)
	}
	m.registry.MustRegister(s.items, s.errors, s.succeeded)
	return s
}

// Swept counts a sweep, and notes when it succeeded.
func (s *Sweeps) Swept(sweep string, items int, err error) {
	if err != nil {
		s.errors.WithLabelValues(sweep).Inc()
		return
	}
	s.items.WithLabelValues(sweep).Add(float64(items))
	s.succeeded.WithLabelValues(sweep).SetToCurrentTime()
}
