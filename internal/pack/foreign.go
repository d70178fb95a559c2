package pack

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Bounds of a schema that a caller wrote.
const (
	// MaxForeignSchema is its size in bytes.
	MaxForeignSchema = 64 << 10
	// maxSchemaWork bounds checking one value: each time that a part of the schema is
	// applied to a part of the value counts as one, and one more for each 64 bytes of a
	// text and each item of an array or object.
	maxSchemaWork = 1 << 17
	// lookEvery is after how much of it the context is asked.
	lookEvery = 1 << 10
)

var (
	// ErrForeignSchema says that a schema is none, or refers to another document, or
	// uses what is not offered: $dynamicRef and $recursiveRef.
	ErrForeignSchema = errors.New("this is no usable JSON Schema")
	// ErrSchemaWork says that checking a value would take too long.
	ErrSchemaWork = errors.New("checking the value against the schema takes too long")
)

// ForeignSchema is a JSON Schema that a caller wrote. Some take exponential time on small
// values, so that its work is counted and ends. It is not safe for concurrent use.
type ForeignSchema struct {
	compiled *jsonschema.Schema
	ctx      context.Context //nolint:containedctx // of the call of Accepts that is under way: the library hands none on
	left     int
}

// CompileForeignSchema reads a schema of at most [MaxForeignSchema] bytes, of draft 2020-12
// where it names no other. The error is [ErrForeignSchema], without what stands there.
func CompileForeignSchema(text jsontext.Value) (*ForeignSchema, error) {
	if len(text) > MaxForeignSchema || len(survey(text)) > 0 {
		return nil, ErrForeignSchema
	}
	compiled, err := compileSchema(text)
	if err != nil {
		return nil, ErrForeignSchema
	}
	s := &ForeignSchema{compiled: compiled}
	home, _, _ := strings.Cut(compiled.Location, "#")
	if !s.count(compiled, home, make(map[*jsonschema.Schema]bool)) {
		return nil, ErrForeignSchema
	}
	return s, nil
}

// Accepts tells whether a value satisfies the schema; what is no JSON does not. Formats are
// not checked where the schema's draft does not ask for that. The error is [ErrSchemaWork]
// or ctx's.
func (s *ForeignSchema) Accepts(ctx context.Context, value jsontext.Value) (bool, error) {
	if !value.IsValid(jsontext.AllowDuplicateNames(true)) {
		return false, nil
	}
	if len(survey(value)) > 0 {
		return false, ErrSchemaWork
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return false, ErrSchemaWork // only what is nested too deep
	}
	s.ctx, s.left = ctx, maxSchemaWork
	invalid := s.compiled.Validate(doc)
	s.ctx = nil
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case s.left < 0:
		return false, ErrSchemaWork
	default:
		return invalid == nil, nil
	}
}

// count makes every part of a schema count its work: the check of a format is what the
// library does of a part before it goes on to parts below. It reports whether all of the
// schema can be counted. Published metaschemas, which may be referred to, have another
// home and are left alone.
func (s *ForeignSchema) count(part *jsonschema.Schema, home string, seen map[*jsonschema.Schema]bool) bool {
	if part == nil || seen[part] || part.Bool != nil || !strings.HasPrefix(part.Location, home+"#") {
		return true
	}
	seen[part] = true
	if part.DynamicRef != nil || part.RecursiveRef != nil {
		return false
	}
	format := part.Format
	part.Format = &jsonschema.Format{Name: "counted", Validate: func(v any) error {
		if !s.spend(v) {
			return ErrSchemaWork
		}
		if format != nil {
			return format.Validate(v)
		}
		return nil
	}}
	for _, below := range parts(part) {
		if !s.count(below, home, seen) {
			return false
		}
	}
	return true
}

// spend takes the work of one application and reports whether any was left.
func (s *ForeignSchema) spend(v any) bool {
	cost := 1
	switch v := v.(type) {
	case string:
		cost += len(v) / 64
	case []any:
		cost += len(v)
	case map[string]any:
		cost += len(v)
	}
	before := s.left
	if s.left >= 0 {
		s.left -= cost
	}
	if before/lookEvery != s.left/lookEvery && s.ctx.Err() != nil {
		s.left = -1
	}
	return s.left >= 0
}

// parts are the schemas directly below one that the library may apply.
func parts(s *jsonschema.Schema) []*jsonschema.Schema {
	list := []*jsonschema.Schema{
		s.Ref, s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties,
		s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema,
	}
	for _, more := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems} {
		list = append(list, more...)
	}
	for _, below := range s.Properties {
		list = append(list, below)
	}
	for _, below := range s.PatternProperties {
		list = append(list, below)
	}
	for _, below := range s.DependentSchemas {
		list = append(list, below)
	}
	for _, below := range s.Dependencies {
		list = append(list, schemasIn(below)...)
	}
	for _, below := range []any{s.Items, s.AdditionalItems, s.AdditionalProperties} {
		list = append(list, schemasIn(below)...)
	}
	return list
}

// schemasIn are the schemas of a field that may hold something else, too.
func schemasIn(field any) []*jsonschema.Schema {
	switch field := field.(type) {
	case *jsonschema.Schema:
		return []*jsonschema.Schema{field}
	case []*jsonschema.Schema:
		return field
	default:
		return nil
	}
}
