package metric

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

func page(t *testing.T) string {
	t.Helper()
	return packtest.Page(t, "../../../../docs/packs/eval-metrics.md")
}

// The page names every metric in a table, with its parameters and their values beside it,
// and shows its signature.
func TestThePageNamesEveryMetric(t *testing.T) {
	text := page(t)
	for _, e := range Catalog() {
		line := regexp.MustCompile("(?m)^\\|[^|]*`" + e.Name + "`.*$").FindString(text)
		if strings.HasSuffix(line, "| the same |") {
			line = regexp.MustCompile("(?m)^\\|[^|]*`wer`.*$").FindString(text)
		}
		if line == "" {
			t.Errorf("no table has %s", e.Name)
		}
		for name, p := range properties(t, e) {
			if !strings.Contains(line, "`"+name+"`") {
				t.Errorf("%s is not named beside %s", name, e.Name)
			}
			for _, v := range p.Enum {
				value := strings.Trim(string(v), `"`)
				if e.Name == "rouge" && (name == "measure" || value > "1" && value < "9") || name == "zero_division" {
					continue // those of token_f1, "1 to 9", and a sentence
				}
				if !strings.Contains(line, "`"+value+"`") {
					t.Errorf("%s of %s is not named beside %s", value, name, e.Name)
				}
			}
		}
		if got := oneReference(t, e.Name); !strings.Contains(text, "`"+got+"`") {
			t.Errorf("the page does not show `%s`", got)
		}
	}
}

// oneReference is the signature of a metric that has seen a row with one reference.
func oneReference(t *testing.T, name string) string {
	t.Helper()
	m := build(t, name, "")
	if name == "bleu" || name == "chrf" {
		value(t, m, texts(t, "a", "a"))
	}
	return m.Info().Signature
}

func TestThePageNamesEveryReason(t *testing.T) {
	text := page(t)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`RowError\{Code: "([A-Z_]+)"`).FindAllStringSubmatch(string(source), -1) {
			codes = append(codes, m[1])
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	for _, code := range codes {
		if !strings.Contains(text, "`"+code+"`") {
			t.Errorf("the page does not name %s", code)
		}
	}
	for _, m := range regexp.MustCompile("`([A-Z]+_[A-Z_]+)`").FindAllStringSubmatch(text, -1) {
		if !slices.Contains(codes, m[1]) {
			t.Errorf("the page names %s, which is none", m[1])
		}
	}
	if len(codes) < 15 {
		t.Errorf("%d codes", len(codes))
	}
}

func TestExamplesOfThePage(t *testing.T) {
	examples := packtest.Examples(page(t))
	for _, example := range examples {
		var asked struct {
			Name   string         `json:"name"`
			Params jsontext.Value `json:"params"`
		}
		if err := json.Unmarshal(example, &asked); err != nil {
			t.Fatal(err)
		}
		build(t, asked.Name, string(asked.Params))
	}
	if len(examples) == 0 {
		t.Error("there are none")
	}
}
