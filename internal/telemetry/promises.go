package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// promises are what the platform is held to besides what [Metrics] itself counts.
type promises struct {
	acceptance prometheus.Histogram
	settleLag  *prometheus.HistogramVec
	batchWait  *prometheus.HistogramVec
	refusals   *prometheus.CounterVec
}

func (m *Metrics) addPromises(delays []float64) {
	m.promises = promises{
		acceptance: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dpp_acceptance_seconds", Help: "Time from the decoded submit to the commit that accepted it; waits for the run's end are not in it.", Buckets: delays,
		}),
		settleLag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dpp_settle_lag_seconds", Buckets: append(delays, 600),
			Help: "Time from the end of the work to the commit of the run's end: by the worker from the return of the pack, by the reaper (a roll forward) from the storing of the result.",
		}, []string{"role"}),
		batchWait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dpp_batch_wait_seconds", Help: "How long the first of a batch waited until the batch set out, by batch.", Buckets: brief(),
		}, []string{"batch"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_http_refusals_total", Help: "Requests on any route that were answered with a problem document, by its reason code.",
		}, []string{"reason"}),
	}
	m.registry.MustRegister(m.acceptance, m.settleLag, m.batchWait, m.refusals)
}

// brief are buckets for steps inside of a request.
func brief() []float64 { return []float64{.0005, .001, .0025, .005, .01, .025, .1, .25, 1, 5, 30} }

// Accepted measures an accepted submit.
func (m *Metrics) Accepted(took time.Duration) { m.acceptance.Observe(took.Seconds()) }

// SettleLagged measures how long after the end of its work a run's end was committed.
func (m *Metrics) SettleLagged(role string, lag time.Duration) {
	m.settleLag.WithLabelValues(role).Observe(lag.Seconds())
}

// BatchWaited measures how long the first of a batch waited.
func (m *Metrics) BatchWaited(name string, waited time.Duration) {
	m.batchWait.WithLabelValues(name).Observe(waited.Seconds())
}

// Refused counts a problem document.
func (m *Metrics) Refused(reason string) { m.refusals.WithLabelValues(reason).Inc() }
