package compliancepack

import (
	"fmt"
	"slices"

	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/rule"
	"dpp/internal/pack/compliancepack/secrets"
)

// catalogue is everything that is built in, compiled.
type catalogue struct {
	scanner  *secrets.Scanner
	language *rule.Language
	builtins []builtin
}

// builtin is a policy whose rules are compiled. The slices are parallel to its rules.
type builtin struct {
	policy.Policy
	applies     *rule.Rule
	violated    []*rule.Rule
	ruleApplies []*rule.Rule
}

func newCatalogue() (*catalogue, error) {
	c := &catalogue{}
	var err error
	if c.scanner, err = secrets.New(); err != nil {
		return nil, err
	}
	if c.language, err = rule.New(); err != nil {
		return nil, err
	}
	pii, err := policy.PII()
	if err != nil {
		return nil, err
	}
	gdpr, err := policy.GDPRArticle13()
	if err != nil {
		return nil, err
	}
	for _, p := range []policy.Policy{pii, policy.Secrets(c.scanner), gdpr} {
		b, err := c.compile(p)
		if err != nil {
			return nil, err
		}
		c.builtins = append(c.builtins, b)
	}
	return c, nil
}

func (c *catalogue) compile(p policy.Policy) (builtin, error) {
	b := builtin{Policy: p, violated: make([]*rule.Rule, len(p.Rules)), ruleApplies: make([]*rule.Rule, len(p.Rules))}
	parts := map[**rule.Rule]string{&b.applies: p.Applies}
	for i := range p.Rules {
		parts[&b.violated[i]], parts[&b.ruleApplies[i]] = p.Rules[i].CEL, p.Rules[i].Applies
	}
	for into, text := range parts {
		if text == "" {
			continue
		}
		compiled, err := c.language.Compile(text)
		if err != nil {
			return b, fmt.Errorf("compliancepack: policy %s: %w", p.ID, err)
		}
		*into = compiled
	}
	return b, nil
}

func (c *catalogue) ids() []string {
	ids := make([]string, len(c.builtins))
	for i := range c.builtins {
		ids[i] = c.builtins[i].ID
	}
	return ids
}

func (c *catalogue) lookup(id string) *builtin {
	i := slices.IndexFunc(c.builtins, func(b builtin) bool { return b.ID == id })
	if i < 0 {
		return nil
	}
	return &c.builtins[i]
}
