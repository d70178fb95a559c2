package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"dpp"
)

// tracing is what metrics know of traces.
type tracing struct {
	failed prometheus.Counter
	of     func(*dpp.Run) string // nil: nothing is traced
}

// addTracing makes what is measured of the export of traces.
func (m *Metrics) addTracing() {
	m.failed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "dpp_trace_export_failures_total", Help: "Batches of spans that the collector of traces did not take.",
	})
	m.registry.MustRegister(m.failed)
}

// TraceExportFailed counts a batch of spans that was lost.
func (m *Metrics) TraceExportFailed() { m.failed.Inc() }

// TraceRuns lets times of runs show the trace of one of them. of tells the id of a run's
// trace where it is exported, else an empty text. It is called before anything is
// measured.
func (m *Metrics) TraceRuns(of func(*dpp.Run) string) { m.of = of }

func (t *tracing) traceOf(run *dpp.Run) string {
	if t.of == nil {
		return ""
	}
	return t.of(run)
}

// observe measures something, with its trace as an example where there is one.
func observe(o prometheus.Observer, seconds float64, trace string) {
	if with, ok := o.(prometheus.ExemplarObserver); ok && trace != "" {
		with.ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": trace})
		return
	}
	o.Observe(seconds)
}
