package decisionpack

import (
	"fmt"
	"maps"
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

// setValues takes the expected values of scenarios, leaves out what violates
// constraints, fills what is missing, and checks that the normalization can take the
// rest and that the draws are not too many for it.
func (p *problem) setValues(constraints []constraint, f form, by told, found *findings) {
	for _, row := range f.rows {
		p.bases = append(p.bases, maps.Clone(row))
	}
	p.expect(by, &f, found)
	if p.missing == missingError || p.missing == "" {
		requireValues(f, p.criteria, found)
	}
	var taking []int // part, as indices into the form
	for i, name := range f.names {
		if violated := violations(constraints, f.rows[i]); len(violated) > 0 {
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
	if found.count > 0 {
		return
	}
	p.setSpreads(taking)
	p.setWorlds(by, taking, &f)
	p.checkWorlds(found)
	if p.evaluations(p.draws) > maxEvaluations {
		found.add("/draws", "out_of_range", fmt.Sprintf("Draws times alternatives times criteria may be at most %d.", maxEvaluations))
	}
}

func requireValues(f form, criteria []string, found *findings) {
	for i := range f.names {
		for j, name := range criteria {
			if _, given := f.rows[i][name]; !given {
				found.add(f.row(i), "required", fmt.Sprintf(
					"There is no value for the criterion at /criteria/%d: give it, or set missing to worst or mean.", j))
			}
		}
	}
}

// violations judges the given values: what is missing cannot be shown to satisfy.
func violations(constraints []constraint, values map[string]spread) []violation {
	var violated []violation
	for c, constraint := range constraints {
		value, given := values[constraint.Criterion]
		if given && constraint.holds(value.mean()) {
			continue
		}
		v := violation{Constraint: c, Criterion: constraint.Criterion, Op: constraint.Op, Value: constraint.Value}
		if given {
			actual := round(value.mean())
			v.Actual = &actual
		}
		violated = append(violated, v)
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
		if value, ok := f.rows[i][name]; ok {
			given = append(given, value.mean())
			p.checkAccepted(f.cell(i, name), value, j, found)
		}
	}
	p.filled = append(p.filled, len(taking)-len(given))
	if len(given) == 0 {
		found.add("/criteria/"+strconv.Itoa(j), "required", "No alternative that takes part has a value for this criterion.")
		return
	}
	fill := p.missing.value(given, p.minimise[j])
	for _, i := range taking {
		if value, ok := f.rows[i][name]; ok {
			p.values = append(p.values, value.mean())
		} else {
			p.values = append(p.values, fill)
		}
	}
}

// checkAccepted looks whether the rule is defined for all that a value may be. Of a
// normal distribution that is the mean: what it draws outside is drawn again.
func (p *problem) checkAccepted(at string, value spread, j int, found *findings) {
	for _, x := range append(value.numbers(), value.mean()) {
		if !p.rule.accepts(x, p.minimise[j]) {
			found.add(at, "out_of_range", p.rule.demand(p.minimise[j]))
			return
		}
	}
}

// setSpreads keeps the distributions of the values, where there are any.
func (p *problem) setSpreads(taking []int) {
	spreads := make([]spread, 0, len(p.values))
	uncertain := false
	for _, name := range p.criteria {
		for _, i := range taking {
			s := p.bases[i][name]
			uncertain = uncertain || s.kind != exact
			spreads = append(spreads, s)
		}
	}
	if uncertain {
		p.spreads = spreads
	}
}

// checkWorlds looks whether the rule is defined for what scenarios say.
func (p *problem) checkWorlds(found *findings) {
	n := len(p.names)
	for k, w := range p.worlds {
		for at, x := range w.values {
			if w.told[at] && !p.rule.accepts(x, p.minimise[at/n]) {
				found.add("/scenarios/"+strconv.Itoa(k)+"/values", "out_of_range", p.rule.demand(p.minimise[at/n]))
				break
			}
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
