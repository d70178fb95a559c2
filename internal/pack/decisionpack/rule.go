package decisionpack

import "math"

// method is how normalised values become one score.
type method string

const (
	topsis          method = "topsis"
	weightedSum     method = "weighted_sum"
	weightedProduct method = "weighted_product"
)

// methods lists what is built.
func methods() []method { return []method{topsis, weightedSum, weightedProduct} }

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
//
// Ranking, flips, contributions and draws all work on parts.
type rule struct {
	method method
	by     normalization
}

// newRule fills in defaults.
func newRule(m method, by normalization) rule {
	if m == "" {
		m = topsis
	}
	if by == "" {
		by = map[method]normalization{topsis: vector, weightedSum: minmax, weightedProduct: none}[m]
	}
	return rule{method: m, by: by}
}

// accepts tells whether the rule is defined for a value of a criterion.
func (r rule) accepts(value float64, minimise bool) bool {
	switch {
	case r.method == weightedProduct, r.by == bySum && minimise:
		return value > 0
	case r.by == byMax, r.by == bySum:
		return value >= 0
	default:
		return true
	}
}

// demand says what accepts requires.
func (r rule) demand(minimise bool) string {
	switch {
	case r.method == weightedProduct:
		return "The method weighted_product takes only values above zero."
	case r.by == bySum && minimise:
		return "The normalization sum takes only values above zero where less is better: use minmax or vector."
	default:
		return "The normalization " + string(r.by) + " takes no negative values: use minmax or vector."
	}
}

// parts computes gain and, for TOPSIS, lack of one criterion.
func (r rule) parts(gain, lack, values []float64, minimise bool) {
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
			gain[i] = math.Log(x)
		}
	default:
		normalise(gain, values, r.by, minimise)
	}
}

// factor is what a weight multiplies parts with.
func (r rule) factor(weight float64) float64 {
	if r.method == topsis {
		return weight * weight
	}
	return weight
}

// score makes comparable scores of the sums of the parts.
func (r rule) score(score, gain, lack []float64) {
	if r.method != topsis {
		copy(score, gain)
		return
	}
	for i := range score {
		score[i] = closeness(gain[i], lack[i])
	}
}

// shown is the score that callers see for a comparable one.
func (r rule) shown(score float64) float64 {
	if r.method == weightedProduct {
		return math.Exp(score)
	}
	return score
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
