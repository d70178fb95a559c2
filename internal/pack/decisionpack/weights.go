package decisionpack

import (
	"maps"
	"slices"
	"strconv"

	"dpp/internal/number"
)

// What the weights were made of.
const (
	fromNothing      = "equal"
	fromNumbers      = "numbers"
	fromRanks        = "ranks"
	fromPairwise     = "pairwise"
	fromStakeholders = "stakeholders"
)

// setWeights finds the weights of the criteria. Of numbers, ranks, judgements and
// stakeholders only one may be there; with none all weigh the same.
func (p *problem) setWeights(in *inputs, found *findings) {
	var numbers, ranks []*float64
	for _, c := range in.Criteria {
		numbers, ranks = append(numbers, c.Weight), append(ranks, c.Rank)
	}
	forms := 0
	for _, given := range []bool{some(numbers), some(ranks), in.Pairwise.Criteria != nil, in.Stakeholders != nil} {
		if given {
			forms++
		}
	}
	at := func(j int, name string) string { return "/criteria/" + strconv.Itoa(j) + "/" + name }
	switch {
	case forms > 1:
		found.add("/criteria", "conflict", "Give weights, ranks, pairwise judgements or stakeholders, only one of them.")
	case some(ranks):
		p.source = fromRanks
		p.weights = byRanks("/criteria", ranks, func(j int) string { return at(j, "rank") }, found)
	case in.Pairwise.Criteria != nil:
		p.source = fromPairwise
		p.weights = p.byJudgement("/pairwise/criteria", "criteria", *in.Pairwise.Criteria, in, found)
	case in.Stakeholders != nil:
		p.source = fromStakeholders
		p.setStakeholders(in, found)
	case some(numbers):
		p.source = fromNumbers
		p.weights = byNumbers("/criteria", numbers, func(j int) string { return at(j, "weight") }, found)
	default:
		p.source = fromNothing
		p.weights = slices.Repeat([]float64{1 / float64(len(in.Criteria))}, len(in.Criteria))
	}
}

func some(numbers []*float64) bool {
	return slices.ContainsFunc(numbers, func(x *float64) bool { return x != nil })
}

// byNumbers divides weights by their sum; nil where they cannot be used.
func byNumbers(at string, numbers []*float64, each func(int) string, found *findings) []float64 {
	weights := make([]float64, len(numbers))
	for j, x := range numbers {
		if x == nil {
			found.add(at, "required", "Give every criterion a weight, or none.")
			return nil
		}
		weights[j] = *x
		checkMagnitude(each(j), *x, found)
	}
	total := sum(weights)
	if !(total > 0) {
		found.add(at, "out_of_range", "At least one criterion needs a weight above zero.")
		return nil
	}
	for j := range weights {
		weights[j] /= total
	}
	return weights
}

// byRanks are the rank order centroids (Barron and Barrett, Management Science 42(11),
// 1996): of n criteria the one on rank k weighs the mean of 1/k, …, 1/n and as many
// zeros as there are ranks before it. Criteria that share a rank share their weights.
func byRanks(at string, ranks []*float64, each func(int) string, found *findings) []float64 {
	n := len(ranks)
	order := make([]int, n)
	for j, x := range ranks {
		order[j] = j
		if x == nil {
			found.add(at, "required", "Give every criterion a rank, or none.")
			return nil
		}
		if *x > float64(n) {
			found.add(each(j), "out_of_range", "There are not so many ranks as this.")
			return nil
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(*ranks[a]) - int(*ranks[b]) })
	centroid := make([]float64, n)
	var tail float64
	for k := n - 1; k >= 0; k-- {
		tail += 1 / float64(k+1)
		centroid[k] = tail / float64(n)
	}
	weights := make([]float64, n)
	for start := 0; start < n; {
		end := start + 1
		for end < n && *ranks[order[end]] == *ranks[order[start]] {
			end++
		}
		shared := sum(centroid[start:end]) / float64(end-start)
		for _, j := range order[start:end] {
			weights[j] = shared
		}
		start = end
	}
	return weights
}

// byJudgement weighs by judgements and notes how consistent they are; nil where they
// cannot be used.
func (p *problem) byJudgement(at, of string, j judgements, in *inputs, found *findings) []float64 {
	judged := p.judgement(at, of, j, p.criteria, in, found)
	if judged == nil {
		return nil
	}
	return judged.weights
}

// judgement turns judgements about named things into priorities and notes how
// consistent they are; nil where they cannot be used.
func (p *problem) judgement(at, of string, j judgements, names []string, in *inputs, found *findings) *priorities {
	if p.ratios += len(names) * len(names); p.ratios > maxRatios {
		found.add(at, "too_many", "All matrices of pairwise judgements together may have at most "+strconv.Itoa(maxRatios)+" entries, those left out included.")
		return nil
	}
	judged := j.priorities(at, names, in.Pairwise.byMean(), found)
	if judged == nil {
		return nil
	}
	judged.consistency.Of = of
	p.consistency = append(p.consistency, judged.consistency)
	return judged
}

// byMean tells whether priorities are geometric means instead of the eigenvector.
func (p pairwise) byMean() bool { return p.Priorities == "geometric_mean" }

// setPriorities gives alternatives the values that judgements about them say.
func (p *problem) setPriorities(in *inputs, f *form, found *findings) {
	for _, name := range slices.Sorted(maps.Keys(in.Pairwise.Alternatives)) {
		at := below("/pairwise/alternatives", name)
		j := slices.Index(p.criteria, name)
		if j < 0 {
			found.add(at, "unknown", "This is not the name of a criterion.")
			continue
		}
		if p.minimise[j] {
			found.add(at, "conflict", "Judgements say which alternative is better: the criterion's direction is max.")
			continue
		}
		judged := p.judgement(at, name, in.Pairwise.Alternatives[name], f.names, in, found)
		if judged == nil {
			continue
		}
		p.judged = append(p.judged, judgedCriterion{criterion: j, ratio: judged.consistency.Ratio})
		for i, row := range f.rows {
			if _, given := row[name]; given {
				found.add(f.cell(i, name), "conflict", "The alternatives are compared pairwise by this criterion: leave the value out.")
			}
			row[name] = spread{mid: judged.weights[i]}
		}
	}
}

// geometricMean of positive numbers.
func geometricMean(numbers []float64) float64 {
	var logs float64
	for _, x := range numbers {
		logs += number.Log(x)
	}
	return number.Exp(logs / float64(len(numbers)))
}
