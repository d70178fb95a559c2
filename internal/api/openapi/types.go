package openapi

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

const schemaPrefix = "#/components/schemas/"

// types turns Go types into schemas. Where the JSON form of a type is its own, a
// stand-in below says what it is.
type types struct {
	registry huma.Registry
	requests map[string]bool // schemas of what callers send: closed
}

func newTypes() *types {
	r := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	for _, pair := range [][2]any{
		{dpp.Money(0), money{}}, {dpp.Score(0), score{}}, {dpp.Time{}, moment{}}, {jsontext.Value(nil), anything{}},
	} {
		r.RegisterTypeAlias(typeOf(pair[0]), typeOf(pair[1]))
	}
	return &types{registry: r, requests: map[string]bool{}}
}

func (t *types) response(body any) *huma.Schema { return t.registry.Schema(typeOf(body), true, "") }

// request is a schema that allows no more members than it names, because unknown
// ones are refused.
func (t *types) request(body any) *huma.Schema {
	before := map[string]bool{}
	for name := range t.registry.Map() {
		before[name] = true
	}
	schema := t.response(body)
	for name := range t.registry.Map() {
		if !before[name] {
			t.requests[name] = true
		}
	}
	return schema
}

// finish makes every schema say what is true of our JSON: nothing is ever null, and
// answers may gain members.
func (t *types) finish() {
	for name, schema := range t.registry.Map() {
		tidy(schema, t.requests[name])
	}
}

func tidy(s *huma.Schema, closed bool) {
	if s == nil {
		return
	}
	s.Nullable = false
	if open, ok := s.AdditionalProperties.(bool); ok && !open && !closed {
		s.AdditionalProperties = nil
	}
	if inner, ok := s.AdditionalProperties.(*huma.Schema); ok {
		tidy(inner, closed)
	}
	tidy(s.Items, closed)
	for _, p := range s.Properties {
		tidy(p, closed)
	}
}

// The stand-ins. Each is a [huma.SchemaProvider].
type (
	money    struct{}
	score    struct{}
	moment   struct{}
	anything struct{}
)

var _ = [...]huma.SchemaProvider{money{}, score{}, moment{}, anything{}}

// MoneyPattern is the form of an amount in answers.
const MoneyPattern = `^[0-9]+\.[0-9]{4}$`

func (money) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: MoneyPattern, Description: "US dollars with exactly 4 decimal places.", Examples: []any{"0.2500"}}
}

func (score) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Minimum: bound(0), Maximum: bound(1)}
}

func (moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Description: "RFC 3339 in UTC with milliseconds.", Examples: []any{"2026-01-31T08:00:00.000Z"}}
}

func (anything) Schema(huma.Registry) *huma.Schema { return &huma.Schema{} }

func bound(n float64) *float64 { return &n }
