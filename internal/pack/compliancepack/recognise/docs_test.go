package recognise_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/recognise"
)

// The page of the pack has a row for every recogniser, with its confidences.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/packs/compliance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range recognise.Kinds() {
		if row := row(k); !strings.Contains(string(page), row) {
			t.Errorf("the page lacks\n%s", row)
		}
	}
}

func row(k recognise.Kind) string {
	return fmt.Sprintf("| `%s` | %s | %.2f | %.2f | %.2f | %s |\n", k.ID, k.Title, k.Bare, k.Grouped, k.Named, k.Source)
}
