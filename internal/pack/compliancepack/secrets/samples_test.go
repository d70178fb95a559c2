package secrets

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

// sample writes a text that matches an expression, by its tree.
func sample(r *rand.Rand, re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(pick(r, re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return string(rune('a' + r.IntN(26)))
	case syntax.OpStar, syntax.OpQuest, syntax.OpPlus, syntax.OpRepeat:
		least, most := 0, 3
		switch re.Op {
		case syntax.OpPlus:
			least, most = 1, 40
		case syntax.OpQuest:
			most = 1
		case syntax.OpRepeat:
			least, most = re.Min, re.Max
			if most < 0 {
				most = least + 40
			}
		default:
		}
		var b strings.Builder
		for range least + r.IntN(most-least+1) {
			b.WriteString(sample(r, re.Sub[0]))
		}
		return b.String()
	case syntax.OpAlternate:
		return sample(r, re.Sub[r.IntN(len(re.Sub))])
	case syntax.OpConcat, syntax.OpCapture:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(sample(r, sub))
		}
		return b.String()
	default:
		return ""
	}
}

// pick takes a printable character of ASCII out of a class, if it has one.
func pick(r *rand.Rand, ranges []rune) rune {
	var all []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for c := max(ranges[i], '!'); c <= min(ranges[i+1], '~'); c++ {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return ranges[0]
	}
	return all[r.IntN(len(all))]
}

// plainly gives what a rule finds by its own expression on a whole text, as gitleaks does.
func plainly(w *search, r *rule, source string) []Finding {
	plain := *r
	plain.shape.assigned = false // the expression has the name's beginning itself
	if !containsAny(strings.ToLower(w.text), r.keywords) || !r.isFor(w.o.Name) {
		return nil
	}
	all := &search{scanner: w.scanner, text: w.text}
	for _, at := range regexp.MustCompile(source).FindAllStringSubmatchIndex(w.text, -1) {
		all.judge(&plain, at, 0)
	}
	return all.found
}

// written are texts for rules for whose expression chance writes none.
func written() map[string]string {
	return map[string]string{
		"kubernetes-secret-yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  password: " + "cGFzc3dvcmQxMjM0NTY=" + "\n",
	}
}

// Every rule finds what its own expression finds on the whole text, and in the same place: the
// search by keywords loses nothing. The texts are made from the expressions.
func TestEveryRuleFindsWhatItsExpressionFinds(t *testing.T) {
	s, rules := scanner(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i, e := range rules {
		one := s.rules[i]
		tree, err := syntax.Parse(e.Regex, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		hits := 0
		for range 8 {
			text := one.keywords[r.IntN(len(one.keywords))] + " " + sample(r, tree) + " " + written()[e.ID]
			w := &search{scanner: s, text: text, budget: 1 << 20, tried: map[*rule]int{}, o: Options{Limit: 1000}}
			want := plainly(w, one, e.Regex)
			w.run(t.Context())
			for _, f := range want {
				hits++
				if !slices.ContainsFunc(w.found, func(g Finding) bool { return g.Rule == f.Rule && g.Start == f.Start && g.End == f.End }) {
					t.Errorf("%s misses %q in %q", e.ID, text[f.Start:f.End], text)
				}
			}
		}
		if hits == 0 {
			t.Errorf("%s: no text was made for its expression", e.ID)
		}
	}
}

// Where the secret is replaced by one letter, as in an example, no rule finds it.
func TestNoRuleFindsAPlaceholder(t *testing.T) {
	s, rules := scanner(t)
	r := rand.New(rand.NewPCG(5, 6))
	for _, e := range rules {
		tree, err := syntax.Parse(e.Regex, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if e.Entropy < 1 {
			continue // such a rule looks at the form alone
		}
		text := e.Keywords[0] + " " + sample(r, tree) + " "
		found, _ := s.Find(t.Context(), text, Options{})
		for _, f := range found {
			text = text[:f.Start] + strings.Repeat("x", f.End-f.Start) + text[f.End:]
		}
		if again, _ := s.Find(t.Context(), text, Options{}); len(again) > 0 && len(found) > 0 && again[0].Start == found[0].Start {
			t.Errorf("%s finds %q in a placeholder", again[0].Rule, text[again[0].Start:again[0].End])
		}
	}
}

func scanner(t testing.TB) (*Scanner, []ruleEntry) {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	file, err := readRules()
	if err != nil {
		t.Fatal(err)
	}
	rules := slices.DeleteFunc(file.Rules, func(e ruleEntry) bool { return e.Regex == "" })
	if len(rules) != len(s.rules) || len(rules) < 200 {
		t.Fatalf("%d rules of %d", len(s.rules), len(rules))
	}
	return s, rules
}
