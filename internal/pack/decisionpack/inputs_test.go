package decisionpack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

// TestRefusedInputs: what satisfies the schema and still cannot be decided is
// refused with the place and a code.
func TestRefusedInputs(t *testing.T) {
	const two = `"alternatives":[{"name":"A","values":{"c":1,"d":2}},{"name":"B","values":{"c":2,"d":1}}]`
	const both = `"criteria":[{"name":"c","weight":1},{"name":"d","weight":1}]`
	negative := `"alternatives":[{"name":"A","values":{"c":-1,"d":2}},{"name":"B","values":{"c":2,"d":1}}],` + both
	zero := `"alternatives":[{"name":"A","values":{"c":1,"d":2}},{"name":"B","values":{"c":0,"d":1}}],`
	for name, c := range map[string]struct{ body, pointer, code string }{
		"neither form":                  {both, "/alternatives", "required"},
		"both forms":                    {two + `,"options":["A"],"scores":{"A":{"c":1,"d":1}},` + both, "/alternatives", "conflict"},
		"duplicate alternative":         {`"alternatives":[{"name":"A","values":{"c":1}},{"name":"A","values":{"c":2}}],"criteria":[{"name":"c"}]`, "/alternatives/1/name", "duplicate"},
		"duplicate option":              {`"options":["A","A"],"scores":{"A":{"c":1}},"criteria":[{"name":"c"}]`, "/options/1", "duplicate"},
		"duplicate criterion":           {two + `,"criteria":[{"name":"c"},{"name":"d"},{"name":"c"}]`, "/criteria/2/name", "duplicate"},
		"unknown criterion in values":   {two + `,"criteria":[{"name":"c"}]`, "/alternatives/0/values/d", "unknown"},
		"unknown criterion in scores":   {`"options":["A"],"scores":{"A":{"c":1,"a/b~":1}},"criteria":[{"name":"c"}]`, "/scores/A/a~1b~0", "unknown"},
		"unknown option in scores":      {`"options":["A"],"scores":{"A":{"c":1},"B":{"c":1}},"criteria":[{"name":"c"}]`, "/scores/B", "unknown"},
		"unknown criterion constrained": {two + `,"constraints":[{"criterion":"e","op":"<","value":1}],` + both, "/constraints/0/criterion", "unknown"},
		"all weights zero":              {two + `,"criteria":[{"name":"c","weight":0},{"name":"d","weight":0}]`, "/criteria", "out_of_range"},
		"some weights missing":          {two + `,"criteria":[{"name":"c","weight":1},{"name":"d"}]`, "/criteria", "required"},
		"weight too small":              {two + `,"criteria":[{"name":"c","weight":1e-16},{"name":"d","weight":1}]`, "/criteria/0/weight", "out_of_range"},
		"value too small":               {`"alternatives":[{"name":"A","values":{"c":1e-300}}],"criteria":[{"name":"c"}]`, "/alternatives/0/values/c", "out_of_range"},
		"value missing":                 {`"alternatives":[{"name":"A","values":{"c":1}},{"name":"B","values":{"c":2,"d":1}}],` + both, "/alternatives/0/values", "required"},
		"value null":                    {`"alternatives":[{"name":"A","values":{"c":1,"d":null}}],` + both, "/alternatives/0/values", "required"},
		"score missing":                 {`"options":["A","B"],"scores":{"A":{"c":1},"B":{}},"criteria":[{"name":"c"}]`, "/scores/B", "required"},
		"option without scores":         {`"options":["A","B"],"scores":{"A":{"c":1}},"criteria":[{"name":"c"}]`, "/options/1", "required"},
		"nothing to fill from":          {`"alternatives":[{"name":"A","values":{"c":1}},{"name":"B","values":{"c":2}}],"missing":"mean",` + both, "/criteria/1", "required"},
		"constraints exclude all":       {two + `,"constraints":[{"criterion":"c","op":">","value":5}],` + both, "/constraints", "unsatisfiable"},
		"negative with max":             {negative + `,"normalization":"max"`, "/alternatives/0/values/c", "out_of_range"},
		"negative with sum":             {negative + `,"normalization":"sum"`, "/alternatives/0/values/c", "out_of_range"},
		"zero cost with sum":            {zero + `"normalization":"sum","criteria":[{"name":"c","direction":"min"},{"name":"d"}]`, "/alternatives/1/values/c", "out_of_range"},
		"zero with product":             {zero + `"method":"weighted_product",` + both, "/alternatives/1/values/c", "out_of_range"},
		"product with minmax":           {two + `,"method":"weighted_product","normalization":"minmax",` + both, "/normalization", "unsupported"},
		"field of the wrong type":       {two + `,"draws":"many",` + both, "/draws", "type"},
		"field not known":               {two + `,"votes":[],` + both, "/votes", "type"},
		"field with a long name":        {`"alternatives":[{"name":"A","values":{"c":1,"` + strings.Repeat("e", 65) + `":1}}],"criteria":[{"name":"c"}]`, "/alternatives/0/values", "unknown"},
		"field repeated":                {two + `,"seed":1,"seed":1,` + both, "/seed", "type"},
	} {
		fields := inputErrors(t, jsontext.Value("{"+c.body+"}"))
		if fields[0].Pointer != c.pointer || fields[0].Code != c.code || fields[0].Message == "" {
			t.Errorf("%s: %+v, want code %s at %s", name, fields, c.code, c.pointer)
		}
	}
}

func TestRefusedSizes(t *testing.T) {
	b := randomTable(200, 100)
	fields := inputErrors(t, b.inputs(t, map[string]any{"draws": 10_001}))
	if fields[0].Pointer != "/draws" || fields[0].Code != "out_of_range" {
		t.Errorf("more than %d evaluations: %+v", maxEvaluations, fields)
	}
	padded := `{"question":"` + strings.Repeat("x", maxInputBytes) + `"}`
	if fields := inputErrors(t, jsontext.Value(padded)); fields[0].Code != "too_large" {
		t.Errorf("inputs above the bound: %+v", fields)
	}
	var options []string
	for i := range 200 {
		options = append(options, fmt.Sprint(i))
	}
	wide := map[string]any{"options": options, "scores": map[string]any{}, "criteria": []any{map[string]any{"name": strings.Repeat("c", maxRepeated/200+1)}}}
	if fields := inputErrors(t, packtest.JSON(t, wide)); fields[0].Pointer != "/criteria" || fields[0].Code != "too_large" {
		t.Errorf("names above the bound: %+v", fields[0])
	}
	b.rows[3] = nil
	if fields := inputErrors(t, b.inputs(t, nil)); len(fields) != maxFindings {
		t.Errorf("%d findings of 100, the bound is %d", len(fields), maxFindings)
	}
}

// randomTable is a decision with distinct positive values.
func randomTable(alternatives, criteria int) table {
	b := table{rule: newRule(topsis, vector)}
	for i := range alternatives {
		row := make([]float64, criteria)
		for j := range row {
			row[j] = float64(1 + (i*31+j*17)%97)
		}
		b.rows = append(b.rows, row)
	}
	for j := range criteria {
		b.weights = append(b.weights, float64(j+1))
	}
	return b
}

// TestFindingsRepeatNoValue: names of fields may be told, values never.
func TestFindingsRepeatNoValue(t *testing.T) {
	const secret = "zq7x"
	for _, body := range []string{
		`{"alternatives":[{"name":"zq7x","values":{"c":1}},{"name":"zq7x","values":{"c":1}}],"criteria":[{"name":"c"}]}`,
		`{"options":["zq7x","zq7x"],"scores":{},"criteria":[{"name":"c"}]}`,
		`{"alternatives":[{"name":"A","values":{"c":1}}],"criteria":[{"name":"c"}],"constraints":[{"criterion":"zq7x","op":"<","value":1}]}`,
		`{"alternatives":[{"name":"A","values":{}}],"criteria":[{"name":"zq7x"},{"name":"zq7x"}]}`,
		`{"alternatives":[{"name":"A","values":{}}],"criteria":[{"name":"zq7x"}]}`,
		`{"options":["zq7x"],"scores":{},"criteria":[{"name":"c"}]}`,
		`{"alternatives":"zq7x","criteria":[{"name":"c"}]}`,
		`{"alternatives":[{"name":"A","values":{"c":"zq7x"}}],"criteria":[{"name":"c"}]}`,
	} {
		fields := inputErrors(t, jsontext.Value(body))
		if text := fmt.Sprint(fields); strings.Contains(text, secret) {
			t.Errorf("%s: %s", body, text)
		}
	}
}

// TestEasyForm: both forms of one decision give the same data.
func TestEasyForm(t *testing.T) {
	full := `{"question":"Which?","alternatives":[{"name":"A","values":{"c":1,"d":2}},{"name":"B","values":{"c":3,"d":1}}],
		"criteria":[{"name":"c","weight":2},{"name":"d","weight":1,"direction":"min"}],"draws":500}`
	easy := `{"question":"Which?","options":["A","B"],"scores":{"B":{"d":1,"c":3},"A":{"c":1,"d":2}},
		"criteria":[{"name":"c","weight":2},{"name":"d","weight":1,"direction":"min"}],"draws":500}`
	matrix := strings.Replace(easy, `{"B":{"d":1,"c":3},"A":{"c":1,"d":2}}`, `[[1,2],[3,1]]`, 1)
	one, _ := run(t, jsontext.Value(full))
	other, _ := run(t, jsontext.Value(easy))
	if a, b := packtest.JSON(t, one), packtest.JSON(t, other); string(a) != string(b) {
		t.Errorf("full %s\neasy %s", a, b)
	}
	rows, _ := run(t, jsontext.Value(matrix))
	if a, b := packtest.JSON(t, one), packtest.JSON(t, rows); string(a) != string(b) {
		t.Errorf("full %s\nmatrix %s", a, b)
	}
	if one.Winner != "B" || one.Question != "Which?" {
		t.Errorf("winner %s of question %q", one.Winner, one.Question)
	}
}

// TestDefaults: what was not given is what the schema says.
func TestDefaults(t *testing.T) {
	p, err := parse(jsontext.Value(`{"alternatives":[{"name":"A","values":{"c":1,"d":4}}],"criteria":[{"name":"c"},{"name":"d"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if p.rule.method != topsis || p.rule.by != vector || p.rule.v != 0.5 || p.rule.reciprocal || !p.charts || p.draws != 10_000 || p.seed != 0 || p.weightSize != 0.2 || p.valueSize != 0 {
		t.Errorf("%+v", p)
	}
	if p.weights[0] != 0.5 || p.weights[1] != 0.5 || p.minimise[0] || p.minimise[1] {
		t.Errorf("weights %v, minimised %v", p.weights, p.minimise)
	}
	for m, by := range map[method]normalization{weightedSum: minmax, weightedProduct: none, vikor: minmax, promethee2: none, ahp: bySum} {
		if got := newRule(m, ""); got.by != by {
			t.Errorf("%s has %s by default, want %s", m, got.by, by)
		}
	}
}
