package decisionpack

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTies: equal alternatives share a rank and stand in input order, and the
// scores they show are equal.
func TestTies(t *testing.T) {
	// B and C are worth 22 each in Triantaphyllou's example, by different sums.
	b := table{
		rows:    [][]float64{{25, 20, 15, 30}, {10, 30, 20, 30}, {30, 10, 30, 10}, {10, 30, 20, 30}},
		weights: []float64{.20, .15, .40, .25}, rule: newRule(weightedSum, none),
	}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
	if found.Winner != "B" || !slices.Equal(found.TiedWith, []string{"C", "D"}) {
		t.Errorf("winner %s tied with %v", found.Winner, found.TiedWith)
	}
	for k, want := range []ranked{{Name: "B", Rank: 1, Score: 22}, {Name: "C", Rank: 1, Score: 22}, {Name: "D", Rank: 1, Score: 22}, {Name: "A", Rank: 4, Score: 21.5}} {
		got := found.Ranking[k]
		if got.Name != want.Name || got.Rank != want.Rank || got.Score != want.Score {
			t.Errorf("position %d: %+v, want %+v", k, got, want)
		}
	}
	if m := found.Ranking[2].Margin; m == nil || *m != .5 || *found.Ranking[0].Margin != 0 || found.Ranking[3].Margin != nil {
		t.Errorf("margins of %+v", found.Ranking)
	}
}

// TestTiesAcrossRounding: 0.2 + 0.3 + 0.1 and 0.1 + 0.2 + 0.3 differ in the last
// bit as they are added, and are a tie all the same, led by the first.
func TestTiesAcrossRounding(t *testing.T) {
	b := table{rows: [][]float64{{.2, .3, .1}, {.1, .2, .3}}, weights: []float64{1, 1, 1}, rule: newRule(weightedSum, none)}
	p := b.problem(t, nil)
	if s := judge(p, p.rule); s.score[0] >= s.score[1] {
		t.Fatalf("scores %v do not differ as the test needs", s.score)
	}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 10, "uncertainty": map[string]any{"weights": 0}}))
	if found.Winner != "A" || !slices.Equal(found.TiedWith, []string{"B"}) || *found.Stability.WinnerProbability != .5 {
		t.Errorf("winner %s tied with %v, probability %v", found.Winner, found.TiedWith, *found.Stability.WinnerProbability)
	}
}

// TestSortByScore: both ways of sorting give the one order there is.
func TestSortByScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score := rapid.SliceOfN(rapid.Float64Range(-2, 2), 1, 3*smallOrder).Draw(t, "score")
		for i := range score {
			if rapid.Bool().Draw(t, "whole") {
				score[i] = float64(int(score[i])) // many equal ones
			}
		}
		idx := make([]int, len(score))
		for i := range idx {
			idx[i] = i
		}
		idx = rapid.Permutation(idx).Draw(t, "from")
		sortByScore(idx, score)
		for k := 1; k < len(idx); k++ {
			a, b := idx[k-1], idx[k]
			if score[a] < score[b] || score[a] == score[b] && a >= b {
				t.Fatalf("%v of %v is out of order at %d", idx, score, k)
			}
		}
	})
}

// TestContributions: they add up to the score, in a weighted product to its
// logarithm, in VIKOR to S.
func TestContributions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTable(t, methods()...).problem(t, nil)
		s := judge(p, p.rule)
		for i := range p.names {
			var total float64
			for j, w := range p.weights {
				total += s.contribution(i, j, w)
			}
			want := s.score[i]
			if s.rule.method == vikor {
				want = s.down[i]
			}
			if !alike(total, want, 1e-9) {
				t.Fatalf("contributions to %v add up to %v", want, total)
			}
		}
	})
}

func TestDominated(t *testing.T) {
	b := table{
		rows:    [][]float64{{5, 1, 0}, {5, 2, 9}, {4, 1, 9}, {4, 2, 9}, {5, 1, 0}},
		weights: []float64{1, 1, 0}, minimised: []int{1}, rule: newRule(topsis, vector),
	}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
	if want := []string{"B", "C", "D"}; !slices.Equal(found.Dominated, want) {
		t.Errorf("dominated %v, want %v: equals do not dominate each other, and what weighs nothing does not count", found.Dominated, want)
	}
}

// TestAgreement: each method answers that can take the values, the chosen one
// with its own normalization.
func TestAgreement(t *testing.T) {
	b := table{rows: [][]float64{{5, 1}, {4, 2}}, weights: []float64{1, 2}, rule: newRule(weightedSum, byMax)}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
	want := []verdict{
		{topsis, vector, "B", 1},
		{weightedSum, byMax, "B", 1},
		{weightedProduct, none, "B", 1},
		{vikor, minmax, "B", 1},
		{promethee2, none, "B", 1},
		{ahp, bySum, "B", 1},
	}
	if !slices.Equal(found.Agreement, want) {
		t.Errorf("agreement %+v, want %+v", found.Agreement, want)
	}
	b.rows[0][1] = 0
	found, _ = run(t, b.inputs(t, map[string]any{"draws": 0}))
	want = slices.Delete(slices.Delete(want, 5, 6), 2, 3)
	if !slices.Equal(found.Agreement, want) {
		t.Errorf("with a zero: agreement %+v, want %+v", found.Agreement, want)
	}
}
