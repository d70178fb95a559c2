package packtest

import (
	"os"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// Page is a page of the documentation, by its path from the folder of the test.
func Page(t TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var blockOfJSON = regexp.MustCompile("(?s)```json\n(.*?)```")

// Examples are the blocks of JSON on a page, in their order.
func Examples(page string) []jsontext.Value {
	var all []jsontext.Value
	for _, block := range blockOfJSON.FindAllStringSubmatch(page, -1) {
		all = append(all, jsontext.Value(block[1]))
	}
	return all
}

// Accepted checks that a pack takes inputs, or those of examples, as it would at a submit.
func Accepted(t TB, p pack.Pack, examples ...jsontext.Value) {
	t.Helper()
	offer := Offer(t, p)
	for _, example := range examples {
		if _, err := offer.Check(Inputs(t, example)); err != nil {
			t.Errorf("%s\n%v", example, err)
		}
	}
}

// Same checks that two texts say the same in JSON, such as the example of a page and the
// manifest's.
func Same(t TB, a, b jsontext.Value) {
	t.Helper()
	x, y := a.Clone(), b.Clone()
	if x.Canonicalize() != nil || y.Canonicalize() != nil || string(x) != string(y) {
		t.Errorf("%s\nis not\n%s", a, b)
	}
}

// Named checks that a page has each of these names, as words of their own.
func Named(t TB, page string, names ...string) {
	t.Helper()
	for _, name := range names {
		if !regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(name) + `($|\W)`).MatchString(page) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

// Names are what a reader of JSON Schemas looks for on the page of a pack: the properties
// and the words of enumerations. Those of an input file and of a reference to an artifact
// are none of them, as they are the same for all packs.
func Names(t TB, schemas ...jsontext.Value) (names []string) {
	t.Helper()
	for _, schema := range schemas {
		var whole any
		if err := json.Unmarshal(schema, &whole); err != nil {
			t.Fatal(err)
		}
		names = append(names, namesIn(whole)...)
	}
	return names
}

func namesIn(v any) (names []string) {
	switch v := v.(type) {
	case map[string]any:
		properties, _ := v["properties"].(map[string]any)
		if properties["$artifact"] != nil {
			return nil
		}
		for name := range properties {
			names = append(names, name)
		}
		enum, _ := v["enum"].([]any)
		for _, value := range enum {
			if word, ok := value.(string); ok && strings.Trim(word, separators) != "" {
				names = append(names, word)
			}
		}
		for key, member := range v {
			if key != pack.FileDef {
				names = append(names, namesIn(member)...)
			}
		}
	case []any:
		for _, item := range v {
			names = append(names, namesIn(item)...)
		}
	}
	return names
}

// separators may be values of an enumeration, and are no words.
const separators = ",;\t|"
