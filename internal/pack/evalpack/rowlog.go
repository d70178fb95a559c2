package evalpack

import (
	"bytes"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
)

// rowLog is the artifact rows.jsonl: a line for each row, with what each metric that
// judges single rows found.
type rowLog struct {
	text bytes.Buffer
	err  error
}

type logLine struct {
	Row      int            `json:"row"`
	Line     int            `json:"line,omitzero"`
	ID       jsontext.Value `json:"id,omitzero"`
	Groups   []string       `json:"groups,omitempty"`
	Values   valuesOf       `json:"values"`
	Baseline valuesOf       `json:"baseline,omitempty"`
	Failures []logFailure   `json:"failures,omitempty"`
}

type logFailure struct {
	Metrics []string `json:"metrics,omitempty"`
	System  string   `json:"system,omitzero"`
	Reason  string   `json:"reason_code"`
	Detail  string   `json:"detail"`
}

// valuesOf are values by label, in the order of the metrics.
type valuesOf []labelled

// MarshalJSONTo writes them as an object.
func (v valuesOf) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, one := range v {
		if err := e.WriteToken(jsontext.String(one.label)); err != nil {
			return err
		}
		if err := e.WriteToken(jsontext.Float(finite(number.Round(one.value)))); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func finite(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) { // collect lets none through
		return 0
	}
	return x
}

func (l *rowLog) add(r *record, found *rowFound) {
	line := logLine{Row: r.index, Line: r.line, ID: r.id, Groups: r.groups, Values: found.values, Baseline: found.others}
	for _, f := range found.failures {
		line.Failures = append(line.Failures, logFailure{Metrics: f.Metrics, System: f.System, Reason: f.Reason, Detail: f.Detail})
	}
	if err := json.MarshalWrite(&l.text, line, json.Deterministic(true)); err != nil && l.err == nil {
		l.err = err
	}
	l.text.WriteByte('\n')
}
