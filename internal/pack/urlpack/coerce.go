package urlpack

import (
	stdjson "encoding/json"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// coercer turns what a page says into what is wanted, and into nothing where it is
// something else: a value is never invented.
type coercer struct {
	base *url.URL
	work *int // what all fields of a page have cost so far
	cut  bool // something was longer, or there was more, than is given
}

// maxWork bounds what is looked at in a page's data, over all fields; what is not
// found by then is missing.
const maxWork = 1_000_000

// find looks for a value of a name among things. An object may be a property of
// that name or one of the things themselves, whichever has the most of what is
// wanted. missing names the properties of an object that it lacks.
func (c *coercer) find(w *wanted, name string, items []item) (value any, missing []string, ok bool) {
	switch {
	case w.kind == "object":
		return c.best(w, append(c.named(name, items), things(items)...))
	case w.kind == "array" && w.items.kind == "object":
		list := c.list(w, c.named(name, items))
		if len(list) == 0 {
			list = c.list(w, things(items))
		}
		return list, nil, len(list) > 0
	default:
		for _, v := range c.named(name, items) {
			if value, ok := c.coerce(w, v); ok {
				return value, nil, true
			}
		}
		return nil, nil, false
	}
}

// named lists the values of all properties of a name, those that stand nearer to
// the top first.
func (c *coercer) named(name string, items []item) []any {
	plain := plainKey(name)
	var found []any
	for level, depth := things(items), 0; len(level) > 0 && depth < maxItemDepth; depth++ {
		var below []any
		for _, v := range level {
			if *c.work++; *c.work > maxWork {
				return found
			}
			switch v := v.(type) {
			case []any:
				below = append(below, v...)
			case map[string]any:
				if value, ok := c.property(v, name, plain); ok {
					found = append(found, value)
				}
				for _, key := range slices.Sorted(maps.Keys(v)) {
					below = append(below, v[key])
				}
			}
		}
		level = below
	}
	return found
}

// property is the value of a name, written the same or but for case and separators;
// where several are, that of the first by the alphabet.
func (c *coercer) property(thing map[string]any, name, plain string) (any, bool) {
	if value, ok := thing[name]; ok {
		*c.work++
		return value, value != nil && *c.work <= maxWork
	}
	if *c.work += len(thing); *c.work > maxWork {
		return nil, false
	}
	found := ""
	for key, value := range thing {
		if value != nil && (found == "" || key < found) && plainKey(key) == plain {
			found = key
		}
	}
	return thing[found], found != ""
}

func things(items []item) []any {
	list := make([]any, 0, len(items))
	for _, it := range items {
		list = append(list, map[string]any(it))
	}
	return list
}

// best is the candidate with the most of the wanted properties, the first of equals.
func (c *coercer) best(w *wanted, candidates []any) (value any, missing []string, ok bool) {
	most := 0
	for _, each := range candidates {
		for _, v := range listOf(each) {
			made, lacking := c.object(w, v)
			if len(made) > most {
				value, missing, most = made, lacking, len(made)
			}
		}
	}
	return value, missing, most > 0
}

// object makes an object of a thing; an empty one where it lacks what is required
// or is not of the type that is asked for.
func (c *coercer) object(w *wanted, v any) (made map[string]any, missing []string) {
	thing, ok := v.(map[string]any)
	if !ok {
		return nil, nil
	}
	made = make(map[string]any)
	for _, name := range w.order {
		value, found := c.property(thing, name, plainKey(name))
		if name == "@type" {
			value = typeAmong(item(thing), w.properties[name])
		}
		if found {
			value, found = c.coerce(w.properties[name], value)
		}
		switch {
		case found:
			made[name] = value
		case name == "@type" || slices.Contains(w.required, name):
			return nil, nil
		default:
			missing = append(missing, name)
		}
	}
	if _, typed := made["@type"]; typed && len(made) == 1 && len(w.order) > 1 {
		return nil, nil
	}
	return made, missing
}

// typeAmong is the one of a thing's types that is wanted, else its first.
func typeAmong(thing item, w *wanted) any {
	types := thing.types()
	for _, name := range types {
		if slices.Contains(w.choices, name) {
			return name
		}
	}
	if len(types) == 0 {
		return nil
	}
	return types[0]
}

func (c *coercer) list(w *wanted, candidates []any) []any {
	var list []any
	for _, each := range candidates {
		for _, v := range listOf(each) {
			value, ok := c.coerce(w.items, v)
			if !ok {
				continue
			}
			if len(list) >= maxValues {
				c.cut = true
				return list
			}
			list = append(list, value)
		}
	}
	return list
}

func (c *coercer) coerce(w *wanted, v any) (any, bool) {
	switch w.kind {
	case "array":
		list := c.list(w, []any{v})
		return list, len(list) > 0
	case "object":
		value, _, ok := c.best(w, []any{v})
		return value, ok
	}
	for _, each := range listOf(v) {
		if value, ok := c.scalar(w, each); ok {
			return value, true
		}
	}
	return nil, false
}

// scalar reads a value that is written as a text, a number or a truth value, or
// that is a thing with a value or a name.
func (c *coercer) scalar(w *wanted, v any) (any, bool) {
	if thing, ok := v.(map[string]any); ok {
		for _, key := range []string{"@value", "name"} {
			if _, nested := thing[key].(map[string]any); thing[key] != nil && !nested && (key == "@value" || w.kind == "string") {
				return c.scalar(w, thing[key])
			}
		}
		return nil, false
	}
	text, isText := textOf(v)
	switch {
	case w.kind == "boolean":
		return truth(v, text)
	case !isText:
		return nil, false
	case w.kind == "string":
		return c.text(w, text)
	default:
		return number(text, w.kind == "integer")
	}
}

// textOf is a text or a number as it is written.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		text := oneLine(v)
		return text, text != ""
	case stdjson.Number:
		return v.String(), true
	default:
		return "", false
	}
}

func truth(v any, text string) (any, bool) {
	if b, ok := v.(bool); ok {
		return b, true
	}
	switch strings.ToLower(text[strings.LastIndexByte(text, '/')+1:]) {
	case "true":
		return true, true
	case "false":
		return false, true
	default:
		return nil, false
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

func (c *coercer) text(w *wanted, text string) (any, bool) {
	switch w.format {
	case "uri":
		text = webURL(c.base, text)
	case "date":
		text = dateForm.FindString(text)
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, false
		}
	case "date-time":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return nil, false
		}
	}
	if text == "" || w.choices != nil && !slices.Contains(w.choices, text) {
		return nil, false
	}
	short := limit(text, maxExtracted)
	c.cut = c.cut || len(short) < len(text)
	return short, true
}

// numberForm leaves no doubt: no separators of thousands, which elsewhere are
// those of decimals.
var numberForm = regexp.MustCompile(`^-?(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,3})?$`)

// number is a number as it is written, where programs read it without loss of size.
func number(text string, integer bool) (any, bool) {
	if !numberForm.MatchString(text) {
		return nil, false
	}
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return nil, false
	case integer && (value != math.Trunc(value) || math.Abs(value) >= 1<<53):
		return nil, false
	case integer:
		return int64(value), true
	case !strings.Contains(text, ".") && math.Abs(value) >= 1<<53:
		return nil, false
	default:
		return jsontext.Value(text), true
	}
}
