package telemetry

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dpp"
)

// Sums are the whole platform's books at one moment.
type Sums struct {
	Accounts, OpenRuns, Unsealed, Discrepancies int64
	Credited, Available, Held, Spent            dpp.Money
}

// Books shows the sums that a reaper found last, and when. Before the first time it
// shows nothing: zero would be a lie.
type Books struct{ last atomic.Pointer[summed] }

type summed struct {
	Sums
	at time.Time
}

// NewBooks adds the sums to a process that makes them.
func (m *Metrics) NewBooks() *Books {
	b := new(Books)
	m.registry.MustRegister(b)
	return b
}

// Summed notes new sums.
func (b *Books) Summed(sums Sums) { b.last.Store(&summed{sums, time.Now()}) }

// figure is one number of the sums.
type figure struct {
	desc *prometheus.Desc
	of   func(*summed) float64
}

func newFigure(name, help string, of func(*summed) float64) figure {
	return figure{prometheus.NewDesc(name, help, nil, nil), of}
}

func figures() []figure {
	usd := func(m dpp.Money) float64 { return float64(m) / float64(dpp.USD) } // a figure for a graph; the ledger is what counts
	return []figure{
		newFigure("dpp_books_accounts", "Accounts of all tenants.", func(s *summed) float64 { return float64(s.Accounts) }),
		newFigure("dpp_books_open_runs", "Accepted runs that have not ended.", func(s *summed) float64 { return float64(s.OpenRuns) }),
		newFigure("dpp_books_credited_usd", "What all tenants were ever credited.", func(s *summed) float64 { return usd(s.Credited) }),
		newFigure("dpp_books_available_usd", "What all tenants can still spend.", func(s *summed) float64 { return usd(s.Available) }),
		newFigure("dpp_books_held_usd", "What is held for open runs.", func(s *summed) float64 { return usd(s.Held) }),
		newFigure("dpp_books_spent_usd", "What all tenants were ever charged.", func(s *summed) float64 { return usd(s.Spent) }),
		newFigure("dpp_books_unsealed_entries", "Ledger entries that no hash chain holds yet.", func(s *summed) float64 { return float64(s.Unsealed) }),
		newFigure("dpp_books_discrepancies", "Accounts that do not add up, or hold something else than their open runs say. Must be 0.",
			func(s *summed) float64 { return float64(s.Discrepancies) }),
		newFigure("dpp_books_checked_timestamp_seconds", "When the sums were made and every account compared with its open runs, in seconds since 1970.",
			func(s *summed) float64 { return float64(s.at.Unix()) }),
	}
}

// Describe implements [prometheus.Collector].
func (b *Books) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range figures() {
		descs <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (b *Books) Collect(metrics chan<- prometheus.Metric) {
	last := b.last.Load()
	if last == nil {
		return
	}
	for _, f := range figures() {
		metrics <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, f.of(last))
	}
}
