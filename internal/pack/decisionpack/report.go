package decisionpack

import "dpp/internal/number"

// perturbationModel names what the draws do; see sampler.
const perturbationModel = "independent_uniform_relative"

// round is how numbers are shown.
func round(x float64) float64 { return number.Round(x) }

// data is the envelope's data.
type data struct {
	Question      string         `json:"question,omitzero"`
	Winner        string         `json:"winner"`
	TiedWith      []string       `json:"tied_with,omitempty"`
	Method        method         `json:"method"`
	Normalization normalization  `json:"normalization"`
	Direction     string         `json:"score_direction"`
	WeightsFrom   string         `json:"weights_from"`
	Criteria      []weighed      `json:"criteria"`
	Ranking       []ranked       `json:"ranking"`
	Stability     stability      `json:"stability"`
	Flips         []turn         `json:"flips"`
	Agreement     []verdict      `json:"agreement"`
	Contributions []contribution `json:"contributions"`
	ParetoFront   []string       `json:"pareto_front"`
	Dominated     []string       `json:"dominated"`
	Excluded      []exclusion    `json:"excluded"`
	Consistency   []consistency  `json:"consistency,omitempty"`
	Vikor         *compromised   `json:"vikor,omitzero"`
	Promethee2    *outranking    `json:"promethee2,omitzero"`
	Group         *group         `json:"group,omitzero"`
	EVPI          *information   `json:"evpi,omitzero"` // absent without draws and scenarios
	Rationale     string         `json:"rationale"`
	Proposed      bool           `json:"proposed,omitzero"`
	Proposal      *proposal      `json:"proposal,omitzero"`
}

type outranking struct {
	Alternatives []flowOf `json:"alternatives"`
}

type weighed struct {
	Name      string  `json:"name"`
	Weight    float64 `json:"weight"`
	Direction string  `json:"direction"`
}

type ranked struct {
	Name   string   `json:"name"`
	Rank   int      `json:"rank"`
	Score  float64  `json:"score"`
	Margin *float64 `json:"margin,omitzero"` // absent for the last
}

type stability struct {
	WinnerProbability *float64     `json:"winner_probability,omitzero"` // absent without draws
	StandardError     *float64     `json:"standard_error,omitzero"`
	Draws             int          `json:"draws"`
	Requested         int          `json:"draws_requested"`
	Seed              uint64       `json:"seed"`
	Model             string       `json:"model"`
	Uncertainty       sizes        `json:"uncertainty"`
	RankProbabilities []likelihood `json:"rank_probabilities,omitempty"`
	Scores            []interval   `json:"scores,omitempty"`
}

type sizes struct {
	Weights       float64 `json:"weights"`
	Values        float64 `json:"values"`
	Distributions int     `json:"distributions"` // values that are drawn as given
	Scenarios     int     `json:"scenarios"`
}

type likelihood struct {
	Name          string    `json:"name"`
	Probabilities []float64 `json:"probabilities"`
}

// interval is where an alternative's score lies in the draws.
type interval struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Low  float64 `json:"p05"`
	High float64 `json:"p95"`
}

type turn struct {
	Criterion string  `json:"criterion"`
	Weight    float64 `json:"weight"`
	FlipsAt   float64 `json:"flips_at"`
	NewWinner string  `json:"new_winner"`
}

type verdict struct {
	Method        method        `json:"method"`
	Normalization normalization `json:"normalization"`
	Winner        string        `json:"winner"`
	KendallTau    float64       `json:"kendall_tau"`
}

type contribution struct {
	Name  string  `json:"name"`
	Parts []share `json:"parts"`
}

type share struct {
	Criterion    string  `json:"criterion"`
	Contribution float64 `json:"contribution"`
}

// report assembles the data from what was found.
func report(p *problem, f *finding) *data {
	s := f.standing
	weak := dominated(p)
	d := &data{
		Question: p.question, Winner: p.names[s.winner()], TiedWith: namesOf(p, s.tied()),
		Method: s.rule.method, Normalization: s.rule.by, Direction: s.rule.direction(), WeightsFrom: p.source,
		Criteria: weights(p), Ranking: ranking(p, s), Stability: stabilityOf(p, s, f.drawn),
		Agreement: agreement(p, s), Contributions: contributions(p, s), Consistency: shownConsistency(p),
		Dominated: namesOf(p, weak), ParetoFront: namesOf(p, front(p, weak)), Excluded: append([]exclusion{}, p.excluded...),
		Flips: []turn{}, Group: groupOf(p, s),
	}
	for _, t := range f.flips {
		d.Flips = append(d.Flips, turn{
			Criterion: p.criteria[t.criterion], Weight: round(p.weights[t.criterion]), FlipsAt: round(t.at), NewWinner: p.names[t.winner],
		})
	}
	switch s.rule.method {
	case vikor:
		d.Vikor = compromiseOf(p, s)
	case promethee2:
		d.Promethee2 = &outranking{flowsOf(p, s)}
	default:
	}
	switch {
	case len(p.worlds) > 0:
		d.EVPI = overWorlds(p, s, f.drawn.worlds)
	case f.drawn.done > 0:
		d.EVPI = f.drawn.information()
	}
	d.Rationale = rationale(d)
	return d
}

func namesOf(p *problem, alternatives []int) []string {
	names := make([]string, 0, len(alternatives))
	for _, i := range alternatives {
		names = append(names, p.names[i])
	}
	return names
}

func weights(p *problem) []weighed {
	lines := make([]weighed, 0, len(p.criteria))
	for j, name := range p.criteria {
		direction := directionMax
		if p.minimise[j] {
			direction = directionMin
		}
		lines = append(lines, weighed{Name: name, Weight: round(p.weights[j]), Direction: direction})
	}
	return lines
}

func shownConsistency(p *problem) []consistency {
	var lines []consistency
	for _, c := range p.consistency {
		c.LambdaMax, c.Index, c.Ratio = round(c.LambdaMax), round(c.Index), round(c.Ratio)
		lines = append(lines, c)
	}
	return lines
}

// ranking lists the alternatives best first. Those that are tied get the score
// of the first of them, so that equal ranks show equal scores. Margins are leads,
// also where less is better.
func ranking(p *problem, s *standing) []ranked {
	lines := make([]ranked, 0, len(s.order))
	for k, i := range s.order {
		line := ranked{Name: p.names[i], Rank: s.rank[k], Score: round(s.rule.shown(s.score[s.order[s.rank[k]-1]]))}
		lines = append(lines, line)
		if k > 0 {
			lead := lines[k-1].Score - line.Score
			if s.rule.direction() == directionMin {
				lead = -lead
			}
			lead = round(lead)
			lines[k-1].Margin = &lead
		}
	}
	return lines
}

func stabilityOf(p *problem, s *standing, drawn *sampler) stability {
	out := stability{
		Draws: drawn.done, Requested: p.draws, Seed: p.seed, Model: perturbationModel,
		Uncertainty: sizes{Weights: round(p.weightSize), Values: round(p.valueSize), Scenarios: len(p.worlds)},
	}
	for _, d := range p.spreads {
		if d.kind != exact {
			out.Uncertainty.Distributions++
		}
	}
	if drawn.done == 0 {
		return out
	}
	probability := drawn.probability(s.winner(), 0)
	shown, deviation := round(probability), round(drawn.standardError(probability))
	out.WinnerProbability, out.StandardError = &shown, &deviation
	for _, i := range s.order {
		line := likelihood{Name: p.names[i], Probabilities: make([]float64, len(s.order))}
		for k := range line.Probabilities {
			line.Probabilities[k] = round(drawn.probability(i, k))
		}
		out.RankProbabilities = append(out.RankProbabilities, line)
		low, mean, high := drawn.interval(i)
		out.Scores = append(out.Scores, interval{Name: p.names[i], Mean: round(mean), Low: round(low), High: round(high)})
	}
	return out
}

// agreement asks each method that can take the values: the chosen one as it
// was, the others with the normalization that is usual for them.
func agreement(p *problem, chosen *standing) []verdict {
	var lines []verdict
	ranks := chosen.meanRanks()
	for _, m := range methods() {
		s := chosen
		if m != chosen.rule.method {
			rule := chosen.rule.like(m)
			if !acceptsAll(p, rule) {
				continue
			}
			s = judge(p, rule)
		}
		lines = append(lines, verdict{
			Method: m, Normalization: s.rule.by, Winner: p.names[s.winner()], KendallTau: round(kendallTau(s.meanRanks(), ranks)),
		})
	}
	return lines
}

func acceptsAll(p *problem, r rule) bool {
	for j := range p.criteria {
		for _, value := range p.column(j) {
			if !r.accepts(value, p.minimise[j]) {
				return false
			}
		}
	}
	return true
}

func contributions(p *problem, s *standing) []contribution {
	lines := make([]contribution, 0, len(s.order))
	for _, i := range s.order {
		line := contribution{Name: p.names[i], Parts: make([]share, 0, len(p.criteria))}
		for j, name := range p.criteria {
			line.Parts = append(line.Parts, share{Criterion: name, Contribution: round(s.contribution(i, j, p.weights[j]))})
		}
		lines = append(lines, line)
	}
	return lines
}
