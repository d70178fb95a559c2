package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"dpp"
)

// addGate makes what is measured of a gate that is another process.
func (m *Metrics) addGate() {
	m.gateOpen = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "dpp_gate_breaker_open", Help: "1 while the gate is not asked because it did not answer; the ledger decides alone.",
	})
	m.gateFailed = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dpp_gate_failures_total", Help: "Calls of the gate that got no answer, by call.",
	}, []string{"call"})
	m.gateDrift = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "dpp_gate_drift_usd", Help: "How far the gate was from the ledger, in USD, whenever it heard the ledger's word.",
		Buckets: []float64{0, .001, .01, .1, 1, 10, 100, 1000, 10000},
	})
	m.registry.MustRegister(m.gateOpen, m.gateFailed, m.gateDrift)
}

// GateBreaker shows whether the gate is passed by.
func (m *Metrics) GateBreaker(open bool) {
	m.gateOpen.Set(0)
	if open {
		m.gateOpen.Set(1)
	}
}

// GateFailed counts a call of the gate without an answer.
func (m *Metrics) GateFailed(call string) { m.gateFailed.WithLabelValues(call).Inc() }

// GateDrift measures how much more the gate believed to be available than the ledger
// said, or less.
func (m *Metrics) GateDrift(drift dpp.Money) {
	m.gateDrift.Observe(float64(max(drift, -drift)) / float64(dpp.USD)) // a figure for a graph; the ledger is what counts
}
