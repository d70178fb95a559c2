package evalpack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

func TestAssertions(t *testing.T) {
	const rows = `{"rows":[{"prediction":"a","reference":"a","groups":["g"],"baseline_prediction":"b"},{"prediction":"a","reference":"b"},{"prediction":"c","reference":"c"}],
		"metrics":[{"name":"exact_match"},{"name":"exact_match","label":"raw","params":{"normalize":"none"}}],"bootstrap":{"samples":200},"assertions":[%s]}`
	for _, c := range []struct {
		assertion string
		passed    bool
		reason    string
	}{
		{`{"metric":"exact_match","op":"<","value":0.7}`, true, ""},
		{`{"metric":"exact_match","op":">=","value":0.7}`, false, ""},
		{`{"metric":"raw","op":"==","value":0.666666666667}`, true, ""},
		{`{"metric":"raw","op":"==","value":0.66666666666666663}`, true, ""},
		{`{"metric":"raw","op":"!=","value":0.66666666666666663}`, false, ""},
		{`{"metric":"raw","op":"<=","value":0.66666666666666663}`, true, ""},
		{`{"metric":"exact_match","op":">","value":0.5,"group":"g"}`, true, ""},
		{`{"metric":"exact_match","op":">","value":0.5,"group":"h"}`, false, noGroup},
		{`{"metric":"exact_match","on":"n","op":"==","value":1,"group":"g"}`, true, ""},
		{`{"metric":"exact_match","on":"n","op":"==","value":3}`, true, ""},
		{`{"metric":"exact_match","on":"ci_low","op":"<","value":0.66}`, true, ""},
		{`{"metric":"exact_match","on":"ci_high","op":"==","value":1}`, true, ""},
		{`{"metric":"exact_match","on":"ci_high","op":"==","value":1,"group":"g"}`, true, ""},
		{`{"metric":"exact_match","on":"difference","op":"==","value":1}`, true, ""},
		{`{"metric":"exact_match","on":"difference_ci_low","op":">","value":0}`, true, ""},
		{`{"metric":"exact_match","on":"difference_ci_high","op":"<","value":1}`, false, ""},
		{`{"metric":"exact_match","on":"p_value","op":"<","value":0.05}`, true, ""},
	} {
		d, _ := runOn(t, jsontext.Value(fmt.Sprintf(rows, c.assertion)))
		v := d.Assertions[0]
		if v.Passed != c.passed || v.Reason != c.reason || d.Passed != c.passed || slices.Contains(d.NotPassed, notAssertion) == c.passed || (v.Actual == nil) != (c.reason != "") {
			t.Errorf("%s: %s", c.assertion, packtest.JSON(t, v))
		}
	}
}

func TestAssertionsWithoutABaseline(t *testing.T) {
	d, _ := runOn(t, jsontext.Value(`{`+oneRow+`,"metrics":[{"name":"exact_match"}],"assertions":[{"metric":"exact_match","on":"difference","op":"==","value":0}]}`))
	if v := d.Assertions[0]; v.Passed || v.Reason != noBaseline || d.Metrics[0].Comparison != nil {
		t.Errorf("%s", packtest.JSON(t, v))
	}
}

// Of equal rows the earlier are shown; rows that are as good as can be are not.
func TestWorstRows(t *testing.T) {
	var rows []string
	for i := range 12 {
		prediction := []string{"p q", "p", "x"}[i%3]
		rows = append(rows, fmt.Sprintf(`{"id":"r%d","prediction":%q,"reference":"p q"}`, i, prediction+strings.Repeat(" ", i)))
	}
	d, _ := runOn(t, jsontext.Value(`{"rows":[`+strings.Join(rows, ",")+`],"metrics":[{"name":"token_f1"},{"name":"wer"}],"worst_rows":6}`))
	var told []string
	for _, r := range d.Worst {
		told = append(told, fmt.Sprintf("%s %d", r.Metric, r.Row))
	}
	want := "token_f1 2, token_f1 5, token_f1 8, token_f1 11, token_f1 1, token_f1 4, wer 2, wer 5, wer 8, wer 11, wer 1, wer 4"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("the worst are %s\nwant %s", got, want)
	}
	if d, _ := runOn(t, jsontext.Value(`{`+oneRow+`,"metrics":[{"name":"token_f1"}],"worst_rows":0}`)); len(d.Worst) != 0 {
		t.Errorf("worst %+v", d.Worst)
	}
}

func TestExcerpts(t *testing.T) {
	for in, want := range map[string]string{
		`"a\n\"b\""`: "a\n\"b\"", `{"a":1}`: `{"a":1}`, `7`: "7",
		`"` + strings.Repeat("é", maxExcerpt) + `"`:   strings.Repeat("é", maxExcerpt),
		`"` + strings.Repeat("é", maxExcerpt+1) + `"`: strings.Repeat("é", maxExcerpt-1) + "…",
	} {
		if got := excerpt(jsontext.Value(in)); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// The first groups are kept, and how many rows are in others is told.
func TestTooManyGroups(t *testing.T) {
	var rows []string
	for i := range maxGroups + 5 {
		rows = append(rows, fmt.Sprintf(`{"prediction":"a","reference":"a","groups":["g%d","all"]}`, i))
	}
	d, o := runOn(t, jsontext.Value(`{"rows":[`+strings.Join(rows, ",")+`],"metrics":[{"name":"exact_match"}],"bootstrap":{"samples":0}}`))
	if n := len(d.Metrics[0].Groups); n != maxGroups || d.Metrics[0].group("all").N != maxGroups+5 {
		t.Errorf("%d groups", n)
	}
	if len(o.Discarded) != 1 || o.Discarded[0].Reason != "TOO_MANY_GROUPS" || !strings.Contains(o.Discarded[0].Detail, "; 6 rows") {
		t.Errorf("discarded %+v", o.Discarded)
	}
}
