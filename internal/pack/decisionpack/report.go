package decisionpack

import "dpp/internal/number"

// perturbationModel names what the draws do; see sampler.
const perturbationModel = "independent_uniform_relative"

// data is the envelope's data.
type data struct {
	Question      string         `json:"question,omitzero"`
	Winner        string         `json:"winner"`
	TiedWith      []string       `json:"tied_with,omitempty"`
	Method        method         `json:"method"`
	Normalization normalization  `json:"normalization"`
	Criteria      []weighed      `json:"criteria"`
	Ranking       []ranked       `json:"ranking"`
	Stability     stability      `json:"stability"`
	Flips         []turn         `json:"flips"`
	Agreement     []verdict      `json:"agreement"`
	Contributions []contribution `json:"contributions"`
	Dominated     []string       `json:"dominated"`
	Excluded      []exclusion    `json:"excluded"`
	Rationale     string         `json:"rationale"`
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
}

type sizes struct {
	Weights float64 `json:"weights"`
	Values  float64 `json:"values"`
}

type likelihood struct {
	Name          string    `json:"name"`
	Probabilities []float64 `json:"probabilities"`
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
func report(p *problem, s *standing, drawn *sampler) *data {
	d := &data{
		Question: p.question, Winner: p.names[s.winner()], TiedWith: namesOf(p, s.tied()),
		Method: s.rule.method, Normalization: s.rule.by, Criteria: weights(p), Ranking: ranking(p, s),
		Stability: stabilityOf(p, s, drawn), Agreement: agreement(p, s), Contributions: contributions(p, s),
		Dominated: namesOf(p, dominated(p)), Excluded: append([]exclusion{}, p.excluded...), Flips: []turn{},
	}
	for _, f := range s.flips(p.weights) {
		d.Flips = append(d.Flips, turn{
			Criterion: p.criteria[f.criterion], Weight: number.Round(p.weights[f.criterion]), FlipsAt: number.Round(f.at), NewWinner: p.names[f.winner],
		})
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
		lines = append(lines, weighed{Name: name, Weight: number.Round(p.weights[j]), Direction: direction})
	}
	return lines
}

// ranking lists the alternatives best first. Those that are tied get the score
// of the first of them, so that equal ranks show equal scores.
func ranking(p *problem, s *standing) []ranked {
	lines := make([]ranked, 0, len(s.order))
	for k, i := range s.order {
		line := ranked{Name: p.names[i], Rank: s.rank[k], Score: number.Round(s.rule.shown(s.score[s.order[s.rank[k]-1]]))}
		lines = append(lines, line)
		if k > 0 {
			margin := number.Round(lines[k-1].Score - line.Score)
			lines[k-1].Margin = &margin
		}
	}
	return lines
}

func stabilityOf(p *problem, s *standing, drawn *sampler) stability {
	out := stability{
		Draws: drawn.done, Requested: p.draws, Seed: p.seed, Model: perturbationModel,
		Uncertainty: sizes{Weights: number.Round(p.weightSize), Values: number.Round(p.valueSize)},
	}
	if drawn.done == 0 {
		return out
	}
	probability := drawn.probability(s.winner(), 0)
	shown, deviation := number.Round(probability), number.Round(drawn.standardError(probability))
	out.WinnerProbability, out.StandardError = &shown, &deviation
	for _, i := range s.order {
		line := likelihood{Name: p.names[i], Probabilities: make([]float64, len(s.order))}
		for k := range line.Probabilities {
			line.Probabilities[k] = number.Round(drawn.probability(i, k))
		}
		out.RankProbabilities = append(out.RankProbabilities, line)
	}
	return out
}

// agreement asks each method that can take the values: the chosen one as it
// was, the others with the normalization that is usual for them.
func agreement(p *problem, chosen *standing) []verdict {
	var lines []verdict
	for _, m := range methods() {
		s := chosen
		if m != chosen.rule.method {
			rule := newRule(m, "")
			if !acceptsAll(p, rule) {
				continue
			}
			s = judge(p, rule)
		}
		lines = append(lines, verdict{Method: m, Normalization: s.rule.by, Winner: p.names[s.winner()]})
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
			line.Parts = append(line.Parts, share{Criterion: name, Contribution: number.Round(s.contribution(i, j, p.weights[j]))})
		}
		lines = append(lines, line)
	}
	return lines
}
