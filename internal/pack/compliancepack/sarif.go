package compliancepack

import (
	"net/url"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/compliancepack/policy"
)

// artifactSARIF is the report in the form that viewers of findings read.
const artifactSARIF = "findings.sarif.json"

// The parts of SARIF 2.1.0 (OASIS) that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool       `json:"tool"`
		Columns    string          `json:"columnKind"`
		Artifacts  []sarifArtifact `json:"artifacts"`
		Results    []sarifResult   `json:"results"`
		Properties map[string]any  `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID         string            `json:"id"`
		Short      sarifText         `json:"shortDescription"`
		Help       sarifText         `json:"help"`
		Default    sarifConfig       `json:"defaultConfiguration"`
		Properties map[string]string `json:"properties"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifArtifact struct {
		Location sarifURI `json:"location"`
		MIME     string   `json:"mimeType,omitzero"`
	}
	sarifURI struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitzero"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   sarifProperties   `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifURI    `json:"artifactLocation"`
		Region   sarifRegion `json:"region"`
	}
	sarifRegion struct {
		StartLine   int        `json:"startLine"`
		StartColumn int        `json:"startColumn"`
		EndLine     int        `json:"endLine"`
		EndColumn   int        `json:"endColumn"`
		CharOffset  int        `json:"charOffset"`
		CharLength  int        `json:"charLength"`
		Snippet     *sarifText `json:"snippet,omitzero"`
	}
	sarifProperties struct {
		Severity   policy.Severity `json:"severity"`
		Confidence float64         `json:"confidence"`
		Precision  float64         `json:"precision"`
		Remedy     string          `json:"remedy"`
		Pointer    string          `json:"pointer,omitzero"`
		Page       int             `json:"page,omitzero"`
		Rule       string          `json:"rule,omitzero"`
		Reason     string          `json:"reason_code,omitzero"`
	}
)

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// sarif writes the findings as SARIF. It holds nothing that the data does not.
func sarif(p *plan, d *data) ([]byte, error) {
	log := sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{{
		Tool:    sarifTool{sarifDriver{Name: "dpp compliance", Version: packVersion, Rules: sarifRules(p)}},
		Columns: "unicodeCodePoints", Artifacts: []sarifArtifact{}, Results: []sarifResult{},
		Properties: map[string]any{"verdict": d.Verdict},
	}}}
	run := &log.Runs[0]
	for i := range d.Documents {
		a := sarifArtifact{Location: sarifURI{URI: url.PathEscape(d.Documents[i].Name)}, MIME: d.Documents[i].MediaType}
		if formatOf(a.MIME) == formatText && a.MIME != typeText && !slices.Contains(accepted(), a.MIME) {
			a.MIME = "" // whatever the caller called it
		}
		run.Artifacts = append(run.Artifacts, a)
	}
	for _, f := range d.Findings {
		run.Results = append(run.Results, sarifResultOf(p, f))
	}
	return json.Marshal(log, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

func sarifRules(p *plan) []sarifRule {
	rules := make([]sarifRule, 0, len(p.checks)+1)
	for i := range p.checks {
		k := &p.checks[i]
		properties := map[string]string{"version": k.version, "severity": string(k.rule.Severity)}
		if k.rule.Source != "" {
			properties["source"] = k.rule.Source
		}
		rules = append(rules, sarifRule{k.rule.ID, sarifText{k.rule.Message}, sarifText{k.rule.Remedy}, sarifConfig{levelOf(k.rule.Severity)}, properties})
	}
	return append(rules, sarifRule{
		ruleError, sarifText{"A rule could not be evaluated."}, sarifText{"Correct the rule."}, sarifConfig{"error"}, map[string]string{"version": packVersion},
	})
}

func sarifResultOf(p *plan, f *finding) sarifResult {
	index, place := f.check, f.Location
	if f.RuleID == ruleError {
		index = len(p.checks)
	}
	region := sarifRegion{place.Line, place.Column, place.endLine, place.endColumn, place.Start, place.End - place.Start, nil}
	if f.Excerpt != "" {
		region.Snippet = &sarifText{f.Excerpt}
	}
	return sarifResult{
		RuleID: f.RuleID, RuleIndex: index, Level: levelOf(f.Severity), Message: sarifText{f.Message},
		Locations:    []sarifLocation{{sarifPhysical{sarifURI{url.PathEscape(f.Document), &f.Index}, region}}},
		Fingerprints: map[string]string{"dpp/v1": f.Fingerprint},
		Properties:   sarifProperties{f.Severity, f.Confidence, f.Precision, f.Remedy, place.Pointer, place.Page, f.Rule, f.Reason},
	}
}

// levelOf is what SARIF calls a severity.
func levelOf(s policy.Severity) string {
	switch s {
	case policy.Critical, policy.High:
		return "error"
	case policy.Medium:
		return "warning"
	default:
		return "note"
	}
}
