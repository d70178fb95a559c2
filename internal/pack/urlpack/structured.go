package urlpack

import (
	"bytes"
	stdjson "encoding/json"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// item is a thing that a page describes for machines: its properties by name, and
// its types as "@type", in the form of JSON-LD. A value is a text, a number, a
// truth value, an item or a list of these.
type item map[string]any

const (
	maxItems     = 100 // of each source
	maxItemDepth = 12
	maxValues    = 100 // of one property, as they are listed
)

// types are what the item says that it is, without the vocabulary's address.
func (it item) types() []string {
	var list []string
	for _, v := range listOf(it["@type"]) {
		if name, ok := v.(string); ok && name != "" {
			list = append(list, name[strings.LastIndexAny(name, "/#:")+1:])
		}
	}
	return list
}

func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// jsonLD reads what the page says in JSON-LD: its things in the order of the page,
// those that stand inside of others behind them. What is no JSON says nothing.
func (f *facts) jsonLD() []item {
	r := new(itemReader)
	for _, text := range f.data {
		r.read(text)
	}
	return r.items
}

type itemReader struct{ items []item }

func (r *itemReader) read(text string) {
	value, ok := decodeData(text)
	if !ok { // line ends and the like inside of texts are the usual mistake
		value, ok = decodeData(strings.Map(func(c rune) rune {
			if unicode.IsControl(c) {
				return ' '
			}
			return c
		}, text))
	}
	if ok {
		r.add(value, 0)
	}
}

func decodeData(text string) (any, bool) {
	decoder := stdjson.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err == nil
}

func (r *itemReader) add(value any, depth int) {
	if depth > maxItemDepth {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, each := range v {
			r.add(each, depth+1)
		}
	case map[string]any:
		if len(r.items) < maxItems && v["@type"] != nil {
			r.items = append(r.items, v)
		}
		r.add(v["@graph"], depth+1)
		for _, key := range []string{"mainEntity", "mainEntityOfPage"} {
			r.add(v[key], depth+1)
		}
	}
}

// microdata reads the things that the page's markup describes, in the order of
// the page. An item that is a property of another stands in both places.
func microdata(root *html.Node, base *url.URL) []item {
	m := &microdataReader{base: base}
	m.walk(root, nil, 0)
	return m.items
}

type microdataReader struct {
	base  *url.URL
	items []item
	chars int
}

func (m *microdataReader) walk(n *html.Node, in item, depth int) {
	for child := range n.ChildNodes() {
		if child.Type != html.ElementNode {
			continue
		}
		name := attribute(child.Attr, "itemprop")
		if !hasKey(child.Attr, "itemscope") || len(m.items) >= maxItems || depth > maxItemDepth {
			if in != nil && name != "" {
				in.append(name, m.value(child))
			}
			m.walk(child, in, depth)
			continue
		}
		it := make(item)
		if kinds := strings.Fields(attribute(child.Attr, "itemtype")); len(kinds) > 0 {
			it["@type"] = kinds[0]
		}
		m.items = append(m.items, it)
		if in != nil && name != "" {
			in.append(name, map[string]any(it))
		}
		m.walk(child, it, depth+1)
	}
}

func (it item) append(names string, value any) {
	for name := range strings.FieldsSeq(names) {
		switch list := listOf(it[name]); {
		case name == "@type" || value == nil || len(list) >= maxValues || len(it) >= maxValues:
		case len(list) == 0:
			it[name] = value
		default:
			it[name] = append(list, value)
		}
	}
}

// maxMicrodata bounds the text that is taken from markup, because what stands in
// nested properties is taken for each.
const maxMicrodata = 1 << 20

// value is what an element that is a property says.
func (m *microdataReader) value(n *html.Node) any {
	var text string
	switch {
	case m.chars > maxMicrodata:
		return nil
	case n.Data == "meta" || hasKey(n.Attr, "content"):
		text = attribute(n.Attr, "content")
	case oneOf(n.Data, "a", "link", "area"):
		text = webURL(m.base, attribute(n.Attr, "href"))
	case oneOf(n.Data, "img", "audio", "video", "source", "embed", "iframe", "track"):
		text = webURL(m.base, attribute(n.Attr, "src"))
	case n.Data == "time" && hasKey(n.Attr, "datetime"):
		text = attribute(n.Attr, "datetime")
	case oneOf(n.Data, "data", "meter"):
		text = attribute(n.Attr, "value")
	default:
		text = line(n)
	}
	m.chars += len(text)
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return text
}
