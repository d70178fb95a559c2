package evalpack

import (
	"fmt"
	"iter"

	"github.com/go-json-experiment/json"

	"dpp/internal/chart"
	"dpp/internal/pack"
)

const svg = "image/svg+xml"

// charts are drawings of the values with their intervals, of the differences to the
// baseline, and of the calibration where a metric tells of it.
func (d *data) charts() []pack.Artifact {
	var list []pack.Artifact
	for k, unit := range d.units() {
		name := artifactChart
		if k > 0 { // another scale has another drawing
			name = fmt.Sprintf("metrics-%d.svg", k+1)
		}
		list = append(list, pack.Artifact{Name: name, MediaType: svg, Content: d.drawValues(unit)})
	}
	if bars := d.differences(); len(bars.Rows) > 0 {
		list = append(list, pack.Artifact{Name: artifactCompare, MediaType: svg, Content: bars.SVG()})
	}
	for i, m := range d.Metrics {
		if bins := m.bins(); len(bins) > 0 {
			drawing := chart.Calibration{Bins: bins, Caption: chart.Caption{
				Title: "Calibration", Text: "Observed frequency against predicted probability, by bin of " + m.Label + ".",
			}}
			list = append(list, pack.Artifact{Name: fmt.Sprintf("calibration-%d.svg", i), MediaType: svg, Content: drawing.SVG()})
		}
	}
	return list
}

// chartNames are those of drawings.
func chartNames(artifacts []pack.Artifact) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range artifacts {
			if !yield(a.Name) {
				return
			}
		}
	}
}

// units are the units of the metrics, in the order in which they first occur.
func (d *data) units() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range d.Metrics {
		if unit := m.Scale.Unit; m.Value != nil && !seen[unit] {
			seen[unit] = true
			list = append(list, unit)
		}
	}
	return list
}

func (d *data) drawValues(unit string) []byte {
	bars := chart.Bars{Axis: unit, Caption: chart.Caption{
		Title: "Metrics", Text: "The value of each metric with its 95% bootstrap interval, and of its groups.",
	}}
	for _, m := range d.Metrics {
		if m.Scale.Unit != unit || m.Value == nil {
			continue
		}
		bars.Rows = append(bars.Rows, bar(m.Label, *m.Value, m.CI95))
		for _, g := range m.Groups {
			if g.Value != nil {
				bars.Rows = append(bars.Rows, bar("· "+g.Group, *g.Value, g.CI95))
			}
		}
	}
	return bars.SVG()
}

func (d *data) differences() chart.Bars {
	bars := chart.Bars{Dots: true, Axis: "system minus baseline", Caption: chart.Caption{
		Title: "Against the baseline", Text: "The difference of each metric with its 95% interval from the paired bootstrap, each in its own unit.",
	}}
	for _, m := range d.Metrics {
		if c := m.Comparison; c != nil && c.Difference != nil {
			bars.Rows = append(bars.Rows, bar(m.Label, *c.Difference, c.CI95))
		}
	}
	return bars
}

func bar(label string, value float64, ci *pair) chart.Bar {
	b := chart.Bar{Label: label, Value: value}
	if ci != nil {
		b.Low, b.High, b.Interval = ci[0], ci[1], true
	}
	return b
}

// bins are those of a reliability diagram, where the metric's detail has one.
func (m *result) bins() []chart.Bin {
	var detail struct {
		Bins []struct {
			Predicted float64 `json:"mean_probability"`
			Observed  float64 `json:"share_right"`
			Rows      float64 `json:"rows"`
		} `json:"bins"`
	}
	if m.Detail == nil || json.Unmarshal(m.Detail, &detail) != nil {
		return nil
	}
	var bins []chart.Bin
	for _, b := range detail.Bins {
		if b.Rows >= 1 && b.Rows <= maxRows {
			bins = append(bins, chart.Bin{Predicted: b.Predicted, Observed: b.Observed, Count: int64(b.Rows)})
		}
	}
	return bins
}
