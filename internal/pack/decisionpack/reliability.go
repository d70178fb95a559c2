package decisionpack

import (
	"fmt"
	"math"

	"dpp"
)

// reliability tells how far the computation can be trusted: how much of the
// inputs was given, and how well the draws have settled. How close the decision
// is does not count; that is the stability.
func reliability(p *problem, s *sampler) (dpp.Score, []string) {
	var reasons []string
	given := completeness(p)
	if given < 1 {
		filled := 0
		for _, count := range p.filled {
			filled += count
		}
		reasons = append(reasons, fmt.Sprintf("%d of %d values were missing and set to the %s of their criterion", filled, len(p.values), p.missing))
	}
	settled := 1.0
	if p.draws > 0 {
		width := halfWidth(s.counts[s.base.winner()*len(p.names)], s.done)
		settled = 1 - width
		reasons = append(reasons, fmt.Sprintf("after %d of %d draws the winner's probability is known to within %.4f (95%%)", s.done, p.draws, width))
	}
	return scoreOf(given * settled), reasons
}

// completeness is the share of values that were given, each criterion counted
// by its weight.
func completeness(p *problem) float64 {
	var lost float64
	for j, weight := range p.weights {
		lost += float64(weight * (float64(p.filled[j]) / float64(len(p.names))))
	}
	return 1 - lost
}

// halfWidth is half the 95% interval of a proportion by Agresti and Coull: two
// successes and two failures are added, so that it says something even where
// nothing or everything succeeded, or nothing was tried.
func halfWidth(successes float64, trials int) float64 {
	n := float64(trials) + 4
	q := (successes + 2) / n
	return 1.96 * math.Sqrt(q*(1-q)/n)
}

// scoreOf is the nearest score to a share of one.
func scoreOf(share float64) dpp.Score {
	if !(share > 0) {
		return 0
	}
	return min(dpp.Score(math.Round(min(share, 1)*float64(dpp.FullScore))), dpp.FullScore)
}
