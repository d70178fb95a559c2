package rule_test

import (
	"os"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/rule"
)

// Every expression on the page of the pack is one, and can be evaluated.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/packs/compliance.md")
	if err != nil {
		t.Fatal(err)
	}
	l, n := language(t), 0
	for _, part := range strings.Split(string(page), "```cel\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		for _, expression := range strings.Split(strings.TrimSpace(block), "\n\n") {
			n++
			r, err := l.Compile(expression)
			if err != nil {
				t.Errorf("%s: %v", expression, err)
				continue
			}
			d := rule.Document{Text: "Draft of a contract.", Doc: map[string]any{"services": []any{}, "debug": true}, Name: "a.md"}
			if _, err := r.Eval(t.Context(), d); err != nil {
				t.Errorf("%s: %v", expression, err)
			}
		}
	}
	if n < 4 {
		t.Errorf("%d expressions on the page", n)
	}
}
