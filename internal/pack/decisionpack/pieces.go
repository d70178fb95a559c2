package decisionpack

import (
	"math"
	"slices"
)

// line is a + b·t.
type line struct{ a, b float64 }

func (l line) at(t float64) float64 { return l.a + float64(l.b*t) }

func (l line) minus(m line) line { return line{l.a - m.a, l.b - m.b} }

// times multiplies two lines: c0 + c1·t + c2·t².
func (l line) times(m line) (c2, c1, c0 float64) {
	return l.b * m.b, float64(l.a*m.b) + float64(l.b*m.a), l.a * m.a
}

// crossPieces finds where a rival takes the lead in VIKOR. At weight t every S is a
// line, and every R the larger of two lines: own·t and rest·(1-t). So are, in pieces,
// the least and the largest S and R. Within a piece the difference of two Q, times the
// two ranges, is a polynomial in t of degree 2, whose roots are the crossings.
func (l *lever) crossPieces(note func(t float64)) {
	n := len(l.score)
	group, own, rest := make([]line, n), make([]line, n), make([]line, n)
	for i := range group {
		group[i] = line{l.restGain[i], l.ownGain[i] - l.restGain[i]}
		own[i], rest[i] = line{0, l.ownLack[i]}, line{l.restLack[i], -l.restLack[i]}
	}
	worst := make([]line, n) // R in the present piece
	ends := pieces(group, own, rest)
	for k := 1; k < len(ends); k++ {
		from, to := ends[k-1], ends[k]
		middle := from + (to-from)/2
		for i := range worst {
			if worst[i] = own[i]; rest[i].at(middle) > own[i].at(middle) {
				worst[i] = rest[i]
			}
		}
		l.crossPiece(group, worst, from, to, middle, note)
	}
}

func (l *lever) crossPiece(group, worst []line, from, to, middle float64, note func(t float64)) {
	leastS, mostS := extremes(group, middle)
	leastR, mostR := extremes(worst, middle)
	width, height := mostS.minus(leastS), mostR.minus(leastR)
	winner := l.winner()
	for i := range group {
		if i == winner {
			continue
		}
		a2, a1, a0 := group[winner].minus(group[i]).times(height)
		b2, b1, b0 := worst[winner].minus(worst[i]).times(width)
		c2 := float64(l.rule.v*a2) + float64((1-l.rule.v)*b2)
		c1 := float64(l.rule.v*a1) + float64((1-l.rule.v)*b1)
		c0 := float64(l.rule.v*a0) + float64((1-l.rule.v)*b0)
		at := func(t float64) float64 { return float64((float64(c2*t)+c1)*t) + c0 }
		ahead := at(from) > 0 || at(middle) > 0 || at(to) > 0 // the rival, somewhere in the piece
		if !ahead && !(c2 < 0 && -c1 < 2*c2*from && -c1 > 2*c2*to) {
			continue // nor does it rise to 0 between these
		}
		for _, t := range roots(c2, c1, c0) {
			if t > from && t < to {
				note(t)
				ahead = true
			}
		}
		if ahead { // from an end on, perhaps: there the difference may be 0 twice, and jump
			note(from)
			note(to)
		}
	}
}

// extremes are the lines that are the least and the largest at t.
func extremes(lines []line, t float64) (least, most line) {
	least, most = lines[0], lines[0]
	for _, l := range lines[1:] {
		if l.at(t) < least.at(t) {
			least = l
		}
		if l.at(t) > most.at(t) {
			most = l
		}
	}
	return least, most
}

// pieces are the weights from 0 to 1 between which S and R and their extremes are
// lines.
func pieces(group, own, rest []line) []float64 {
	ends := []float64{0, 1}
	for i := range own {
		if both := own[i].b + rest[i].a; both > 0 {
			ends = append(ends, rest[i].a/both)
		}
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	switches := slices.Clone(ends)
	worst := make([]line, len(own))
	for k := 1; k < len(switches); k++ {
		from, to := switches[k-1], switches[k]
		middle := from + (to-from)/2
		for i := range worst {
			if worst[i] = own[i]; rest[i].at(middle) > own[i].at(middle) {
				worst[i] = rest[i]
			}
		}
		ends = envelope(ends, worst, from, to, 1)
		ends = envelope(ends, worst, from, to, -1)
	}
	ends = envelope(ends, group, 0, 1, 1)
	ends = envelope(ends, group, 0, 1, -1)
	slices.Sort(ends)
	return slices.Compact(ends)
}

// envelope appends the places between from and to where another line becomes the
// least (sign 1) or the largest (sign -1).
func envelope(ends []float64, lines []line, from, to, sign float64) []float64 {
	present := lines[0]
	for _, l := range lines[1:] {
		difference := sign * (l.at(from) - present.at(from))
		if difference < 0 || difference == 0 && sign*(l.b-present.b) < 0 {
			present = l
		}
	}
	at := from
	for range lines { // every line is the least on one stretch at most
		next, taking := to, present
		for _, l := range lines {
			if sign*(l.b-present.b) >= 0 {
				continue
			}
			t := max((l.a-present.a)/(present.b-l.b), at)
			if t < next || t == next && sign*(l.b-taking.b) < 0 {
				next, taking = t, l
			}
		}
		if next >= to || math.IsNaN(next) {
			break
		}
		ends = append(ends, next)
		at, present = next, taking
	}
	return ends
}
