package pack_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestInputsThatAreNoJSON(t *testing.T) {
	for _, inputs := range []string{"", " ", "{", `{"a":}`, `{"a":1,"a":2}`, "{}{}", "{} x", "nul", "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, strings.Repeat("[", 20_000)} {
		if got := brief(findings(t, `true`, inputs)); len(got) != 1 || got[0] != "type" {
			t.Errorf("%.20q: found %q", inputs, got)
		}
	}
}

func TestInputsWithTooManyValues(t *testing.T) {
	const most = 100_000
	list := func(count int) string { return "[" + strings.Repeat("1,", count-1) + "1]" }
	for _, c := range []struct {
		name, inputs, want string
	}{
		// The array itself, objects and their values; names do not count.
		{"as many as may be", "[" + strings.Repeat(`{"a":1},`, most/2-1) + `{}]`, ""},
		{"one more", "[" + strings.Repeat(`{"a":1},`, most/2-1) + `{},1]`, "too_many at most 100000 values"},
		{"a million of values", list(1_000_000), "too_many at most 100000 values"},
		{"a long text is one value", `"` + strings.Repeat("1,", 1<<20) + `"`, ""},
	} {
		if got := strings.Join(brief(findings(t, `true`, c.inputs)), "\n"); got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

// Numbers that are dear to compare exactly are refused before a schema compares
// them; all that a float64 can be passes.
func TestInputsWithDearNumbers(t *testing.T) {
	const schema = `{"properties":{"x":{"minimum":-1e308,"multipleOf":1e-400},"y":{"items":{"type":"integer"}}}}`
	digits := strings.Repeat("1", 401)
	for inputs, want := range map[string]string{
		`{"x":5e-324}`:                 "",
		`{"x":1.7976931348623157e308}`: "",
		`{"x":` + digits[:400] + `}`:   "",
		`{"x":1e400}`:                  "",
		`{"x":1E+400}`:                 "",
		`{"x":1e401}`:                  "/x out_of_range",
		`{"x":1e-401}`:                 "/x out_of_range",
		`{"x":1e-9999999}`:             "/x out_of_range",
		`{"x":0e99999999999999999999}`: "/x out_of_range",
		`{"x":` + digits + `}`:         "/x out_of_range",
		`{"x":0.` + digits + `}`:       "/x out_of_range",
		`{"y":[1,1e-999999]}`:          "/y/1 out_of_range",
		`{"z":{"a/b":1e999}}`:          "/z/a~1b out_of_range",
		`1e999`:                        "out_of_range",
		`{"1e999":"1e999"}`:            "",
	} {
		if got := strings.Join(brief(findings(t, schema, inputs)), "\n"); got != want {
			t.Errorf("%.40s: found %q, want %q", inputs, got, want)
		}
	}
}

// Whatever the inputs are, they are judged without a crash, and what is found
// repeats no more than a bounded text.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"x","b":1,"c":[],"d":[1,1],"e":{"q":1}}`, `{"a":1e-9999999}`, `[`, `{"":{"":1}}`, `{"c":{"r":1},"e":{"p":-1,"p2":1e400}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, inputs []byte) {
		manifest := newFake("url")
		manifest.manifest.InputsSchema = jsontext.Value(hostileSchema)
		o := offer(t, manifest, nil)
		for _, field := range findingsOf(t, o, string(inputs)) {
			if field.Code == "" || field.Message == "" || len(field.Pointer) > 2_000 {
				t.Errorf("found %+v", field)
			}
		}
	})
}
