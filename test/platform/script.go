package platform

import (
	"context"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

const scriptType = "script"

// StepPrice is what one step of the scripted pack costs.
const StepPrice = dpp.Money(10_000)

// Script is a pack that does what a test says. The zero value takes one step and
// succeeds.
type Script struct {
	mu  sync.Mutex
	run func(ctx context.Context, job pack.Job) (*pack.Outcome, error)
}

// Do sets what the next runs do.
func (s *Script) Do(run func(ctx context.Context, job pack.Job) (*pack.Outcome, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run = run
}

var scriptManifest = pack.Manifest{
	Type: scriptType, Version: "1.2.3", Title: "What a test says",
	InputsSchema: jsontext.Value(`{"type":"object","properties":{"note":{"type":"string"},"files":{"type":"array","items":{"type":"string"}}},"required":["note"],"additionalProperties":false}`),
	DataSchema:   jsontext.Value(`{"type":"object"}`),
	Prices:       []dpp.Price{{Unit: "step", Per: 1, Amount: StepPrice}},
	Spillable:    []string{"/items"},
}

// Manifest is part of the port.
func (*Script) Manifest() *pack.Manifest { return &scriptManifest }

// Estimate is one step at least and two for everything. What stands in files are the
// identifiers of uploads.
func (*Script) Estimate(inputs jsontext.Value) (pack.Estimate, error) {
	steps := func(n int64) []pack.Quantity { return []pack.Quantity{{Unit: "step", Quantity: n}} }
	estimate := pack.Estimate{Minimum: steps(1), All: steps(2), Low: steps(1), Likely: steps(2), High: steps(2)}
	var named struct {
		Files []dpp.UploadID `json:"files"`
	}
	err := json.Unmarshal(inputs, &named)
	for i, id := range named.Files {
		estimate.Uploads = append(estimate.Uploads, pack.UploadRef{Pointer: "/files/" + strconv.Itoa(i), ID: id})
	}
	return estimate, err
}

// Run does what the test said.
func (s *Script) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	s.mu.Lock()
	run := s.run
	s.mu.Unlock()
	if run == nil {
		run = OneStep
	}
	return run(ctx, job)
}

// OneStep takes one step and succeeds.
func OneStep(_ context.Context, job pack.Job) (*pack.Outcome, error) {
	if err := job.Meter.Take("step", 1); err != nil {
		return nil, err
	}
	return &pack.Outcome{Data: map[string]string{"did": "one step"}, Reliability: dpp.FullScore}, nil
}
