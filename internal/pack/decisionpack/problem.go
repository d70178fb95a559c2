package decisionpack

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// The smallest magnitude of a number that is not zero. Squares, reciprocals and
// sums of numbers between it and 1e15 stay far inside the range of float64.
const leastMagnitude = 1e-15

const (
	directionMax = "max"
	directionMin = "min"

	defaultDraws            = 10_000
	defaultWeightPerturbing = 0.2
)

// problem is one decision, checked and complete: the alternatives satisfy the
// constraints, no value is missing, the weights sum to 1.
type problem struct {
	question string
	names    []string  // of the alternatives that take part, in input order
	criteria []string  // names in input order
	weights  []float64 // by criterion
	minimise []bool    // by criterion
	values   []float64 // column by column, see column
	rule     rule

	weightSize, valueSize float64 // half-widths of the relative perturbation
	seed                  uint64
	draws                 int

	missing  missing
	filled   []int // by criterion: how many values were missing
	excluded []exclusion
}

// column is what the alternatives have in criterion j.
func (p *problem) column(j int) []float64 {
	n := len(p.names)
	return p.values[j*n : (j+1)*n]
}

// evaluations is how many cells a number of draws evaluates.
func (p *problem) evaluations(draws int) int64 { return int64(len(p.values)) * int64(draws) }

// parse turns inputs into a problem, or returns an input error that names every
// place where they are wrong.
func parse(raw jsontext.Value) (*problem, error) {
	in, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var found findings
	f := in.form()
	p := &problem{question: in.Question, missing: in.Missing, seed: uint64(in.Seed), rule: newRule(in.Method, in.Norm)}
	p.setSampling(in)
	p.setCriteria(in.Criteria, &found)
	checkForm(in, f, &found)
	checkValues(f, p.criteria, &found)
	checkConstraints(in.Constraints, p.criteria, &found)
	checkRepetition(in, len(f.names), &found)
	if p.rule.method == weightedProduct && p.rule.by == minmax {
		found.add("/normalization", "unsupported", "The method weighted_product compares ratios, which minmax does not keep: use none, max, sum or vector.")
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	p.setValues(in.Constraints, f, &found)
	return p, found.err()
}

func (p *problem) setSampling(in *inputs) {
	p.draws, p.weightSize = defaultDraws, defaultWeightPerturbing
	if in.Draws != nil {
		p.draws = int(*in.Draws)
	}
	if in.Uncertainty.Weights != nil {
		p.weightSize = *in.Uncertainty.Weights
	}
	if in.Uncertainty.Values != nil {
		p.valueSize = *in.Uncertainty.Values
	}
}

// setCriteria takes names, directions and weights. Without any weight all weigh
// the same; with some missing the caller's intention is unknown.
func (p *problem) setCriteria(criteria []criterion, found *findings) {
	weighted := 0
	for j, c := range criteria {
		at := "/criteria/" + strconv.Itoa(j)
		p.criteria = append(p.criteria, c.Name)
		p.minimise = append(p.minimise, c.Direction == directionMin)
		weight := 1.0
		if c.Weight != nil {
			weight = *c.Weight
			weighted++
			checkMagnitude(at+"/weight", weight, found)
		}
		p.weights = append(p.weights, weight)
	}
	checkUnique(p.criteria, func(j int) string { return "/criteria/" + strconv.Itoa(j) + "/name" }, found)
	if weighted != 0 && weighted != len(criteria) {
		found.add("/criteria", "required", "Give every criterion a weight, or none.")
	}
	var sum float64
	for _, w := range p.weights {
		sum += w
	}
	if !(sum > 0) {
		found.add("/criteria", "out_of_range", "At least one criterion needs a weight above zero.")
		return
	}
	for j := range p.weights {
		p.weights[j] /= sum
	}
}

func checkForm(in *inputs, f form, found *findings) {
	switch {
	case f.easy && in.Alternatives != nil:
		found.add("/alternatives", "conflict", "Give alternatives, or options with scores, not both.")
	case len(f.names) == 0:
		found.add("/alternatives", "required", "Give alternatives, or options with scores.")
	}
	checkUnique(f.names, f.name, found)
	if !f.easy {
		return
	}
	known := make(map[string]bool, len(f.names))
	for _, name := range f.names {
		known[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(in.Scores)) {
		if !known[name] {
			found.add(below("/scores", name), "unknown", "This is not the name of an option.")
		}
	}
}

// checkRepetition bounds the result: it names every criterion for every
// alternative, and every constraint for those that violate it.
func checkRepetition(in *inputs, alternatives int, found *findings) {
	names := 0
	for _, c := range in.Criteria {
		names += len(c.Name)
	}
	for _, c := range in.Constraints {
		names += len(c.Criterion)
	}
	if names*alternatives > maxRepeated {
		found.add("/criteria", "too_large", "The names of the criteria are too long to be repeated for so many alternatives.")
	}
}

func checkUnique(names []string, pointer func(int) string, found *findings) {
	first := make(map[string]int, len(names))
	for i, name := range names {
		if earlier, seen := first[name]; seen {
			found.add(pointer(i), "duplicate", "This repeats the name at "+pointer(earlier)+".")
			continue
		}
		first[name] = i
	}
}

func checkValues(f form, criteria []string, found *findings) {
	known := make(map[string]bool, len(criteria))
	for _, name := range criteria {
		known[name] = true
	}
	for i, row := range f.values {
		for _, name := range slices.Sorted(maps.Keys(row)) {
			if !known[name] {
				found.add(f.cell(i, name), "unknown", "This is not the name of a criterion.")
			} else if value := row[name]; value != nil {
				checkMagnitude(f.cell(i, name), *value, found)
			}
		}
	}
}

func checkMagnitude(pointer string, value float64, found *findings) {
	if value != 0 && math.Abs(value) < leastMagnitude {
		found.add(pointer, "out_of_range", "A number that is not 0 must be at least 1e-15 in magnitude.")
	}
}
