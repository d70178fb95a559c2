package ocrpack

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/document/layer"
	"dpp/internal/pack/ocrpack/trust"
)

func docs(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/packs/ocr.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// Every example of the page is one that is accepted.
func TestExamplesOfThePageAreAccepted(t *testing.T) {
	schema := compile(t, newManifest(nil).InputsSchema)
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(docs(t), -1)
	for _, example := range examples {
		inputs := jsontext.Value(example[1])
		var body struct {
			Inputs jsontext.Value `json:"inputs"`
		}
		if strings.Contains(example[1], `"pack_type"`) {
			if err := json.Unmarshal(inputs, &body); err != nil {
				t.Fatal(err)
			}
			inputs = body.Inputs
		}
		if err := valid(t, schema, inputs); err != nil {
			t.Errorf("%s: %v", inputs, err)
		}
		if _, err := (&library{}).pack().Estimate(inputs); err != nil {
			t.Errorf("%s: %v", inputs, err)
		}
	}
	if len(examples) != 2 {
		t.Errorf("%d examples", len(examples))
	}
}

// The page names whatever inputs and results may say.
func TestThePageNamesEveryField(t *testing.T) {
	page := docs(t)
	names := []string{
		reasonEncrypted, reasonDamaged, reasonTooLarge, reasonDemanding, reasonNoPages, reasonOutOfRange, reasonTooMany, reasonPixels, reasonFormat,
		reasonPage, reasonNoEngine, reasonNotRead, noteGarbage, noteOver, noteInk, noteDropped, noteRaw, regionInk, regionDoubt, unitLayer, unitOCR,
	}
	for _, reason := range []layer.Reason{
		layer.ReasonCharacters, layer.ReasonEncoding, layer.ReasonScripts, layer.ReasonSymbols, layer.ReasonWords, layer.ReasonPlace, layer.ReasonPicture,
	} {
		names = append(names, string(reason))
	}
	type object struct {
		Properties map[string]struct {
			Enum []any `json:"enum"`
		} `json:"properties"`
	}
	var data struct {
		object `json:",inline"`
		Defs   map[string]object `json:"$defs"`
	}
	m := newManifest(nil)
	for _, schema := range []jsontext.Value{m.InputsSchema, m.DataSchema} {
		if err := json.Unmarshal(schema, &data); err != nil {
			t.Fatal(err)
		}
		data.Defs["itself"] = data.object
		for def, o := range data.Defs {
			for name, property := range o.Properties {
				if def == "input_file" && name != "pages" { // described for all packs alike
					continue
				}
				names = append(names, name)
				for _, value := range property.Enum {
					if text, ok := value.(string); ok {
						names = append(names, text)
					}
				}
			}
		}
	}
	for _, name := range names {
		if !strings.Contains(page, strings.TrimSpace(name)) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

// The curves and numbers of the page are those of this build.
func TestThePageHasTheCurves(t *testing.T) {
	page := docs(t)
	for name, curve := range map[string]trust.Curve{"WordCurve": trust.WordCurve(), "PageCurve": trust.PageCurve()} {
		var points []string
		for _, p := range curve {
			points = append(points, fmt.Sprintf("%g → %.3f", p.X, p.Y))
		}
		if want := "| `" + name + "` | " + strings.Join(points, ", ") + " |"; !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if weight := fmt.Sprintf("1 − %.2f × (1 − `coverage`)", trust.CoverageWeight); !strings.Contains(page, weight) {
		t.Errorf("the page lacks %s", weight)
	}
	for _, number := range []any{trust.Layer(1, false), trust.Layer(1, true), doubtful, lookSure, fmt.Sprintf("%.0f %%", 100*hopeless), maxPages, maxFinds, maxHits, maxAnnotated} {
		if !strings.Contains(page, fmt.Sprint(number)) {
			t.Errorf("the page lacks %v", number)
		}
	}
}

// Prices and limits stand in the manifest once, and on the page as they are there.
func TestThePageHasThePrices(t *testing.T) {
	page, m := docs(t), newManifest(nil)
	for _, price := range m.Prices {
		if want := fmt.Sprintf("| `%s` | %s |", price.Unit, price.Amount); !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if !slices.Equal(m.Spillable, []string{"/documents", "/found", "/low_confidence", "/remaining/files"}) {
		t.Errorf("spillable is %v", m.Spillable)
	}
	for name, limit := range m.Limits {
		if limit <= 0 {
			t.Errorf("%s is %d", name, limit)
		}
	}
}
