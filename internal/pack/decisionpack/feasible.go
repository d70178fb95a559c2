package decisionpack

import (
	"fmt"
	"slices"
	"strconv"
)

// missing says what a value that was not given becomes.
type missing string

const (
	missingError missing = "error"
	missingWorst missing = "worst"
	missingMean  missing = "mean"
)

// exclusion is an alternative that does not take part.
type exclusion struct {
	Name     string      `json:"name"`
	Violated []violation `json:"violated"`
}

// violation is a constraint that an alternative does not satisfy.
type violation struct {
	Constraint int      `json:"constraint"`
	Criterion  string   `json:"criterion"`
	Op         string   `json:"op"`
	Value      float64  `json:"value"`
	Actual     *float64 `json:"actual,omitzero"`
}

func checkConstraints(constraints []constraint, criteria []string, found *findings) {
	for c, constraint := range constraints {
		if !slices.Contains(criteria, constraint.Criterion) {
			found.add("/constraints/"+strconv.Itoa(c)+"/criterion", "unknown", "This is not the name of a criterion.")
		}
	}
}

// setValues leaves out what violates constraints, fills what is missing, and
// checks that the normalization can take the rest and that the draws are not
// too many for it.
func (p *problem) setValues(constraints []constraint, f form, found *findings) {
	if p.missing == missingError || p.missing == "" {
		requireValues(f, p.criteria, found)
	}
	var taking []int // part, as indices into the form
	for i, name := range f.names {
		if violated := violations(constraints, f.values[i]); len(violated) > 0 {
			p.excluded = append(p.excluded, exclusion{Name: name, Violated: violated})
			continue
		}
		taking = append(taking, i)
		p.names = append(p.names, name)
	}
	if len(taking) == 0 {
		found.add("/constraints", "unsatisfiable", "No alternative satisfies the constraints.")
	}
	if len(found.fields) > 0 {
		return
	}
	for j := range p.criteria {
		p.addColumn(j, taking, f, found)
	}
	if p.evaluations(p.draws) > maxEvaluations {
		found.add("/draws", "out_of_range", fmt.Sprintf("Draws times alternatives times criteria may be at most %d.", maxEvaluations))
	}
}

func requireValues(f form, criteria []string, found *findings) {
	for i := range f.names {
		for j, name := range criteria {
			if f.values[i][name] == nil {
				found.add(f.row(i), "required", fmt.Sprintf(
					"There is no value for the criterion at /criteria/%d: give it, or set missing to worst or mean.", j))
			}
		}
	}
}

// violations judges the given values: what is missing cannot be shown to satisfy.
func violations(constraints []constraint, values map[string]*float64) []violation {
	var violated []violation
	for c, constraint := range constraints {
		actual := values[constraint.Criterion]
		if actual == nil || !constraint.holds(*actual) {
			violated = append(violated, violation{
				Constraint: c, Criterion: constraint.Criterion, Op: constraint.Op, Value: constraint.Value, Actual: actual,
			})
		}
	}
	return violated
}

func (c constraint) holds(value float64) bool {
	switch c.Op {
	case "<":
		return value < c.Value
	case "<=":
		return value <= c.Value
	case ">":
		return value > c.Value
	case ">=":
		return value >= c.Value
	case "==":
		return value == c.Value
	default:
		return value != c.Value
	}
}

// addColumn appends criterion j of the alternatives that take part.
func (p *problem) addColumn(j int, taking []int, f form, found *findings) {
	name := p.criteria[j]
	var given []float64
	for _, i := range taking {
		if value := f.values[i][name]; value != nil {
			given = append(given, *value)
			if !p.rule.accepts(*value, p.minimise[j]) {
				found.add(f.cell(i, name), "out_of_range", p.rule.demand(p.minimise[j]))
			}
		}
	}
	p.filled = append(p.filled, len(taking)-len(given))
	if len(given) == 0 {
		found.add("/criteria/"+strconv.Itoa(j), "required", "No alternative that takes part has a value for this criterion.")
		return
	}
	fill := p.missing.value(given, p.minimise[j])
	for _, i := range taking {
		if value := f.values[i][name]; value != nil {
			p.values = append(p.values, *value)
		} else {
			p.values = append(p.values, fill)
		}
	}
}

// value is what stands in for a missing one beside those given.
func (m missing) value(given []float64, minimise bool) float64 {
	switch {
	case m == missingMean:
		var sum float64
		for _, x := range given {
			sum += x
		}
		return sum / float64(len(given))
	case minimise:
		return slices.Max(given)
	default:
		return slices.Min(given)
	}
}
