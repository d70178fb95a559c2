package evalpack

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"dpp"
	"dpp/internal/pack"
)

// checker is what the helpers need of a test, a benchmark or a property.
type checker interface {
	Helper()
	Fatal(args ...any)
}

// ample is a cost limit that no test reaches by accident.
const ample = 1_000 * dpp.USD

func newMeter(limit dpp.Money) *pack.Meter { return pack.NewMeter(newManifest(nil).Prices, limit, nil) }

func marshal(t checker, value any) jsontext.Value {
	t.Helper()
	raw, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// run runs the pack on inputs without files and with an ample limit.
func runOn(t checker, inputs jsontext.Value) (*data, *pack.Outcome) {
	t.Helper()
	outcome, err := New(nil, Options{}).Run(context.Background(), pack.Job{Inputs: inputs, Meter: newMeter(ample)})
	if err != nil {
		t.Fatal(err)
	}
	return outcome.Data.(*data), outcome
}

func text(format string, values ...string) jsontext.Value {
	return jsontext.Value(strings.NewReplacer(values...).Replace(format))
}

// findingsOf are the findings about inputs that must be refused, as pointer and code.
func findingsOf(t *testing.T, o *pack.Offer, inputs string) []string {
	t.Helper()
	_, err := o.Check(jsontext.Value(inputs))
	var wrong *pack.InputError
	if !errors.As(err, &wrong) {
		t.Fatalf("%s: error %v, want an input error", inputs, err)
	}
	var list []string
	for _, f := range wrong.Fields {
		list = append(list, f.Pointer+" "+f.Code)
	}
	return list
}

func compile(t checker, schema jsontext.Value) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // nothing from outside
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(schema *jsonschema.Schema, value jsontext.Value) error {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// exampleInputs are those of the manifest's example.
func exampleInputs(t checker) jsontext.Value {
	t.Helper()
	var body struct {
		Inputs jsontext.Value `json:"inputs"`
	}
	if err := json.Unmarshal(schema("example"), &body); err != nil {
		t.Fatal(err)
	}
	return body.Inputs
}
