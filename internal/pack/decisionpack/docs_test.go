package decisionpack

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// TestDocs: the JSON in the pack's page works, its example is the manifest's,
// and what it says the answer is comes out.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../../docs/packs/decision.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []jsontext.Value
	for _, part := range strings.Split(string(page), "```json")[1:] {
		text, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, jsontext.Value(text))
	}
	if len(blocks) < 4 {
		t.Fatalf("%d blocks of JSON", len(blocks))
	}
	words := strings.Join(strings.Fields(string(page)), " ")
	schema := compile(t, newManifest().InputsSchema)
	for k, inputs := range blocks[:len(blocks)-1] {
		if err := validate(schema, inputs); err != nil {
			t.Errorf("%s\n%v", inputs, err)
		}
		if _, err := New().Estimate(inputs); strings.Contains(string(inputs), `"context"`) {
			var wrong *pack.InputError
			if !errors.As(err, &wrong) || !strings.Contains(words, string(wrong.Set["/scores"])) {
				t.Errorf("the page does not say that %s lacks %v", inputs, err)
			}
			continue
		}
		found, _ := runAny(t, inputs)
		if d, ok := found.(*data); ok && k < 2 && d.Winner != "North" {
			t.Errorf("%s\nmakes %s win", inputs, d.Winner)
		}
		if k >= 2 && !strings.Contains(words, rationaleOf(found)) {
			t.Errorf("the page does not say: %s", rationaleOf(found))
		}
	}
	documented, offered := blocks[len(blocks)-1], jsontext.Value(example).Clone()
	if documented.Canonicalize() != nil || offered.Canonicalize() != nil || string(documented) != string(offered) {
		t.Errorf("documented example %s\nmanifest's example %s", documented, offered)
	}
	var body struct {
		Inputs jsontext.Value `json:"inputs"`
	}
	if err := json.Unmarshal(offered, &body); err != nil {
		t.Fatal(err)
	}
	found, _ := run(t, body.Inputs)
	if !strings.Contains(words, found.Rationale) {
		t.Errorf("the page does not say: %s", found.Rationale)
	}
}

func rationaleOf(found any) string {
	if d, ok := found.(*data); ok {
		return d.Rationale
	}
	return found.(*ruled).Rationale
}
