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

func TestDiffer(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	file, err := readRules()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	i := 0
	for _, e := range file.Rules {
		if e.Regex == "" {
			continue
		}
		rule := s.rules[i]
		i++
		tree, _ := syntax.Parse(e.Regex, syntax.Perl)
		n, hit := 0, 0
		var miss string
		for range 100 {
			text := rule.keywords[r.IntN(len(rule.keywords))] + " " + sample(r, tree) + " "
			w := &search{scanner: s, text: text, budget: 1 << 20, tried: map[*ruleT]int{}, o: Options{Limit: 1000}}
			want := plainly(w, rule, e.Regex)
			w.run(t.Context())
			for _, f := range want {
				n++
				if slices.ContainsFunc(w.found, func(g Finding) bool { return g.Rule == f.Rule && g.Start == f.Start && g.End == f.End }) {
					hit++
				} else {
					miss = text
				}
			}
		}
		if hit < n || n < 50 {
			t.Logf("%s %d of %d: %.300q", e.ID, hit, n, miss)
		}
	}
	for _, r := range s.rules {
		if !r.shape.anchored {
			t.Log("around", r.id, r.keywords, r.shape.required, r.shape.assigned)
		}
	}
}

type ruleT = rule
