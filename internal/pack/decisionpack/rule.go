package decisionpack

import (
	"math"

	"dpp/internal/number"
)

// method is how normalised values become one score.
type method string

const (
	topsis          method = "topsis"
	weightedSum     method = "weighted_sum"
	weightedProduct method = "weighted_product"
	vikor           method = "vikor"
	promethee2      method = "promethee2"
	ahp             method = "ahp"
)

// methods lists what is built.
func methods() []method {
	return []method{topsis, weightedSum, weightedProduct, vikor, promethee2, ahp}
}

// defaultV is how much the group counts in VIKOR beside the strongest objection.
const defaultV = 0.5

// rule is a method with a normalization. It works in two steps. The first turns
// the values of one criterion into parts, without its weight; the second adds
// the parts of all criteria under their weights and makes scores of the sums:
//
//	topsis            gain and lack are the squared distances of the normalised
//	                  value from the worst and from the best; they add under
//	                  squared weights, and the score is the closeness
//	weighted_sum      gain is the normalised value; the sum is the score
//	weighted_product  gain is the logarithm of the normalised value; the sum is
//	                  the logarithm of the score
//	vikor             gain and lack are the regret, the share of the range that
//	                  is missing to the best; gain adds up, of lack the largest
//	                  counts, and the score is -Q
//	promethee2        gain is the net flow and lack the negative flow by this
//	                  criterion alone; the sum of the net flows is the score
//	ahp               as weighted_sum, with priorities as normalised values
//
// Ranking, flips, contributions and draws all work on parts.
type rule struct {
	method     method
	by         normalization
	reciprocal bool         // values that are better small are inverted before they are normalised
	v          float64      // vikor
	prefer     []preference // promethee2, by criterion
	space      *space       // while it works
}

// newRule fills in defaults.
func newRule(m method, by normalization) rule {
	if m == "" {
		m = topsis
	}
	if by == "" {
		by = map[method]normalization{
			topsis: vector, weightedSum: minmax, weightedProduct: none, vikor: minmax, promethee2: none, ahp: bySum,
		}[m]
	}
	return rule{method: m, by: by, v: defaultV}
}

// like is a rule of another method with the parameters of this one.
func (r rule) like(m method) rule {
	other := newRule(m, "")
	other.v, other.prefer, other.reciprocal = r.v, r.prefer, r.reciprocal
	return other
}

// combines tells whether method and normalization go together, and what is wrong
// where they do not.
func (r rule) combines() (problem string, ok bool) {
	switch r.method {
	case weightedProduct:
		if r.by == minmax {
			return "The method weighted_product compares ratios, which minmax does not keep: use none, max, linear, sum or vector.", false
		}
	case vikor:
		if r.by != minmax {
			return "The method vikor measures by the range of each criterion: leave normalization out, or use minmax.", false
		}
	case promethee2:
		if r.by != none {
			return "The method promethee2 compares the values as they are: leave normalization out, or use none.", false
		}
	case ahp:
		if r.by != bySum && r.by != byMax {
			return "The method ahp divides priorities by their sum or by the largest: use sum or max.", false
		}
	default:
	}
	return "", true
}

// accepts tells whether the rule is defined for a value of a criterion.
func (r rule) accepts(value float64, minimise bool) bool {
	switch {
	case r.method == weightedProduct, r.method == ahp, minimise && (r.by == bySum || r.by == byLinear || r.reciprocal):
		return value > 0
	case r.by == byMax, r.by == bySum, r.by == byLinear:
		return value >= 0
	default:
		return true
	}
}

// demand says what accepts requires.
func (r rule) demand(minimise bool) string {
	switch {
	case r.method == weightedProduct, r.method == ahp:
		return "The method " + string(r.method) + " takes only values above zero."
	case minimise && r.reciprocal:
		return "Reciprocal costs take only values above zero where less is better."
	case minimise && (r.by == bySum || r.by == byLinear):
		return "The normalization " + string(r.by) + " takes only values above zero where less is better: use minmax or vector."
	default:
		return "The normalization " + string(r.by) + " takes no negative values: use minmax or vector."
	}
}

// parts computes gain and lack of criterion j; see rule for which methods have
// which. The values of a criterion where less is better are still as given.
func (r rule) parts(gain, lack, values []float64, j int, minimise bool) {
	if minimise && r.reciprocal {
		copy(r.space.turned, values)
		invert(r.space.turned)
		values, minimise = r.space.turned, false
	}
	switch r.method {
	case topsis:
		normalise(gain, values, r.by, minimise)
		worst, best := span(gain)
		for i, x := range gain {
			down, up := x-worst, x-best
			gain[i], lack[i] = float64(down*down), float64(up*up)
		}
	case weightedProduct:
		ratios(gain, values, r.by, minimise)
		for i, x := range gain {
			gain[i] = number.Log(x)
		}
	case vikor:
		regret(gain, values, minimise)
		copy(lack, gain)
	case promethee2:
		r.flows(gain, lack, values, j, minimise)
	case ahp:
		ratios(gain, values, r.by, minimise)
	default:
		normalise(gain, values, r.by, minimise)
	}
}

// preference is the function of criterion j.
func (r rule) preference(j int) preference {
	if j < len(r.prefer) {
		return r.prefer[j]
	}
	return preference{}
}

// factor is what a weight multiplies parts with.
func (r rule) factor(weight float64) float64 {
	if r.method == topsis {
		return weight * weight
	}
	return weight
}

// lacks tells whether scores depend on lack, too.
func (r rule) lacks() bool { return r.method == topsis || r.method == vikor }

// linear tells whether a score is the sum of its parts, so that it grows with the
// sum of the weights.
func (r rule) linear() bool { return r.method != topsis && r.method != vikor }

// add adds factor x the parts of a criterion to sums.
func (r rule) add(sumsGain, sumsLack, gain, lack []float64, factor float64) {
	accumulate(sumsGain, gain, factor)
	switch {
	case r.method == vikor:
		raise(sumsLack, lack, factor)
	case r.lacks():
		accumulate(sumsLack, lack, factor)
	default:
	}
}

// score makes comparable scores, more is better, of the sums of the parts.
func (r rule) score(score, gain, lack []float64) {
	switch r.method {
	case topsis:
		for i := range score {
			score[i] = closeness(gain[i], lack[i])
		}
	case vikor:
		r.compromise(score, gain, lack)
	default:
		copy(score, gain)
	}
}

// shown is the score that callers see for a comparable one.
func (r rule) shown(score float64) float64 {
	switch r.method {
	case weightedProduct:
		return number.Exp(score)
	case vikor:
		return -score
	default:
		return score
	}
}

// worth is the score as something of which more is better, and of which averages
// are taken.
func (r rule) worth(score float64) float64 {
	if r.method == weightedProduct {
		return number.Exp(score)
	}
	return score
}

// direction is which way the shown scores point.
func (r rule) direction() string {
	if r.method == vikor {
		return directionMin
	}
	return directionMax
}

// closeness of an alternative to the ideal, from its squared distances to the
// anti-ideal and the ideal. Where nothing weighs, everything is the ideal.
func closeness(gain, lack float64) float64 {
	if lack == 0 {
		return 1
	}
	down := math.Sqrt(gain)
	return down / (down + math.Sqrt(lack))
}

// accumulate adds factor x parts to sums.
func accumulate(sums, parts []float64, factor float64) {
	for i, x := range parts {
		sums[i] += float64(factor * x)
	}
}

// raise lifts sums to factor x parts where they are less.
func raise(sums, parts []float64, factor float64) {
	for i, x := range parts {
		if y := factor * x; y > sums[i] {
			sums[i] = y
		}
	}
}
