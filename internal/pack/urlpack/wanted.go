package urlpack

import (
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// The bounds of a json_schema.
const (
	maxSchema           = 8 << 10 // bytes
	maxSchemaDepth      = 4
	maxSchemaProperties = 100
	maxChoices          = 50
	maxPropertyName     = 64
)

// wanted is a value that is looked for: the part of JSON Schema that selects and
// coerces.
type wanted struct {
	kind       string // string, number, integer, boolean, object or array
	format     string // of a string: "", date, date-time or uri
	choices    []string
	properties map[string]*wanted
	order      []string // the names of the properties, sorted
	required   []string
	items      *wanted
}

// schemaReader reads a schema and gathers what is wrong with it.
type schemaReader struct {
	properties int
	findings   []pack.FieldError
}

// readWanted reads a json_schema that stands at a place of the inputs.
func readWanted(text jsontext.Value, at []string) (*wanted, []pack.FieldError) {
	r := new(schemaReader)
	if len(text) > maxSchema {
		r.refuse(at, "too_long", "The schema is too long.", "at most 8 KiB")
		return nil, r.findings
	}
	w := r.read(text, at, 1)
	return w, r.findings
}

func (r *schemaReader) refuse(at []string, code, message, expected string) {
	r.findings = append(r.findings, pack.FieldError{Pointer: pack.Pointer(at...), Code: code, Message: message, Expected: expected})
}

// members reads an object.
func members(text jsontext.Value) (map[string]jsontext.Value, bool) {
	var all map[string]jsontext.Value
	err := json.Unmarshal(text, &all)
	return all, err == nil && text.Kind() == '{'
}

const offeredKeywords = "type, properties, required, items, enum, const, format, title, description, additionalProperties"

func (r *schemaReader) read(text jsontext.Value, at []string, depth int) *wanted {
	keywords, ok := members(text)
	if !ok {
		r.refuse(at, "type", "The schema must be an object.", "object")
		return nil
	}
	if depth > maxSchemaDepth {
		r.refuse(at, "too_many", "The schema is nested too deeply.", "at most 4 levels")
		return nil
	}
	w := new(wanted)
	for _, name := range slices.Sorted(maps.Keys(keywords)) {
		r.keyword(w, name, keywords[name], append(slices.Clip(at), name), depth)
	}
	r.complete(w, at)
	return w
}

func (r *schemaReader) keyword(w *wanted, name string, value jsontext.Value, at []string, depth int) {
	switch name {
	case "type":
		w.kind = r.kind(value, at)
	case "format":
		r.text(value, &w.format, at)
		if !oneOf(w.format, "", "date", "date-time", "uri") {
			r.refuse(at, "not_allowed", "This format is not offered.", "date, date-time, uri")
		}
	case "const":
		w.choices = []string{""}
		r.text(value, &w.choices[0], at)
	case "enum":
		if err := json.Unmarshal(value, &w.choices); err != nil || len(w.choices) == 0 || len(w.choices) > maxChoices {
			r.refuse(at, "type", "The enum must be a list of texts.", "1 to 50 texts")
		}
	case "required":
		if err := json.Unmarshal(value, &w.required); err != nil {
			r.refuse(at, "type", "The value must be a list of names.", "")
		}
	case "properties":
		r.propertiesOf(w, value, at, depth)
	case "items":
		w.items = r.read(value, at, depth+1)
	case "title", "description", "additionalProperties", "$schema": // say nothing about what is looked for
	default:
		r.refuse(at, "unknown_field", "This keyword of JSON Schema is not offered here.", offeredKeywords)
	}
}

func (r *schemaReader) text(value jsontext.Value, to *string, at []string) {
	if err := json.Unmarshal(value, to); err != nil {
		r.refuse(at, "type", "The value must be a text.", "string")
	}
}

// kind reads a type; a list may add null to it, because what is absent is left out.
func (r *schemaReader) kind(value jsontext.Value, at []string) string {
	var names []string
	if value.Kind() == '"' {
		names = []string{""}
		r.text(value, &names[0], at)
	} else if err := json.Unmarshal(value, &names); err != nil {
		names = nil
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "null" })
	if len(names) != 1 || !oneOf(names[0], "string", "number", "integer", "boolean", "object", "array") {
		r.refuse(at, "not_allowed", "The type must be one of those of JSON Schema.", "string, number, integer, boolean, object or array")
		return ""
	}
	return names[0]
}

func (r *schemaReader) propertiesOf(w *wanted, value jsontext.Value, at []string, depth int) {
	all, ok := members(value)
	if !ok {
		r.refuse(at, "type", "The properties must be an object.", "object")
		return
	}
	w.order = slices.Sorted(maps.Keys(all))
	if r.properties += len(all); r.properties > maxSchemaProperties {
		r.refuse(at, "too_many", "The schema has too many properties.", "at most 100")
		return
	}
	w.properties = make(map[string]*wanted, len(all))
	for _, name := range w.order {
		if name == "" || len(name) > maxPropertyName {
			r.refuse(at, "name", "The name of a property is empty or too long.", "1 to 64 bytes")
			continue
		}
		w.properties[name] = r.read(all[name], append(slices.Clip(at), name), depth+1)
	}
}

// complete checks what keywords say of each other.
func (r *schemaReader) complete(w *wanted, at []string) {
	switch {
	case w.kind == "" && len(r.findings) > 0:
	case w.kind == "" && w.properties != nil:
		w.kind = "object"
	case w.kind == "" && w.choices != nil:
		w.kind = "string"
	case w.kind == "":
		r.refuse(append(slices.Clip(at), "type"), "required", "A schema needs a type.", "")
	}
	switch w.kind {
	case "object":
		if len(w.properties) == 0 {
			r.refuse(append(slices.Clip(at), "properties"), "required", "An object needs properties to look for.", "")
		}
	case "array":
		if w.items == nil || w.items.kind == "array" {
			r.refuse(append(slices.Clip(at), "items"), "required", "An array needs items that are no arrays.", "")
		}
	}
	if w.choices != nil && w.kind != "string" && w.kind != "" {
		r.refuse(at, "not_allowed", "Only texts have an enum or a const here.", "")
	}
	for i, name := range w.required {
		if w.kind == "object" && !slices.Contains(w.order, name) {
			r.refuse(append(slices.Clip(at), "required", strconv.Itoa(i)), "not_allowed", "What is required must be one of the properties.", "")
		}
	}
}
