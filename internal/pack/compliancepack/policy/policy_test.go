package policy_test

import (
	"slices"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/recognise"
	"dpp/internal/pack/compliancepack/rule"
	"dpp/internal/pack/compliancepack/secrets"
)

func all(t *testing.T) (pii, gdpr, secret policy.Policy) {
	t.Helper()
	pii, err := policy.PII()
	if err != nil {
		t.Fatal(err)
	}
	if gdpr, err = policy.GDPRArticle13(); err != nil {
		t.Fatal(err)
	}
	scanner, err := secrets.New()
	if err != nil {
		t.Fatal(err)
	}
	return pii, gdpr, policy.Secrets(scanner)
}

func TestEveryRuleSaysWhatItIs(t *testing.T) {
	pii, gdpr, secret := all(t)
	for _, p := range []policy.Policy{pii, gdpr, secret} {
		if p.ID == "" || p.Version == "" || p.Title == "" || p.Description == "" || len(p.Rules) < 10 {
			t.Errorf("policy %q lacks something", p.ID)
		}
		known := map[string]bool{}
		for _, r := range p.Rules {
			if !strings.HasPrefix(r.ID, p.ID+".") || known[r.ID] || r.Version == "" || r.Severity.Rank() < 0 || r.Source == "" || r.Remedy == "" || r.Message == "" {
				t.Errorf("rule %q lacks something", r.ID)
			}
			known[r.ID] = true
			if r.Secret == "" && (len(r.Positive) == 0 || len(r.Negative) == 0) {
				t.Errorf("rule %q lacks tests", r.ID)
			}
		}
	}
}

func TestRulesForValues(t *testing.T) {
	pii, _, _ := all(t)
	var kinds []string
	for _, r := range pii.Rules {
		kinds = append(kinds, r.Kind)
		for text, want := range texts(r) {
			found, cut := recognise.Find(t.Context(), text, []string{r.Kind}, recognise.Options{MinConfidence: 0.3})
			if cut || (len(found) > 0) != want {
				t.Errorf("%s: %q: %v", r.ID, text, found)
			}
		}
	}
	slices.Sort(kinds)
	var recognised []string
	for _, k := range recognise.Kinds() {
		recognised = append(recognised, k.ID)
	}
	if !slices.Equal(kinds, recognised) {
		t.Errorf("rules for %v, recognisers for %v", kinds, recognised)
	}
}

// texts are a rule's tests, with whether they violate it.
func texts(r policy.Rule) map[string]bool {
	all := map[string]bool{}
	for _, text := range r.Positive {
		all[text] = true
	}
	for _, text := range r.Negative {
		all[text] = false
	}
	return all
}

func eval(t *testing.T, l *rule.Language, expression, text string) bool {
	t.Helper()
	if expression == "" {
		return true
	}
	r, err := l.Compile(expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	result, err := r.Eval(t.Context(), rule.Document{Text: text})
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return result
}

func TestRulesForNotices(t *testing.T) {
	_, gdpr, _ := all(t)
	l, err := rule.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range gdpr.Rules {
		for text, want := range texts(r) {
			if !eval(t, l, gdpr.Applies, text) || want && !eval(t, l, r.Applies, text) {
				t.Errorf("%s does not apply to %q", r.ID, text)
			}
			if got := eval(t, l, r.CEL, text); got != want {
				t.Errorf("%s on %q is %v", r.ID, text, got)
			}
		}
	}
	if eval(t, l, gdpr.Applies, "An invoice for ten chairs.") {
		t.Error("the policy applies to an invoice")
	}
	for _, r := range gdpr.Rules {
		for text, want := range map[string]bool{"We process the personal data that you send us.": false, "Data are sent to the US.": true} {
			if r.ID == "gdpr-art13.third-countries" && eval(t, l, r.Applies, text) != want {
				t.Errorf("third countries in %q: %v", text, !want)
			}
		}
	}
}
