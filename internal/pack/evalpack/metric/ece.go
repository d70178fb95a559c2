package metric

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
)

// calibration is the expected calibration error (Naeini, Cooper and Hauskrecht, Obtaining Well
// Calibrated Probabilities Using Bayesian Binning, 2015): how far probabilities are from the
// share of rows that are right, by bin, weighted by rows. Of a row it keeps a probability and
// whether it was right: of a number that of the positive label, of an object that of its
// most probable label (Guo et al., On Calibration of Modern Neural Networks, 2017).
type calibration struct {
	binary binary
	Bins   int    `json:"bins"`
	Scheme string `json:"scheme"`
	Norm   string `json:"norm"`
	order  sharedOrder
}

func newECE(params jsontext.Value) (Metric, error) {
	p := struct {
		Positive jsontext.Value `json:"positive"`
		Bins     int            `json:"bins"`
		Scheme   string         `json:"scheme"`
		Norm     string         `json:"norm"`
	}{Bins: 10, Scheme: "width", Norm: "l1"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	b, err := newBinary(p.Positive)
	if err != nil {
		return nil, err
	}
	return &calibration{binary: b, Bins: p.Bins, Scheme: p.Scheme, Norm: p.Norm}, nil
}

func (c *calibration) Info() Info {
	return Info{
		Name: "ece", Signature: fmt.Sprintf("ece|positive:%s|bins:%d|scheme:%s|norm:%s|closed:right|version:%s", c.binary, c.Bins, c.Scheme, c.Norm, version),
		Low: 0, High: 1, HigherIsBetter: false, Unit: "fraction",
	}
}

func (c *calibration) Width() int { return 2 }

func (c *calibration) Observe(_ context.Context, row Row, into []float64) error {
	f, err := readForecast(row, c.binary)
	if err != nil {
		return err
	}
	into[0], into[1] = f.top, f.hit
	return nil
}

// Value is the mean distance of the bins weighted by their rows; with norm max, the largest.
func (c *calibration) Value(s Sample) (float64, bool) {
	sum, largest, rows := 0.0, 0.0, 0.0
	for _, b := range c.bins(s) {
		if b.rows == 0 {
			continue
		}
		gap := math.Abs(b.probability-b.right) / b.rows
		sum += float64(gap * b.rows)
		largest = max(largest, gap)
		rows += b.rows
	}
	switch {
	case rows == 0:
		return 0, false
	case c.Norm == "max":
		return largest, true
	default:
		return sum / rows, true
	}
}

// bin sums the rows whose probability is above low and at most high.
type bin struct{ low, high, probability, right, rows float64 }

func (c *calibration) bins(s Sample) []bin {
	edges := c.edges(s)
	bins := make([]bin, c.Bins)
	for i := range bins {
		bins[i].low, bins[i].high = edges[i], edges[i+1]
	}
	for row, times := range s.all() {
		i, _ := slices.BinarySearch(edges[1:c.Bins], row[0])
		n := float64(times)
		bins[i].probability += float64(n * row[0])
		bins[i].right += float64(n * row[1])
		bins[i].rows += n
	}
	return bins
}

// edges are those of bins of equal width, or between quantiles of the probabilities, with
// linear interpolation as NumPy's: bins of equal mass but for ties.
func (c *calibration) edges(s Sample) []float64 {
	edges := make([]float64, c.Bins+1)
	step := 1 / float64(c.Bins) // as NumPy computes them
	for i := range edges {
		edges[i] = float64(i) * step
	}
	edges[c.Bins] = 1
	if c.Scheme == "mass" {
		c.quantiles(s, edges)
	}
	return edges
}

// quantiles replaces shares of the rows by the probabilities there.
func (c *calibration) quantiles(s Sample, shares []float64) {
	order := c.order.of(s)
	rows := 0
	for _, i := range order {
		rows += s.times(int(i))
	}
	if rows == 0 {
		return
	}
	next, before := len(order)-1, 0 // rows before next, from the lowest
	value := func(rank int) float64 {
		for next > 0 && before+s.times(int(order[next])) <= rank {
			before += s.times(int(order[next]))
			next--
		}
		return s.row(int(order[next]))[0]
	}
	for i, share := range shares {
		at := share * float64(rows-1)
		whole := math.Floor(at)
		low := value(int(whole))
		keepNext, keepBefore := next, before
		high := value(min(int(whole)+1, rows-1))
		next, before = keepNext, keepBefore
		if at -= whole; at < 0.5 { // as NumPy rounds
			shares[i] = low + float64(at*(high-low))
		} else {
			shares[i] = high - float64((1-at)*(high-low))
		}
	}
}

// Detail is the table of reliability.
func (c *calibration) Detail(s Sample) any {
	type line struct {
		Low         float64 `json:"low"`
		High        float64 `json:"high"`
		Rows        float64 `json:"rows"`
		Probability float64 `json:"mean_probability"`
		Right       float64 `json:"share_right"`
	}
	var table struct {
		Bins []line `json:"bins"`
	}
	for _, b := range c.bins(s) {
		if b.rows > 0 {
			table.Bins = append(table.Bins, line{
				Low: number.Round(b.low), High: number.Round(b.high), Rows: b.rows,
				Probability: number.Round(b.probability / b.rows), Right: number.Round(b.right / b.rows),
			})
		}
	}
	slices.SortStableFunc(table.Bins, func(a, b line) int { return cmp.Compare(a.Low, b.Low) })
	return table
}
