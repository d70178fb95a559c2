package compliancepack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/recognise"
	"dpp/internal/pack/compliancepack/redact"
	"dpp/internal/pack/compliancepack/rule"
	"dpp/internal/pack/compliancepack/secrets"
)

// check is one rule that documents are held to.
type check struct {
	rule    policy.Rule
	version string
	// own: the rule is the caller's.
	own bool
	// min is the confidence from which a value is a finding.
	min float64
	// violated, for a rule that is an expression, is true for a document that violates it;
	// applies are those that must be true for that to mean anything.
	violated *rule.Rule
	applies  []*rule.Rule
}

// plan is what all documents are held to.
type plan struct {
	checks []check
	// byKind and bySecret find the check of a recogniser, and of a rule of gitleaks.
	byKind, bySecret map[string]int
	// kinds are those that are wanted; nil: all or none.
	kinds   []string
	regions []string
	// expressions is how many checks are expressions.
	expressions int
}

// Confidences of findings that are no values: an expression says what it says; whether a
// statement is there is found by patterns, which can miss how somebody puts it.
const (
	sureExpression = 1.0
	sureStatement  = 0.8
)

// leastConfidence is the confidence from which a value is a finding, unless the caller says
// otherwise.
const leastConfidence = 0.3

// plan takes policies and rules together. Its error is a [*pack.InputError]. Rules that are
// sealed are left out: an earlier run has taken them.
func (c *catalogue) plan(r *request) (*plan, error) {
	p := &plan{byKind: map[string]int{}, bySecret: map[string]int{}}
	var found findings
	seen := map[string]bool{}
	for i := range r.Policies {
		asked := &r.Policies[i]
		b := c.lookup(asked.ID)
		switch {
		case b == nil:
			found.add(at("policies", i, "id"), "not_allowed", "There is no such policy.", strings.Join(c.ids(), ", "))
		case asked.Version != "" && asked.Version != b.Version:
			found.add(at("policies", i, "version"), "not_allowed", "The policy is not here in this version.", b.Version)
		case seen[asked.ID]:
			found.add(at("policies", i, "id"), "duplicate", "The policy stands here twice.", "each policy once")
		default:
			seen[asked.ID] = true
			p.addPolicy(b, asked.Options, at("policies", i, "options"), &found)
		}
	}
	names := map[string]bool{}
	for i := range r.Rules {
		if a := &r.Rules[i]; a.Sealed == "" {
			c.addRule(p, a, i, names, &found)
		} else {
			p.expressions++
		}
	}
	return p, found.err()
}

// addPolicy adds the rules of a built-in policy that are wanted.
func (p *plan) addPolicy(b *builtin, o *askedOptions, pointer string, found *findings) {
	if o == nil {
		o = &askedOptions{}
	}
	wanted := b.named(o.Rules, pointer+"/rules", found)
	excluded := b.named(o.Exclude, pointer+"/exclude", found)
	if o.Regions != nil && b.ID != "pii" {
		found.add(pointer+"/regions", "not_allowed", "Only the policy pii has regions.", "")
	}
	least := leastConfidence
	if o.MinConfidence != nil {
		least = *o.MinConfidence
	}
	before := len(p.checks)
	for i := range b.Rules {
		if o.Rules != nil && !wanted[i] || excluded[i] {
			continue
		}
		k := check{rule: b.Rules[i], version: b.Rules[i].Version, min: least, violated: b.violated[i]}
		for _, applies := range []*rule.Rule{b.applies, b.ruleApplies[i]} {
			if applies != nil {
				k.applies = append(k.applies, applies)
			}
		}
		p.add(k)
	}
	if len(p.checks) == before {
		found.add(pointer, "too_few", "Nothing is left of the policy.", "at least one rule")
	}
	if b.ID == "pii" {
		p.regions = o.Regions
		if len(p.byKind) < len(b.Rules) {
			for kind := range p.byKind {
				p.kinds = append(p.kinds, kind)
			}
			slices.Sort(p.kinds)
		}
	}
}

// named are the rules of a policy that a list names, with the policy's id or without.
func (b *builtin) named(ids []string, pointer string, found *findings) map[int]bool {
	named := map[int]bool{}
	for i, id := range ids {
		place := slices.IndexFunc(b.Rules, func(r policy.Rule) bool { return r.ID == id || r.ID == b.ID+"."+id })
		if place < 0 {
			found.add(fmt.Sprintf("%s/%d", pointer, i), "not_allowed", "The policy has no such rule.", "an id of the policy's rules, see the pack's page")
			continue
		}
		named[place] = true
	}
	return named
}

func (p *plan) add(k check) {
	switch i := len(p.checks); {
	case k.violated != nil:
		p.expressions++
	case k.rule.Kind != "":
		p.byKind[k.rule.Kind] = i
	default:
		p.bySecret[k.rule.Secret] = i
	}
	p.checks = append(p.checks, k)
}

// addRule adds a rule of the caller's own.
func (c *catalogue) addRule(p *plan, a *askedRule, i int, names map[string]bool, found *findings) {
	switch {
	case names[a.ID]:
		found.add(at("rules", i, "id"), "duplicate", "An earlier rule has the same id.", "")
		return
	case rulePrefix(a.ID, c.ids()):
		found.add(at("rules", i, "id"), "not_allowed", "Ids that begin as those of built-in policies are theirs.", "another id")
		return
	case c.holdsValue(a.ID):
		found.add(at("rules", i, "id"), "not_allowed", "The id looks like a personal value or a secret, and would be shown.", "another id")
		return
	}
	names[a.ID] = true
	compiled, err := c.language.Compile(a.CEL)
	if err != nil {
		found.add(at("rules", i, "cel"), "cel", explain(err), "an expression of CEL that is true where the document violates the rule")
		return
	}
	p.add(check{
		own: true, version: ownVersion, violated: compiled,
		rule: policy.Rule{ID: a.ID, Severity: a.Severity, Message: a.Message, Remedy: a.Remedy},
	})
}

// ownVersion is the version of callers' rules until there is a key for their fingerprints.
const ownVersion = "own"

// explain says where an expression is wrong, without repeating any of it.
func explain(err error) string {
	var problem *rule.Problem
	if !errors.As(err, &problem) {
		return "The expression cannot be used."
	}
	text := problem.Fault.String() + "."
	if problem.Line == 0 {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return fmt.Sprintf("Line %d, column %d: %s", problem.Line, problem.Column, text)
}

// spansOf finds whatever a text may hold of values, however unsure: it is for masking.
func (c *catalogue) spansOf(text string) []redact.Span { return shortSpans(c.scanner, text) }

func (c *catalogue) holdsValue(text string) bool { return len(c.spansOf(text)) > 0 }

// shortSpans finds the values of a text of little length, as names and messages are.
func shortSpans(scanner *secrets.Scanner, text string) []redact.Span {
	ctx := context.Background() // a short text takes microseconds
	var spans []redact.Span
	personal, _ := recognise.Find(ctx, text, nil, recognise.Options{MinConfidence: leastShort})
	for _, f := range personal {
		spans = append(spans, redact.Span{Kind: f.Kind, Start: f.Start, End: f.End})
	}
	hidden, _ := scanner.Find(ctx, text, secrets.Options{})
	for _, f := range hidden {
		spans = append(spans, redact.Span{Kind: f.Rule, Start: f.Start, End: f.End})
	}
	return spans
}

// leastShort is the confidence from which a value is masked in names and messages, which have
// few words that could name it.
const leastShort = 0.1
