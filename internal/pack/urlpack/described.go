package urlpack

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/html"
)

// source is where a value of a page was found.
type source string

const (
	fromCSS       source = "css"
	fromJSONLD    source = "json_ld"
	fromMicrodata source = "microdata"
	fromOpenGraph source = "opengraph"
	fromMeta      source = "meta"
)

// described is a page as a source of fields: its tree, and what it says for
// machines, the most exact source first.
type described struct {
	doc  *html.Node
	base *url.URL
	says []statement
}

// statement is what one source says.
type statement struct {
	from  source
	items []item
}

// describe gathers what a page says, before its tree is changed. data is its JSON-LD.
func (d *door) describe(base *url.URL, data []item) *described {
	graph, metas := make(item), make(item)
	for _, name := range slices.Sorted(maps.Keys(d.facts.metas)) {
		value := d.facts.metas[name]
		if key, ok := strings.CutPrefix(name, "og:"); ok {
			graph[key] = value
		} else {
			metas[name] = value
		}
	}
	return &described{doc: d.doc, base: base, says: []statement{
		{fromJSONLD, data},
		{fromMicrodata, microdata(d.body, base)},
		{fromOpenGraph, []item{graph}},
		{fromMeta, []item{metas}},
	}}
}

// siblings is the sum over all elements of how many stand beside them.
func (p *described) siblings() int {
	sum := 0
	for n := range p.doc.Descendants() {
		beside := 0
		for range n.ChildNodes() {
			beside++
		}
		sum += beside * beside
	}
	return sum
}

// extract finds the fields. It returns an error only where ctx ends first.
func (p *described) extract(ctx context.Context, fields []field, x *Extracted) error {
	for _, f := range fields {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.selector != nil {
			x.bySelector(f, p)
		} else {
			x.byData(f, p)
		}
	}
	return nil
}

// byData finds a field in what the page says for machines.
func (x *Extracted) byData(f field, page *described) {
	c := &coercer{base: page.base, work: &x.work}
	for _, s := range page.says {
		value, missing, ok := c.find(f.wanted, f.name, s.items)
		if !ok {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil || len(text) > x.room {
			x.Cut = true
			break
		}
		x.room -= len(text)
		x.Cut = x.Cut || c.cut
		x.Values[f.name], x.From[f.name] = value, s.from
		for _, name := range missing {
			x.lacks(f.name + "." + name)
		}
		return
	}
	x.lacks(f.name)
}

// plainKey is a name without case and separators: date_published is datePublished.
func plainKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || r == '@' {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
