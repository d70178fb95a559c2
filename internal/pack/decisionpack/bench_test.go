package decisionpack

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// randomProblem is a decision of a given size with values from 1 to 10.
func randomProblem(alternatives, criteria, draws int, r rule) *problem {
	source := rand.New(rand.NewPCG(1, 2))
	p := &problem{rule: r, draws: draws, weightSize: 0.2, filled: make([]int, criteria), missing: missingError}
	for i := range alternatives {
		p.names = append(p.names, fmt.Sprintf("a%d", i))
	}
	for j := range criteria {
		p.criteria = append(p.criteria, fmt.Sprintf("c%d", j))
		p.weights = append(p.weights, 1/float64(criteria))
		p.minimise = append(p.minimise, j%2 == 1)
		for range alternatives {
			p.values = append(p.values, 1+9*source.Float64())
		}
	}
	return p
}

func BenchmarkDraws(b *testing.B) {
	sizes := []struct{ alternatives, criteria int }{{4, 3}, {100, 50}}
	for _, m := range methods() {
		for _, moved := range []float64{0, 0.1} {
			for _, size := range sizes {
				b.Run(fmt.Sprintf("%s/values=%g/%dx%dx10000", m, moved, size.alternatives, size.criteria), func(b *testing.B) {
					p := randomProblem(size.alternatives, size.criteria, 10_000, newRule(m, ""))
					p.valueSize = moved
					s := newSampler(p, judge(p, p.rule), nil)
					b.ReportAllocs()
					for b.Loop() {
						for s.done = 0; s.done < p.draws; {
							s.advance(drawsPerStream)
						}
					}
				})
			}
		}
	}
}

func BenchmarkFlips(b *testing.B) {
	p := randomProblem(200, 100, 0, newRule(topsis, ""))
	s := judge(p, p.rule)
	for b.Loop() {
		s.flips(p.weights)
	}
}
