package metric

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errNotText     = &RowError{Code: "NOT_TEXT", Detail: "The metric compares texts; prediction or reference is none."}
	errNoReference = &RowError{Code: "NO_REFERENCE", Detail: "The metric needs a reference."}
)

// text reads a JSON string.
func text(v jsontext.Value) (string, error) {
	v = bytes.TrimSpace(v)
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", errNotText
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), nil
	}
	unquoted, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return "", errNotText
	}
	return string(unquoted), nil
}

// judge scores a prediction against one reference. The error is as of [Metric.Observe].
type judge func(ctx context.Context, prediction, reference string) (float64, error)

// best gives a row the best that its prediction scores against any of its references, all
// of which are texts.
func (j judge) best(ctx context.Context, row Row) (float64, error) {
	prediction, err := text(row.Prediction)
	if err != nil {
		return 0, err
	}
	if len(row.References) == 0 {
		return 0, errNoReference
	}
	var best float64
	for i, r := range row.References {
		reference, err := text(r)
		if err != nil {
			return 0, err
		}
		found, err := j(ctx, prediction, reference)
		if err != nil {
			return 0, err
		}
		if i == 0 || found > best {
			best = found
		}
	}
	return best, nil
}
