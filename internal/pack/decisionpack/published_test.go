package decisionpack

import (
	"math"
	"testing"
)

// TestPublishedScores compares with examples that their authors worked out.
func TestPublishedScores(t *testing.T) {
	triantaphyllou := [][]float64{{25, 20, 15, 30}, {10, 30, 20, 30}, {30, 10, 30, 10}}
	for _, c := range []struct {
		name   string
		source string
		table  table
		want   []float64
		within float64
	}{
		{
			name: "topsis", source: "Tzeng & Huang, Multiple Attribute Decision Making, CRC Press 2011",
			table: tzengHuang(), want: []float64{.5037, .6581, .7482, .3340}, within: 5e-5,
		},
		{
			name: "topsis with a cost", source: "Hwang & Yoon, Multiple Attribute Decision Making, Springer 1981: fighter aircraft",
			table: table{
				rows: [][]float64{
					{2.0, 1500, 20000, 5.5, 5, 9}, {2.5, 2700, 18000, 6.5, 3, 5}, {1.8, 2000, 21000, 4.5, 7, 7}, {2.2, 1800, 20000, 5.0, 5, 5},
				},
				weights: []float64{.2, .1, .1, .1, .2, .3}, minimised: []int{3}, rule: newRule(topsis, vector),
			},
			want: []float64{.643, .268, .613, .312}, within: 1e-3,
		},
		{
			name: "weighted sum", source: "Triantaphyllou, Multi-Criteria Decision Making Methods, Kluwer 2000",
			table: table{rows: triantaphyllou, weights: []float64{.20, .15, .40, .25}, rule: newRule(weightedSum, none)},
			want:  []float64{21.5, 22, 22}, within: 1e-9,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.table.problem(t, nil)
			s := judge(p, p.rule)
			for i, want := range c.want {
				if got := s.rule.shown(s.score[i]); math.Abs(got-want) > c.within {
					t.Errorf("%s: alternative %s scores %.6f, published %v", c.source, letter(i), got, want)
				}
			}
		})
	}
}

// TestPublishedRatios: Triantaphyllou (2000) compares the same alternatives
// pairwise by the weighted product.
func TestPublishedRatios(t *testing.T) {
	p := table{
		rows:    [][]float64{{25, 20, 15, 30}, {10, 30, 20, 30}, {30, 10, 30, 10}},
		weights: []float64{.20, .15, .40, .25}, rule: newRule(weightedProduct, none),
	}.problem(t, nil)
	s := judge(p, p.rule)
	for _, c := range []struct {
		a, b int
		want float64
	}{{0, 1, 1.007}, {0, 2, 1.067}, {1, 2, 1.059}} {
		if got := s.rule.shown(s.score[c.a]) / s.rule.shown(s.score[c.b]); math.Abs(got-c.want) > 6e-4 {
			t.Errorf("ratio of %s to %s is %.6f, published %v", letter(c.a), letter(c.b), got, c.want)
		}
	}
}
