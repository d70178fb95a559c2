package decisionpack

import (
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of JSON, want both forms and the example", len(blocks))
	}
	for _, inputs := range blocks[:2] {
		if found, _ := run(t, inputs); found.Winner != "North" {
			t.Errorf("%s\nmakes %s win", inputs, found.Winner)
		}
	}
	documented, offered := blocks[2], jsontext.Value(example).Clone()
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
	if words := strings.Join(strings.Fields(string(page)), " "); !strings.Contains(words, found.Rationale) {
		t.Errorf("the page does not say: %s", found.Rationale)
	}
}
