// Package secrets finds keys, tokens and passwords in a text, by the rules of gitleaks.
//
// One pass over the text finds the keywords of all rules; a rule's regular expression is tried
// at its keywords alone, on a bounded piece of the text, and all pieces together are bounded by
// the length of the text.
package secrets

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"dpp/internal/pack/compliancepack/needle"
)

// Finding is one secret.
type Finding struct {
	// Rule is the rule's id in gitleaks.
	Rule string
	// Start and End are offsets in bytes of the secret itself.
	Start, End int
	// Confidence is from 0 to 1: 0.95 where the secret has a form of its own, 0.8 where its
	// maker's name is written before it, 0.3 where words are handed to a command, and for
	// generic-api-key from its entropy and from how it is called.
	Confidence float64
}

// Options say what is looked for. The zero value is usable.
type Options struct {
	// Name is the document's name. A rule for files of one kind is left out where the name says
	// that it is of another.
	Name string
	// MinConfidence drops what is less sure.
	MinConfidence float64
	// Limit is how many findings there are at most; 0 means [DefaultLimit].
	Limit int
}

// DefaultLimit is how many findings a text has at most.
const DefaultLimit = 10_000

// Rule is what a caller may know of a rule.
type Rule struct {
	ID, Description string
	// Keywords are those of which one stands in or before each secret.
	Keywords []string
}

// Scanner holds the rules; it may be used by many at once.
type Scanner struct {
	rules    []*rule
	keywords *needle.Set
	// owners are the rules of each keyword.
	owners  [][]owner
	allowed allowlist
}

// owner is a rule with one of its keywords.
type owner struct {
	rule *rule
	// before are how many bytes before the keyword a match may begin, for an expression that
	// is anchored.
	before []int
}

// New reads the rules.
func New() (*Scanner, error) {
	file, err := readRules()
	if err != nil {
		return nil, err
	}
	s := &Scanner{}
	if s.allowed, err = file.Allowlist.compile(); err != nil {
		return nil, err
	}
	index := map[string]int{}
	var words []string
	for _, entry := range file.Rules {
		if entry.Regex == "" || len(entry.Keywords) == 0 {
			continue // about names of files
		}
		r, err := newRule(entry)
		if err != nil {
			return nil, err
		}
		s.rules = append(s.rules, r)
		for _, word := range r.keywords {
			at, known := index[word]
			if !known {
				at = len(s.owners)
				index[word] = at
				s.owners = append(s.owners, nil)
				words = append(words, word)
			}
			s.owners[at] = append(s.owners[at], owner{r, r.offsets[word]})
		}
	}
	s.keywords = needle.New(words)
	return s, nil
}

// Rules describes the rules, in gitleaks' order.
func (s *Scanner) Rules() []Rule {
	rules := make([]Rule, len(s.rules))
	for i, r := range s.rules {
		rules[i] = Rule{r.id, r.description, r.keywords}
	}
	return rules
}

// Find gives the secrets in the order of the text, none overlapping: the surer one stays, then
// the earlier one. Cut is true where not all of the text was looked at: the limit was reached,
// the context ended, or so many keywords stand in the text that their pieces are longer than
// the bound.
func (s *Scanner) Find(ctx context.Context, text string, o Options) (found []Finding, cut bool) {
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	w := &search{scanner: s, text: text, o: o, budget: budgetOf(len(text)), tried: map[*rule]int{}}
	w.run(ctx)
	found = settle(w.found)
	if len(found) > o.Limit {
		return found[:o.Limit], true
	}
	return found, w.cut
}

// budgetOf is how many bytes expressions may be tried on, for a text of so many.
func budgetOf(size int) int { return 4*size + 1<<20 }

// settle orders findings and drops the weaker of two that overlap.
func settle(found []Finding) []Finding {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(b.End, a.End), strings.Compare(a.Rule, b.Rule))
	})
	var out []Finding
	for _, f := range found {
		last := len(out) - 1
		switch {
		case last < 0 || out[last].End <= f.Start:
			out = append(out, f)
		case out[last].Confidence < f.Confidence:
			out[last] = f
		}
	}
	return out
}
