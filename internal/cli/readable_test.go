package cli

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestReadable(t *testing.T) {
	long := strings.Repeat("x", 80)
	for in, want := range map[string]string{
		`1.50`:             "1.50\n",
		`{}`:               "{}\n",
		`{"a":[],"b":"c"}`: "{\"a\": [], \"b\": \"c\"}\n",
		`{"z":1e3,"a":"\u00fc","long":"` + long + `"}`: "{\n  \"z\": 1e3,\n  \"a\": \"\\u00fc\",\n  \"long\": \"" + long + "\"\n}\n",
		`{"rows":[{"a":1,"b":2},{"a":"` + long + `","b":"` + long + `"}]}`: "{\n  \"rows\": [\n    {\"a\": 1, \"b\": 2},\n    {\n      \"a\": \"" +
			long + "\",\n      \"b\": \"" + long + "\"\n    }\n  ]\n}\n",
	} {
		if got, err := readable([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s became\n%s%v\nwant\n%s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "{", `{"a"`, `[1 2]`, `{"a":1]`, `["a":1]`, "nonsense", "{} {}", "1 x", `{"a":1,"a":2}`} {
		if got, err := readable([]byte(in)); err == nil {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// FuzzReadable: the layout changes nothing but blanks, whatever the server sent.
func FuzzReadable(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"c"}],"d":null}`, `[[[[]]]]`, `"x"`, `{`, `{"a":"` + strings.Repeat("é", 100) + `"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		text, err := readable(document)
		before, after := jsontext.Value(document), jsontext.Value(text)
		if (err == nil) != before.IsValid() {
			t.Fatalf("%q: %v", document, err)
		}
		if err != nil {
			return
		}
		if err := before.Compact(); err != nil {
			t.Fatal(err)
		}
		if err := after.Compact(); err != nil || string(before) != string(after) {
			t.Fatalf("%q became %q, %v", document, text, err)
		}
	})
}
