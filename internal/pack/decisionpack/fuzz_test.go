package decisionpack

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// FuzzInputs: no inputs make the pack panic; what the schema and the estimate
// let through runs and gives data that satisfies its schema, without NaN.
func FuzzInputs(f *testing.F) {
	for _, seed := range []string{
		`{"alternatives":[{"name":"A","values":{"c":5,"d":8}},{"name":"B","values":{"c":7,"d":6}}],"criteria":[{"name":"c","weight":0.3},{"name":"d","weight":0.7,"direction":"min"}],"draws":5}`,
		`{"options":["A","B"],"scores":{"A":{"c":0},"B":{"c":null}},"criteria":[{"name":"c"}],"missing":"mean","method":"weighted_sum","normalization":"max","draws":3}`,
		`{"alternatives":[{"name":"A","values":{"c":1e-15}},{"name":"B","values":{"c":1e15}}],"criteria":[{"name":"c"}],"method":"weighted_product","uncertainty":{"weights":1,"values":1},"draws":2}`,
		`{"alternatives":[{"name":"A","values":{"c":0}},{"name":"B","values":{"c":0}}],"criteria":[{"name":"c"}],"normalization":"sum","constraints":[{"criterion":"c","op":"<=","value":0}],"draws":1}`,
		`{"draws":1e300,"seed":-1,"criteria":[{"name":"c","weight":-1}],"alternatives":[{"name":"A","values":{"c":-1e308}}]}`,
		`{"alternatives":null,"criteria":[]}`,
	} {
		f.Add([]byte(seed))
	}
	for _, seed := range goldens(f) {
		f.Add([]byte(seed))
	}
	inputsSchema, dataSchema := packtest.Compile(f, newManifest().InputsSchema), packtest.Compile(f, newManifest().DataSchema)
	decision := New()
	f.Fuzz(func(t *testing.T, raw []byte) {
		inputs := jsontext.Value(raw)
		estimate, err := decision.Estimate(inputs)
		if err != nil {
			var wrong *pack.InputError
			if !errors.As(err, &wrong) || len(wrong.Fields) == 0 {
				t.Fatalf("refused without a finding: %v", err)
			}
			return
		}
		if inputsSchema.Validate(t, inputs) != nil {
			return
		}
		if len(estimate.All) > 1 && estimate.All[1].Quantity > 20_000 {
			return // too slow for fuzzing
		}
		outcome, err := decision.Run(t.Context(), pack.Job{Inputs: inputs, Meter: newMeter(ample)})
		if err != nil {
			t.Fatal(err)
		}
		if err := dataSchema.Validate(t, packtest.JSON(t, outcome.Data)); err != nil {
			t.Fatal(err)
		}
		if score := outcome.Reliability; score < 0 || score > 1_000_000 {
			t.Fatalf("reliability %d", score)
		}
	})
}
