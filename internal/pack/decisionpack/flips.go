package decisionpack

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// flipGrid is how finely the weights that flip the winner are told: 1e-9.
const flipGrid = 1e9

// flip is the nearest weight of a criterion, on the grid, at which another
// alternative leads by more than a tie.
type flip struct {
	criterion int
	at        float64
	winner    int
}

// flips finds for every criterion the smallest change of its weight that flips
// the winner, nearest first; the error of ctx where that ends before.
func (s *standing) flips(ctx context.Context, weights []float64) ([]flip, error) {
	var found []flip
	for j := range weights {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if l := s.lever(j, weights); l != nil {
			if at, winner, ok := l.nearest(); ok {
				found = append(found, flip{criterion: j, at: at, winner: winner})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b flip) int {
		return cmp.Compare(math.Abs(a.at-weights[a.criterion]), math.Abs(b.at-weights[b.criterion]))
	})
	return found, nil
}

// lever varies the weight of one criterion from 0 to 1 while the others keep
// their proportions. At weight t every sum of parts is f(t)·own + f(1-t)·rest,
// where f is rule.factor and rest the sum over the others with their weights
// divided by what they sum to. So what decides between two alternatives is the
// sign of a polynomial in f(t)/f(1-t), and the crossings are its roots. In VIKOR it
// is a polynomial in t between certain weights; see pieces.
type lever struct {
	*standing
	weight                        float64
	ownGain, ownLack              []float64
	restGain, restLack, restGross []float64
	tryGain, tryLack, try         []float64
}

// lever is nil where the others have no weight that could be rescaled.
func (s *standing) lever(j int, weights []float64) *lever {
	n := len(s.score)
	var others float64
	for k, w := range weights {
		if k != j {
			others += w
		}
	}
	if others == 0 {
		return nil
	}
	scratch := make([]float64, 6*n)
	part := func(k int) []float64 { return scratch[k*n : (k+1)*n] }
	l := &lever{
		standing: s, weight: weights[j], ownGain: s.gain[j*n : (j+1)*n], ownLack: s.lack[j*n : (j+1)*n],
		restGain: part(0), restLack: part(1), restGross: part(2), tryGain: part(3), tryLack: part(4), try: part(5),
	}
	for k, w := range weights {
		if k == j {
			continue
		}
		gain, factor := s.gain[k*n:(k+1)*n], s.rule.factor(w/others)
		s.rule.add(l.restGain, l.restLack, gain, s.lack[k*n:(k+1)*n], factor)
		for i, x := range gain {
			l.restGross[i] += math.Abs(float64(factor * x))
		}
	}
	return l
}

// nearest is the flip with the least change of the weight.
func (l *lever) nearest() (at float64, winner int, ok bool) {
	up, down := l.crossings()
	slices.Sort(up)
	slices.SortFunc(down, func(a, b float64) int { return cmp.Compare(b, a) })
	up, down = slices.Compact(up), slices.Compact(down)
	above, aboveWinner, okAbove := l.first(up, 1)
	below, belowWinner, okBelow := l.first(down, -1)
	if okAbove && (!okBelow || above-l.weight <= l.weight-below) {
		return above, aboveWinner, true
	}
	return below, belowWinner, okBelow
}

// crossings are the weights above and below the present one at which a rival
// may take the lead. A rival that is tied with the winner may take it at once.
func (l *lever) crossings() (up, down []float64) {
	if len(l.tied()) > 0 || l.rule.method == vikor { // Q may jump
		up, down = append(up, l.weight), append(down, l.weight)
	}
	if l.rule.method == vikor {
		l.crossPieces(func(t float64) {
			if t >= l.weight {
				up = append(up, t)
			}
			if t <= l.weight {
				down = append(down, t)
			}
		})
		return up, down
	}
	for i := range l.score {
		c2, c1, c0 := l.lead(i, l.winner())
		for _, x := range roots(c2, c1, c0) {
			if x < 0 || math.IsInf(x, 0) {
				continue
			}
			t, slope := l.weightAt(x), float64(2*c2*x)+c1
			if slope > 0 && t > l.weight {
				up = append(up, t)
			} else if slope < 0 && t < l.weight {
				down = append(down, t)
			}
		}
	}
	return up, down
}

// lead holds the coefficients of a polynomial that is positive exactly where
// alternative a is ahead of b. The closeness grows with gain/lack, so for
// TOPSIS it is gain(a)·lack(b) - gain(b)·lack(a).
func (l *lever) lead(a, b int) (c2, c1, c0 float64) {
	if l.rule.method != topsis {
		return 0, l.ownGain[a] - l.ownGain[b], l.restGain[a] - l.restGain[b]
	}
	c2 = float64(l.ownGain[a]*l.ownLack[b]) - float64(l.ownGain[b]*l.ownLack[a])
	c1 = float64(l.ownGain[a]*l.restLack[b]) + float64(l.restGain[a]*l.ownLack[b]) -
		float64(l.ownGain[b]*l.restLack[a]) - float64(l.restGain[b]*l.ownLack[a])
	c0 = float64(l.restGain[a]*l.restLack[b]) - float64(l.restGain[b]*l.restLack[a])
	return c2, c1, c0
}

// weightAt is the weight t with f(t)/f(1-t) = x.
func (l *lever) weightAt(x float64) float64 {
	if l.rule.method == topsis {
		x = math.Sqrt(x)
	}
	return x / (1 + x)
}

// first is the first flip beyond the crossings, which are in order in direction
// sign. Usually it is the grid point after the first of them; where two are
// almost the same, or the lead stays within a tie, it is further on.
func (l *lever) first(crossings []float64, sign float64) (at float64, winner int, ok bool) {
	grid := func(t float64) float64 { return sign * math.Ceil(sign*float64(t*flipGrid)) }
	for k, t := range crossings {
		end := max(sign, 0) * flipGrid
		if k+1 < len(crossings) {
			end = grid(crossings[k+1])
		}
		if point, ok := l.between(grid(t), end, sign); ok {
			return point / flipGrid, l.leader(point / flipGrid), true
		}
	}
	return 0, 0, false
}

// between searches the grid points from one to another for the first at which
// the winner has lost the lead: with growing steps, then by bisection.
func (l *lever) between(from, to, sign float64) (point float64, ok bool) {
	flipped := func(g float64) bool { return l.leader(g/flipGrid) != l.winner() }
	before := from - sign
	for step := 0.0; ; step = 2*step + 1 {
		point = sign * min(sign*from+step, sign*to)
		if flipped(point) {
			break
		}
		if point == to {
			return 0, false
		}
		before = point
	}
	for math.Abs(point-before) > 1 {
		if middle := math.Floor((point + before) / 2); flipped(middle) {
			point = middle
		} else {
			before = middle
		}
	}
	return point, true
}

// leader is the winner at weight t, where a tie leaves the lead to whom has it.
func (l *lever) leader(t float64) int {
	gross := l.scores(t)
	least := slices.Max(l.try) - l.rule.tie(gross)
	if l.try[l.winner()] >= least {
		return l.winner()
	}
	return slices.IndexFunc(l.try, func(score float64) bool { return score >= least })
}

// scores writes what the scores are at weight t, and returns the size of what adds
// up to them.
func (l *lever) scores(t float64) (gross float64) {
	own, rest := l.rule.factor(t), l.rule.factor(1-t)
	for i := range l.try {
		l.tryGain[i] = float64(own*l.ownGain[i]) + float64(rest*l.restGain[i])
		a, b := float64(own*l.ownLack[i]), float64(rest*l.restLack[i])
		if l.rule.method == vikor {
			l.tryLack[i] = max(a, b)
		} else {
			l.tryLack[i] = a + b
		}
		gross = max(gross, math.Abs(float64(own*l.ownGain[i]))+float64(rest*l.restGross[i]))
	}
	l.rule.score(l.try, l.tryGain, l.tryLack)
	return gross
}

// roots are the real roots of c2·x² + c1·x + c0; none of a constant.
func roots(c2, c1, c0 float64) []float64 {
	if c2 == 0 {
		if c1 == 0 {
			return nil
		}
		return []float64{-c0 / c1}
	}
	largest := max(math.Abs(c2), math.Abs(c1), math.Abs(c0))
	a, b, c := c2/largest, c1/largest, c0/largest
	square := float64(b*b) - float64(4*a*c)
	if square < 0 {
		return nil
	}
	q := -(b + math.Copysign(math.Sqrt(square), b)) / 2
	if q == 0 { // b and c are zero
		return []float64{0}
	}
	return []float64{q / a, c / q}
}
