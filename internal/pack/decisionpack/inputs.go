package decisionpack

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// inputs is the submitted form. Pointers tell a number that is absent or null
// from zero; whole numbers are float64 because 1e4 is one as well.
type inputs struct {
	Question     string                         `json:"question"`
	Alternatives []alternative                  `json:"alternatives"`
	Options      []string                       `json:"options"`
	Scores       map[string]map[string]*float64 `json:"scores"`
	Criteria     []criterion                    `json:"criteria"`
	Method       method                         `json:"method"`
	Norm         normalization                  `json:"normalization"`
	Constraints  []constraint                   `json:"constraints"`
	Missing      missing                        `json:"missing"`
	Uncertainty  uncertainty                    `json:"uncertainty"`
	Seed         float64                        `json:"seed"`
	Draws        *float64                       `json:"draws"`
}

type alternative struct {
	Name   string              `json:"name"`
	Values map[string]*float64 `json:"values"`
}

type criterion struct {
	Name      string   `json:"name"`
	Weight    *float64 `json:"weight"`
	Direction string   `json:"direction"`
}

type constraint struct {
	Criterion string  `json:"criterion"`
	Op        string  `json:"op"`
	Value     float64 `json:"value"`
}

type uncertainty struct {
	Weights *float64 `json:"weights"`
	Values  *float64 `json:"values"`
}

// decode reads inputs strictly: unknown and repeated fields are errors.
func decode(raw jsontext.Value) (*inputs, error) {
	var found findings
	if len(raw) > maxInputBytes {
		found.add("", "too_large", "The inputs have more than "+strconv.Itoa(maxInputBytes)+" bytes.")
		return nil, found.err()
	}
	in := new(inputs)
	err := json.Unmarshal(raw, in, json.RejectUnknownMembers(true))
	if err == nil {
		return in, nil
	}
	found.add(place(err), "type", "This does not have the form that the schema of the inputs asks for.")
	return nil, found.err()
}

// place is where in the inputs decoding failed.
func place(err error) string {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return string(semantic.JSONPointer)
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return string(syntactic.JSONPointer)
	}
	return ""
}

// form hides which of the two forms the alternatives were given in.
type form struct {
	easy   bool
	names  []string
	values []map[string]*float64
	given  []bool // easy form: the option has an entry in scores
}

func (in *inputs) form() form {
	f := form{easy: in.Options != nil || in.Scores != nil}
	if f.easy {
		f.names = in.Options
		for _, name := range in.Options {
			scores, given := in.Scores[name]
			f.values, f.given = append(f.values, scores), append(f.given, given)
		}
		return f
	}
	for _, a := range in.Alternatives {
		f.names, f.values = append(f.names, a.Name), append(f.values, a.Values)
	}
	return f
}

// name points at the name of alternative i.
func (f form) name(i int) string {
	if f.easy {
		return pack.Pointer("options", strconv.Itoa(i))
	}
	return pack.Pointer("alternatives", strconv.Itoa(i), "name")
}

// row points at the values of alternative i. A pointer holds a name only where
// the caller used it as the name of a field.
func (f form) row(i int) string {
	switch {
	case !f.easy:
		return pack.Pointer("alternatives", strconv.Itoa(i), "values")
	case f.given[i]:
		return below("/scores", f.names[i])
	default:
		return f.name(i)
	}
}

// cell points at a value that alternative i has.
func (f form) cell(i int, criterion string) string { return below(f.row(i), criterion) }

// maxShownName is the longest name of a field, in bytes, that a pointer repeats.
const maxShownName = 64

// below points at a field by its name, or at what it is in where the name is long.
func below(pointer, name string) string {
	if len(name) > maxShownName {
		return pointer
	}
	return pointer + pack.Pointer(name)
}

// findings gathers what is wrong with inputs, up to [maxFindings].
type findings struct{ fields []pack.FieldError }

func (f *findings) add(pointer, code, message string) {
	if len(f.fields) < maxFindings {
		f.fields = append(f.fields, pack.FieldError{Pointer: pointer, Code: code, Message: message})
	}
}

func (f *findings) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &pack.InputError{Fields: f.fields}
}
