package evalpack

import (
	"math"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
	"dpp/internal/pack/evalpack/metric"
)

// data is the envelope's data.
type data struct {
	Passed     bool           `json:"passed"`
	NotPassed  []string       `json:"not_passed_because"`
	Rows       rowCounts      `json:"rows"`
	Assertions []verdict      `json:"assertions"`
	Metrics    []*result      `json:"metrics"`
	Failed     []failure      `json:"rows_failed"`
	Worst      []worstRow     `json:"worst_rows"`
	Bootstrap  bootstrapFacts `json:"bootstrap"`
	File       *fileFacts     `json:"file,omitzero"`
}

// rowCounts count rows. Read are those that this run came to; failed are those of which
// at least one metric could not judge something.
type rowCounts struct {
	Read           int     `json:"read"`
	Skipped        int     `json:"skipped,omitzero"`
	Failed         int     `json:"failed"`
	FailedFraction float64 `json:"failed_fraction"`
	MaxFailed      float64 `json:"max_failed_fraction"`
	FailuresListed int     `json:"failures_listed"`
	Failures       int     `json:"failures"`
}

type bootstrapFacts struct {
	Samples    int     `json:"samples"`
	Drawn      int     `json:"drawn"`
	Seed       uint64  `json:"seed"`
	Confidence float64 `json:"confidence"`
}

// result is what one metric found.
type result struct {
	Name           string         `json:"name"`
	Label          string         `json:"label"`
	Value          *float64       `json:"value,omitzero"` // absent where there is none
	Scale          scale          `json:"scale"`
	HigherIsBetter bool           `json:"higher_is_better"`
	CI95           *pair          `json:"ci95,omitzero"`
	Interval       *interval      `json:"interval,omitzero"`
	N              int            `json:"n"`
	Signature      string         `json:"signature"`
	Comparison     *comparison    `json:"comparison,omitzero"`
	Groups         []groupResult  `json:"groups,omitempty"`
	Detail         jsontext.Value `json:"detail,omitzero"`
	DetailArtifact string         `json:"detail_artifact,omitzero"`

	spread *spread
}

// scale tells between which values a metric lies; an end is absent where nothing bounds it.
type scale struct {
	Low  *float64 `json:"low,omitzero"`
	High *float64 `json:"high,omitzero"`
	Unit string   `json:"unit"`
}

// pair is an interval as [low, high].
type pair [2]float64

// interval is one of another confidence than 95 %.
type interval struct {
	Confidence float64 `json:"confidence"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
}

// groupResult is a metric's value over the rows of a group.
type groupResult struct {
	Group string   `json:"group"`
	Value *float64 `json:"value,omitzero"`
	CI95  *pair    `json:"ci95,omitzero"`
	N     int      `json:"n"`

	spread *spread
}

// comparison is a metric's difference between the system and the baseline, over the rows
// that both were judged on.
type comparison struct {
	System     *float64 `json:"system,omitzero"`
	Baseline   *float64 `json:"baseline,omitzero"`
	Difference *float64 `json:"difference,omitzero"`
	CI95       *pair    `json:"ci95,omitzero"`
	P          *float64 `json:"p_value,omitzero"`
	Better     string   `json:"better"`
	N          int      `json:"n"`
	McNemar    *mcnemar `json:"mcnemar,omitzero"`

	spread *spread
}

// Who is better.
const (
	betterSystem   = "system"
	betterBaseline = "baseline"
	betterUnclear  = "unclear"
)

// shown is a number as results show it; nil where there is none.
func shown(x float64, ok bool) *float64 {
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	x = number.Round(x)
	return &x
}

// results makes the results of all metrics, but for what the samples tell: those are
// ordered from b.
func (r *run) results(b *bootstrap) []*result {
	list := make([]*result, len(r.systems))
	for i, w := range r.systems {
		info := w.metric.Info()
		m := &r.plan.metrics[i]
		found := &result{
			Name: m.name, Label: m.label, HigherIsBetter: info.HigherIsBetter, Signature: info.Signature, N: len(w.tally.rows),
			Scale: scale{Low: shown(info.Low, true), High: shown(info.High, true), Unit: info.Unit},
		}
		found.Value = shown(w.value())
		found.spread = b.want(job{tally: w.tally, rows: len(w.tally.rows)})
		found.Comparison = r.compare(w.tally, r.others[i].tally, b)
		found.Groups = r.slices(w.tally, b)
		list[i] = found
	}
	return list
}

// compare is nil where no row has a baseline.
func (r *run) compare(system, baseline *tally, b *bootstrap) *comparison {
	if len(baseline.rows) == 0 {
		return nil
	}
	both := job{tally: system, minus: baseline, rows: len(system.rows)}
	x, y := system, baseline
	if !slices.Equal(x.rows, y.rows) { // some rows were judged of one system alone
		x = system.only(baseline.rows)
		y = baseline.only(x.rows)
		both.among, both.rows = x.rows, len(x.rows)
	}
	c := &comparison{N: both.rows, Better: betterUnclear, McNemar: testMcNemar(x, y), spread: b.want(both)}
	mine, okMine := x.value()
	theirs, okTheirs := y.value()
	c.System, c.Baseline = shown(mine, okMine), shown(theirs, okTheirs)
	c.Difference = shown(mine-theirs, okMine && okTheirs)
	return c
}

func (r *run) slices(t *tally, b *bootstrap) []groupResult {
	var list []groupResult
	for _, name := range r.groups.names() {
		part := t.only(r.groups.rows[name])
		found := groupResult{Group: name, Value: shown(part.value()), N: len(part.rows)}
		found.spread = b.want(job{tally: t, among: part.rows, rows: len(part.rows)})
		list = append(list, found)
	}
	return list
}

// settle takes over what the samples tell.
func (m *result) settle(confidence float64) {
	m.CI95 = m.spread.ci95
	if ends := m.spread.other; ends != nil && confidence != defaultConfidence {
		m.Interval = &interval{Confidence: number.Round(confidence), Low: ends[0], High: ends[1]}
	}
	for i := range m.Groups {
		m.Groups[i].CI95 = m.Groups[i].spread.ci95
	}
	c := m.Comparison
	if c == nil {
		return
	}
	c.CI95, c.P = c.spread.ci95, c.spread.chance
	switch {
	case c.CI95 == nil, c.CI95[0] <= 0 && c.CI95[1] >= 0:
	case (c.CI95[0] > 0) == m.HigherIsBetter:
		c.Better = betterSystem
	default:
		c.Better = betterBaseline
	}
}

// detail is what a metric has to say beside its value; nil for nothing.
func (t *tally) detail() (jsontext.Value, error) {
	detailer, ok := t.metric.(metric.Detailer)
	if !ok || len(t.rows) == 0 {
		return nil, nil
	}
	said := detailer.Detail(t.all())
	if said == nil {
		return nil, nil
	}
	return json.Marshal(said, json.Deterministic(true))
}
