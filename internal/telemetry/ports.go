package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// portMetrics are what is measured of every call of store, blob store, gate and queue.
type portMetrics struct {
	portSeconds *prometheus.HistogramVec
	portErrors  *prometheus.CounterVec
}

func (m *Metrics) addPorts() {
	m.portMetrics = portMetrics{
		portSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dpp_port_seconds", Help: "Time that calls of a backend took, failed ones included, by port (store, blob, gate, queue) and call; receive waits for messages.", Buckets: brief(),
		}, []string{"port", "call"}),
		portErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_port_errors_total", Help: "Calls of a backend that failed, by port and call; not found is no failure.",
		}, []string{"port", "call"}),
	}
	m.registry.MustRegister(m.portSeconds, m.portErrors)
}

// ExpectCalls shows the calls of a port before the first one.
func (m *Metrics) ExpectCalls(port string, calls ...string) {
	for _, call := range calls {
		m.portSeconds.WithLabelValues(port, call)
		m.portErrors.WithLabelValues(port, call)
	}
}

// PortCalled measures one call of a port.
func (m *Metrics) PortCalled(port, call string, took time.Duration, failed bool) {
	m.portSeconds.WithLabelValues(port, call).Observe(took.Seconds())
	if failed {
		m.portErrors.WithLabelValues(port, call).Inc()
	}
}
