package decisionpack

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack/packtest"
)

// drawTable makes a decision with whole values that the drawn rule accepts,
// costs and equal rows among them.
func drawTable(t *rapid.T, among ...method) table {
	m := rapid.SampledFrom(among).Draw(t, "method")
	norms := slices.DeleteFunc(normalizations(), func(n normalization) bool { _, ok := newRule(m, n).combines(); return !ok })
	b := table{rule: newRule(m, rapid.SampledFrom(norms).Draw(t, "normalization"))}
	criteria := rapid.IntRange(1, 6).Draw(t, "criteria")
	least := -50
	if !b.rule.accepts(-1, false) || !b.rule.accepts(0, true) {
		least = 1
	}
	for range rapid.IntRange(1, 8).Draw(t, "alternatives") {
		row := make([]float64, criteria)
		for j := range row {
			row[j] = float64(rapid.IntRange(least, 50).Draw(t, "value"))
		}
		b.rows = append(b.rows, row)
	}
	for j := range criteria {
		b.weights = append(b.weights, float64(rapid.IntRange(1, 9).Draw(t, "weight")))
		if rapid.Bool().Draw(t, "minimise") {
			b.minimised = append(b.minimised, j)
		}
	}
	return b
}

func alike(a, b, within float64) bool {
	return math.Abs(a-b) <= within*max(1, math.Abs(a), math.Abs(b))
}

// TestScaleInvariance: the units of a criterion change no score of vector TOPSIS.
func TestScaleInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, topsis)
		b.rule.by = vector
		p := b.problem(t, nil)
		before := judge(p, p.rule).score
		for j := range p.criteria {
			unit := rapid.Float64Range(1e-6, 1e6).Draw(t, "unit")
			for i := range p.column(j) {
				p.column(j)[i] *= unit
			}
		}
		for i, after := range judge(p, p.rule).score {
			if !alike(before[i], after, 1e-9) {
				t.Fatalf("score %v became %v", before[i], after)
			}
		}
	})
}

// TestWeightScale: only the proportions of the weights count.
func TestWeightScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		before := b.problem(t, nil)
		for j := range b.weights {
			b.weights[j] *= 7
		}
		after := b.problem(t, nil)
		a, c := judge(before, before.rule), judge(after, after.rule)
		for i := range a.score {
			if !alike(a.score[i], c.score[i], 1e-12) {
				t.Fatalf("score %v became %v", a.score[i], c.score[i])
			}
		}
	})
}

// TestPermutation: the order in which alternatives and criteria are given moves
// no score and no rank.
func TestPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		rows := rapid.Permutation(upTo(len(b.rows))).Draw(t, "rows")
		columns := rapid.Permutation(upTo(len(b.weights))).Draw(t, "columns")
		moved := table{rule: b.rule}
		for _, i := range rows {
			var row []float64
			for _, j := range columns {
				row = append(row, b.rows[i][j])
			}
			moved.rows = append(moved.rows, row)
		}
		for k, j := range columns {
			moved.weights = append(moved.weights, b.weights[j])
			if slices.Contains(b.minimised, j) {
				moved.minimised = append(moved.minimised, k)
			}
		}
		before, after := standings(t, b), standings(t, moved)
		for k, i := range rows {
			if !alike(before.score[i], after.score[k], 1e-9) || rankOf(before, i) != rankOf(after, k) {
				t.Fatalf("score %v rank %d became score %v rank %d", before.score[i], rankOf(before, i), after.score[k], rankOf(after, k))
			}
		}
	})
}

func standings(t *rapid.T, b table) *standing {
	p := b.problem(t, nil)
	return judge(p, p.rule)
}

func rankOf(s *standing, alternative int) int { return s.rank[slices.Index(s.order, alternative)] }

// TestDominatedNeverWins: where every weight is above zero, what another
// alternative dominates is behind it by every method but TOPSIS, whose ideal may be
// nearer to it; and there is always one that is not dominated.
func TestDominatedNeverWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTable(t, weightedSum, weightedProduct, vikor, promethee2, ahp).problem(t, nil)
		s := judge(p, p.rule)
		weak := dominated(p)
		if slices.Contains(weak, s.winner()) {
			t.Fatalf("the winner %d is dominated: %v", s.winner(), p.values)
		}
		if best := front(p, weak); len(best) == 0 || len(best)+len(weak) != len(p.names) {
			t.Fatalf("front %v, dominated %v", best, weak)
		}
	})
}

// TestMonotony: who gets better by one criterion, and changes no range by that, is
// not overtaken by anybody.
func TestMonotony(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		b.rule.by = newRule(b.rule.method, "").by
		if b.rule.method == topsis {
			b.rule.by = none
		}
		least, most := make([]float64, len(b.weights)), make([]float64, len(b.weights))
		for j := range b.weights { // two more that are the best and the worst of all
			least[j], most[j] = 1, 60
		}
		for i := range b.rows {
			for j, x := range b.rows[i] {
				b.rows[i][j] = max(x, 1)
			}
		}
		b.rows = append(b.rows, least, most)
		i := rapid.IntRange(0, len(b.rows)-3).Draw(t, "who")
		j := rapid.IntRange(0, len(b.weights)-1).Draw(t, "by")
		before := standings(t, b)
		if slices.Contains(b.minimised, j) {
			b.rows[i][j] = float64(rapid.IntRange(1, int(b.rows[i][j])).Draw(t, "to"))
		} else {
			b.rows[i][j] = float64(rapid.IntRange(int(b.rows[i][j]), 60).Draw(t, "to"))
		}
		after := standings(t, b)
		for k := range b.rows {
			if k != i && before.score[k] < before.score[i]-1e-9 && after.score[k] > after.score[i]+1e-9 && b.rule.method != ahp && b.rule.method != vikor {
				t.Fatalf("%d overtook %d, which got better", k, i)
			}
		}
		if b.rule.method != vikor && after.score[i] < before.score[i]-1e-9 {
			t.Fatalf("score %v became %v", before.score[i], after.score[i])
		}
	})
}

// TestUnitsOfValues: neither do units change what other methods say that compare
// ratios or ranges.
func TestUnitsOfValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, weightedProduct, vikor, promethee2, ahp)
		p := b.problem(t, nil)
		before := judge(p, p.rule).meanRanks()
		for j := range p.criteria {
			unit := float64(rapid.SampledFrom([]int{1, 2, 64, 1024}).Draw(t, "unit"))
			for i := range p.column(j) {
				p.column(j)[i] *= unit
			}
		}
		if after := judge(p, p.rule).meanRanks(); !slices.Equal(before, after) {
			t.Fatalf("%s: ranks %v became %v", b.rule.method, before, after)
		}
	})
}

// TestProbabilities: each alternative has some rank in every draw, and each rank
// some alternative; the same seed gives the same bytes.
func TestProbabilities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		inputs := b.inputs(t, map[string]any{
			"draws": rapid.IntRange(1, 600).Draw(t, "draws"), "seed": rapid.Int64Range(0, 1<<53-1).Draw(t, "seed"),
			"uncertainty": map[string]any{
				"weights": rapid.Float64Range(0, 1).Draw(t, "weights"), "values": rapid.SampledFrom([]float64{0, .1, 1}).Draw(t, "values"),
			},
		})
		found, _ := run(t, inputs)
		n := len(found.Ranking)
		byRank := make([]float64, n)
		for _, line := range found.Stability.RankProbabilities {
			if total := sum(line.Probabilities); !alike(total, 1, 1e-9) {
				t.Fatalf("the ranks of %s have probabilities that sum to %v", line.Name, total)
			}
			for k, x := range line.Probabilities {
				byRank[k] += x
			}
		}
		for k, total := range byRank {
			if !alike(total, 1, 1e-9) {
				t.Fatalf("rank %d has probabilities that sum to %v", k+1, total)
			}
		}
		if p := *found.Stability.WinnerProbability; p != found.Stability.RankProbabilities[0].Probabilities[0] {
			t.Fatalf("winner_probability %v differs from its rank probabilities", p)
		}
		again, _ := run(t, inputs)
		if a, c := string(packtest.JSON(t, found)), string(packtest.JSON(t, again)); a != c {
			t.Fatalf("the same seed gave\n%s\n%s", a, c)
		}
	})
}
