package decisionpack

import (
	"maps"
	"math"
	"slices"
	"strconv"
)

// scenario is a state of the world with the values that differ in it.
type scenario struct {
	Name        string                      `json:"name"`
	Probability *float64                    `json:"probability"`
	Values      map[string]map[string]*cell `json:"values"`
}

// world is a scenario as the pack computes with it: every value, column by column.
type world struct {
	name        string
	probability float64
	values      []float64
	told        []bool // the scenario says the value itself
}

// setScenarios reads probabilities and names. The values come with the columns.
func (p *problem) setScenarios(in *inputs, found *findings) {
	var names []string
	var total float64
	given := 0
	for k, s := range in.Scenarios {
		names = append(names, s.Name)
		w := world{name: s.Name, probability: 1 / float64(len(in.Scenarios))}
		if s.Probability != nil {
			w.probability = *s.Probability
			given++
		}
		total += w.probability
		if w.probability != 0 {
			checkMagnitude("/scenarios/"+strconv.Itoa(k)+"/probability", w.probability, found)
		}
		p.worlds = append(p.worlds, w)
	}
	checkUnique(names, func(k int) string { return "/scenarios/" + strconv.Itoa(k) + "/name" }, found)
	switch {
	case given != 0 && given != len(in.Scenarios):
		found.add("/scenarios", "required", "Give every scenario a probability, or none.")
	case len(p.worlds) > 0 && math.Abs(total-1) > 1e-6:
		found.add("/scenarios", "out_of_range", "The probabilities of the scenarios sum to 1.")
	}
	for k := range p.worlds {
		p.worlds[k].probability /= total
	}
}

// told are the values by scenario, in the form of rows.
type told []map[string]map[string]spread

// resolveScenarios turns the cells of scenarios into numbers.
func (p *problem) resolveScenarios(in *inputs, f *form, found *findings) told {
	known := make(map[string]criterion, len(in.Criteria))
	for _, c := range in.Criteria {
		known[c.Name] = c
	}
	out := make(told, len(in.Scenarios))
	for k, s := range in.Scenarios {
		out[k] = make(map[string]map[string]spread, len(s.Values))
		at := "/scenarios/" + strconv.Itoa(k) + "/values"
		for _, name := range slices.Sorted(maps.Keys(s.Values)) {
			here := below(at, name)
			if !slices.Contains(f.names, name) {
				found.add(here, "unknown", "This is not the name of an alternative.")
				continue
			}
			row := make(map[string]spread, len(s.Values[name]))
			for _, by := range slices.Sorted(maps.Keys(s.Values[name])) {
				c, ok := known[by]
				value := s.Values[name][by]
				switch {
				case !ok:
					found.add(below(here, by), "unknown", "This is not the name of a criterion.")
				case value == nil:
				case value.spread.kind != exact:
					found.add(below(here, by), "type", "In a scenario a value is a number or a label.")
				default:
					row[by] = c.spread(below(here, by), *value, found)
				}
			}
			out[k][name] = row
		}
	}
	return out
}

// expect gives every alternative the expected values of what the scenarios say. What
// a scenario does not say is the value outside of scenarios, which must be there then.
func (p *problem) expect(by told, f *form, found *findings) {
	for i, row := range f.rows {
		for j, name := range p.criteria {
			base, has := row[name]
			var expected float64
			said := 0
			for k, w := range p.worlds {
				x := base.mean()
				if s, ok := by[k][f.names[i]][name]; ok {
					x = s.mid
					said++
				}
				expected += float64(w.probability * x)
			}
			switch {
			case said == 0:
			case said < len(p.worlds) && !has:
				found.add(f.row(i), "required", "Not every scenario has a value for the criterion at /criteria/"+strconv.Itoa(j)+": give one outside of them, too.")
			default:
				row[name] = spread{mid: expected}
			}
		}
	}
}

// setWorlds fills the values of each scenario, for the alternatives that take part.
func (p *problem) setWorlds(by told, taking []int, f *form) {
	n := len(taking)
	for k := range p.worlds {
		w := &p.worlds[k]
		w.values = slices.Clone(p.values)
		w.told = make([]bool, len(p.values))
		for j, name := range p.criteria {
			for at, i := range taking {
				if s, ok := by[k][f.names[i]][name]; ok {
					w.values[j*n+at], w.told[j*n+at] = s.mid, true
				} else if base, ok := p.bases[i][name]; ok {
					w.values[j*n+at] = base.mean()
				}
			}
		}
	}
}

// information is what it would be worth to know the truth before choosing: the mean
// of the best scores less the best of the mean scores (Raiffa and Schlaifer, Applied
// Statistical Decision Theory, 1961), in units of the score.
type information struct {
	Basis        string     `json:"basis"` // scenarios or draws
	Value        float64    `json:"value"`
	With         float64    `json:"with_information"`
	Without      float64    `json:"without_information"`
	Choice       string     `json:"choice"`
	Alternatives []expected `json:"alternatives"`
}

type expected struct {
	Name  string  `json:"name"`
	Score float64 `json:"expected_score"`
}

// informationOf compares what is expected of each alternative with the expected best.
// For VIKOR, where less is better, scores are shown as they are.
func informationOf(p *problem, s *standing, basis string, means []float64, best float64) *information {
	most := slices.Max(means)
	sign := 1.0
	if s.rule.direction() == directionMin {
		sign = -1
	}
	info := &information{
		Basis: basis, Value: round(max(best-most, 0)), With: round(sign * best), Without: round(sign * most),
		Choice: p.names[slices.Index(means, most)],
	}
	for _, i := range s.order {
		info.Alternatives = append(info.Alternatives, expected{Name: p.names[i], Score: round(sign * means[i])})
	}
	return info
}

// overWorlds is the information in the scenarios, exactly.
func overWorlds(p *problem, s *standing, worlds []*standing) *information {
	means := make([]float64, len(p.names))
	var best float64
	for k, w := range p.worlds {
		most := math.Inf(-1)
		for i, score := range worlds[k].score {
			worth := s.rule.worth(score)
			means[i] += float64(w.probability * worth)
			most = max(most, worth)
		}
		best += float64(w.probability * most)
	}
	return informationOf(p, s, "scenarios", means, best)
}
