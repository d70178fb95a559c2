package pack_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp/internal/pack"
)

// findings checks inputs against a schema alone.
func findings(t *testing.T, schema, inputs string) []pack.FieldError {
	t.Helper()
	f := newFake("url")
	f.manifest.InputsSchema = jsontext.Value(schema)
	return findingsOf(t, offer(t, f, nil), inputs)
}

// fataler is a test of either kind.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func findingsOf(t fataler, o *pack.Offer, inputs string) []pack.FieldError {
	t.Helper()
	_, err := o.Check(jsontext.Value(inputs))
	if err == nil {
		return nil
	}
	var invalid *pack.InputError
	if !errors.As(err, &invalid) || len(invalid.Fields) == 0 {
		t.Fatalf("inputs that do not satisfy the schema give %v", err)
	}
	return invalid.Fields
}

// brief is a finding as "pointer code expected".
func brief(fields []pack.FieldError) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = strings.TrimSpace(f.Pointer + " " + f.Code + " " + f.Expected)
	}
	return out
}

func TestFindingsOfEveryKeyword(t *testing.T) {
	x := func(schema string) string { return `{"type":"object","properties":{"x":` + schema + `}}` }
	for _, c := range []struct{ name, schema, inputs, want string }{
		{"type", x(`{"type":"string"}`), `{"x":1}`, "/x type string"},
		{"types", x(`{"type":["string","null"]}`), `{"x":1}`, "/x type null or string"},
		{"integer", x(`{"type":"integer"}`), `{"x":1.5}`, "/x type integer"},
		{"the whole", `{"type":"object"}`, `[]`, " type object"},
		{"enum", x(`{"enum":["a","b",3,null,true]}`), `{"x":"c"}`, "/x not_allowed a, b, 3, null, true"},
		{"const", x(`{"const":"a"}`), `{"x":"c"}`, "/x not_allowed"},
		{"minItems", x(`{"minItems":2}`), `{"x":[1]}`, "/x too_few at least 2 items"},
		{"maxItems", x(`{"maxItems":1}`), `{"x":[1,2]}`, "/x too_many at most 1 items"},
		{"minProperties", x(`{"minProperties":1}`), `{"x":{}}`, "/x too_few at least 1 members"},
		{"maxProperties", x(`{"maxProperties":0}`), `{"x":{"a":1}}`, "/x too_many at most 0 members"},
		{"minLength", x(`{"minLength":2}`), `{"x":"é"}`, "/x too_short at least 2 characters"},
		{"maxLength", x(`{"maxLength":1}`), `{"x":"éé"}`, "/x too_long at most 1 characters"},
		{"minimum", x(`{"minimum":0.5}`), `{"x":0.4}`, "/x out_of_range at least 0.5"},
		{"maximum", x(`{"maximum":1e15}`), `{"x":1e16}`, "/x out_of_range at most 1000000000000000"},
		{"exclusiveMinimum", x(`{"exclusiveMinimum":0}`), `{"x":0}`, "/x out_of_range above 0"},
		{"exclusiveMaximum", x(`{"exclusiveMaximum":-0.25}`), `{"x":1}`, "/x out_of_range below -0.25"},
		{"multipleOf", x(`{"multipleOf":3}`), `{"x":4}`, "/x invalid"},
		{"pattern", x(`{"pattern":"^a+$"}`), `{"x":"b"}`, "/x pattern ^a+$"},
		{"uniqueItems", x(`{"uniqueItems":true}`), `{"x":[1,2,1.0]}`, "/x duplicate"},
		{"items", x(`{"items":{"type":"string"}}`), `{"x":["a",1,"b",2]}`, "/x/1 type string\n/x/3 type string"},
		{"prefixItems", x(`{"prefixItems":[{"type":"string"}],"items":false}`), `{"x":[1,2]}`, "/x/0 type string\n/x/1 unknown_field"},
		{"contains", x(`{"contains":{"type":"string"}}`), `{"x":[1,2]}`, "/x invalid"},
		{"minContains", x(`{"contains":{"type":"string"},"minContains":2}`), `{"x":["a",2]}`, "/x invalid"},
		{"required", `{"required":["b","a"]}`, `{}`, "/a required\n/b required"},
		{"required deeper", x(`{"required":["y"]}`), `{"x":{}}`, "/x/y required"},
		{"dependentRequired", `{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, "/b required"},
		{"additionalProperties", `{"additionalProperties":false,"properties":{"a":{}}}`, `{"b":1,"a":1,"c":1}`, "/b unknown_field\n/c unknown_field"},
		{"additionalProperties of a kind", `{"additionalProperties":{"type":"number"}}`, `{"b":"x"}`, "/b type number"},
		{"patternProperties", `{"patternProperties":{"^n":{"type":"number"}}}`, `{"n1":"x","m":"x"}`, "/n1 type number"},
		{"propertyNames", x(`{"propertyNames":{"maxLength":1}}`), `{"x":{"ab":1}}`, " name"},
		{"unevaluatedProperties", `{"properties":{"a":{}},"unevaluatedProperties":false}`, `{"a":1,"b":1}`, "/b unknown_field"},
		{"a forbidden member", x(`false`), `{"x":1}`, "/x unknown_field"},
		{"not", x(`{"not":{"type":"string"}}`), `{"x":"a"}`, "/x invalid"},
		{"allOf", x(`{"allOf":[{"minLength":2},{"pattern":"^a"}]}`), `{"x":"b"}`, "/x pattern ^a\n/x too_short at least 2 characters"},
		{"$ref", `{"properties":{"x":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"number"}}}`, `{"x":"a"}`, "/x type number"},
		{"if", x(`{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}`), `{"x":1}`, "/x out_of_range at least 2"},
		{"names in pointers are escaped", `{"additionalProperties":{"type":"number"}}`, `{"a/b~c":"x"}`, "/a~1b~0c type number"},
		{"an empty name", `{"additionalProperties":{"type":"number"}}`, `{"":"x"}`, "/ type number"},
		{"the same twice is told once", x(`{"allOf":[{"type":"string"},{"type":"string"}]}`), `{"x":1}`, "/x type string"},
	} {
		got := findings(t, c.schema, c.inputs)
		if text := strings.Join(brief(got), "\n"); text != strings.TrimSpace(c.want) {
			t.Errorf("%s: found\n%s\nwant\n%s", c.name, text, c.want)
		}
		for _, f := range got {
			if !strings.HasSuffix(f.Message, ".") || f.Code == "" {
				t.Errorf("%s: %+v says nothing", c.name, f)
			}
		}
	}
}

func TestFindingsOfAlternatives(t *testing.T) {
	const files = `{"properties":{"files":{"items":{"oneOf":[
		{"type":"object","required":["kind","data"],"additionalProperties":false,"properties":{"kind":{"const":"inline"},"data":{"type":"string"},"name":{"type":"string"}}},
		{"type":"object","required":["kind","url"],"additionalProperties":false,"properties":{"kind":{"const":"url"},"url":{"type":"string"}}},
		{"type":"string"}]}}}}`
	for _, c := range []struct{ name, schema, inputs, want string }{
		{"one alternative lacks a member", files, `{"files":[{"kind":"inline"}]}`, "/files/0/data required"},
		{"one has a wrong member", files, `{"files":[{"kind":"url","url":5}]}`, "/files/0/url type string"},
		{"one has a member too many", files, `{"files":["a",{"kind":"inline","data":"","more":1}]}`, "/files/1/more unknown_field"},
		{"nothing is near", files, `{"files":[5]}`, "/files/0 type object"},
		{"deeper is nearer", `{"anyOf":[{"required":["b"]},{"properties":{"a":{"properties":{"c":{"type":"string"}}}}}]}`, `{"a":{"c":1}}`, "/a/c type string"},
		{"alternatives in alternatives", `{"oneOf":[{"required":["a","b","c"]},{"anyOf":[{"required":["d","e"]},{"required":["f"]}]}]}`, `{}`, "/f required"},
		{"two fit where one must", `{"oneOf":[{"type":"object"},{"minProperties":0}]}`, `{}`, " invalid"},
	} {
		for range 5 { // the library walks objects in no order
			if text := strings.Join(brief(findings(t, c.schema, c.inputs)), "\n"); text != strings.TrimSpace(c.want) {
				t.Errorf("%s: found\n%s\nwant\n%s", c.name, text, c.want)
			}
		}
	}
}

func TestFindingsAreBoundedAndInOrder(t *testing.T) {
	var members []string
	for i := range 100 {
		members = append(members, fmt.Sprintf(`"k%02d":"x"`, 99-i))
	}
	inputs := "{" + strings.Join(members, ",") + "}"
	var first []string
	for range 5 {
		got := brief(findings(t, `{"additionalProperties":{"allOf":[{"type":"number"},{"minLength":2}]}}`, inputs))
		if first == nil {
			first = got
		}
		if len(got) != 20 || !slices.IsSorted(got) || got[0] != "/k00 too_short at least 2 characters" || !slices.Equal(got, first) {
			t.Fatalf("%d findings: %q", len(got), got)
		}
	}
}

func TestLongNamesAreNotTold(t *testing.T) {
	short, long := strings.Repeat("n", 64), strings.Repeat("n", 65)
	for _, c := range []struct{ name, schema, inputs, want string }{
		{"a short unknown name", `{"additionalProperties":false}`, `{"` + short + `":1}`, "/" + short + " unknown_field"},
		{"a long unknown name", `{"properties":{"x":{"additionalProperties":false}}}`, `{"x":{"` + long + `":1}}`, "/x unknown_field"},
		{"below a long name", `{"additionalProperties":{"items":{"type":"number"}}}`, `{"` + long + `":["x"]}`, " type number"},
		{"required below a long name", `{"additionalProperties":{"required":["a"]}}`, `{"` + long + `":{}}`, " required"},
		{"a number below a long name", `{}`, `{"` + long + `":1e999}`, " out_of_range"},
	} {
		if text := strings.Join(brief(findings(t, c.schema, c.inputs)), "\n"); text != strings.TrimSpace(c.want) {
			t.Errorf("%s: found %s, want %s", c.name, text, c.want)
		}
	}
}

// hostileSchema has every keyword that may be about a value.
const hostileSchema = `{
	"type": "object", "required": ["a", "missing"], "minProperties": 3, "maxProperties": 4, "dependentRequired": {"b": ["with_b"]}, "additionalProperties": false,
	"properties": {
		"a": {"type": "string", "minLength": 9000, "pattern": "^never$"},
		"b": {"enum": ["one", "two"]},
		"c": {"oneOf": [{"type": "array", "maxItems": 0, "items": {"const": "k"}}, {"type": "number", "minimum": 1e9, "multipleOf": 7}, {"type": "object", "required": ["r"]}]},
		"d": {"type": "array", "uniqueItems": true, "contains": {"const": 0}, "items": {"anyOf": [{"maxLength": 2}, {"type": "boolean"}]}},
		"e": {"type": "object", "minProperties": 2, "additionalProperties": {"type": "number", "exclusiveMaximum": 0}, "propertyNames": {"pattern": "^p"}},
		"f": {"not": {}}
	}
}`

// Nothing of a value is repeated in a finding, only names.
func TestFindingsEchoNoValue(t *testing.T) {
	f := newFake("url")
	f.manifest.InputsSchema = jsontext.Value(hostileSchema)
	o := offer(t, f, nil)
	const text, number = "s3cr3t", "719371937"
	scalar := rapid.SampledFrom([]string{`"` + text + `"`, `"a\n` + text + `"`, number, "-" + number + ".5", number + "e-3", "true", "null"})
	value := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(scalar, 0, 3).Draw(t, "parts")
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 0:
			return "[" + strings.Join(parts, ",") + "]"
		case 1:
			for i := range parts {
				parts[i] = fmt.Sprintf(`"p%d":%s`, i, parts[i])
			}
			return "{" + strings.Join(parts, ",") + "}"
		default:
			return scalar.Draw(t, "scalar")
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var members []string
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}), 0, 7, rapid.ID).Draw(t, "names") {
			members = append(members, fmt.Sprintf("%q:%s", name, value.Draw(t, name)))
		}
		fields := findingsOf(t, o, "{"+strings.Join(members, ",")+"}")
		if len(fields) == 0 {
			t.Fatalf("a member is missing and nothing was found")
		}
		told, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		for _, marker := range []string{text, number, number[:6]} {
			if strings.Contains(string(told), marker) {
				t.Fatalf("a value is told: %s", told)
			}
		}
	})
}

func TestPointer(t *testing.T) {
	for want, segments := range map[string][]string{"": nil, "/": {""}, "/a/0": {"a", "0"}, "/~0~1/~01": {"~/", "~1"}} {
		if got := pack.Pointer(segments...); got != want {
			t.Errorf("%q is %s, want %s", segments, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		segments := rapid.SliceOf(rapid.String()).Draw(t, "segments")
		if back := slices.Collect(jsontext.Pointer(pack.Pointer(segments...)).Tokens()); !slices.Equal(back, segments) {
			t.Fatalf("%q is %s, which is %q", segments, pack.Pointer(segments...), back)
		}
	})
}
