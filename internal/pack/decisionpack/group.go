package decisionpack

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"dpp/internal/number"
)

// aggregation says how the weights of several stakeholders become one.
type aggregation string

const (
	meanWeights      aggregation = "mean"
	geometricWeights aggregation = "geometric_mean"
)

// stakeholder weighs the criteria in one of three ways.
type stakeholder struct {
	Name       string              `json:"name"`
	Importance *float64            `json:"importance"`
	Weights    map[string]*float64 `json:"weights"`
	Ranks      map[string]*float64 `json:"ranks"`
	Pairwise   *judgements         `json:"pairwise"`
}

// voice is a stakeholder with weights that sum to 1, and a share of the decision.
type voice struct {
	name       string
	importance float64
	weights    []float64
}

// setStakeholders weighs by the mean of what the stakeholders weigh.
func (p *problem) setStakeholders(in *inputs, found *findings) {
	p.aggregation = in.Aggregation
	if p.aggregation == "" {
		p.aggregation = meanWeights
	}
	var names []string
	var total float64
	for k, s := range in.Stakeholders {
		names = append(names, s.Name)
		at := "/stakeholders/" + strconv.Itoa(k)
		v := voice{name: s.Name, importance: 1, weights: p.voiceOf(at, s, in, found)}
		if s.Importance != nil {
			v.importance = *s.Importance
			checkMagnitude(at+"/importance", v.importance, found)
		}
		total += v.importance
		p.voices = append(p.voices, v)
	}
	checkUnique(names, func(k int) string { return "/stakeholders/" + strconv.Itoa(k) + "/name" }, found)
	if !(total > 0) {
		found.add("/stakeholders", "out_of_range", "At least one stakeholder needs an importance above zero.")
	}
	if found.count > 0 {
		return
	}
	for k := range p.voices {
		p.voices[k].importance /= total
	}
	p.weights = p.aggregation.of(p.voices)
}

// voiceOf are the weights of one stakeholder; nil where they cannot be used.
func (p *problem) voiceOf(at string, s stakeholder, in *inputs, found *findings) []float64 {
	forms := 0
	for _, given := range []bool{s.Weights != nil, s.Ranks != nil, s.Pairwise != nil} {
		if given {
			forms++
		}
	}
	switch {
	case forms != 1:
		found.add(at, "required", "Give a stakeholder weights, ranks or pairwise judgements, one of them.")
		return nil
	case s.Pairwise != nil:
		return p.byJudgement(at+"/pairwise", s.Name, *s.Pairwise, in, found)
	case s.Ranks != nil:
		at += "/ranks"
		return byRanks(at, p.inOrder(at, s.Ranks, found), func(j int) string { return below(at, p.criteria[j]) }, found)
	default:
		at += "/weights"
		return byNumbers(at, p.inOrder(at, s.Weights, found), func(j int) string { return below(at, p.criteria[j]) }, found)
	}
}

// inOrder puts numbers by name into the order of the criteria.
func (p *problem) inOrder(at string, named map[string]*float64, found *findings) []*float64 {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if !slices.Contains(p.criteria, name) {
			found.add(below(at, name), "unknown", "This is not the name of a criterion.")
		}
	}
	numbers := make([]*float64, len(p.criteria))
	for j, name := range p.criteria {
		numbers[j] = named[name]
	}
	return numbers
}

// of is the weighted mean of the weights, which sum to 1 again. The geometric mean
// is 0 where a stakeholder that counts says 0, and the arithmetic one where that
// leaves nothing.
func (a aggregation) of(voices []voice) []float64 {
	weights := make([]float64, len(voices[0].weights))
	if a == geometricWeights {
		for j := range weights {
			weights[j] = productOf(voices, j)
		}
		if total := sum(weights); total > 0 {
			divide(weights, total)
			return weights
		}
		clear(weights)
	}
	for _, v := range voices {
		accumulate(weights, v.weights, v.importance)
	}
	divide(weights, sum(weights))
	return weights
}

func productOf(voices []voice, j int) float64 {
	var logs float64
	for _, v := range voices {
		if v.importance == 0 {
			continue
		}
		if v.weights[j] == 0 {
			return 0
		}
		logs += float64(v.importance * number.Log(v.weights[j]))
	}
	return number.Exp(logs)
}

// group is what the stakeholders say each, and how far they agree.
type group struct {
	Aggregation  aggregation `json:"aggregation"`
	Agreement    *float64    `json:"kendall_w,omitzero"` // absent for one stakeholder or one alternative
	Borda        []points    `json:"borda"`
	Stakeholders []opinion   `json:"stakeholders"`
}

type points struct {
	Name   string  `json:"name"`
	Rank   int     `json:"rank"`
	Points float64 `json:"points"`
}

type opinion struct {
	Name       string    `json:"name"`
	Importance float64   `json:"importance"`
	Weights    []float64 `json:"weights"`
	Ranking    []ranked  `json:"ranking"`
	AgreesWith float64   `json:"kendall_tau"` // with the group's ranking
}

func groupOf(p *problem, s *standing) *group {
	if len(p.voices) == 0 {
		return nil
	}
	g := &group{Aggregation: p.aggregation}
	n := len(p.names)
	votes := make([][]float64, len(p.voices)) // mean ranks by stakeholder
	borda := make([]float64, n)
	for k, v := range p.voices {
		own := s.under(v.weights)
		votes[k] = own.meanRanks()
		for i, rank := range votes[k] {
			borda[i] += float64(v.importance * (float64(n) - rank))
		}
		o := opinion{Name: v.name, Importance: round(v.importance), Ranking: ranking(p, own), AgreesWith: round(kendallTau(votes[k], s.meanRanks()))}
		for _, w := range v.weights {
			o.Weights = append(o.Weights, round(w))
		}
		g.Stakeholders = append(g.Stakeholders, o)
	}
	if w, ok := kendallW(votes); ok {
		w = round(w)
		g.Agreement = &w
	}
	g.Borda = bordaOf(p, borda)
	return g
}

// bordaOf ranks by the points of Borda: the number of alternatives that are ranked
// below, a tie counting half, as a mean over the stakeholders.
func bordaOf(p *problem, by []float64) []points {
	s := &standing{score: by, tie: float64(tieShare * float64(len(by))), order: make([]int, len(by)), rank: make([]int, len(by))}
	s.setOrder()
	lines := make([]points, 0, len(by))
	for k, i := range s.order {
		lines = append(lines, points{Name: p.names[i], Rank: s.rank[k], Points: round(by[i])})
	}
	return lines
}

// meanRanks gives each alternative its rank, the mean of their ranks to those that
// are tied.
func (s *standing) meanRanks() []float64 {
	ranks := make([]float64, len(s.order))
	for start := 0; start < len(s.order); {
		end := start + 1
		for end < len(s.order) && s.rank[end] == s.rank[start] {
			end++
		}
		for _, i := range s.order[start:end] {
			ranks[i] = float64(start+1+end) / 2
		}
		start = end
	}
	return ranks
}

// kendallW is the coefficient of concordance, with the correction for ties (Kendall
// and Babington Smith, 1939; Siegel and Castellan, 1988): 1 where all rank alike. It
// has no meaning for one ranking or one alternative, and where everything is tied.
func kendallW(votes [][]float64) (w float64, ok bool) {
	m, n := float64(len(votes)), float64(len(votes[0]))
	mean := m * (n + 1) / 2
	var squares, ties float64
	for i := range votes[0] {
		var total float64
		for _, ranks := range votes {
			total += ranks[i]
		}
		squares += float64((total - mean) * (total - mean))
	}
	for _, ranks := range votes {
		ties += tieTerm(ranks)
	}
	most := float64(m*m*(n*n*n-n)) - float64(m*ties)
	if m < 2 || n < 2 || most <= 0 {
		return 0, false
	}
	return min(12*squares/most, 1), true
}

// tieTerm is the sum of t³ - t over the groups of t equal ranks.
func tieTerm(ranks []float64) float64 {
	size := map[float64]float64{}
	for _, rank := range ranks {
		size[rank]++
	}
	var total float64
	for _, rank := range slices.Sorted(maps.Keys(size)) {
		t := size[rank]
		total += float64(t*t*t) - t
	}
	return total
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	default:
		return 0
	}
}

// kendallTau is the rank correlation tau-b (Kendall, 1945): 1 for the same order, -1
// for the reverse, 0 where one of them ties all and the other does not.
func kendallTau(a, b []float64) float64 {
	var agree, untiedA, untiedB float64
	for i := range a {
		for k := range i {
			x, y := sign(a[i]-a[k]), sign(b[i]-b[k])
			agree += float64(x * y)
			untiedA += float64(x * x)
			untiedB += float64(y * y)
		}
	}
	if untiedA == 0 && untiedB == 0 {
		return 1
	}
	if untiedA == 0 || untiedB == 0 {
		return 0
	}
	return agree / math.Sqrt(float64(untiedA*untiedB))
}
