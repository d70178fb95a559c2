package evalpack

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/evalpack/metric"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/packs/eval.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The inputs that the page shows are accepted, and its example is the manifest's.
func TestExamplesOfThePage(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of JSON, want both kinds of inputs and the example", len(blocks))
	}
	for _, block := range blocks[:2] {
		if _, err := offer(t).Check(jsontext.Value(block[1])); err != nil {
			t.Errorf("%s: %v", block[1], err)
		}
	}
	runOn(t, jsontext.Value(blocks[0][1]))
	documented, offered := jsontext.Value(blocks[2][1]), schema("example").Clone()
	if documented.Canonicalize() != nil || offered.Canonicalize() != nil || string(documented) != string(offered) {
		t.Errorf("documented example %s\nmanifest's example %s", documented, offered)
	}
}

// The page names every field, every code and every price.
func TestThePageNamesEverything(t *testing.T) {
	text := page(t)
	var names []string
	for _, document := range []jsontext.Value{schema("inputs"), schema("data")} {
		var whole any
		if err := json.Unmarshal(document, &whole); err != nil {
			t.Fatal(err)
		}
		names = append(names, namesIn(whole)...)
	}
	names = append(names, rowNotJSON, rowNotObject, rowNotUTF8, rowTooLarge, rowBadQuotes, rowColumns, rowNoPrediction, rowTwoForms, rowReferences, rowBadID, rowBadGroups,
		artifactRows, artifactReport, artifactChart, artifactCompare, unitEval, unitEvaluation, "0.0020", "0.0005")
	for _, name := range names {
		if !regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(name) + `($|\W)`).MatchString(text) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

// namesIn are the properties and the values of enums in a schema.
func namesIn(v any) (names []string) {
	switch v := v.(type) {
	case map[string]any:
		if properties, ok := v["properties"].(map[string]any); ok {
			for name := range properties {
				if !strings.HasPrefix(name, "$") && name != "count" {
					names = append(names, name)
				}
			}
		}
		if enum, ok := v["enum"].([]any); ok {
			for _, one := range enum {
				if text, ok := one.(string); ok && len(strings.Trim(text, ",;\t|")) > 0 {
					names = append(names, text)
				}
			}
		}
		for _, member := range v {
			names = append(names, namesIn(member)...)
		}
	case []any:
		for _, item := range v {
			names = append(names, namesIn(item)...)
		}
	}
	return names
}

// The page of the metrics has them all.
func TestThePageOfTheMetricsHasAll(t *testing.T) {
	text, err := os.ReadFile("../../../docs/packs/eval-metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range metric.Catalog() {
		if !strings.Contains(string(text), "`"+entry.Name+"`") {
			t.Errorf("%s is missing", entry.Name)
		}
	}
}

// What the page says that a run costs is what it costs.
func TestPricesOfThePage(t *testing.T) {
	p := &plan{request: &request{}, metrics: make([]planned, 2)}
	for _, c := range []struct {
		rows int64
		text string
	}{{1_000, "1,000 rows by two metrics with 1,000 samples cost 0.0040"}, {100_000, "100,000 such rows 0.2020"}, {200_000, "0.4020 with a baseline"}} {
		meter := newMeter(ample)
		for _, q := range p.quantities(c.rows, 0) {
			if err := meter.Take(q.Unit, q.Quantity); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(page(t), c.text) || !strings.Contains(c.text, meter.Total().String()) {
			t.Errorf("%d rows cost %s: %q", c.rows, meter.Total(), c.text)
		}
	}
}
