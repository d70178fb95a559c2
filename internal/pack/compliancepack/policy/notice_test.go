package policy_test

import (
	"slices"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/rule"
)

// sections of a privacy notice, by the rule that asks for each. They stand far enough apart
// that none helps another.
func sections() map[string]string {
	return map[string]string{
		"controller":              "Who we are: Example Chairs Ltd, 1 High Street, Exampleton; privacy@example.org.",
		"data-protection-officer": "Our data protection officer can be reached at dpo@example.org.",
		"purposes":                "We use your name and address to deliver what you ordered.",
		"legal-basis":             "The legal basis is our contract, article 6(1)(b); for letters it is your consent, for calls our legitimate interest.",
		"legitimate-interests":    "Our legitimate interests are fewer frauds and a shop that runs.",
		"recipients":              "Your address is shared with carriers that act as processors.",
		"third-countries":         "Letters are sent by a company in the United States, on the basis of standard contractual clauses.",
		"storage-period":          "Invoices are kept for ten years.",
		"rights":                  "You have the right to access, rectification, erasure and restriction, the right to object, and the right to data portability.",
		"withdrawal":              "You can withdraw consent at any time.",
		"complaint":               "You may lodge a complaint with a supervisory authority.",
		"obligation":              "Giving your address is required for the contract.",
		"automated-decisions":     "There is no automated decision-making or profiling.",
	}
}

// order is how the sections stand in the notice.
func order() []string {
	return []string{
		"controller", "data-protection-officer", "purposes", "legal-basis", "legitimate-interests", "recipients", "third-countries",
		"storage-period", "rights", "withdrawal", "complaint", "obligation", "automated-decisions",
	}
}

// notice writes a notice without one of its sections.
func notice(without string) string {
	filler := strings.Repeat("\n"+strings.Repeat("Lorem ipsum dolor sit amet. ", 8), 3)
	b := "Privacy notice\n"
	for _, name := range order() {
		if name != without {
			b += filler + "\n" + sections()[name] + "\n"
		}
	}
	return b
}

func TestANoticeLacksWhatIsTakenOut(t *testing.T) {
	_, gdpr, _ := all(t)
	l, err := rule.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, without := range append(order(), "") {
		var want, got []string
		for _, r := range gdpr.Rules {
			id := strings.TrimPrefix(r.ID, "gdpr-art13.")
			if eval(t, l, r.Applies, notice(without)) && eval(t, l, r.CEL, notice(without)) {
				got = append(got, id)
			}
			if id == without || without == "rights" && strings.HasPrefix(id, "right-") {
				want = append(want, id)
			}
		}
		switch without { // of what the notice says nothing of any more, nothing is asked
		case "automated-decisions", "third-countries":
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("without %s the notice lacks %v, want %v", without, got, want)
		}
	}
}
