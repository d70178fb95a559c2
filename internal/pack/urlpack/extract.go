package urlpack

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/net/html"

	"dpp/internal/pack"
)

// The bounds of an extraction.
const (
	maxFields       = 30
	maxFieldName    = 64
	maxAllSteps     = 100     // steps of all selectors
	maxExtracted    = 2_000   // characters of one value
	maxAllExtracted = 100_000 // characters of a page's values
	// maxCounting bounds the siblings that are counted: for each element those
	// beside it, times the pseudo-classes that ask.
	maxCounting = 200_000_000
)

// fieldSpec says how a field is found: in the page's structure, or in what the
// page says for machines.
type fieldSpec struct {
	CSS        string         `json:"css,omitzero"`
	Attr       string         `json:"attr,omitzero"`
	All        *bool          `json:"all,omitzero"`
	JSONSchema jsontext.Value `json:"json_schema,omitzero"`
}

// field is a compiled one.
type field struct {
	name     string
	selector *selector
	attr     string
	all      bool
	wanted   *wanted
}

// compileFields reads what is to be extracted, and tells what is wrong with it.
func compileFields(specs map[string]fieldSpec) ([]field, []pack.FieldError) {
	var fields []field
	var findings []pack.FieldError
	steps := 0
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		f, wrong := compileField(name, specs[name])
		findings = append(findings, wrong...)
		if f.selector != nil {
			steps += len(f.selector.steps)
		}
		fields = append(fields, f)
	}
	if steps > maxAllSteps {
		findings = append(findings, pack.FieldError{
			Pointer: "/extract", Code: "too_many", Message: "The selectors have too many parts together.", Expected: "at most 100",
		})
	}
	return fields, findings
}

func compileField(name string, spec fieldSpec) (field, []pack.FieldError) {
	f := field{name: name, attr: strings.ToLower(spec.Attr), all: valueOr(spec.All, false)}
	at := []string{"extract", name}
	one := func(part, code, message, expected string) (field, []pack.FieldError) {
		return f, []pack.FieldError{{Pointer: pack.Pointer(append(at, part)...), Code: code, Message: message, Expected: expected}}
	}
	switch {
	case (spec.CSS == "") == (spec.JSONSchema == nil):
		return f, []pack.FieldError{{
			Pointer: pack.Pointer(at...), Code: "required", Message: "A field needs either css or json_schema.", Expected: "css or json_schema",
		}}
	case spec.JSONSchema != nil && (spec.Attr != "" || spec.All != nil):
		return one("json_schema", "not_allowed", "attr and all belong to css.", "")
	case spec.JSONSchema != nil:
		var findings []pack.FieldError
		f.wanted, findings = readWanted(spec.JSONSchema, append(at, "json_schema"))
		return f, findings
	}
	var err error
	if f.selector, err = compileSelector(spec.CSS); err != nil {
		return one("css", "pattern", "The selector cannot be used: "+err.Error()+".", "a CSS selector, such as div.price > span")
	}
	return f, nil
}

// Extracted is what was found of the fields that were asked for.
type Extracted struct {
	Values map[string]any    `json:"extracted"`
	From   map[string]source `json:"extracted_from"`
	// Missing names the fields that were not found, and the properties of objects
	// as "field.property".
	Missing []string `json:"extract_missing,omitzero"`
	// Cut tells that a value was longer, or there were more, than is given.
	Cut bool `json:"extract_truncated,omitzero"`

	room int // characters still wanted
	work int
}

// newExtracted holds nothing yet of fields that are looked for; nil where none are.
func newExtracted(fields []field) *Extracted {
	if len(fields) == 0 {
		return nil
	}
	return &Extracted{Values: make(map[string]any), From: make(map[string]source), room: maxAllExtracted}
}

// lacks names what was not found.
func (x *Extracted) lacks(names ...string) { x.Missing = append(x.Missing, names...) }

// take bounds a text that goes into a value.
func (x *Extracted) take(text string) string {
	short := limit(text, min(maxExtracted, x.room))
	x.Cut = x.Cut || len(short) < len(text)
	x.room = max(0, x.room-len(short))
	return short
}

// bySelector finds a field in the structure of the page.
func (x *Extracted) bySelector(f field, page *described) {
	if f.selector.counting > 0 && page.siblings()*f.selector.counting > maxCounting {
		x.lacks(f.name)
		return
	}
	most := 1
	if f.all {
		most = maxValues + 1
	}
	var values []string
	for _, n := range f.selector.all(page.doc, most) {
		if text := page.read(n, f.attr); text != "" {
			values = append(values, text)
		}
	}
	if len(values) == 0 {
		x.lacks(f.name)
		return
	}
	if len(values) > maxValues {
		values, x.Cut = values[:maxValues], true
	}
	for i, text := range values {
		values[i] = x.take(text)
	}
	x.From[f.name] = fromCSS
	if f.all {
		x.Values[f.name] = values
	} else {
		x.Values[f.name] = values[0]
	}
}

// read is the text of an element or of one of its attributes; where that is an
// address, it is made absolute.
func (p *described) read(n *html.Node, attr string) string {
	if attr == "" {
		return line(n)
	}
	text := strings.TrimSpace(attribute(n.Attr, attr))
	if oneOf(attr, "href", "src", "action", "poster") {
		if target := webURL(p.base, text); target != "" {
			return target
		}
	}
	return text
}
