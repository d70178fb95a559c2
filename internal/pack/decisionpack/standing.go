package decisionpack

import (
	"math"
	"slices"
)

// standing is how the alternatives of a problem stand by a rule.
type standing struct {
	rule       rule
	gain, lack []float64 // parts, column by column; see rule
	down, up   []float64 // sums of gain and of lack under the weights
	score      []float64 // comparable, see rule.shown
	tie        float64   // scores that are no further apart are equal
	order      []int     // alternatives best first; ties in input order
	rank       []int     // by position in order, from 1; ties share one
}

// judge ranks the alternatives of a problem by a rule.
func judge(p *problem, r rule) *standing { return p.judge(r, p.values) }

// judge ranks the alternatives by a rule as if they had these values.
func (p *problem) judge(r rule, values []float64) *standing {
	n, cells := len(p.names), len(values)
	r.space = newSpace(len(p.weights), n)
	s := &standing{rule: r, gain: make([]float64, cells), lack: make([]float64, cells)}
	for j := range p.weights {
		own := func(all []float64) []float64 { return all[j*n : (j+1)*n] }
		r.parts(own(s.gain), own(s.lack), own(values), j, p.minimise[j])
	}
	return s.under(p.weights)
}

// under ranks by the same parts and other weights.
func (s *standing) under(weights []float64) *standing {
	n := len(s.gain) / len(weights)
	w := &standing{
		rule: s.rule, gain: s.gain, lack: s.lack, down: make([]float64, n), up: make([]float64, n),
		score: make([]float64, n), order: make([]int, n), rank: make([]int, n),
	}
	gross := make([]float64, n)
	for j, weight := range weights {
		gain, lack := s.gain[j*n:(j+1)*n], s.lack[j*n:(j+1)*n]
		w.rule.add(w.down, w.up, gain, lack, w.rule.factor(weight))
		if w.rule.method == promethee2 { // the negative flows are told
			accumulate(w.up, lack, weight)
		}
		for i, x := range gain {
			gross[i] += math.Abs(float64(weight * x))
		}
	}
	w.rule.score(w.score, w.down, w.up)
	w.tie = w.rule.tie(slices.Max(gross))
	w.setOrder()
	return w
}

// tie is the width of a tie between scores whose parts add up to gross.
func (r rule) tie(gross float64) float64 {
	if !r.linear() {
		return tieShare // the closeness and Q lie between 0 and 1
	}
	return float64(tieShare * gross)
}

func (s *standing) setOrder() {
	for i := range s.order {
		s.order[i] = i
	}
	sortByScore(s.order, s.score)
	for start := 0; start < len(s.order); {
		end := tieEnd(s.order, s.score, start, s.tie)
		slices.Sort(s.order[start:end])
		for k := start; k < end; k++ {
			s.rank[k] = start + 1
		}
		start = end
	}
}

// winner is the best alternative, on a tie the first in input order.
func (s *standing) winner() int { return s.order[0] }

// tied are the alternatives that share the first rank with the winner.
func (s *standing) tied() []int {
	end := 1
	for end < len(s.rank) && s.rank[end] == 1 {
		end++
	}
	return s.order[1:end]
}

// contribution is what criterion j adds to the score of alternative i under a
// weight; for VIKOR, to its S. In TOPSIS nothing adds up to the closeness: it is
// shared out in the proportions of the squared distance from the anti-ideal, and by
// weight where an alternative is the ideal and the anti-ideal at once.
func (s *standing) contribution(i, j int, weight float64) float64 {
	part := s.gain[j*len(s.score)+i]
	switch {
	case s.rule.method != topsis:
		return weight * part
	case s.down[i] > 0:
		return s.score[i] * (s.rule.factor(weight) * part / s.down[i])
	default:
		return s.score[i] * weight
	}
}

// dominated are the alternatives, in input order, that another one equals or
// beats in every criterion with a weight, and beats in at least one.
func dominated(p *problem) []int {
	var found []int
	for i := range p.names {
		for k := range p.names {
			if k != i && p.dominates(k, i) {
				found = append(found, i)
				break
			}
		}
	}
	return found
}

func (p *problem) dominates(a, b int) bool {
	better := false
	for j, weight := range p.weights {
		x, y := p.column(j)[a], p.column(j)[b]
		if p.minimise[j] {
			x, y = y, x
		}
		if weight == 0 || x == y {
			continue
		}
		if x < y {
			return false
		}
		better = true
	}
	return better
}

// front are the alternatives, in input order, that no other one dominates.
func front(p *problem, dominated []int) []int {
	var left []int
	for i := range p.names {
		if !slices.Contains(dominated, i) {
			left = append(left, i)
		}
	}
	return left
}
