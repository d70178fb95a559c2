// Package policy holds the policies that are built in: rules with where they come from, how bad
// a violation is, what to do about it, and texts that they must and must not find.
package policy

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"dpp/internal/pack/compliancepack/secrets"
)

// Severity is how bad a violation is.
type Severity string

// Severities, from the least.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities are all of them, from the least.
func Severities() []Severity { return []Severity{Info, Low, Medium, High, Critical} }

// Rank is a severity's place among [Severities], -1 for what is none.
func (s Severity) Rank() int { return slices.Index(Severities(), s) }

// Policy is a set of rules under one id. Its version changes with every change of a rule.
type Policy struct {
	ID          string `json:"id"`
	Version     string `json:"version"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// Applies is an expression in the form of rules that is true for documents that the policy
	// is about; empty where it is about all.
	Applies string `json:"applies,omitempty"`
	Rules   []Rule `json:"rules"`
}

// Rule is one thing that a policy looks for: values of a Kind, secrets by a rule of gitleaks, or
// what an expression says.
type Rule struct {
	ID       string   `json:"id"`
	Version  string   `json:"version"`
	Severity Severity `json:"severity"`
	// Source names the law, standard or list of rules that the rule is from.
	Source string `json:"source"`
	// Message says what is wrong, Remedy what to do about it.
	Message string `json:"message,omitempty"`
	Remedy  string `json:"remedy"`
	// Kind is the recogniser whose values violate the rule.
	Kind string `json:"kind,omitempty"`
	// Secret is the rule of gitleaks whose secrets violate it.
	Secret string `json:"secret,omitempty"`
	// CEL is true for a document that violates it; Applies, where there is one, is true for
	// documents on which it says anything.
	CEL     string `json:"cel,omitempty"`
	Applies string `json:"applies,omitempty"`
	// Positive are texts that violate the rule, Negative texts that do not.
	Positive []string `json:"positive,omitempty"`
	Negative []string `json:"negative,omitempty"`
}

// unsure is the confidence below which a finding is only worth a remark.
const unsure = 0.5

// At is the severity of a finding of so much confidence: what is unsure is of low severity at
// most.
func (r Rule) At(confidence float64) Severity {
	if confidence < unsure && r.Severity.Rank() > Low.Rank() {
		return Low
	}
	return r.Severity
}

//go:embed pii.json
var piiFile []byte

//go:embed gdpr-art13.json
var gdprFile []byte

// PII is the policy on personal values.
func PII() (Policy, error) { return read(piiFile) }

// GDPRArticle13 is the policy on privacy notices.
func GDPRArticle13() (Policy, error) { return read(gdprFile) }

func read(file []byte) (Policy, error) {
	var p Policy
	if err := json.Unmarshal(file, &p, json.RejectUnknownMembers(true)); err != nil {
		return p, fmt.Errorf("policy: %w", err)
	}
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Message == "" && r.Kind != "" {
			r.Message = "A value of the kind " + r.Kind + " stands here."
		}
	}
	return p, nil
}

// generic is gitleaks' rule for secrets that nobody's form tells.
const generic = "generic-api-key"

// Secrets is the policy on keys, tokens and passwords: a rule for each rule of gitleaks that
// looks at contents. Texts that such a rule finds are made from its expression by a test.
func Secrets(s *secrets.Scanner) Policy {
	p := Policy{
		ID: "secrets", Version: "1.0.0", Title: "Secrets",
		Description: "Keys, tokens and passwords by the rules of gitleaks, whose keyword stands close by.",
	}
	for _, from := range s.Rules() {
		rule := Rule{
			ID: "secrets." + from.ID, Version: "1.0.0", Severity: Critical, Source: "gitleaks 8.30.1, rule " + from.ID, Secret: from.ID,
			Message: "A secret stands here: " + from.ID + ".",
			Remedy:  "Revoke the secret where it was issued, then remove it here and in every earlier version; keep its successor in a store for secrets.",
		}
		if from.ID == generic {
			rule.Severity = High
			rule.Remedy = "If this is a secret, revoke it where it was issued, remove it here and in every earlier version, and keep its successor in a store for secrets."
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}
