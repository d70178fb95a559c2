package decisionpack

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/number"
	"dpp/internal/pack/packtest"
)

// TestDrawsAgainstPlainSimulation perturbs the problem itself with the same
// random numbers, ranks it the ordinary way, and must count the same ranks.
func TestDrawsAgainstPlainSimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTable(t, methods()...).problem(t, map[string]any{"draws": 300, "seed": 7})
		p.weightSize = rapid.SampledFrom([]float64{0, .2, 1}).Draw(t, "weights")
		p.valueSize = rapid.SampledFrom([]float64{0, .05, .5}).Draw(t, "values")
		s := newSampler(p, judge(p, p.rule), nil)
		s.advance(100)
		s.advance(150)
		s.advance(50)
		for cell, want := range plainCounts(p) {
			if !alike(s.counts[cell], want, 1e-9) {
				t.Fatalf("counts %v, plainly %v", s.counts, plainCounts(p))
			}
		}
	})
}

func plainCounts(p *problem) []float64 {
	n := len(p.names)
	counts := make([]float64, n*n)
	var source *rand.PCG
	for draw := range p.draws {
		if draw%drawsPerStream == 0 {
			source = rand.NewPCG(number.Stream(p.seed, uint64(draw/drawsPerStream)))
		}
		s := judge(perturbed(p, source), p.rule)
		for k, rank := range s.rank {
			tied := 0
			for _, other := range s.rank {
				if other == rank {
					tied++
				}
			}
			for r := rank - 1; r < rank-1+tied; r++ {
				counts[s.order[k]*n+r] += 1 / float64(tied)
			}
		}
	}
	return counts
}

func perturbed(p *problem, source *rand.PCG) *problem {
	changed := *p
	changed.weights, changed.values = nil, nil
	factor := func(size float64) float64 {
		unit := (float64(source.Uint64()>>11) + 0.5) / (1 << 53)
		return 1 + size*(2*unit-1)
	}
	for j, w := range p.weights {
		changed.weights = append(changed.weights, w*factor(p.weightSize))
		for _, x := range p.column(j) {
			if p.valueSize > 0 {
				x *= factor(p.valueSize)
			}
			changed.values = append(changed.values, x)
		}
	}
	total := sum(changed.weights)
	for j := range changed.weights {
		changed.weights[j] /= total
	}
	return &changed
}

// TestKnownProbability: A leads where 0.55(1+0.2a) > 0.45(1+0.2b), for a and b
// uniform between -1 and 1. It loses in a triangle with legs 10/11 and 10/9 of
// a square with area 4: the probability is 1 - 50/99/4.
func TestKnownProbability(t *testing.T) {
	b := table{rows: [][]float64{{1, 0}, {0, 1}}, weights: []float64{.55, .45}, rule: newRule(weightedSum, none)}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 100_000, "seed": 3}))
	want := 1 - 50./99/4
	deviation := math.Sqrt(want * (1 - want) / 100_000)
	if got := *found.Stability.WinnerProbability; math.Abs(got-want) > 4*deviation {
		t.Errorf("probability %v, want %v within %v", got, want, 4*deviation)
	}
	if got := *found.Stability.StandardError; math.Abs(got-deviation) > deviation/10 {
		t.Errorf("standard error %v, want about %v", got, deviation)
	}
}

// TestNothingUncertain: without perturbation the draws repeat the ranking, and
// ties are shared out equally.
func TestNothingUncertain(t *testing.T) {
	b := table{rows: [][]float64{{1, 2}, {2, 1}, {0, 0}}, weights: []float64{1, 1}, rule: newRule(weightedSum, none)}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 40, "uncertainty": map[string]any{"weights": 0}}))
	for k, want := range [][]float64{{.5, .5, 0}, {.5, .5, 0}, {0, 0, 1}} {
		near(t, found.Stability.RankProbabilities[k].Name, found.Stability.RankProbabilities[k].Probabilities, want)
	}
}

// TestPinnedDraws: a seed means the same numbers for as long as the pack has
// this version, on every machine.
func TestPinnedDraws(t *testing.T) {
	for _, c := range []struct {
		seed int
		want float64
	}{{0, .7702}, {1, .7697}} {
		b := tzengHuang()
		found, _ := run(t, b.inputs(t, map[string]any{"seed": c.seed, "uncertainty": map[string]any{"weights": .5, "values": .1}}))
		if got := *found.Stability.WinnerProbability; got != c.want {
			t.Errorf("seed %d: winner_probability %v, was %v", c.seed, got, c.want)
		}
	}
}

// TestExtremeNumbers: no allowed number leads to one that JSON cannot hold.
func TestExtremeNumbers(t *testing.T) {
	extremes := []float64{1e15, 1e-15, 1, 0, -1e-15, -1e15}
	for _, m := range methods() {
		for _, by := range normalizations() {
			for _, minimised := range [][]int{nil, {0}} {
				b := table{weights: []float64{1e15, 1e-15, 0}, minimised: minimised, rule: newRule(m, by)}
				for _, x := range extremes {
					if b.rule.accepts(x, true) && b.rule.accepts(x, false) {
						b.rows = append(b.rows, []float64{x, 1, x})
					}
				}
				if _, ok := b.rule.combines(); !ok {
					continue
				}
				found, _ := run(t, b.inputs(t, map[string]any{"draws": 100, "uncertainty": map[string]any{"weights": 1, "values": 1}}))
				packtest.JSON(t, found) // fails on NaN and infinities
			}
		}
	}
}
