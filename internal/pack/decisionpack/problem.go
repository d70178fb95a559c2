package decisionpack

import (
	"math"
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
	source   string    // what the weights were made of
	minimise []bool    // by criterion
	values   []float64 // column by column, see column
	spreads  []spread  // the same as distributions; nil where every value is exact
	rule     rule

	consistency []consistency
	judged      []judgedCriterion
	ratios      int // entries of all matrices of judgements
	voices      []voice
	aggregation aggregation
	worlds      []world
	bases       []map[string]spread // rows as given outside of scenarios

	weightSize, valueSize float64 // half-widths of the relative perturbation
	seed                  uint64
	draws                 int
	charts                bool

	missing  missing
	filled   []int // by criterion: how many values were missing
	excluded []exclusion
}

// judgedCriterion is one by which the alternatives were compared pairwise.
type judgedCriterion struct {
	criterion int
	ratio     float64
}

// column is what the alternatives have in criterion j.
func (p *problem) column(j int) []float64 {
	n := len(p.names)
	return p.values[j*n : (j+1)*n]
}

// evaluations is how many cells a number of draws evaluates.
func (p *problem) evaluations(draws int) int64 { return int64(len(p.values)) * int64(draws) }

// parse turns inputs in one of the forms that rank into a problem, or returns an
// input error that names every place where they are wrong.
func parse(raw jsontext.Value) (*problem, error) {
	in, err := decode(raw)
	if err != nil {
		return nil, err
	}
	return in.problem()
}

func (in *inputs) problem() (*problem, error) {
	var found findings
	if in.unscored(&found) {
		return nil, found.err()
	}
	f := in.form()
	p := &problem{question: in.Question, missing: in.Missing, seed: uint64(in.Seed)}
	p.setSampling(in)
	p.setCriteria(in, &found)
	p.setRule(in, &found)
	p.setWeights(in, &found)
	checkForm(in, f, &found)
	f.resolve(in.Criteria, &found)
	p.setPriorities(in, &f, &found)
	p.setScenarios(in, &found)
	told := p.resolveScenarios(in, &f, &found)
	checkConstraints(in.Constraints, p.criteria, &found)
	checkRepetition(in, len(f.names), &found)
	if err := found.err(); err != nil {
		return nil, err
	}
	p.setValues(in.Constraints, f, told, &found)
	return p, found.err()
}

func (p *problem) setSampling(in *inputs) {
	p.draws, p.weightSize, p.charts = defaultDraws, defaultWeightPerturbing, true
	if in.Draws != nil {
		p.draws = int(*in.Draws)
	}
	if in.Uncertainty.Weights != nil {
		p.weightSize = *in.Uncertainty.Weights
	}
	if in.Uncertainty.Values != nil {
		p.valueSize = *in.Uncertainty.Values
	}
	if in.Charts != nil {
		p.charts = *in.Charts
	}
}

func (p *problem) setRule(in *inputs, found *findings) {
	p.rule = newRule(in.Method, in.Norm)
	p.rule.reciprocal = in.Costs == "reciprocal"
	if in.V != nil {
		p.rule.v = *in.V
	}
	for j, c := range in.Criteria {
		prefer := preference{Function: usual}
		if c.Preference != nil {
			prefer = *c.Preference
			prefer.check("/criteria/"+strconv.Itoa(j)+"/preference", found)
		}
		p.rule.prefer = append(p.rule.prefer, prefer)
	}
	if wrong, ok := p.rule.combines(); !ok {
		found.add("/normalization", "unsupported", wrong)
	}
}

// check looks for the parameters that the function needs.
func (f preference) check(at string, found *findings) {
	for name, x := range map[string]float64{"q": f.Q, "p": f.P, "s": f.S} {
		checkMagnitude(at+"/"+name, x, found)
	}
	switch f.Function {
	case vshape:
		if !(f.P > 0) {
			found.add(at, "required", "The function v_shape needs p above 0.")
		}
	case level, linear:
		if !(f.P > 0) || f.P < f.Q {
			found.add(at, "required", "The functions level and linear need p above 0 and not below q.")
		}
	case gaussian:
		if !(f.S > 0) {
			found.add(at, "required", "The function gaussian needs s above 0.")
		}
	default:
	}
}

// setCriteria takes names, directions and labels.
func (p *problem) setCriteria(in *inputs, found *findings) {
	if len(in.Criteria) == 0 {
		found.add("/criteria", "required", "Give the criteria by which is judged.")
	}
	for j, c := range in.Criteria {
		p.criteria = append(p.criteria, c.Name)
		p.minimise = append(p.minimise, c.Direction == directionMin)
		if c.Labels != nil {
			for _, x := range c.Labels.numbers {
				if x != 0 && math.Abs(x) < leastMagnitude {
					found.add("/criteria/"+strconv.Itoa(j)+"/labels", "out_of_range", tooSmall)
					break
				}
			}
		}
	}
	checkUnique(p.criteria, func(j int) string { return "/criteria/" + strconv.Itoa(j) + "/name" }, found)
}

// checkRepetition bounds the result: it names every criterion for every
// alternative, every constraint for those that violate it, and every alternative
// for every stakeholder.
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
	names = 0
	for _, a := range in.Alternatives {
		names += len(a.Name)
	}
	for _, name := range in.Options {
		names += len(name)
	}
	if names*len(in.Stakeholders) > maxRepeated {
		found.add("/stakeholders", "too_large", "The names of the alternatives are too long to be repeated for so many stakeholders.")
	}
}

const tooSmall = "A number that is not 0 must be at least 1e-15 in magnitude."

func checkMagnitude(pointer string, value float64, found *findings) {
	if value != 0 && math.Abs(value) < leastMagnitude {
		found.add(pointer, "out_of_range", tooSmall)
	}
}
