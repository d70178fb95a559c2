package metric

import (
	"errors"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		params, prediction, reference string
		want                          float64
	}{
		{``, `3`, `3.0`, 1},
		{``, `"3"`, `3`, 1},
		{``, `" 3 "`, `"3.0"`, 1},
		{``, `3.1`, `3`, 0},
		{`{"abs_tol":0.125}`, `3.125`, `3`, 1},
		{`{"abs_tol":0.1}`, `3.125`, `3`, 0},
		{`{"abs_tol":0,"rel_tol":0.5}`, `150`, `100`, 1}, // of the reference, not of the larger
		{`{"abs_tol":0,"rel_tol":0.5}`, `100`, `200`, 1},
		{`{"abs_tol":0,"rel_tol":0.4}`, `100`, `200`, 0},
		{``, `"about 3"`, `3`, 0},
		{``, `"NaN"`, `3`, 0},
		{``, `"0x3"`, `3`, 0},
		{``, `"1_0"`, `10`, 0},
		{``, `null`, `3`, 0},
		{`{"find":"last"}`, `"Of 10 there are 1,234.5 left."`, `1234.5`, 1},
		{`{"find":"first"}`, `"Of 10 there are 1,234.5 left."`, `10`, 1},
		{`{"find":"last"}`, `"it is -5."`, `-5`, 1},
		{`{"find":"last"}`, `"from 3-5"`, `5`, 1},
		{`{"find":"last"}`, `"1e3 or .5e-1"`, `0.05`, 1},
		{`{"find":"last"}`, `"1,2"`, `2`, 1}, // a list, as no three digits follow
		{`{"find":"last"}`, `"1,234,567"`, `1234567`, 1},
		{`{"find":"last"}`, `"none"`, `0`, 0},
		{`{"find":"last"}`, `"3"`, `"#### 3"`, 1},
	} {
		if got := value(t, build(t, "numeric", c.params), raw(c.prediction, c.reference)); got != c.want {
			t.Errorf("%s %s of %s: %v", c.params, c.prediction, c.reference, got)
		}
	}
	if got := value(t, build(t, "numeric", ""), raw(`2`, `1`, `2`)); got != 1 {
		t.Errorf("of several references: %v", got)
	}
	for code, row := range map[string]Row{"NOT_NUMBER": raw(`1`, `"x"`), "NO_REFERENCE": raw(`1`)} {
		var refused *RowError
		if err := build(t, "numeric", "").Observe(t.Context(), row, make([]float64, 1)); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		params, prediction string
		references         []string
		want               float64
	}{
		{`{"pattern":"b|c"}`, `"abd"`, nil, 1},
		{`{"pattern":"b|c","mode":"match"}`, `"abd"`, nil, 0},
		{`{"pattern":"a|ab","mode":"match"}`, `"abd"`, nil, 1},
		{`{"pattern":"a|ab","mode":"fullmatch"}`, `"ab"`, nil, 1},
		{`{"pattern":"a|b","mode":"fullmatch"}`, `"ab"`, nil, 0},
		{`{"pattern":"a","mode":"fullmatch"}`, `"a\n"`, nil, 0},
		{`{"pattern":"A"}`, `"a"`, nil, 0},
		{`{"pattern":"A","ignore_case":true}`, `"a"`, nil, 1},
		{``, `"2024-05-01"`, []string{`"x"`, `"^\\d{4}-\\d\\d-\\d\\d$"`}, 1},
		{``, `"May"`, []string{`"^\\d+$"`}, 0},
	} {
		if got := value(t, build(t, "regex", c.params), raw(c.prediction, c.references...)); got != c.want {
			t.Errorf("%s of %s: %v", c.params, c.prediction, got)
		}
	}
	for code, row := range map[string]Row{
		"BAD_PATTERN": raw(`"a"`, `"("`), "NO_REFERENCE": raw(`"a"`), "NOT_TEXT": raw(`1`, `"1"`),
	} {
		var refused *RowError
		if err := build(t, "regex", "").Observe(t.Context(), row, make([]float64, 1)); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	var refused *RowError
	long := raw(`"a"`, `"`+strings.Repeat("a", maxPattern+1)+`"`)
	if err := build(t, "regex", "").Observe(t.Context(), long, make([]float64, 1)); !errors.As(err, &refused) || refused.Code != "BAD_PATTERN" {
		t.Errorf("long: %v", err)
	}
}

func TestStructures(t *testing.T) {
	fenced := `"Here:\n` + "```json\\n{\\\"a\\\":1}\\n```" + `\nthat is it"`
	for _, c := range []struct {
		name, params, prediction string
		references               []string
		want                     float64
	}{
		{"json_valid", ``, `"{\"a\":[1,2]}"`, nil, 1},
		{"json_valid", ``, `" 1 "`, nil, 1},
		{"json_valid", ``, `"{\"a\":1,\"a\":2}"`, nil, 1}, // duplicate names are in the grammar
		{"json_valid", ``, `"{'a':1}"`, nil, 0},
		{"json_valid", ``, `"[1,]"`, nil, 0},
		{"json_valid", ``, `"NaN"`, nil, 0},
		{"json_valid", ``, `"01"`, nil, 0},
		{"json_valid", ``, `""`, nil, 0},
		{"json_valid", ``, `"1 2"`, nil, 0},
		{"json_valid", ``, `{"a":1}`, nil, 1},
		{"json_valid", `{"type":"object"}`, `"[1]"`, nil, 0},
		{"json_valid", `{"type":"array"}`, `"[1]"`, nil, 1},
		{"json_valid", `{"type":"object"}`, `[1]`, nil, 0},
		{"json_valid", ``, fenced, nil, 0},
		{"json_valid", `{"fences":true,"type":"object"}`, fenced, nil, 1},
		{"json_valid", `{"fences":true}`, `"1"`, nil, 1},
		{"json_schema", `{"schema":{"type":"object","required":["a"]}}`, `"{\"a\":1}"`, nil, 1},
		{"json_schema", `{"schema":{"type":"object","required":["a"]}}`, `"{\"b\":1}"`, nil, 0},
		{"json_schema", `{"schema":{"type":"object","required":["a"]}}`, `{"a":1}`, nil, 1},
		{"json_schema", `{"schema":{"type":"object","required":["a"]}}`, `"{"`, nil, 0},
		{"json_schema", `{"schema":{"required":["a"]},"fences":true}`, fenced, nil, 1},
		{"json_schema", ``, `"3"`, []string{`{"type":"integer"}`}, 1},
		{"json_schema", ``, `"3"`, []string{`"{\"type\":\"string\"}"`}, 0},
		{"json_schema", `{"schema":false}`, `"3"`, nil, 0},
	} {
		if got := value(t, build(t, c.name, c.params), raw(c.prediction, c.references...)); got != c.want {
			t.Errorf("%s %s of %s: %v", c.name, c.params, c.prediction, got)
		}
	}
	doubling := `{"$ref":"#/$defs/0","$defs":{"0":{"allOf":[{"$ref":"#/$defs/1"},{"$ref":"#/$defs/1"}]},"1":{"properties":{"a":{"allOf":[{"$ref":"#/$defs/0"},{"$ref":"#/$defs/0"}]}}}}}`
	for code, row := range map[string]Row{
		"NO_REFERENCE": raw(`"1"`), "BAD_SCHEMA": raw(`"1"`, `{"$ref":"file:///etc/passwd"}`), "AMBIGUOUS_REFERENCE": raw(`"1"`, `true`, `true`),
		"TOO_COMPLEX": raw(strings.Repeat(`{"a":`, 40)+"1"+strings.Repeat("}", 40), doubling),
	} {
		var refused *RowError
		if err := build(t, "json_schema", "").Observe(t.Context(), row, make([]float64, 1)); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}
