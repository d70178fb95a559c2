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
	Question     string        `json:"question"`
	Context      string        `json:"context"`
	Alternatives []alternative `json:"alternatives"`
	Options      []string      `json:"options"`
	Scores       scores        `json:"scores"`
	Criteria     []criterion   `json:"criteria"`
	Pairwise     pairwise      `json:"pairwise"`
	Stakeholders []stakeholder `json:"stakeholders"`
	Aggregation  aggregation   `json:"aggregation"`
	Scenarios    []scenario    `json:"scenarios"`
	Method       method        `json:"method"`
	Norm         normalization `json:"normalization"`
	Costs        string        `json:"costs"`
	V            *float64      `json:"v"`
	Constraints  []constraint  `json:"constraints"`
	Missing      missing       `json:"missing"`
	Uncertainty  uncertainty   `json:"uncertainty"`
	Seed         float64       `json:"seed"`
	Draws        *float64      `json:"draws"`
	Charts       *bool         `json:"charts"`

	Table *rulebook                 `json:"table"`
	Facts map[string]jsontext.Value `json:"facts"`
}

type alternative struct {
	Name   string           `json:"name"`
	Values map[string]*cell `json:"values"`
}

type criterion struct {
	Name       string      `json:"name"`
	Weight     *float64    `json:"weight"`
	Rank       *float64    `json:"rank"`
	Direction  string      `json:"direction"`
	Labels     *labels     `json:"labels"`
	Preference *preference `json:"preference"`
}

// pairwise holds judgements about the criteria, and about the alternatives by single
// criteria.
type pairwise struct {
	Criteria     *judgements           `json:"criteria"`
	Alternatives map[string]judgements `json:"alternatives"`
	Priorities   string                `json:"priorities"`
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

// scores are the values of the easy form: by option and criterion, or a matrix in
// the order of both.
type scores struct {
	given  bool
	named  map[string]map[string]*cell
	matrix [][]*cell
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (s *scores) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	s.given = true
	switch d.PeekKind() {
	case jsontext.KindNull:
		s.given = false
		return d.SkipValue()
	case jsontext.KindBeginArray:
		return json.UnmarshalDecode(d, &s.matrix)
	default:
		return json.UnmarshalDecode(d, &s.named)
	}
}

// labels are the ordinal values of a criterion: from the least, or each with its
// number.
type labels struct{ numbers map[string]float64 }

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (l *labels) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginArray {
		return json.UnmarshalDecode(d, &l.numbers)
	}
	var order []string
	if err := json.UnmarshalDecode(d, &order); err != nil {
		return err
	}
	l.numbers = make(map[string]float64, len(order))
	for k, label := range order {
		if _, twice := l.numbers[label]; twice {
			return errors.New("a label stands there twice")
		}
		l.numbers[label] = float64(k + 1)
	}
	return nil
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
	message := "This does not have the form that the schema of the inputs asks for."
	if errors.Is(err, errForms) {
		message = "A value that is an object has low and high, or one of normal, triangular and uniform."
	}
	found.add(place(err), "type", message)
	return nil, found.err()
}

// place is where in the inputs decoding failed, as far as may be told.
func place(err error) string {
	var at jsontext.Pointer
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &semantic) {
		at = semantic.JSONPointer
	} else if errors.As(err, &syntactic) {
		at = syntactic.JSONPointer
	}
	out := ""
	for name := range at.Tokens() {
		if len(name) > maxShownName {
			break
		}
		out += pack.Pointer(name)
	}
	return out
}

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
type findings struct {
	fields []pack.FieldError
	count  int // of all that were found
	set    map[string]jsontext.Value
}

func (f *findings) add(pointer, code, message string) {
	f.count++
	if len(f.fields) < maxFindings {
		f.fields = append(f.fields, pack.FieldError{Pointer: pointer, Code: code, Message: message})
	}
}

func (f *findings) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &pack.InputError{Fields: f.fields, Set: f.set}
}
