package urlpack

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/fetch"
	"dpp/internal/pack"
)

func docs(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/packs/url.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// Every example of the page is one that is accepted.
func TestExamplesOfThePageAreAccepted(t *testing.T) {
	schema := compile(t, newManifest().InputsSchema)
	p := New(fetch.New(fetch.Options{}), Options{})
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(docs(t), -1)
	for _, example := range examples {
		inputs := jsontext.Value(example[1])
		var body struct{ Inputs jsontext.Value }
		if strings.Contains(example[1], `"pack_type"`) {
			if err := json.Unmarshal(inputs, &body); err != nil {
				t.Fatal(err)
			}
			inputs = body.Inputs
		}
		if err := valid(t, schema, inputs); err != nil {
			t.Errorf("%s: %v", inputs, err)
		}
		if _, err := p.Estimate(inputs); err != nil {
			t.Errorf("%s: %v", inputs, err)
		}
	}
	if len(examples) < 4 {
		t.Errorf("%d examples", len(examples))
	}
}

// The page names whatever a result may say.
func TestThePageNamesEveryCode(t *testing.T) {
	page := docs(t)
	var data struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Enum []string `json:"enum"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(newManifest().DataSchema, &data); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, definition := range data.Defs {
		for name, property := range definition.Properties {
			names = append(names, name)
			names = append(names, property.Enum...)
		}
	}
	names = append(names, reasonNoscript, reasonAppRoot, reasonScripts, "DOCUMENT_TOO_LARGE", "DOCUMENT_ENCRYPTED", "DOCUMENT_DEMANDING",
		"extractors_disagree", "mostly_links", "content_by_markup", "content_is_whole_page", "pages_without_text", "pages_unreadable", "body_cut")
	for _, name := range names {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(page) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

// Risks have the codes of the schema, and the schema's codes are all in use.
func TestRisksAreThoseOfTheSchema(t *testing.T) {
	source := ""
	for _, file := range []string{"risk.go", "homograph.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source += string(text)
	}
	var used []string
	for _, m := range regexp.MustCompile(`(?:Risk)?\{"([a-z_]+)", severity`).FindAllStringSubmatch(source, -1) {
		used = append(used, m[1])
	}
	schema := string(newManifest().DataSchema)
	_, after, _ := strings.Cut(schema, `"code": {"enum": [`)
	list, _, _ := strings.Cut(after, "]")
	var named []string
	for _, m := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(list, -1) {
		named = append(named, m[1])
	}
	slices.Sort(used)
	slices.Sort(named)
	if used = slices.Compact(used); !slices.Equal(used, named) {
		t.Errorf("used %v\nnamed %v", used, named)
	}
}

// What is wrong with inputs never repeats them.
func TestFindingsRepeatNothingOfTheInputs(t *testing.T) {
	const secret = "s3cret"
	for _, text := range []string{
		`{"urls":["x"],"extract":{"a":{"css":"` + secret + `:has(b)"}}}`,
		`{"urls":["x"],"extract":{"a":{"json_schema":{"type":"` + secret + `"}}}}`,
		`{"urls":["x"],"extract":{"a":{"json_schema":{"type":"string","format":"` + secret + `"}}}}`,
		`{"urls":["x"],"unchanged_since":[{"url":"` + secret + `","last_modified":"` + secret + `"}]}`,
	} {
		_, err := decodeInputs(jsontext.Value(text))
		e, ok := err.(*pack.InputError) //nolint:errorlint // it is returned as it is
		if !ok {
			t.Fatalf("%s: %v", text, err)
		}
		for _, f := range e.Fields {
			if strings.Contains(f.Pointer+f.Message+f.Expected, secret) {
				t.Errorf("%+v", f)
			}
		}
	}
}
