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
	for _, m := range methods() {
		b.Run(string(m), func(b *testing.B) {
			p := randomProblem(200, 100, 0, newRule(m, ""))
			s := judge(p, p.rule)
			for b.Loop() {
				if _, err := s.flips(b.Context(), p.weights); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkJudgements is what incomplete judgements about fifty things take, as a
// submit has to.
func BenchmarkJudgements(b *testing.B) {
	source := rand.New(rand.NewPCG(1, 2))
	m := make([][]float64, maxJudged)
	for i := range m {
		m[i] = make([]float64, maxJudged)
		m[i][i] = 1
	}
	for i := range m {
		for k := range i {
			if k == i-1 || source.IntN(10) == 0 {
				m[i][k] = 1 + 8*source.Float64()
				m[k][i] = 1 / m[i][k]
			}
		}
	}
	for b.Loop() {
		weigh(m, false)
	}
}
