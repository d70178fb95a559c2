package evalpack

import (
	"math"
	"slices"

	"dpp/internal/number"
)

// spread is what samples tell of a value, rounded as it is shown; nil where they tell
// nothing.
type spread struct {
	ci95, other *pair // other: of the confidence that was asked for
	chance      *float64
}

// set takes the values of the samples, NaN where one has none.
func (s *spread) set(values []float64, confidence float64) {
	known := distribution(slices.DeleteFunc(slices.Clone(values), math.IsNaN))
	if len(known) == 0 || 2*len(known) < len(values) {
		return
	}
	slices.Sort(known)
	s.ci95, s.other = known.interval(defaultConfidence), known.interval(confidence)
	s.chance = shown(known.chance(), true)
}

// distribution are values in ascending order, one at least.
type distribution []float64

// interval is that in which the middle share of the values lies.
func (d distribution) interval(share float64) *pair {
	return &pair{number.Round(d.quantile((1 - share) / 2)), number.Round(d.quantile((1 + share) / 2))}
}

// quantile interpolates between the two nearest values (type 7 of Hyndman and Fan, Sample
// quantiles in statistical packages, 1996).
func (d distribution) quantile(q float64) float64 {
	place := float64(q * float64(len(d)-1))
	below := int(math.Floor(place))
	above := min(below+1, len(d)-1)
	return d[below] + float64((place-float64(below))*(d[above]-d[below]))
}

// chance is the smallest share outside of an interval of this kind that does not hold
// zero, at most 1: twice the share of samples on the far side of zero, with one added to
// both counts (Davison and Hinkley, Bootstrap Methods and their Application, 1997,
// section 4.2).
func (d distribution) chance() float64 {
	below, above := 0, 0
	for _, x := range d {
		if x <= 0 {
			below++
		}
		if x >= 0 {
			above++
		}
	}
	return min(1, 2*float64(1+min(below, above))/float64(1+len(d)))
}
