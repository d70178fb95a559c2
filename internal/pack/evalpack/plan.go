package evalpack

import (
	"context"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
)

// Extra is a metric that this package does not have by itself, such as one that asks a
// service and costs more than the others.
type Extra struct {
	Entry metric.Entry
	// New makes the metric of parameters that satisfy the entry's schema. Meter counts
	// what the metric costs beside an evaluation; it is nil where inputs are only checked.
	// The error is a [*metric.ParamError].
	New func(params jsontext.Value, meter *pack.Meter) (metric.Metric, error)
	// Prices and Units are those that New's metrics meter by.
	Prices []dpp.Price
	Units  map[string]string
	// PerRow is what a row takes of those units: at least, probably, and at most. Nil: nothing.
	PerRow func(params jsontext.Value) (low, likely, high []pack.Quantity)
}

// Batcher is a metric that judges many rows at once, as one does that waits for a service:
// it is asked so instead of by Observe. Into has Width numbers for each row. It returns how
// many rows it judged, with an error for each (nil, or a [*metric.RowError]), and why it
// stopped before the last, such as [pack.ErrCostLimit] or ctx's error.
type Batcher interface {
	metric.Metric
	ObserveAll(ctx context.Context, rows []metric.Row, into []float64) (errs []error, stopped error)
}

// plan is a request that was found usable.
type plan struct {
	*request
	metrics []planned
}

// planned is a metric of a plan. New makes an instance of it, one for each system, as
// metrics keep what they saw.
type planned struct {
	name, label string
	params      jsontext.Value
	extra       *Extra
}

func (m *planned) make(meter *pack.Meter) (metric.Metric, error) {
	if m.extra != nil {
		return m.extra.New(m.params, meter)
	}
	return metric.New(m.name, m.params)
}

// plan decodes and checks inputs. Its error is a [*pack.InputError], or a fault of ours.
func (p *Pack) plan(raw jsontext.Value) (*plan, error) {
	req, err := read(raw)
	if err != nil {
		return nil, err
	}
	var found findings
	req.check(&found)
	made := &plan{request: req}
	for i, asked := range req.Metrics {
		m, err := p.metric(asked)
		var wrong *metric.ParamError
		switch {
		case errors.As(err, &wrong):
			found.add(at("metrics", i, "params")+wrong.Pointer, wrong.Code, wrong.Message, "")
		case errors.Is(err, metric.ErrUnknown):
			found.add(at("metrics", i, "name"), "not_allowed", "There is no such metric.", "")
		case err != nil:
			return nil, err
		case made.metric(m.label) != nil:
			found.add(at("metrics", i, "label"), "duplicate", "Another metric has this label already; without a label it is the metric's name.", "a label that no other metric has")
		}
		made.metrics = append(made.metrics, m)
	}
	made.checkAssertions(&found)
	return made, found.err()
}

// metric makes a metric once, to see that its parameters are usable.
func (p *Pack) metric(asked askedMetric) (planned, error) {
	m := planned{name: asked.Name, label: asked.Label, params: asked.Params, extra: p.extras[asked.Name]}
	if m.label == "" {
		m.label = m.name
	}
	_, err := m.make(nil)
	return m, err
}

func (p *plan) metric(label string) *planned {
	for i := range p.metrics {
		if p.metrics[i].label == label {
			return &p.metrics[i]
		}
	}
	return nil
}

// What an assertion may be on.
const (
	onValue          = "value"
	onLow            = "ci_low"
	onHigh           = "ci_high"
	onN              = "n"
	onDifference     = "difference"
	onDifferenceLow  = "difference_ci_low"
	onDifferenceHigh = "difference_ci_high"
	onP              = "p_value"
)

func (p *plan) checkAssertions(found *findings) {
	for i, a := range p.Assertions {
		if p.metric(a.Metric) == nil {
			found.add(at("assertions", i, "metric"), "not_allowed", "No metric has this label.", "the label of a metric, or its name where it has none")
		}
		if a.Group != "" && a.compares() {
			found.add(at("assertions", i, "group"), "not_allowed", "Systems are compared over all rows, not by group.", "")
		}
		if p.samples() == 0 && (strings.Contains(a.On, "ci_") || a.On == onP) {
			found.add(at("assertions", i, "on"), "not_allowed", "There are no intervals without bootstrap samples.", "")
		}
	}
}

// compares tells whether an assertion is about the comparison with the baseline.
func (a *assertion) compares() bool { return strings.HasPrefix(a.On, onDifference) || a.On == onP }

// systems counts for how many systems rows are judged: one, or with a baseline two.
func systems(r *record) int64 {
	if r.baseline != nil {
		return 2
	}
	return 1
}
