package metric

import (
	"bytes"
	"context"
	"strconv"
	"strings"
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

var (
	errNotNumber = &RowError{Code: "NOT_NUMBER", Detail: "Prediction or reference is no finite number."}
	errNotLabel  = &RowError{Code: "NOT_LABEL", Detail: "A label is a text, a number or a boolean."}
	errLongLabel = &RowError{Code: "LABEL_TOO_LONG", Detail: "A label has 256 bytes at most."}
)

// maxLabel is the length in bytes of the longest label.
const maxLabel = 256

// finite reads a number, or a text that is one, as tables have it.
func finite(v jsontext.Value) (float64, error) {
	digits := string(bytes.TrimSpace(v))
	if v.Kind() == jsontext.KindString {
		s, err := text(v)
		if err != nil {
			return 0, errNotNumber
		}
		digits = strings.TrimFunc(s, isSpace)
	}
	x, err := parseNumber(digits)
	if err != nil {
		return 0, errNotNumber
	}
	return x, nil
}

// parseNumber reads a decimal number with or without sign, fraction and exponent, and
// nothing else that Go takes for one: no hexadecimal, no underscore, no infinity.
func parseNumber(digits string) (float64, error) {
	if strings.Trim(digits, "0123456789+-.eE") != "" || strings.ContainsAny(digits, "xX_") {
		return 0, errNotNumber
	}
	return strconv.ParseFloat(digits, 64)
}

// label reads a text, number or boolean as a label. A number and the text that writes it
// shortest are the same label, as tables know no difference.
func label(v jsontext.Value) (string, error) {
	var name string
	switch v.Kind() {
	case jsontext.KindString:
		s, err := text(v)
		if err != nil {
			return "", errNotLabel
		}
		name = s
	case jsontext.KindTrue, jsontext.KindFalse:
		name = string(bytes.TrimSpace(v))
	case jsontext.KindNumber:
		name = shortest(string(bytes.TrimSpace(v)))
	default:
		return "", errNotLabel
	}
	if len(name) > maxLabel {
		return "", errLongLabel
	}
	return name, nil
}

// shortest writes a number of JSON in one way; whole numbers stay as they are, however
// large.
func shortest(digits string) string {
	if !strings.ContainsAny(digits, ".eE") && digits != "-0" {
		return digits
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return digits
	}
	return strconv.FormatFloat(x+0, 'f', -1, 64) // no -0
}

// written is a value as the text that is compared: a text as it is, a number or boolean as
// a label, an object or array in its canonical form (RFC 8785).
func written(v jsontext.Value) (string, error) {
	switch v.Kind() {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		canonical := v.Clone()
		if err := canonical.Canonicalize(); err != nil {
			return "", errNotText
		}
		return string(canonical), nil
	case jsontext.KindTrue, jsontext.KindFalse:
		return string(bytes.TrimSpace(v)), nil
	case jsontext.KindNumber:
		return shortest(string(bytes.TrimSpace(v))), nil
	default:
		return text(v)
	}
}

// judge scores a prediction against one reference. The error is as of [Metric.Observe].
type judge func(ctx context.Context, prediction, reference string) (float64, error)

// best gives a row the best that its prediction scores against any of its references, all
// of which are texts.
func (j judge) best(ctx context.Context, row Row) (float64, error) { return j.bestOf(ctx, row, text) }

// bestOf reads the values of a row by a function of the caller's.
func (j judge) bestOf(ctx context.Context, row Row, read func(jsontext.Value) (string, error)) (float64, error) {
	prediction, err := read(row.Prediction)
	if err != nil {
		return 0, err
	}
	if len(row.References) == 0 {
		return 0, errNoReference
	}
	var best float64
	for i, r := range row.References {
		reference, err := read(r)
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
