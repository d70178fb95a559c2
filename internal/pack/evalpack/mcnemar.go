package evalpack

import (
	"math"
	"math/big"

	"dpp/internal/number"
	"dpp/internal/pack/evalpack/metric"
)

// mcnemar is McNemar's test of two systems on the same rows, of which each system gets
// every one right or wrong (McNemar, Psychometrika 12, 1947).
type mcnemar struct {
	OnlySystem   int     `json:"only_system_right"`
	OnlyBaseline int     `json:"only_baseline_right"`
	P            float64 `json:"p_value"`
	Method       string  `json:"method"`
}

const (
	methodExact = "exact_binomial"
	methodChi   = "chi_squared_corrected"
	// exactUpTo is the most rows on which the systems differ that are tested exactly.
	exactUpTo = 1_000
)

// testMcNemar compares two tallies of the same rows; nil where rows are not simply right
// or wrong.
func testMcNemar(system, baseline *tally) *mcnemar {
	scorer, ok := system.metric.(metric.Scorer)
	if !ok || len(system.rows) == 0 {
		return nil
	}
	better := 1.0
	if !system.metric.Info().HigherIsBetter {
		better = 0
	}
	var m mcnemar
	for k := range system.rows {
		x, okX := scorer.RowValue(system.of(k))
		y, okY := scorer.RowValue(baseline.of(k))
		switch {
		case !okX || !okY || x != 0 && x != 1 || y != 0 && y != 1:
			return nil
		case x == y:
		case x == better:
			m.OnlySystem++
		default:
			m.OnlyBaseline++
		}
	}
	m.P, m.Method = m.test()
	return &m
}

// test is the two-sided probability of a difference as large as this where both systems
// are right as often. Up to exactUpTo rows it is that of a fair coin; beyond, chi-squared
// with one degree of freedom and Edwards's correction (Psychometrika 13, 1948).
func (m *mcnemar) test() (float64, string) {
	n := m.OnlySystem + m.OnlyBaseline
	if n <= exactUpTo {
		return number.Round(coin(min(m.OnlySystem, m.OnlyBaseline), n)), methodExact
	}
	distance := math.Abs(float64(m.OnlySystem-m.OnlyBaseline)) - 1
	chi := float64(max(distance, 0)*max(distance, 0)) / float64(n)
	return number.Round(math.Erfc(math.Sqrt(chi / 2))), methodChi
}

// coin is min(1, 2 P(X <= k)) for X heads of n throws: exact up to the last division.
func coin(k, n int) float64 {
	sum, term := new(big.Int), big.NewInt(1)
	for i := range k + 1 {
		sum.Add(sum, term)
		term.Mul(term, big.NewInt(int64(n-i)))
		term.Quo(term, big.NewInt(int64(i+1)))
	}
	all := new(big.Int).Lsh(big.NewInt(1), uint(n))
	p, _ := new(big.Rat).SetFrac(sum.Lsh(sum, 1), all).Float64()
	return min(1, p)
}
