package pack

import (
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

// Manifest describes a pack to those who buy from it.
type Manifest struct {
	Type        string
	Version     string
	Title       string
	Description string
	// InputsSchema and DataSchema are JSON Schemas (2020-12) without outside $ref.
	InputsSchema jsontext.Value
	DataSchema   jsontext.Value
	// Prices are per unit; an operator may override them.
	Prices []dpp.Price
	// Units says in words what each priced unit is.
	Units map[string]string
	// Limits names every bound, in words and numbers that a caller can plan with.
	Limits map[string]int64
	// Reliability says how the score is computed.
	Reliability string
	// Example is the body of a submit that works as it stands.
	Example jsontext.Value
	// Spillable are the JSON Pointers, relative to data and through objects only,
	// of arrays that become an artifact where the envelope would grow above its
	// bound. The artifact is named after the pointer: "/a/b" becomes "a.b.json".
	Spillable []string
}
