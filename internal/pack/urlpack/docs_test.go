package urlpack

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/fetch"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

func docs(t *testing.T) string {
	t.Helper()
	return packtest.Page(t, "../../../docs/packs/url.md")
}

// Every example of the page is accepted, and the last one is the manifest's.
func TestExamplesOfThePage(t *testing.T) {
	examples := packtest.Examples(docs(t))
	if len(examples) < 4 {
		t.Fatalf("%d examples", len(examples))
	}
	packtest.Accepted(t, New(fetch.New(fetch.Options{}), Options{}), examples...)
	packtest.Same(t, examples[len(examples)-1], newManifest().Example)
}

// The page names whatever a result may say.
func TestThePageNamesEveryCode(t *testing.T) {
	page := docs(t)
	packtest.Named(t, page, packtest.Names(t, newManifest().DataSchema)...)
	packtest.Named(t, page, reasonNoscript, reasonAppRoot, reasonScripts, "DOCUMENT_TOO_LARGE", "DOCUMENT_ENCRYPTED", "DOCUMENT_DEMANDING",
		"extractors_disagree", "mostly_links", "content_by_markup", "content_is_whole_page", "pages_without_text", "pages_unreadable", "body_cut")
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
