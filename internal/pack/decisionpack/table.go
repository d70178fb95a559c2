package decisionpack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Hit policies of a decision table (OMG, Decision Model and Notation 1.5): at most one
// rule may apply, the first one counts, or all do.
const (
	hitUnique  = "U"
	hitFirst   = "F"
	hitCollect = "C"
)

// rulebook is a decision table as it was submitted: a rule has one test for each input.
type rulebook struct {
	Inputs    []tableInput   `json:"inputs"`
	Rules     []tableRule    `json:"rules"`
	HitPolicy string         `json:"hit_policy"`
	Default   jsontext.Value `json:"default"`
}

type tableInput struct {
	Name string `json:"name"`
	Type sort   `json:"type"`
}

type tableRule struct {
	Name string           `json:"name"`
	When []jsontext.Value `json:"when"`
	Then jsontext.Value   `json:"then"`
}

// ruled is what a table says of facts.
type ruled struct {
	Question  string           `json:"question,omitzero"`
	Form      string           `json:"form"`
	HitPolicy string           `json:"hit_policy"`
	Outcome   jsontext.Value   `json:"outcome,omitzero"`   // U and F; absent where no rule applies
	Outcomes  []jsontext.Value `json:"outcomes,omitempty"` // C
	Defaulted bool             `json:"defaulted,omitzero"` // no rule applies, and the table says what then
	Fired     []fired          `json:"fired"`
	Missed    []missed         `json:"not_fired"`
	Rationale string           `json:"rationale"`
}

// fired is a rule that applies, with the tests that held.
type fired struct {
	Rule    int            `json:"rule"`
	Name    string         `json:"name,omitzero"`
	Then    jsontext.Value `json:"then"`
	Because []holding      `json:"because"`
}

type holding struct {
	Input string `json:"input"`
	Test  string `json:"test"`
}

// missed is a rule that does not apply, with the first test that did not hold.
type missed struct {
	Rule  int    `json:"rule"`
	Name  string `json:"name,omitzero"`
	Input string `json:"input"`
	Test  string `json:"test"`
}

// rule applies the table to the facts, or returns an input error that names every
// rule and cell that is wrong.
func (in *inputs) ruled() (*ruled, error) {
	var found findings
	for _, other := range []struct {
		name  string
		given bool
	}{
		{"alternatives", in.Alternatives != nil},
		{"options", in.Options != nil},
		{"scores", in.Scores.given},
		{"criteria", in.Criteria != nil},
		{"stakeholders", in.Stakeholders != nil},
		{"scenarios", in.Scenarios != nil},
		{"constraints", in.Constraints != nil},
	} {
		if other.given {
			found.add("/"+other.name, "conflict", "A decision table stands alone: leave this out.")
		}
	}
	t := in.Table
	t.checkSize(&found)
	facts := t.facts(in.Facts, &found)
	cells := t.cells(&found)
	if err := found.err(); err != nil {
		return nil, err
	}
	out := t.apply(facts, cells, &found)
	out.Question = in.Question
	return out, found.err()
}

func (t *rulebook) checkSize(found *findings) {
	names := 0
	var inputs []string
	for _, input := range t.Inputs {
		names += len(input.Name)
		inputs = append(inputs, input.Name)
	}
	if names*len(t.Rules) > maxRepeated {
		found.add("/table/inputs", "too_large", "The names of the inputs are too long to be repeated for so many rules.")
	}
	checkUnique(inputs, func(k int) string { return "/table/inputs/" + strconv.Itoa(k) + "/name" }, found)
}

// facts are the values of the inputs, in their order; null where there is none. An
// input without a type has that of its fact.
func (t *rulebook) facts(given map[string]jsontext.Value, found *findings) []literal {
	known := make(map[string]bool, len(t.Inputs))
	values := make([]literal, len(t.Inputs))
	for k := range t.Inputs {
		input := &t.Inputs[k]
		known[input.Name] = true
		var value literal // null: what is not given is not known
		if raw, ok := given[input.Name]; ok {
			if value, ok = factOf(raw, input.Type); !ok {
				found.add(below("/facts", input.Name), "type", "The fact has another type than its input.")
			}
		}
		if values[k] = value; input.Type == "" {
			input.Type = value.sort
		}
		if input.Type == "" {
			found.add("/table/inputs/"+strconv.Itoa(k), "required", "The fact is not known, so the input needs a type.")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !known[name] {
			found.add(below("/facts", name), "unknown", "This is not the name of an input of the table.")
		}
	}
	return values
}

// factOf reads a JSON value as one of a sort, or of its own where that is empty.
func factOf(raw jsontext.Value, of sort) (value literal, ok bool) {
	switch raw.Kind() {
	case jsontext.KindNull:
		return literal{}, true
	case jsontext.KindTrue, jsontext.KindFalse:
		value = literal{sort: booleanSort, truth: raw.Kind() == jsontext.KindTrue}
	case jsontext.KindNumber:
		value.sort = numberSort
		ok = json.Unmarshal(raw, &value.number) == nil
		if value.number == 0 { // no -0
			value.number = 0
		}
		return value, ok && (of == "" || of == numberSort)
	case jsontext.KindString:
		value.sort = stringSort
		if json.Unmarshal(raw, &value.text) != nil {
			return literal{}, false
		}
		if of == dateSort {
			date, err := dateOf(value.text)
			return date, err == nil
		}
	default:
		return literal{}, false
	}
	return value, of == "" || of == value.sort
}

// cells are the tests of every rule, in the order of the inputs.
func (t *rulebook) cells(found *findings) [][]unary {
	all := make([][]unary, len(t.Rules))
	for r, rule := range t.Rules {
		at := "/table/rules/" + strconv.Itoa(r) + "/when"
		if len(rule.When) != len(t.Inputs) {
			found.add(at, "size", fmt.Sprintf("Rule %d needs one test for each input, in their order.", r))
			continue
		}
		for k, raw := range rule.When {
			cell, err := cellOf(raw, t.Inputs[k].Type)
			if err != nil {
				found.add(at+"/"+strconv.Itoa(k), "test", fmt.Sprintf("Rule %d, cell %d: %s.", r, k, err))
			}
			all[r] = append(all[r], cell)
		}
	}
	return all
}

// cellOf reads a test; a number or truth value that is not in a text equals itself.
func cellOf(raw jsontext.Value, of sort) (unary, error) {
	if raw.Kind() == jsontext.KindString {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return unary{}, errTestString
		}
		return parseUnary(text, of)
	}
	return parseUnary(string(raw), of)
}

// apply finds the rules that apply.
func (t *rulebook) apply(facts []literal, cells [][]unary, found *findings) *ruled {
	out := &ruled{Form: "table", HitPolicy: t.HitPolicy, Fired: []fired{}, Missed: []missed{}}
	if out.HitPolicy == "" {
		out.HitPolicy = hitUnique
	}
	for r, rule := range t.Rules {
		if k := slices.IndexFunc(upTo(len(facts)), func(k int) bool { return !cells[r][k].holds(facts[k]) }); k >= 0 {
			out.Missed = append(out.Missed, missed{Rule: r, Name: rule.Name, Input: t.Inputs[k].Name, Test: cells[r][k].String()})
			continue
		}
		f := fired{Rule: r, Name: rule.Name, Then: rule.Then, Because: []holding{}}
		for k, cell := range cells[r] {
			if !cell.anything {
				f.Because = append(f.Because, holding{Input: t.Inputs[k].Name, Test: cell.String()})
			}
		}
		out.Fired = append(out.Fired, f)
		if out.HitPolicy == hitFirst {
			break
		}
		if n := len(out.Fired); out.HitPolicy == hitUnique && n > 1 {
			found.add("/table/rules/"+strconv.Itoa(r), "not_unique", fmt.Sprintf(
				"Rules %d and %d both apply to these facts, and the hit policy U allows one: make them exclude each other, or use F or C.", out.Fired[0].Rule, r))
		}
	}
	t.conclude(out)
	return out
}

func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// conclude sets what follows from the rules that apply.
func (t *rulebook) conclude(out *ruled) {
	switch {
	case len(out.Fired) == 0:
		out.Rationale = fmt.Sprintf("None of %s applies.", count(len(t.Rules), "rule", "rules"))
		if t.Default != nil && t.Default.Kind() != jsontext.KindNull {
			out.Outcome, out.Defaulted = t.Default, true
			out.Rationale += " The table's default stands."
		}
		return
	case out.HitPolicy == hitCollect:
		for _, f := range out.Fired {
			out.Outcomes = append(out.Outcomes, f.Then)
		}
		out.Rationale = fmt.Sprintf("%d of %s apply.", len(out.Fired), count(len(t.Rules), "rule", "rules"))
		return
	}
	first := out.Fired[0]
	out.Outcome = first.Then
	var because []string
	for _, h := range first.Because[:min(len(first.Because), 5)] {
		because = append(because, h.Input+" is "+h.Test)
	}
	name := "Rule " + strconv.Itoa(first.Rule)
	if first.Name != "" {
		name += " (" + first.Name + ")"
	}
	if len(because) == 0 {
		because = append(because, "it asks for nothing")
	}
	out.Rationale = name + " applies, because " + strings.Join(because, ", ") + "."
}
