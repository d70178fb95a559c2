package pack

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// maxFindings bounds how many findings about one request are told.
const maxFindings = 20

// noLoader refuses every $ref that leads outside of the document.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("a schema may not refer to another document")
}

// Schema is a JSON Schema, of draft 2020-12 where it names no other, that refers to
// nothing outside of itself.
type Schema struct{ compiled *jsonschema.Schema }

// CompileSchema reads a schema. Its errors may repeat what stands there.
func CompileSchema(text jsontext.Value) (*Schema, error) {
	compiled, err := compileSchema(text)
	if err != nil {
		return nil, err
	}
	return &Schema{compiled: compiled}, nil
}

// Findings tells what is wrong with a value, at most 20 things in the order of their
// places; none if it satisfies the schema.
func (s *Schema) Findings(value jsontext.Value) []FieldError { return validate(s.compiled, value) }

func compileSchema(text jsontext.Value) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

func validate(schema *jsonschema.Schema, inputs jsontext.Value) []FieldError {
	if fields := survey(inputs); len(fields) > 0 {
		return fields
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(inputs))
	if err != nil {
		return []FieldError{{Code: "type", Message: "The inputs must be a JSON object."}}
	}
	err = schema.Validate(doc)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []FieldError{{Code: "invalid", Message: "The inputs do not satisfy the pack's schema."}}
	}
	fields := leaves(invalid, nil)
	slices.SortFunc(fields, compareFields)
	fields = slices.Compact(fields)
	return fields[:min(len(fields), maxFindings)]
}

// compareFields orders findings by place and then by text, as the library finds
// them in no order.
func compareFields(a, b FieldError) int {
	return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Code, b.Code),
		strings.Compare(a.Message, b.Message), strings.Compare(a.Expected, b.Expected))
}

// leaves flattens a tree of findings to those that a caller can act on. Of
// alternatives it takes the one that came nearest.
func leaves(e *jsonschema.ValidationError, into []FieldError) []FieldError {
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		if best := nearest(e.Causes); best != nil {
			return leaves(best, into)
		}
	case *kind.PropertyNames, *kind.Contains, *kind.MinContains: // what lies below is not about a place of the document
		return append(into, findings(e)...)
	}
	if len(e.Causes) == 0 {
		return append(into, findings(e)...)
	}
	for _, cause := range e.Causes {
		into = leaves(cause, into)
	}
	return into
}

// nearest picks the alternative with the fewest findings; where two have as few,
// the one that reads further into the document.
func nearest(causes []*jsonschema.ValidationError) *jsonschema.ValidationError {
	var best *jsonschema.ValidationError
	score := func(e *jsonschema.ValidationError) (count, depth int) {
		for _, f := range leaves(e, nil) {
			count++
			depth = max(depth, strings.Count(f.Pointer, "/"))
		}
		return count, depth
	}
	for _, cause := range causes {
		if best == nil {
			best = cause
			continue
		}
		count, depth := score(cause)
		bestCount, bestDepth := score(best)
		if count < bestCount || count == bestCount && depth > bestDepth {
			best = cause
		}
	}
	return best
}

func findings(e *jsonschema.ValidationError) []FieldError {
	at := Pointer(shown(e.InstanceLocation)...)
	one := func(code, message, expected string) []FieldError {
		return []FieldError{{Pointer: at, Code: code, Message: message, Expected: expected}}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return each(e.InstanceLocation, k.Properties, "unknown_field", "This field does not exist here; leave it out.")
	case *kind.Required:
		return each(e.InstanceLocation, k.Missing, "required", "This field is required.")
	case *kind.DependentRequired:
		return each(e.InstanceLocation, k.Missing, "required", "This field is required beside others that are there.")
	case *kind.FalseSchema:
		return one("unknown_field", "This field does not exist here; leave it out.", "")
	case *kind.PropertyNames: // the library forgets where
		return []FieldError{{Code: "name", Message: "The name of a member does not have the required form."}}
	case *kind.Type:
		return one("type", "The value has the wrong type.", strings.Join(k.Want, " or "))
	case *kind.Enum:
		return one("not_allowed", "The value is not one of those allowed.", enumText(k.Want))
	case *kind.Const:
		return one("not_allowed", "The value is not the one allowed.", "")
	case *kind.MinItems:
		return one("too_few", "The array has too few items.", fmt.Sprintf("at least %d items", k.Want))
	case *kind.MaxItems:
		return one("too_many", "The array has too many items.", fmt.Sprintf("at most %d items", k.Want))
	case *kind.MinProperties:
		return one("too_few", "The object has too few members.", fmt.Sprintf("at least %d members", k.Want))
	case *kind.MaxProperties:
		return one("too_many", "The object has too many members.", fmt.Sprintf("at most %d members", k.Want))
	case *kind.MinLength:
		return one("too_short", "The text is too short.", fmt.Sprintf("at least %d characters", k.Want))
	case *kind.MaxLength:
		return one("too_long", "The text is too long.", fmt.Sprintf("at most %d characters", k.Want))
	case *kind.Minimum:
		return one("out_of_range", "The number is too small.", "at least "+decimal(k.Want))
	case *kind.Maximum:
		return one("out_of_range", "The number is too large.", "at most "+decimal(k.Want))
	case *kind.ExclusiveMinimum:
		return one("out_of_range", "The number is too small.", "above "+decimal(k.Want))
	case *kind.ExclusiveMaximum:
		return one("out_of_range", "The number is too large.", "below "+decimal(k.Want))
	case *kind.Pattern:
		return one("pattern", "The text does not have the required form.", k.Want)
	case *kind.UniqueItems:
		return one("duplicate", "Two items of the array are the same.", "")
	default:
		return one("invalid", "The value does not satisfy the pack's schema.", "")
	}
}

// each makes one finding per named member.
func each(at, names []string, code, message string) []FieldError {
	out := make([]FieldError, 0, len(names))
	for _, name := range names {
		path := append(slices.Clone(at), name)
		out = append(out, FieldError{Pointer: Pointer(shown(path)...), Code: code, Message: message})
	}
	return out
}

// maxShownName is the longest name, in bytes, that a finding repeats.
const maxShownName = 64

// shown is the part of a place that may be told: a name is a value, too, unless it
// is short, so a place below a long one is pointed at by what it is in.
func shown(path []string) []string {
	if i := slices.IndexFunc(path, func(name string) bool { return len(name) > maxShownName }); i >= 0 {
		return path[:i]
	}
	return path
}

// decimal prints a number of a schema as it was written there, exactly.
func decimal(number *big.Rat) string {
	places, _ := number.FloatPrec()
	return number.FloatString(places)
}

func enumText(values []any) string {
	texts := make([]string, 0, len(values))
	for _, v := range values {
		if v == nil {
			v = "null"
		}
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, ", ")
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// Pointer builds a JSON Pointer (RFC 6901) out of its segments.
func Pointer(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(pointerEscaper.Replace(s))
	}
	return b.String()
}
