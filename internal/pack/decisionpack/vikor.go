package decisionpack

// regret writes, for each value, which share of the range is missing to the best:
// 0 for the best, 1 for the worst, and 0 for all where nothing tells them apart.
func regret(dst, values []float64, minimise bool) {
	least, most := span(values)
	width := most - least
	for i, x := range values {
		switch {
		case width == 0:
			dst[i] = 0
		case minimise:
			dst[i] = (x - least) / width
		default:
			dst[i] = (most - x) / width
		}
	}
}

// compromise writes -Q of VIKOR, from the sums of the weighted regrets (S) and the
// largest of them (R). A part that tells nothing apart counts nothing.
func (r rule) compromise(score, group, worst []float64) {
	s, width := rangeOf(group)
	t, height := rangeOf(worst)
	for i := range score {
		var q float64
		if width > 0 {
			q = float64(r.v * ((group[i] - s) / width))
		}
		if height > 0 {
			q += float64((1 - r.v) * ((worst[i] - t) / height))
		}
		score[i] = -q
	}
}

// rangeOf is the least of some sums and the width of their range, 0 where that is
// no more than an error of rounding.
func rangeOf(sums []float64) (least, width float64) {
	least, most := span(sums)
	if width = most - least; width <= float64(tieShare*most) {
		width = 0
	}
	return least, width
}

// compromised is what VIKOR says of its best alternative.
type compromised struct {
	V float64 `json:"v"`
	// Advantage: the second is at least DQ = 1/(n-1) behind (condition C1).
	DQ        float64 `json:"dq"`
	Advantage bool    `json:"acceptable_advantage"`
	// Stability: the best leads by S or by R, too (condition C2).
	Stability    bool       `json:"acceptable_stability"`
	Compromise   []string   `json:"compromise"`
	Alternatives []regretOf `json:"alternatives"`
}

type regretOf struct {
	Name string  `json:"name"`
	S    float64 `json:"s"`
	R    float64 `json:"r"`
	Q    float64 `json:"q"`
}

// compromiseOf applies the two conditions of Opricovic and Tzeng (2004).
func compromiseOf(p *problem, s *standing) *compromised {
	c := &compromised{V: round(s.rule.v), Advantage: true}
	for _, i := range s.order {
		c.Alternatives = append(c.Alternatives, regretOf{Name: p.names[i], S: round(s.down[i]), R: round(s.up[i]), Q: round(s.rule.shown(s.score[i]))})
	}
	first := len(s.tied()) + 1
	best := s.score[s.winner()]
	end := first // of the order: those too near to the best
	if n := len(s.order); n > 1 {
		dq := 1 / float64(n-1)
		c.DQ = round(dq)
		for end < n && best-s.score[s.order[end]] < dq-s.tie {
			end++
		}
		c.Advantage = end == first
	}
	leastS, _ := span(s.down)
	leastR, _ := span(s.up)
	c.Stability = s.down[s.winner()] <= leastS+s.tie || s.up[s.winner()] <= leastR+s.tie
	if c.Advantage && !c.Stability { // the second rank, too
		for end < len(s.order) && s.rank[end] == s.rank[first] {
			end++
		}
	}
	c.Compromise = namesOf(p, s.order[:end])
	return c
}
