package decisionpack

import (
	"errors"
	"strings"
	"testing"

	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// TestDocs: the JSON in the pack's page works, its example is the manifest's,
// and what it says the answer is comes out.
func TestDocs(t *testing.T) {
	page := packtest.Page(t, "../../../docs/packs/decision.md")
	blocks := packtest.Examples(page)
	if len(blocks) < 4 {
		t.Fatalf("%d blocks of JSON", len(blocks))
	}
	words := strings.Join(strings.Fields(page), " ")
	schema := packtest.Compile(t, newManifest().InputsSchema)
	for k, inputs := range blocks[:len(blocks)-1] {
		if err := schema.Validate(t, inputs); err != nil {
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
	packtest.Same(t, blocks[len(blocks)-1], newManifest().Example)
	found, _ := run(t, packtest.Inputs(t, newManifest().Example))
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
