package decisionpack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack/packtest"
)

// TestInputsSchema: what the schema lets through and what it stops.
func TestInputsSchema(t *testing.T) {
	schema := packtest.Compile(t, newManifest().InputsSchema)
	const two = `"alternatives":[{"name":"A","values":{"c":1}},{"name":"B","values":{"c":2}}]`
	const one = `"criteria":[{"name":"c","weight":1}]`
	for name, c := range map[string]struct {
		body string
		good bool
	}{
		"full form":                {`{` + two + `,` + one + `}`, true},
		"easy form":                {`{"question":"?","options":["A"],"criteria":[{"name":"c"}],"scores":{"A":{"c":1}}}`, true},
		"whole numbers in floats":  {`{` + two + `,` + one + `,"draws":1e4,"seed":5.0}`, true},
		"null value":               {`{"alternatives":[{"name":"A","values":{"c":null}},{"name":"B","values":{"c":1}}],"missing":"worst",` + one + `}`, true},
		"no criteria":              {`{` + two + `}`, false},
		"empty alternatives":       {`{"alternatives":[],` + one + `}`, false},
		"empty criteria":           {`{` + two + `,"criteria":[]}`, false},
		"unknown field":            {`{` + two + `,` + one + `,"votes":[]}`, false},
		"unknown field of weights": {`{` + two + `,` + one + `,"uncertainty":{"model":"normal"}}`, false},
		"method not built":         {`{` + two + `,` + one + `,"method":"electre"}`, false},
		"normalization not known":  {`{` + two + `,` + one + `,"normalization":"log"}`, false},
		"negative weight":          {`{` + two + `,"criteria":[{"name":"c","weight":-1}]}`, false},
		"direction not known":      {`{` + two + `,"criteria":[{"name":"c","direction":"up"}]}`, false},
		"value too large":          {`{"alternatives":[{"name":"A","values":{"c":1e16}}],` + one + `}`, false},
		"value as a list":          {`{"alternatives":[{"name":"A","values":{"c":[1]}}],` + one + `}`, false},
		"empty name":               {`{"alternatives":[{"name":"","values":{"c":1}}],` + one + `}`, false},
		"control character":        {`{"alternatives":[{"name":"A\n","values":{"c":1}}],` + one + `}`, false},
		"operator not known":       {`{` + two + `,` + one + `,"constraints":[{"criterion":"c","op":"=~","value":1}]}`, false},
		"too many draws":           {`{` + two + `,` + one + `,"draws":100001}`, false},
		"half a draw":              {`{` + two + `,` + one + `,"draws":1.5}`, false},
		"negative seed":            {`{` + two + `,` + one + `,"seed":-1}`, false},
		"uncertainty above one":    {`{` + two + `,` + one + `,"uncertainty":{"weights":1.1}}`, false},
	} {
		err := schema.Validate(t, jsontext.Value(c.body))
		if (err == nil) != c.good {
			t.Errorf("%s: the schema says %v", name, err)
		}
		if _, err := New().Estimate(jsontext.Value(c.body)); c.good && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLimitsOfSchema: the numbers in the manifest are those of the schema.
func TestLimitsOfSchema(t *testing.T) {
	var schema struct {
		Properties struct {
			Question     struct{ MaxLength int64 }
			Alternatives struct{ MaxItems int64 }
			Options      struct{ MaxItems int64 }
			Criteria     struct{ MaxItems int64 }
			Constraints  struct{ MaxItems int64 }
			Draws        struct{ Maximum, Default int64 }
			Stakeholders struct{ MaxItems int64 }
			Scenarios    struct{ MaxItems int64 }
			Table        struct {
				Properties struct{ Inputs, Rules struct{ MaxItems int64 } }
			}
		}
		Defs struct{ Name struct{ MaxLength int64 } } `json:"$defs"`
	}
	manifest := newManifest()
	if err := json.Unmarshal(manifest.InputsSchema, &schema, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]int64{
		"max_question":     schema.Properties.Question.MaxLength,
		"max_alternatives": schema.Properties.Alternatives.MaxItems,
		"max_criteria":     schema.Properties.Criteria.MaxItems,
		"max_constraints":  schema.Properties.Constraints.MaxItems,
		"max_draws":        schema.Properties.Draws.Maximum,
		"max_name_chars":   schema.Defs.Name.MaxLength,
		"max_stakeholders": schema.Properties.Stakeholders.MaxItems,
		"max_scenarios":    schema.Properties.Scenarios.MaxItems,
		"max_table_inputs": schema.Properties.Table.Properties.Inputs.MaxItems,
		"max_rules":        schema.Properties.Table.Properties.Rules.MaxItems,
	} {
		if want := manifest.Limits[name]; got != want || want == 0 {
			t.Errorf("%s is %d in the schema and %d in the manifest", name, got, want)
		}
	}
	if schema.Properties.Options.MaxItems != schema.Properties.Alternatives.MaxItems {
		t.Error("the two forms have different bounds")
	}
	if schema.Properties.Draws.Default != defaultDraws {
		t.Errorf("default draws are %d, the schema says %d", defaultDraws, schema.Properties.Draws.Default)
	}
}

func TestManifest(t *testing.T) {
	packtest.Manifest(t, New())
	p, _ := proposing(t, honest())
	packtest.Manifest(t, p)
}

// TestExampleRuns: the manifest's example runs at the price of the estimate, and gives
// data that satisfies the schema of the data.
func TestExampleRuns(t *testing.T) {
	inputs := packtest.Inputs(t, newManifest().Example)
	bounds, err := packtest.Offer(t, New()).Check(inputs)
	if err != nil {
		t.Fatal(err)
	}
	if bounds.Minimum != 5_000 || bounds.All != 5_600 || bounds.High != bounds.All {
		t.Errorf("the example costs %+v", bounds)
	}
	found, outcome := run(t, inputs)
	packtest.Seal(t, newManifest(), outcome)
	if found.Winner != "Harbour" {
		t.Errorf("the example's winner is %s", found.Winner)
	}
}

// TestSpillable: every spillable place is an array in the data and may be an
// artifact by the schema.
func TestSpillable(t *testing.T) {
	manifest := newManifest()
	schema := packtest.Compile(t, manifest.DataSchema)
	var documents []jsontext.Value
	for _, inputs := range everyForm(t) {
		_, outcome := runAny(t, inputs)
		documents = append(documents, packtest.JSON(t, outcome.Data))
	}
	for _, pointer := range manifest.Spillable {
		found := false
		for _, raw := range documents {
			var document any
			if err := json.Unmarshal(raw, &document); err != nil {
				t.Fatal(err)
			}
			if !spill(document, pointer) {
				continue
			}
			found = true
			if err := schema.Validate(t, packtest.JSON(t, document)); err != nil {
				t.Errorf("%s as an artifact: %v", pointer, err)
			}
		}
		if !found {
			t.Errorf("no array at %s", pointer)
		}
	}
}

// everyForm is a decision of each kind, so that every field of the data is there in
// one of them.
func everyForm(t packtest.TB) map[string]jsontext.Value {
	b := table{rows: [][]float64{{1, 1}, {1, 1}, {.5, .5}, {-1, 0}, {.5, 2}}, weights: []float64{1, 1}, rule: newRule(topsis, minmax)}
	limited := map[string]any{"draws": 50, "constraints": []any{map[string]any{"criterion": "c0", "op": ">=", "value": 0}}}
	forms := map[string]jsontext.Value{}
	for _, m := range methods() {
		b.rule = newRule(m, "")
		limited["constraints"] = []any{map[string]any{"criterion": "c0", "op": ">=", "value": 0}}
		if !b.rule.accepts(-1, false) {
			b.rows[3] = []float64{.1, 3}
			limited["constraints"] = []any{map[string]any{"criterion": "c0", "op": ">=", "value": .2}}
		}
		forms[string(m)] = b.inputs(t, limited)
	}
	forms["group"] = jsontext.Value(`{"alternatives":[{"name":"A","values":{"c":"good","d":{"low":1,"high":3}}},{"name":"B","values":{"c":"poor","d":{"normal":{"mean":5,"sd":1}}}}],
		"criteria":[{"name":"c","labels":["poor","good"]},{"name":"d","direction":"min"}],
		"stakeholders":[{"name":"X","weights":{"c":1,"d":3},"importance":2},{"name":"Y","ranks":{"c":1,"d":2}},{"name":"Z","pairwise":[{"a":"c","b":"d","ratio":3}]}],"draws":20}`)
	forms["scenarios"] = jsontext.Value(`{"alternatives":[{"name":"A","values":{}},{"name":"B","values":{"c":5}}],"criteria":[{"name":"c"}],"method":"weighted_sum","normalization":"none",
		"scenarios":[{"name":"s","probability":0.25,"values":{"A":{"c":9},"B":{"c":4}}},{"name":"t","probability":0.75,"values":{"A":{"c":1}}}],"draws":20}`)
	forms["table"] = jsontext.Value(`{"question":"?","table":{"inputs":[{"name":"x"}],"rules":[{"when":["> 1"],"then":"a"},{"name":"n","when":["<= 1"],"then":{"b":1}},{"when":["-"],"then":3}],"hit_policy":"C"},"facts":{"x":2}}`)
	return forms
}

// TestLargestResult: with as many names as there may be, as long as they may be,
// the arrays spill and the envelope of a stopped run stays within its bound.
func TestLargestResult(t *testing.T) {
	long := func(kind string, k int) string { return fmt.Sprintf("%s%03d", strings.Repeat(kind, maxNameChars-3), k) }
	for name, c := range map[string]struct{ criteria, constraints int }{
		"contributions": {12, 0}, "violations": {6, 6},
	} {
		full, empty := map[string]any{}, map[string]any{}
		var alternatives, criteria, constraints []any
		for j := range c.criteria {
			criteria = append(criteria, map[string]any{"name": long("𝛃", j)})
			full[long("𝛃", j)] = j
		}
		for j := range c.constraints {
			constraints = append(constraints, map[string]any{"criterion": long("𝛃", j), "op": ">=", "value": 0})
		}
		for i := range maxAlternatives {
			alternatives = append(alternatives, map[string]any{"name": long("𝛂", i), "values": empty})
		}
		alternatives[0].(map[string]any)["values"] = full
		inputs := packtest.JSON(t, map[string]any{
			"alternatives": alternatives, "criteria": criteria, "constraints": constraints, "missing": "worst", "draws": 10,
		})
		found, outcome := run(t, inputs)
		if want := maxAlternatives - 1; c.constraints > 0 && len(found.Excluded) != want {
			t.Errorf("%s: %d excluded, want %d", name, len(found.Excluded), want)
		}
		outcome.Stopped, outcome.Remaining = dpp.StopTimebox, inputs
		if sealed := packtest.Seal(t, newManifest(), outcome); len(sealed.Artifacts) == 0 {
			t.Errorf("%s: nothing spilled", name)
		}
	}
}

// TestLargestForms: what a group, the methods with more to say and a table answer at
// most spills, too.
func TestLargestForms(t *testing.T) {
	long := func(kind string, k int) string { return fmt.Sprintf("%s%03d", strings.Repeat(kind, maxNameChars-3), k) }
	var stakeholders []any
	for k := range 12 {
		stakeholders = append(stakeholders, map[string]any{"name": long("𝛄", k), "weights": map[string]any{"c": k + 1, "d": 1}})
	}
	for _, m := range []method{vikor, promethee2} {
		var options, scores []any
		for i := range maxAlternatives {
			options, scores = append(options, long("𝛂", i)), append(scores, []int{i, (i * 7) % 13})
		}
		inputs := packtest.JSON(t, map[string]any{
			"options": options, "scores": scores, "criteria": []any{map[string]any{"name": "c"}, map[string]any{"name": "d"}},
			"stakeholders": stakeholders, "method": m, "draws": 10,
		})
		_, outcome := run(t, inputs)
		outcome.Stopped, outcome.Remaining = dpp.StopTimebox, inputs
		if sealed := packtest.Seal(t, newManifest(), outcome); len(sealed.Artifacts) <= 3 {
			t.Errorf("%s: %d artifacts", m, len(sealed.Artifacts))
		}
	}
	var inputs, rules, cells []any
	facts := map[string]any{}
	for k := range maxTableInputs {
		name := fmt.Sprintf("%s%03d", strings.Repeat("x", 38), k)
		inputs, cells, facts[name] = append(inputs, map[string]any{"name": name}), append(cells, 1), 1
	}
	for range maxRules {
		rules = append(rules, map[string]any{"when": cells, "then": strings.Repeat("y", 300)})
	}
	_, outcome := runAny(t, packtest.JSON(t, map[string]any{"table": map[string]any{"inputs": inputs, "rules": rules, "hit_policy": "C"}, "facts": facts}))
	if sealed := packtest.Seal(t, newManifest(), outcome); len(sealed.Artifacts) == 0 {
		t.Error("table: nothing spilled")
	}
}

// spill replaces the array at a pointer, if there is one, by a reference to an artifact.
func spill(document any, pointer string) bool {
	tokens := []string{}
	for token := range jsontext.Pointer(pointer).Tokens() {
		tokens = append(tokens, token)
	}
	object := document.(map[string]any)
	for _, token := range tokens[:len(tokens)-1] {
		inner, ok := object[token].(map[string]any)
		if !ok {
			return false
		}
		object = inner
	}
	last := tokens[len(tokens)-1]
	array, ok := object[last].([]any)
	if ok {
		object[last] = map[string]any{"$artifact": "rest.json", "count": len(array)}
	}
	return ok
}
