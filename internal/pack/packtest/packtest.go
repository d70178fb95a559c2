// Package packtest is what the tests of packs have in common: what is true of every
// manifest, values held against JSON Schemas, outcomes sealed as the platform seals them,
// what the page of a pack shows and names, and text for benchmarks.
package packtest

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// TB is what is needed of a test, a benchmark, a fuzz target or a property.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// JSON is a value as JSON, the same text every time.
func JSON(t TB, value any) jsontext.Value {
	t.Helper()
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Offer is a pack as a platform sells it that has no prices of its own.
func Offer(t TB, p pack.Pack) *pack.Offer {
	t.Helper()
	registry, err := pack.NewRegistry(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	offer, _ := registry.Lookup(p.Manifest().Type)
	return offer
}

// Seal seals what a pack found as the platform does, and holds what is stored as the data
// against the manifest's schema.
func Seal(t TB, m *pack.Manifest, o *pack.Outcome) *pack.Sealed {
	t.Helper()
	sealed, err := pack.Seal(pack.Envelope{}, o, m.Spillable)
	if err != nil {
		t.Fatal(err)
	}
	if err := Compile(t, m.DataSchema).Validate(t, sealed.Envelope.Data); err != nil {
		t.Errorf("what is stored: %v\n%.2000s", err, sealed.Envelope.Data)
	}
	return sealed
}
