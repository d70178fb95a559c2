package evalpack

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// request is what a caller asks for, as it stands in the inputs: what is absent stays
// absent when the rest of the work is handed back in the same form.
type request struct {
	Rows       []jsontext.Value `json:"rows,omitzero"`
	File       *inputs.File     `json:"file,omitzero"`
	Format     string           `json:"format,omitzero"`
	Columns    *columns         `json:"columns,omitzero"`
	Delimiter  string           `json:"delimiter,omitzero"`
	CellValues string           `json:"cell_values,omitzero"`
	SkipRows   *float64         `json:"skip_rows,omitzero"`
	Metrics    []askedMetric    `json:"metrics"`
	Assertions []assertion      `json:"assertions,omitzero"`
	Bootstrap  *askedBootstrap  `json:"bootstrap,omitzero"`
	MaxFailed  *float64         `json:"max_failed_fraction,omitzero"`
	WorstRows  *float64         `json:"worst_rows,omitzero"`
}

type askedMetric struct {
	Name   string         `json:"name"`
	Label  string         `json:"label,omitzero"`
	Params jsontext.Value `json:"params,omitzero"`
}

// assertion is a condition of the gate.
type assertion struct {
	Metric string  `json:"metric"` // a label
	On     string  `json:"on,omitzero"`
	Group  string  `json:"group,omitzero"`
	Op     string  `json:"op"`
	Value  float64 `json:"value"`
}

type askedBootstrap struct {
	Samples    *float64 `json:"samples,omitzero"`
	Seed       *float64 `json:"seed,omitzero"`
	Confidence *float64 `json:"confidence,omitzero"`
}

// What is taken where nothing is said.
const (
	defaultSamples    = 1_000
	defaultConfidence = 0.95
	defaultWorst      = 5
)

// cellsJSON reads the cells of a table as JSON where they are JSON.
const cellsJSON = "json"

// read decodes inputs. Its error is a [*pack.InputError].
func read(raw jsontext.Value) (*request, error) {
	req := new(request)
	if err := json.Unmarshal(raw, req, json.RejectUnknownMembers(true)); err != nil {
		return nil, &pack.InputError{Fields: []pack.FieldError{{
			Pointer: place(err), Code: "type", Message: "This does not have the form that the schema of the inputs asks for.",
		}}}
	}
	return req, nil
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

func valueOr(p *float64, otherwise float64) float64 {
	if p == nil {
		return otherwise
	}
	return *p
}

func (r *request) samples() int {
	return int(r.bootstrap(func(b *askedBootstrap) *float64 { return b.Samples }, defaultSamples))
}

func (r *request) seed() uint64 {
	return uint64(r.bootstrap(func(b *askedBootstrap) *float64 { return b.Seed }, 0))
}

func (r *request) confidence() float64 {
	return r.bootstrap(func(b *askedBootstrap) *float64 { return b.Confidence }, defaultConfidence)
}

func (r *request) bootstrap(part func(*askedBootstrap) *float64, otherwise float64) float64 {
	if r.Bootstrap == nil {
		return otherwise
	}
	return valueOr(part(r.Bootstrap), otherwise)
}

func (r *request) worst() int { return int(valueOr(r.WorstRows, defaultWorst)) }

func (r *request) skip() int { return int(valueOr(r.SkipRows, 0)) }

func (r *request) columns() columns {
	if r.Columns == nil {
		return columns{}
	}
	return *r.Columns
}

// comma is what separates the cells of a table of a media type.
func (r *request) comma(mediaType string) rune {
	switch {
	case r.Delimiter != "":
		return rune(r.Delimiter[0]) // one of four, all ASCII
	case mediaType == tabSeparated:
		return '\t'
	default:
		return ','
	}
}

const tabSeparated = "text/tab-separated-values"

// findings gathers what is wrong with inputs, up to maxFindings.
type findings struct{ fields []pack.FieldError }

func (f *findings) add(pointer, code, message, expected string) {
	if len(f.fields) < maxFindings {
		f.fields = append(f.fields, pack.FieldError{Pointer: pointer, Code: code, Message: message, Expected: expected})
	}
}

func (f *findings) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &pack.InputError{Fields: f.fields}
}

// check finds what the schema cannot say of the request itself; metrics come by [Pack.plan].
func (r *request) check(found *findings) {
	switch {
	case r.Rows == nil && r.File == nil:
		found.add("/rows", "required", "Give the rows, or a file with them.", "rows or file")
	case r.Rows != nil && r.File != nil:
		found.add("/file", "not_allowed", "There are rows already.", "either rows or file")
	case r.File != nil:
		found.fields = append(found.fields, r.File.Check("/file", maxFileBytes)...)
	default:
		r.checkRowsAlone(found)
	}
	switch r.Delimiter {
	case "", ",", ";", "\t", "|":
	default:
		found.add("/delimiter", "not_allowed", "This does not separate cells.", "a comma, semicolon, tab or bar")
	}
}

// checkRowsAlone refuses options that only a file has: to skip rows, one leaves them out.
func (r *request) checkRowsAlone(found *findings) {
	for field, there := range map[string]bool{
		"format": r.Format != "", "columns": r.Columns != nil, "delimiter": r.Delimiter != "", "cell_values": r.CellValues != "", "skip_rows": r.SkipRows != nil,
	} {
		if there {
			found.add("/"+field, "not_allowed", "This is for a file only.", "")
		}
	}
}

// at is the pointer of part of an item of a list.
func at(list string, i int, part ...string) string {
	return pack.Pointer(append([]string{list, strconv.Itoa(i)}, part...)...)
}
