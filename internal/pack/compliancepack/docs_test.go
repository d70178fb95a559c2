package compliancepack

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/precision"
	"dpp/internal/pack/packtest"
)

func page(t *testing.T) string {
	t.Helper()
	return packtest.Page(t, "../../../docs/packs/compliance.md")
}

func TestManifest(t *testing.T) { packtest.Manifest(t, shared()) }

// Every example of the page is one that is accepted.
func TestExamplesOfThePageAreAccepted(t *testing.T) {
	examples := packtest.Examples(page(t))
	packtest.Accepted(t, shared(), examples...)
	if len(examples) == 0 {
		t.Error("there are no examples")
	}
}

// Every rule of the page is one, and every rule is on the page.
func TestThePageNamesEveryRule(t *testing.T) {
	known, err := shared().catalogue()
	if err != nil {
		t.Fatal(err)
	}
	text := page(t)
	_, list, _ := strings.Cut(text, "### All rules")
	list, _, _ = strings.Cut(list, "\n## ")
	rules := 0
	for _, b := range known.builtins {
		for _, r := range b.Rules {
			rules++
			whole := fmt.Sprintf("| `%s` | %s | %s | ", r.ID, r.Version, r.Severity)
			other := b.ID == "secrets" && r.Severity == policy.Critical && r.Version == "1.0.0" && strings.Contains(list, "`"+r.ID+"`")
			if !other && (!strings.Contains(list, whole) || !strings.Contains(list, r.Remedy)) {
				t.Errorf("the page does not have %s", whole)
			}
		}
	}
	if named := regexp.MustCompile("`(pii|secrets|gdpr-art13)\\.[a-z0-9_-]+`").FindAllString(list, -1); len(named) != rules {
		t.Errorf("the page names %d rules, there are %d", len(named), rules)
	}
}

// The page names whatever a result may say.
func TestThePageNamesEveryField(t *testing.T) {
	text := page(t)
	packtest.Named(t, text, packtest.Names(t, schema("data"), schema("inputs"))...)
	for name := range newManifest().Units {
		if !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("the page does not price %s", name)
		}
	}
}

// Page and manifest give the formula by which precisions are computed, with its number.
func TestThePageHasTheFormula(t *testing.T) {
	formula := fmt.Sprintf("(right + %[1]d × confidence) / (found + %[1]d)", precision.Strength)
	if text := page(t); strings.Count(text, formula) != 2 {
		t.Errorf("the page does not have %s", formula)
	}
	if text := newManifest().Reliability; !strings.Contains(text, strings.ReplaceAll(formula, "×", "x")) {
		t.Errorf("%s does not have %s", text, formula)
	}
}
