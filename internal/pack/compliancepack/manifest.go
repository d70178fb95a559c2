package compliancepack

import (
	"embed"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack/precision"
	"dpp/internal/pack/compliancepack/rule"
)

//go:embed schema/*.json
var schemas embed.FS

const packVersion = "1.0.0"

// The priced units, and what documents are counted in.
const (
	unitCharacter = "character"
	unitRule      = "rule"
	unitOCR       = "page_ocr"
	unitDocument  = "document"
)

// reliability says how it is computed; the number is a confidence's worth in cases.
const reliability = "The mean, over the documents, of the share that could be read and parsed, times the mean precision of the findings, " +
	"weighted by severity (info and low 1, medium 2, high 3, critical 4). The precision of a finding is how often its recogniser, as sure as it is here, was right on labelled cases: " +
	"(right + %[1]d x confidence) / (found + %[1]d). It is 1 for rules of the caller's own, which find what they say. A document that could not be read counts 0; JSON or YAML that could not be parsed counts 0.8; " +
	"one that was not looked at to its end counts half. A rule that could not be evaluated is a finding of precision 0. See docs/packs/compliance.md."

func newManifest() *pack.Manifest {
	return &pack.Manifest{
		Type:    "compliance",
		Version: packVersion,
		Title:   "Whether documents are fit to leave the house",
		Description: "Checks up to 100 documents (text, Markdown, HTML, JSON, YAML, PDF, scans) for personal values, secrets, missing statements of privacy notices, " +
			"and rules of the caller's own in CEL. Findings have a place, a masked excerpt, a keyed fingerprint and a remedy; nothing that was found is repeated.",
		InputsSchema: inputsSchema(),
		DataSchema:   schema("data"),
		Prices: []dpp.Price{
			{Unit: unitCharacter, Per: 10_000, Amount: 500},
			{Unit: unitRule, Per: 1, Amount: 100},
			{Unit: unitOCR, Per: 1, Amount: 3_000},
		},
		Units: map[string]string{
			unitCharacter: "a character of a document that was checked",
			unitRule:      "a rule that is an expression, of gdpr-art13 or of the caller's own, on one document",
			unitOCR:       "a page that was read by OCR",
		},
		Limits: map[string]int64{
			"max_documents":              maxDocuments,
			"max_rules":                  maxRules,
			"max_baseline":               maxBaseline,
			"max_text_bytes_a_document":  maxTextBytes,
			"max_bytes_per_file":         maxFileBytes,
			"max_bytes_per_run":          maxRunBytes,
			"max_yaml_bytes_parsed":      maxYAML,
			"max_values_parsed":          maxValues,
			"max_depth_parsed":           maxDepth,
			"max_rule_characters":        rule.MaxLength,
			"max_rule_cost":              rule.MaxCost,
			"max_values_found":           maxHits,
			"max_findings_listed":        maxListed,
			"max_redacted_bytes_per_run": maxCopies,
		},
		Reliability: line(reliability, precision.Strength),
		Example:     schema("example"),
		Spillable:   []string{"/findings", "/checked", "/documents", "/remaining/documents"},
	}
}

func inputsSchema() jsontext.Value {
	made, err := inputs.Schema(schema("inputs"), nil)
	if err != nil {
		panic("compliancepack: " + err.Error()) // both are there at build time: cannot happen in a binary that was built
	}
	return made
}

func schema(name string) jsontext.Value {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		panic("compliancepack: " + err.Error()) // embedded at build time: the same
	}
	return jsontext.Value(text)
}
