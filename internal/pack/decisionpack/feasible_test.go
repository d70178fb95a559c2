package decisionpack

import (
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

func TestConstraintOperators(t *testing.T) {
	for op, want := range map[string][3]bool{ // for 1, 2 and 3 against 2
		"<":  {true, false, false},
		"<=": {true, true, false},
		">":  {false, false, true},
		">=": {false, true, true},
		"==": {false, true, false},
		"!=": {true, false, true},
	} {
		c := constraint{Op: op, Value: 2}
		if got := [3]bool{c.holds(1), c.holds(2), c.holds(3)}; got != want {
			t.Errorf("%s 2: %v, want %v", op, got, want)
		}
	}
}

// TestExclusion: alternatives that violate constraints take no part at all, are
// reported with what they violate, and are evidence in the log.
func TestExclusion(t *testing.T) {
	with := `{"alternatives":[{"name":"A","values":{"c":1,"d":9}},{"name":"B","values":{"c":2,"d":2}},
		{"name":"C","values":{"c":3,"d":3}},{"name":"D","values":{"d":3}}],"missing":"worst",
		"criteria":[{"name":"c","weight":1},{"name":"d","weight":1}],"draws":250,
		"constraints":[{"criterion":"c","op":">=","value":2},{"criterion":"d","op":"<","value":5}]}`
	without := `{"alternatives":[{"name":"B","values":{"c":2,"d":2}},{"name":"C","values":{"c":3,"d":3}}],
		"criteria":[{"name":"c","weight":1},{"name":"d","weight":1}],"draws":250}`
	found, outcome := run(t, jsontext.Value(with))
	plain, _ := run(t, jsontext.Value(without))
	if len(found.Excluded) != 2 || found.Excluded[0].Name != "A" || len(found.Excluded[0].Violated) != 2 {
		t.Fatalf("excluded %+v", found.Excluded)
	}
	if v := found.Excluded[0].Violated[1]; v.Constraint != 1 || v.Criterion != "d" || v.Op != "<" || v.Value != 5 || *v.Actual != 9 {
		t.Errorf("violation %+v", v)
	}
	if v := found.Excluded[1].Violated; len(v) != 1 || v[0].Actual != nil {
		t.Errorf("a missing value satisfies a constraint: %+v", v)
	}
	if len(outcome.Discarded) != 2 || outcome.Discarded[1].Item != "D" || outcome.Discarded[1].Reason != "CONSTRAINT_VIOLATED" {
		t.Errorf("discarded %+v", outcome.Discarded)
	}
	found.Excluded, found.Rationale = []exclusion{}, plain.Rationale
	if a, b := packtest.JSON(t, found), packtest.JSON(t, plain); string(a) != string(b) {
		t.Errorf("the excluded took part:\n%s\n%s", a, b)
	}
}

func TestMissingValues(t *testing.T) {
	for _, c := range []struct {
		missing, direction string
		want               float64
	}{{"worst", "max", 1}, {"worst", "min", 5}, {"mean", "max", 3}, {"mean", "min", 3}} {
		p, err := parse(jsontext.Value(`{"alternatives":[{"name":"A","values":{"c":1}},{"name":"B","values":{"c":5}},{"name":"C","values":{}}],
			"criteria":[{"name":"c","direction":"` + c.direction + `"}],"missing":"` + c.missing + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.column(0); !slices.Equal(got, []float64{1, 5, c.want}) || p.filled[0] != 1 {
			t.Errorf("%s of a %s criterion: %v, filled %v", c.missing, c.direction, got, p.filled)
		}
	}
}
