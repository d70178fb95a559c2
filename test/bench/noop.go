package main

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// noop is a pack that does nothing, so that the platform alone is measured.
type noop struct{}

var noopManifest = pack.Manifest{
	Type: "noop", Version: "1.0.0", Title: "Nothing",
	InputsSchema: jsontext.Value(`{"type":"object","properties":{"note":{"type":"string"}},"additionalProperties":false}`),
	DataSchema:   jsontext.Value(`{"type":"object"}`),
	Prices:       []dpp.Price{{Unit: "run", Per: 1, Amount: 1000}},
}

func (noop) Manifest() *pack.Manifest { return &noopManifest }

func (noop) Estimate(jsontext.Value) (pack.Estimate, error) {
	one := []pack.Quantity{{Unit: "run", Quantity: 1}}
	return pack.Estimate{Minimum: one, All: one, Low: one, Likely: one, High: one}, nil
}

func (noop) Run(_ context.Context, job pack.Job) (*pack.Outcome, error) {
	if err := job.Meter.Take("run", 1); err != nil {
		return nil, err
	}
	return &pack.Outcome{Data: map[string]string{"did": "nothing"}, Reliability: dpp.FullScore}, nil
}
