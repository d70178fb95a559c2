package decisionpack

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/pack/packtest"
)

func num(x float64) literal      { return literal{sort: numberSort, number: x} }
func text(s string) literal      { return literal{sort: stringSort, text: s} }
func date(s string) literal      { return literal{sort: dateSort, text: s} }
func boolean(truth bool) literal { return literal{sort: booleanSort, truth: truth} }

// TestUnaryTests: what holds and what does not.
func TestUnaryTests(t *testing.T) {
	null := literal{}
	for _, c := range []struct {
		cell     string
		of       sort
		yes, not []literal
	}{
		{"-", numberSort, []literal{num(1), null}, nil},
		{"5", numberSort, []literal{num(5)}, []literal{num(5.1), null}},
		{"-5", numberSort, []literal{num(-5)}, []literal{num(5)}},
		{" = 5 ", numberSort, []literal{num(5)}, []literal{num(4)}},
		{"!= 5", numberSort, []literal{num(4), null}, []literal{num(5)}},
		{"< 5", numberSort, []literal{num(4.9)}, []literal{num(5), null}},
		{"<=5", numberSort, []literal{num(5), num(-1e9)}, []literal{num(5.1), null}},
		{"> -1.5e2", numberSort, []literal{num(-149)}, []literal{num(-150), null}},
		{">= .5", numberSort, []literal{num(.5)}, []literal{num(.4)}},
		{"[1..5]", numberSort, []literal{num(1), num(5), num(3)}, []literal{num(.9), num(5.1), null}},
		{"[1..5)", numberSort, []literal{num(1)}, []literal{num(5)}},
		{"(1..5]", numberSort, []literal{num(5)}, []literal{num(1)}},
		{"]1..5[", numberSort, []literal{num(2)}, []literal{num(1), num(5)}},
		{"[ 1.5 .. 2.5 ]", numberSort, []literal{num(2)}, []literal{num(1)}},
		{"1, 3, > 10", numberSort, []literal{num(1), num(3), num(11)}, []literal{num(2), num(10)}},
		{"not(1, [3..5])", numberSort, []literal{num(2), num(6), null}, []literal{num(1), num(4)}},
		{"null", numberSort, []literal{null}, []literal{num(0)}},
		{"not(null)", numberSort, []literal{num(0)}, []literal{null}},
		{`"gold", "silver"`, stringSort, []literal{text("gold"), text("silver")}, []literal{text("Gold"), null}},
		{`not("a, b")`, stringSort, []literal{text("a")}, []literal{text("a, b")}},
		{`"quote \" and é"`, stringSort, []literal{text(`quote " and é`)}, []literal{text("quote")}},
		{"true", booleanSort, []literal{boolean(true)}, []literal{boolean(false), null}},
		{"false", booleanSort, []literal{boolean(false)}, []literal{boolean(true)}},
		{`>= date("2026-01-31")`, dateSort, []literal{date("2026-01-31"), date("2027-01-01")}, []literal{date("2026-01-30")}},
		{`["2026-01-01".."2026-12-31"]`, dateSort, []literal{date("2026-06-01")}, []literal{date("2025-12-31")}},
	} {
		u, err := parseUnary(c.cell, c.of)
		if err != nil {
			t.Errorf("%s: %v", c.cell, err)
			continue
		}
		for _, value := range c.yes {
			if !u.holds(value) {
				t.Errorf("%s does not hold for %v", c.cell, value)
			}
		}
		for _, value := range c.not {
			if u.holds(value) {
				t.Errorf("%s holds for %v", c.cell, value)
			}
		}
	}
}

// TestUnaryErrors: what is no test, and which mistake it is.
func TestUnaryErrors(t *testing.T) {
	for cell, want := range map[string]error{
		"":                              errTestEmpty,
		"  ":                            errTestEmpty,
		"gold":                          errTestLiteral,
		"<":                             errTestLiteral,
		"1,":                            errTestLiteral,
		"1 2":                           errTestEnd,
		"- 5":                           errTestLiteral,
		"1e400":                         errTestLiteral,
		"0x10":                          errTestEnd,
		"[5..1]":                        errTestInterval,
		"[1,5]":                         errTestInterval,
		"[1..5":                         errTestInterval,
		"not 5":                         errTestNot,
		"not(5":                         errTestNot,
		"not(5) , 6":                    errTestEnd,
		"not(-)":                        errTestLiteral,
		`"gold"`:                        errTestSort,
		"true":                          errTestSort,
		`"gold`:                         errTestString,
		`"\x"`:                          errTestString,
		`date("2026-02-30")`:            errTestDate,
		`date(2026)`:                    errTestString,
		`date("2026-01-01"`:             errTestDate,
		"< null":                        errTestOrder,
		"trueish":                       errTestLiteral,
		strings.Repeat("1", 2001):       errTestLong,
		strings.Repeat("1,", 200) + "1": errTestLong,
	} {
		if _, err := parseUnary(cell, numberSort); err != want { //nolint:errorlint // they are values
			t.Errorf("%q: %v, want %v", cell, err, want)
		}
	}
	if _, err := parseUnary(`< "b"`, stringSort); err != errTestOrder { //nolint:errorlint // they are values
		t.Errorf("texts have an order: %v", err)
	}
}

// FuzzUnary: no cell makes the parser panic; what it reads it writes so that the same
// is read again, and the two hold for the same values.
func FuzzUnary(f *testing.F) {
	for _, cell := range []string{"-", "not(1, 2)", "[1..2)", `"a\"b", "c"`, "< -1e-5", `date("2026-01-01")`, "true", "null", "]1..2[", ">= 1..2"} {
		for k := range 4 {
			f.Add(cell, byte(k))
		}
	}
	sorts := []sort{numberSort, stringSort, booleanSort, dateSort}
	f.Fuzz(func(t *testing.T, cell string, k byte) {
		of := sorts[int(k)%len(sorts)]
		u, err := parseUnary(cell, of)
		if err != nil {
			return
		}
		again, err := parseUnary(u.String(), of)
		if err != nil {
			if err == errTestLong { //nolint:errorlint // it is a value
				return // an exponent written out, or letters escaped
			}
			t.Fatalf("%q became %q: %v", cell, u, err)
		}
		for _, value := range []literal{{}, num(0), num(1), num(-1.5), text(""), text("a"), date("2026-01-01"), boolean(true), boolean(false)} {
			if (value.sort == "" || value.sort == of) && u.holds(value) != again.holds(value) {
				t.Fatalf("%q and %q differ for %v", cell, u, value)
			}
		}
	})
}

// discount is a table with every hit policy in mind.
func discount(policy, more string) jsontext.Value {
	return jsontext.Value(`{"question":"Which discount?","table":{"hit_policy":"` + policy + `",
		"inputs":[{"name":"customer","type":"string"},{"name":"order","type":"number"}],
		"rules":[
			{"name":"gold","when":["\"gold\"","-"],"then":{"discount":0.2}},
			{"when":["not(\"gold\")",">= 100"],"then":{"discount":0.1}},
			{"when":["-","[50..100)"],"then":{"discount":0.05}}]},` + more + `}`)
}

// TestTable: which rules apply, why, and why others do not.
func TestTable(t *testing.T) {
	for _, c := range []struct {
		policy, facts string
		fired         []int
		outcome       string
		rationale     string
	}{
		{"U", `{"customer":"gold","order":10}`, []int{0}, `{"discount":0.2}`, `Rule 0 (gold) applies, because customer is "gold".`},
		{"U", `{"customer":"new","order":100}`, []int{1}, `{"discount":0.1}`, `Rule 1 applies, because customer is not("gold"), order is >= 100.`},
		{"U", `{"order":60}`, []int{2}, `{"discount":0.05}`, `Rule 2 applies, because order is [50..100).`},
		{"U", `{"customer":null,"order":60}`, []int{2}, `{"discount":0.05}`, `Rule 2 applies, because order is [50..100).`},
		{"F", `{"customer":"gold","order":60}`, []int{0}, `{"discount":0.2}`, `Rule 0 (gold) applies, because customer is "gold".`},
		{"C", `{"customer":"gold","order":60}`, []int{0, 2}, "", "2 of 3 rules apply."},
		{"U", `{"customer":"new","order":1}`, nil, "", "None of 3 rules applies."},
	} {
		data, outcome := runAny(t, discount(c.policy, `"facts":`+c.facts))
		found := data.(*ruled)
		var fired []int
		for _, f := range found.Fired {
			fired = append(fired, f.Rule)
		}
		if !slices.Equal(fired, c.fired) || string(found.Outcome) != c.outcome || found.Rationale != c.rationale || outcome.Reliability != dpp.FullScore {
			t.Errorf("%s %s: %+v", c.policy, c.facts, found)
		}
		if c.policy == "C" && (len(found.Outcomes) != 2 || string(found.Outcomes[1]) != `{"discount":0.05}`) {
			t.Errorf("%s", found.Outcomes)
		}
		if c.policy != "F" && len(found.Fired)+len(found.Missed) != 3 {
			t.Errorf("%+v: a rule is missing", found)
		}
	}
	data, _ := runAny(t, jsontext.Value(`{"table":{"inputs":[{"name":"x"}],"rules":[{"when":[5],"then":1}],"default":"none"},"facts":{"x":4}}`))
	if found := data.(*ruled); string(found.Outcome) != `"none"` || !found.Defaulted || len(found.Missed) != 1 || found.Missed[0] != (missed{Rule: 0, Input: "x", Test: "5"}) {
		t.Errorf("%+v", data)
	}
}

// TestTableRefused: each mistake names its rule and cell.
func TestTableRefused(t *testing.T) {
	const inputs = `"inputs":[{"name":"x","type":"number"},{"name":"y","type":"string"}]`
	for name, c := range map[string]struct{ body, pointer, code string }{
		"several hits":      {`"table":{` + inputs + `,"rules":[{"when":["-","-"],"then":1},{"when":[1,"-"],"then":2}]},"facts":{"x":1,"y":"a"}`, "/table/rules/1", "not_unique"},
		"bad cell":          {`"table":{` + inputs + `,"rules":[{"when":["-","-"],"then":1},{"when":["-","a"],"then":2}]},"facts":{"x":1,"y":"a"}`, "/table/rules/1/when/1", "test"},
		"cell of a type":    {`"table":{` + inputs + `,"rules":[{"when":[true,"-"],"then":1}]},"facts":{"x":1,"y":"a"}`, "/table/rules/0/when/0", "test"},
		"too few cells":     {`"table":{` + inputs + `,"rules":[{"when":["-"],"then":1}]},"facts":{"x":1,"y":"a"}`, "/table/rules/0/when", "size"},
		"fact missing":      {`"table":{"inputs":[{"name":"x"},{"name":"y"}],"rules":[{"when":["-","-"],"then":1}]},"facts":{"x":1}`, "/table/inputs/1", "required"},
		"fact of a type":    {`"table":{` + inputs + `,"rules":[{"when":["-","-"],"then":1}]},"facts":{"x":"1","y":"a"}`, "/facts/x", "type"},
		"unknown fact":      {`"table":{` + inputs + `,"rules":[{"when":["-","-"],"then":1}]},"facts":{"x":1,"y":"a","z":1}`, "/facts/z", "unknown"},
		"no type to be had": {`"table":{"inputs":[{"name":"x"}],"rules":[{"when":["-"],"then":1}]},"facts":{"x":null}`, "/table/inputs/0", "required"},
		"input twice":       {`"table":{"inputs":[{"name":"x"},{"name":"x"}],"rules":[{"when":["-","-"],"then":1}]},"facts":{"x":1}`, "/table/inputs/1/name", "duplicate"},
		"with criteria":     {`"table":{` + inputs + `,"rules":[{"when":["-","-"],"then":1}]},"facts":{"x":1,"y":"a"},"criteria":[{"name":"c"}]`, "/criteria", "conflict"},
	} {
		fields := inputErrors(t, jsontext.Value("{"+c.body+"}"))
		if fields[0].Pointer != c.pointer || fields[0].Code != c.code {
			t.Errorf("%s: %+v, want %s at %s", name, fields, c.code, c.pointer)
		}
		if strings.HasPrefix(c.pointer, "/table/rules") && !strings.Contains(fields[0].Message, "Rule") {
			t.Errorf("%s: %q does not name the rule", name, fields[0].Message)
		}
	}
}

// TestIntervalsPartition: of intervals that follow each other exactly one applies.
func TestIntervalsPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bounds := rapid.SliceOfNDistinct(rapid.Float64Range(-1e6, 1e6), 1, 8, rapid.ID[float64]).Draw(t, "bounds")
		slices.Sort(bounds)
		cells := []string{fmt.Sprintf("< %v", bounds[0])}
		for k := 1; k < len(bounds); k++ {
			cells = append(cells, fmt.Sprintf("[%v..%v)", bounds[k-1], bounds[k]))
		}
		cells = append(cells, fmt.Sprintf(">= %v", bounds[len(bounds)-1]))
		var rules []any
		for k, cell := range cells {
			rules = append(rules, map[string]any{"when": []any{cell}, "then": k})
		}
		x := rapid.OneOf(rapid.Float64Range(-2e6, 2e6), rapid.SampledFrom(bounds)).Draw(t, "x")
		data, _ := runAny(t, packtest.JSON(t, map[string]any{
			"table": map[string]any{"inputs": []any{map[string]any{"name": "x"}}, "rules": rules}, "facts": map[string]any{"x": x},
		}))
		found := data.(*ruled)
		want := 0
		for want < len(bounds) && x >= bounds[want] {
			want++
		}
		if len(found.Fired) != 1 || found.Fired[0].Rule != want {
			t.Fatalf("%v in %v fires %+v", x, cells, found.Fired)
		}
	})
}

// TestNegatedZero: there is one zero.
func TestNegatedZero(t *testing.T) {
	u, err := parseUnary("-0", numberSort)
	fact, ok := factOf(jsontext.Value("-0.0"), numberSort)
	if err != nil || !ok || !u.holds(fact) || math.Signbit(fact.number) {
		t.Errorf("%v %v %v", u, fact, err)
	}
}
