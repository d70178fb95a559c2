package evalpack

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// ample is a cost limit that no test reaches by accident.
const ample = 1_000 * dpp.USD

func newMeter(limit dpp.Money) *pack.Meter { return pack.NewMeter(newManifest(nil).Prices, limit, nil) }

func offer(t packtest.TB) *pack.Offer {
	t.Helper()
	return packtest.Offer(t, New(nil, Options{}))
}

// runOn runs the pack on inputs without files and with an ample limit.
func runOn(t packtest.TB, inputs jsontext.Value) (*data, *pack.Outcome) {
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
