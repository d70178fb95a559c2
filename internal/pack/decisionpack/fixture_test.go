package decisionpack

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// ample is a cost limit that no test reaches by accident.
const ample = 10 * dpp.USD

// table is a decision as tests write it down: one row for each alternative.
type table struct {
	rows      [][]float64
	weights   []float64
	minimised []int // indices of the criteria where less is better
	rule      rule
}

// inputs is the table in the full form, with alternatives A, B, … and criteria
// c0, c1, …; more holds further fields.
func (b table) inputs(t packtest.TB, more map[string]any) jsontext.Value {
	t.Helper()
	var alternatives, criteria []any
	for i, row := range b.rows {
		values := map[string]any{}
		for j, x := range row {
			values[fmt.Sprintf("c%d", j)] = x
		}
		alternatives = append(alternatives, map[string]any{"name": letter(i), "values": values})
	}
	for j, w := range b.weights {
		criteria = append(criteria, map[string]any{"name": fmt.Sprintf("c%d", j), "weight": w})
	}
	for _, j := range b.minimised {
		criteria[j].(map[string]any)["direction"] = "min"
	}
	body := map[string]any{"alternatives": alternatives, "criteria": criteria, "method": b.rule.method, "normalization": b.rule.by}
	for name, value := range more {
		body[name] = value
	}
	return packtest.JSON(t, body)
}

// problem is the table as the pack sees it.
func (b table) problem(t packtest.TB, more map[string]any) *problem {
	t.Helper()
	p, err := parse(b.inputs(t, more))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func letter(i int) string { return string(rune('A' + i)) }

// tzengHuang is the decision whose TOPSIS scores Tzeng & Huang (2011) give.
func tzengHuang() table {
	return table{
		rows:    [][]float64{{5, 8, 4}, {7, 6, 8}, {8, 8, 6}, {7, 4, 6}},
		weights: []float64{.3, .4, .3},
		rule:    newRule(topsis, vector),
	}
}

func newMeter(limit dpp.Money) *pack.Meter { return pack.NewMeter(newManifest().Prices, limit, nil) }

// run runs the pack on inputs with an ample limit.
func run(t packtest.TB, inputs jsontext.Value) (*data, *pack.Outcome) {
	t.Helper()
	found, outcome := runAny(t, inputs)
	return found.(*data), outcome
}

// runAny runs the pack on inputs of any form.
func runAny(t packtest.TB, inputs jsontext.Value) (any, *pack.Outcome) {
	t.Helper()
	outcome, err := New().Run(context.Background(), pack.Job{Inputs: inputs, Meter: newMeter(ample)})
	if err != nil {
		t.Fatal(err)
	}
	return outcome.Data, outcome
}

// inputErrors are the findings about inputs that must be refused.
func inputErrors(t *testing.T, inputs jsontext.Value) []pack.FieldError {
	t.Helper()
	_, err := New().Estimate(inputs)
	var wrong *pack.InputError
	if !errors.As(err, &wrong) {
		t.Fatalf("Estimate gave %v, want an input error", err)
	}
	return wrong.Fields
}

// withoutWeights puts stakeholders in the place of weights.
func withoutWeights(t packtest.TB, inputs jsontext.Value, stakeholders []any) jsontext.Value {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(inputs, &body); err != nil {
		t.Fatal(err)
	}
	for _, c := range body["criteria"].([]any) {
		delete(c.(map[string]any), "weight")
	}
	body["stakeholders"] = stakeholders
	return packtest.JSON(t, body)
}
