package decisionpack

import (
	"math"
	"testing"
)

// TestNormalise: the formulas on one column, worked out by hand.
func TestNormalise(t *testing.T) {
	values := []float64{1, 2, 4}
	length := math.Sqrt(21)
	for _, c := range []struct {
		by       normalization
		minimise bool
		want     [3]float64
	}{
		{vector, false, [3]float64{1 / length, 2 / length, 4 / length}},
		{vector, true, [3]float64{1 - 1/length, 1 - 2/length, 1 - 4/length}},
		{minmax, false, [3]float64{0, 1. / 3, 1}},
		{minmax, true, [3]float64{1, 2. / 3, 0}},
		{byMax, false, [3]float64{.25, .5, 1}},
		{byMax, true, [3]float64{.75, .5, 0}},
		{bySum, false, [3]float64{1. / 7, 2. / 7, 4. / 7}},
		{bySum, true, [3]float64{4. / 7, 2. / 7, 1. / 7}},
		{none, false, [3]float64{1, 2, 4}},
		{none, true, [3]float64{-1, -2, -4}},
	} {
		got := make([]float64, 3)
		normalise(got, values, c.by, c.minimise)
		near(t, string(c.by), got, c.want[:])
	}
}

// TestRatios: a weighted product inverts what is better small, and no
// normalization changes the quotients.
func TestRatios(t *testing.T) {
	for _, by := range []normalization{vector, byMax, bySum, none} {
		got := make([]float64, 3)
		ratios(got, []float64{1, 2, 4}, by, true)
		near(t, string(by), []float64{got[0] / got[1], got[1] / got[2]}, []float64{2, 2})
	}
	got := make([]float64, 3)
	ratios(got, []float64{1, 2, 4}, byMax, true)
	near(t, "max of the reciprocals", got, []float64{1, .5, .25})
}

// TestConstantColumns: a criterion that tells nothing apart stays finite.
func TestConstantColumns(t *testing.T) {
	for _, by := range []normalization{vector, minmax, byMax, bySum, none} {
		for _, minimise := range []bool{false, true} {
			for _, x := range []float64{0, 3} {
				if by == bySum && minimise && x == 0 {
					continue // refused with the inputs
				}
				got := make([]float64, 2)
				normalise(got, []float64{x, x}, by, minimise)
				if got[0] != got[1] || math.IsNaN(got[0]) || math.IsInf(got[0], 0) {
					t.Errorf("%s of equal values %v: %v", by, x, got)
				}
			}
		}
	}
}

func TestCloseness(t *testing.T) {
	for _, c := range []struct{ gain, lack, want float64 }{
		{0, 4, 0}, {4, 0, 1}, {0, 0, 1}, {9, 9, .5}, {1, 9, .25},
	} {
		if got := closeness(c.gain, c.lack); got != c.want {
			t.Errorf("closeness(%v, %v) = %v, want %v", c.gain, c.lack, got, c.want)
		}
	}
}

// TestWeightedProduct: the score is the product of powers, costs by their reciprocal.
func TestWeightedProduct(t *testing.T) {
	p := table{rows: [][]float64{{16, 4}, {1, 1}}, weights: []float64{3, 1}, minimised: []int{1}, rule: newRule(weightedProduct, none)}.problem(t, nil)
	s := judge(p, p.rule)
	near(t, "score", []float64{s.rule.shown(s.score[0]), s.rule.shown(s.score[1])}, []float64{8 / math.Sqrt2, 1})
}

// TestMinimisingEqualsReversing: TOPSIS by distance does not care which way a
// column points once it is turned.
func TestMinimisingEqualsReversing(t *testing.T) {
	for _, by := range []normalization{vector, minmax, none} {
		cost := table{rows: [][]float64{{3, 5}, {4, 2}, {6, 7}}, weights: []float64{1, 2}, minimised: []int{1}, rule: newRule(topsis, by)}.problem(t, nil)
		negated := table{rows: [][]float64{{3, -5}, {4, -2}, {6, -7}}, weights: []float64{1, 2}, rule: newRule(topsis, by)}.problem(t, nil)
		near(t, string(by), judge(cost, cost.rule).score, judge(negated, negated.rule).score)
	}
}

func near(t *testing.T, name string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, want)
			return
		}
	}
}
