package telemetry

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dpp"
)

// Metrics are the numbers of one process. No tenant and no run is ever a label.
type Metrics struct {
	registry    *prometheus.Registry
	submits     *prometheus.CounterVec
	transitions *prometheus.CounterVec
	pickUp      prometheus.Histogram
	settle      prometheus.Histogram
	charged     prometheus.Counter
	batches     *prometheus.HistogramVec
	recovered   *prometheus.CounterVec
	requests    *prometheus.HistogramVec
	gateOpen    prometheus.Gauge
	gateFailed  *prometheus.CounterVec
	gateDrift   prometheus.Histogram
	promises
	portMetrics
	tracing
}

// NewMetrics returns metrics that count from zero.
func NewMetrics() *Metrics {
	delays := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		submits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_submits_total", Help: "Submits by outcome: accepted, replayed, conflict, or the code of the refusal.",
		}, []string{"outcome"}),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_transitions_total", Help: "Transitions of runs that this process made, by the states and the reason code.",
		}, []string{"from", "to", "reason"}),
		pickUp: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dpp_pick_up_seconds", Help: "Time from acceptance to the first claim.", Buckets: delays,
		}),
		settle: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dpp_settled_seconds", Help: "Time from acceptance to the terminal state.", Buckets: delays,
		}),
		charged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dpp_charged_usd_total", Help: "What this process charged, in USD.",
		}),
		batches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dpp_batch_items", Help: "Items per batch.", Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}, []string{"batch"}),
		recovered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dpp_lost_leases_total", Help: "Lost leases by what the reaper did: rolled_forward, requeued, failed or left.",
		}, []string{"outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dpp_http_request_seconds", Help: "Time to answer, long polls included, by route and status class.", Buckets: delays,
		}, []string{"method", "route", "status"}),
	}
	m.addGate()
	m.addPromises(delays)
	m.addPorts()
	m.addTracing()
	m.zero()
	m.registry.MustRegister(m.submits, m.transitions, m.pickUp, m.settle, m.charged, m.batches, m.recovered, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Submitted counts the outcome of a submit.
func (m *Metrics) Submitted(outcome string) { m.submits.WithLabelValues(outcome).Inc() }

// Transitioned counts a transition and measures the promises that end with it.
func (m *Metrics) Transitioned(run *dpp.Run, from dpp.Status) {
	reason := ""
	if run.Error != nil {
		reason = string(run.Error.Reason)
	}
	m.transitions.WithLabelValues(string(from), string(run.Status), reason).Inc()
	since := run.UpdatedAt.Sub(run.CreatedAt).Seconds()
	switch {
	case run.Status == dpp.StatusProcessing && run.Attempt == 1:
		observe(m.pickUp, since, m.traceOf(run))
	case run.Status.Terminal():
		observe(m.settle, since, m.traceOf(run))
		m.charged.Add(float64(run.Used) / float64(dpp.USD)) // a count for a graph; the ledger is what counts
	}
}

// Batched measures a batch.
func (m *Metrics) Batched(name string, size int) {
	m.batches.WithLabelValues(name).Observe(float64(size))
}

// Recovered counts what was done about a lost lease.
func (m *Metrics) Recovered(what string) { m.recovered.WithLabelValues(what).Inc() }

// Requested measures an answer to a request. route is the pattern, never the path;
// trace is the id of the request's trace where it is exported, else empty.
func (m *Metrics) Requested(method, route string, status int, took time.Duration, trace string) {
	class := [...]string{"", "1xx", "2xx", "3xx", "4xx", "5xx"}
	observe(m.requests.WithLabelValues(method, route, class[min(max(status/100, 0), 5)]), took.Seconds(), trace)
}

// depthTimeout bounds the look at the queue that a scrape makes.
const depthTimeout = 2 * time.Second

// WatchQueue shows how many runs wait and for how long the first has, asked at
// every scrape. Nothing is shown while the store does not answer.
func (m *Metrics) WatchQueue(depth func(context.Context) (waiting int64, oldest time.Duration, err error)) {
	m.registry.MustRegister(&queueCollector{
		depth:   depth,
		waiting: prometheus.NewDesc("dpp_queue_waiting", "Runs that wait to be claimed.", nil, nil),
		oldest:  prometheus.NewDesc("dpp_queue_oldest_seconds", "How long the run that waits longest has waited.", nil, nil),
	})
}

// WatchUnreadable shows how many messages of the queue were deleted unheard, because
// nobody could read them.
func (m *Metrics) WatchUnreadable(count func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "dpp_queue_unreadable_total", Help: "Messages that were deleted unheard, because nobody could read them.",
	}, func() float64 { return float64(count()) }))
}

type queueCollector struct {
	depth           func(context.Context) (int64, time.Duration, error)
	waiting, oldest *prometheus.Desc
}

func (c *queueCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.waiting
	descs <- c.oldest
}

func (c *queueCollector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), depthTimeout) // a scrape carries no context
	defer cancel()
	waiting, oldest, err := c.depth(ctx)
	if err != nil {
		return
	}
	metrics <- prometheus.MustNewConstMetric(c.waiting, prometheus.GaugeValue, float64(waiting))
	metrics <- prometheus.MustNewConstMetric(c.oldest, prometheus.GaugeValue, oldest.Seconds())
}

// Handler serves the metrics in the Prometheus exposition format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true}) // which exemplars need
}
