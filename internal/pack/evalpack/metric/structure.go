package metric

import (
	"context"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

var (
	errBadSchema   = &RowError{Code: "BAD_SCHEMA", Detail: "The reference is no usable JSON Schema of 64 KiB at most; it may refer to nothing outside of itself."}
	errSchemaWork  = &RowError{Code: "TOO_COMPLEX", Detail: "Checking the prediction against the schema takes too long."}
	errManySchemas = &RowError{Code: "AMBIGUOUS_REFERENCE", Detail: "A row has one schema as its reference."}
)

// document is the JSON value that a prediction is: a text is read as JSON, within a Markdown
// fence where these are allowed, anything else is a value already. ok is false for what is
// none. Duplicate names are no error in the grammar of RFC 8259.
func document(v jsontext.Value, fences bool) (value jsontext.Value, ok bool) {
	if v.Kind() != jsontext.KindString {
		return v, v.IsValid(jsontext.AllowDuplicateNames(true))
	}
	s, err := text(v)
	if err != nil {
		return nil, false
	}
	if fences {
		s = unfenced(s)
	}
	value = jsontext.Value(s)
	return value, value.IsValid(jsontext.AllowDuplicateNames(true))
}

// unfenced is what stands between the first fence of a text and the next one, and the text
// itself where there are not two.
func unfenced(s string) string {
	_, after, opened := strings.Cut(s, "```")
	_, after, lined := strings.Cut(after, "\n")
	inside, _, closed := strings.Cut(after, "```")
	if !opened || !lined || !closed {
		return s
	}
	return inside
}

func newJSONValid(params jsontext.Value) (Metric, error) {
	p := struct {
		Fences bool   `json:"fences"`
		Type   string `json:"type"`
	}{Type: "any"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	kinds := map[string]jsontext.Kind{"object": jsontext.KindBeginObject, "array": jsontext.KindBeginArray}
	score := func(_ context.Context, row Row) (float64, error) {
		value, ok := document(row.Prediction, p.Fences)
		return zeroOne(ok && (p.Type == "any" || value.Kind() == kinds[p.Type])), nil
	}
	signature := "json_valid|rfc8259|duplicates:allowed|fences:" + yesNo(p.Fences) + "|type:" + p.Type + "|version:" + version
	return &mean{info: fraction("json_valid", signature), score: score}, nil
}

// conforming tells whether a prediction is JSON that satisfies a schema, its parameter or
// its reference.
type conforming struct {
	Schema jsontext.Value `json:"schema"`
	Fences bool           `json:"fences"`

	// source and compiled are the last schema, as rows often have the same.
	source   string
	compiled *pack.ForeignSchema
}

func newJSONSchema(params jsontext.Value) (Metric, error) {
	c := &conforming{}
	if err := decode(params, c); err != nil {
		return nil, err
	}
	from := "reference"
	if len(c.Schema) > 0 {
		if err := c.compile(c.Schema); err != nil {
			return nil, &ParamError{
				Pointer: "/schema", Code: "invalid",
				Message: "This is no usable JSON Schema of 64 KiB at most; it may refer to nothing outside of itself.",
			}
		}
		from = "param:" + digest(string(c.Schema))
	}
	signature := "json_schema|default:2020-12|from:" + from + "|fences:" + yesNo(c.Fences) + "|version:" + version
	return &mean{info: fraction("json_schema", signature), score: c.score}, nil
}

func (c *conforming) score(ctx context.Context, row Row) (float64, error) {
	if len(c.Schema) == 0 {
		if err := c.fromReference(row); err != nil {
			return 0, err
		}
	}
	value, ok := document(row.Prediction, c.Fences)
	if !ok {
		return 0, nil
	}
	accepted, err := c.compiled.Accepts(ctx, value)
	if errors.Is(err, pack.ErrSchemaWork) {
		return 0, errSchemaWork
	}
	return zeroOne(accepted), err
}

func (c *conforming) fromReference(row Row) error {
	switch len(row.References) {
	case 0:
		return errNoReference
	case 1:
	default:
		return errManySchemas
	}
	schema, ok := document(row.References[0], false)
	if !ok {
		return errBadSchema
	}
	return c.compile(schema)
}

func (c *conforming) compile(schema jsontext.Value) error {
	if c.compiled != nil && c.source == string(schema) {
		return nil
	}
	compiled, err := pack.CompileForeignSchema(schema)
	if err != nil {
		return errBadSchema
	}
	c.source, c.compiled = string(schema), compiled
	return nil
}
