package decisionpack

import (
	"fmt"
	"math"

	"dpp"
)

// reliability tells how far the computation can be trusted: how much of the
// inputs was given, how consistent judgements are, and how well the draws have settled. How close the decision
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
	agreed := consistencyOf(p)
	if agreed < 1 {
		reasons = append(reasons, fmt.Sprintf("the pairwise judgements are not consistent: 1 less their consistency ratios is %.4f", agreed))
	}
	if p.draws > 0 {
		width := halfWidth(s.counts[s.base.winner()*len(p.names)], s.done)
		settled = 1 - width
		reasons = append(reasons, fmt.Sprintf("after %d of %d draws the winner's probability is known to within %.4f (95%%)", s.done, p.draws, width))
	}
	return scoreOf(given * agreed * settled), reasons
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

// consistencyOf is 1 less the consistency ratio of the judgements about the criteria,
// as a mean over the stakeholders where there are several, times the same of those
// about alternatives, each counted by the weight of its criterion.
func consistencyOf(p *problem) float64 {
	lost := 0.0
	for _, c := range p.judged {
		lost += float64(p.weights[c.criterion] * min(c.ratio, 1))
	}
	about := p.consistency[:len(p.consistency)-len(p.judged)]
	share := 1.0
	for k, c := range about {
		if p.source == fromPairwise {
			share = 1 - min(c.Ratio, 1)
			continue
		}
		for _, v := range p.voices {
			if v.name == about[k].Of {
				share -= float64(v.importance * min(c.Ratio, 1))
			}
		}
	}
	return max(share, 0) * (1 - lost)
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
