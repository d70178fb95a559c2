package urlpack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The bounds of the tree that a page becomes, whatever the page is.
const (
	maxNodes      = 100_000
	maxDepth      = 100
	maxTagName    = 32
	maxAttributes = 32
	maxAttribute  = 4096
	maxStyling    = 200 // of class, id and style, which the article scorer searches
)

// door turns the text of an HTML page into a tree of bounded size and depth.
//
// It is not the parser of HTML5, which repairs misnested markup by repeating
// formatting elements: 24 KB of unclosed <b> and <p> make it build 2.4 million
// nodes. Here every token makes one node at most. Misnested elements are closed
// where they stand, which changes how a broken page looks and not what it says.
type door struct {
	tokens     *html.Tokenizer
	doc        *html.Node
	root       *html.Node
	head, body *html.Node
	open       []*html.Node   // the path from body to where the next node goes
	count      map[string]int // of open elements by name
	ignored    map[string]int // start tags below the deepest level, whose end tags are to come
	nodes      int
	declared   int    // elements for machines among them
	skipping   string // the hidden element that we are in
	skipDepth  int
	data       bool // what is skipped is data for machines
	inTitle    bool
	facts      facts
}

// openDoor reads a page. It returns an error only where ctx ends first.
func openDoor(ctx context.Context, page string) (*door, error) {
	d := &door{
		tokens:  html.NewTokenizer(strings.NewReader(page)),
		doc:     &html.Node{Type: html.DocumentNode},
		root:    element("html"),
		head:    element("head"),
		body:    element("body"),
		count:   make(map[string]int),
		ignored: make(map[string]int),
		facts:   facts{metas: make(map[string]string)},
	}
	d.doc.AppendChild(d.root)
	d.root.AppendChild(d.head)
	d.root.AppendChild(d.body)
	d.open = []*html.Node{d.body}
	if err := d.read(ctx); err != nil {
		return nil, err
	}
	if d.facts.title != "" {
		title := element("title")
		title.AppendChild(&html.Node{Type: html.TextNode, Data: d.facts.title})
		d.head.AppendChild(title)
	}
	return d, nil
}

func (d *door) read(ctx context.Context) error {
	for i := 0; ; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if d.nodes >= maxNodes {
			d.facts.cut = true
			return nil
		}
		kind := d.tokens.Next()
		if kind == html.ErrorToken {
			d.facts.cut = !errors.Is(d.tokens.Err(), io.EOF)
			return nil
		}
		d.token(kind)
	}
}

func (d *door) token(kind html.TokenType) {
	switch kind {
	case html.TextToken:
		switch {
		case d.skipping == "":
			d.text(string(d.tokens.Text()))
		case d.data:
			d.facts.addData(d.tokens.Text())
		case d.skipping == "noscript":
			d.facts.addNoscript(d.tokens.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := d.tokens.TagName()
		if plainName(name) {
			d.start(string(name), more, kind == html.SelfClosingTagToken)
		}
	case html.EndTagToken:
		name, _ := d.tokens.TagName()
		d.end(string(name))
	default: // comments and doctypes say nothing
	}
}

func (d *door) start(name string, hasAttributes, closed bool) {
	if d.skipping != "" && !d.leavesSkipped(name, closed) {
		return
	}
	attributes := d.attributes(hasAttributes)
	d.facts.see(name, attributes)
	switch {
	case name == "title":
		d.inTitle = true
	case hiddenTags[name]:
		if !closed {
			d.skipping, d.skipDepth = name, 1
			d.data = name == "script" && mediaType(attribute(attributes, "type")) == "application/ld+json"
		}
	case skeletonTags[name]:
		d.skeleton(name, attributes)
	case d.facts.tag(name, attributes):
		d.declare(name, attributes)
	case voidTags[name] && !keptVoids[name]:
	case (cellTags[name] || rowTags[name]) && d.count["table"] == 0:
	default:
		d.push(name, attributes)
	}
}

// declare adds an element that tells machines something, to the head as long as
// the body is empty: microdata stands among the text.
func (d *door) declare(name string, attributes []html.Attribute) {
	if d.declared >= maxMetas || len(d.open) >= maxDepth {
		return
	}
	d.declared++
	n := element(name)
	n.Attr = attributes
	if d.body.FirstChild == nil {
		d.head.AppendChild(n)
		d.nodes++
		return
	}
	d.add(n)
}

// skeleton keeps the attributes of the elements that every document has.
func (d *door) skeleton(name string, attributes []html.Attribute) {
	d.facts.setLanguage(name, attributes)
	switch {
	case name == "html" && d.root.Attr == nil:
		d.root.Attr = attributes
	case name == "body" && d.body.Attr == nil:
		d.body.Attr = attributes
	}
}

// leavesSkipped tells whether a start tag inside a hidden element ends it.
func (d *door) leavesSkipped(name string, closed bool) bool {
	if foreignTags[d.skipping] && blockTags[name] {
		d.skipping, d.data = "", false
		return true
	}
	if name == d.skipping && !closed {
		d.skipDepth++
	}
	return false
}

func (d *door) push(name string, attributes []html.Attribute) {
	closes, walls := closedBy(name)
	for _, other := range closes {
		d.close(other, walls)
	}
	if headings[name] && headings[d.top().Data] {
		d.close(d.top().Data, noWalls)
	}
	if blockTags[name] {
		d.close("p", cellWalls)
	}
	if len(d.open) >= maxDepth && !keptVoids[name] {
		d.ignored[name]++
		if last := d.top().LastChild; blockTags[name] && (last == nil || last.Type != html.TextNode || last.Data != "\n") {
			d.add(&html.Node{Type: html.TextNode, Data: "\n"})
		}
		return
	}
	n := element(name)
	n.Attr = attributes
	d.add(n)
	if !voidTags[name] {
		d.open = append(d.open, n)
		d.count[name]++
	}
}

func (d *door) end(name string) {
	switch {
	case d.skipping == name:
		if d.skipDepth--; d.skipDepth == 0 {
			d.skipping, d.data = "", false
		}
	case d.skipping != "" || skeletonTags[name]:
	case name == "title":
		d.inTitle = false
	case d.ignored[name] > 0:
		d.ignored[name]--
	default:
		d.close(name, wallsOf(name))
	}
}

// close ends the nearest open element of the name, with all that is open inside
// it, unless a wall stands before it.
func (d *door) close(name string, walls set) {
	if d.count[name] == 0 {
		return
	}
	for i := len(d.open) - 1; i > 0; i-- {
		at := d.open[i].Data
		if at == name {
			for _, n := range d.open[i:] {
				d.count[n.Data]--
			}
			d.open = d.open[:i]
			return
		}
		if walls[at] {
			return
		}
	}
}

func (d *door) text(text string) {
	text = printable(text)
	if d.inTitle {
		d.facts.addTitle(text)
		return
	}
	if d.count["pre"] == 0 && strings.TrimFunc(text, unicode.IsSpace) == "" {
		last := d.top().LastChild
		if text == "" || last == nil || last.Type == html.TextNode || blockTags[last.Data] {
			return
		}
		text = " "
	}
	d.add(&html.Node{Type: html.TextNode, Data: text})
}

func (d *door) top() *html.Node { return d.open[len(d.open)-1] }

func (d *door) add(n *html.Node) {
	d.top().AppendChild(n)
	d.nodes++
}

// attributes reads a tag's first attributes but for those that hold code; of equal
// names the first counts.
func (d *door) attributes(more bool) []html.Attribute {
	var list []html.Attribute
	for more && len(list) < maxAttributes {
		var key, value []byte
		key, value, more = d.tokens.TagAttr()
		if len(key) > maxTagName || len(value) > maxAttribute || bytes.HasPrefix(key, []byte("on")) || hasKey(list, string(key)) {
			continue
		}
		text := printable(string(value))
		if oneOf(string(key), "class", "id", "style") {
			text = limit(text, maxStyling)
		}
		list = append(list, html.Attribute{Key: string(key), Val: text})
	}
	return list
}

// plainName tells whether a tag's name is one that may be written again.
func plainName(name []byte) bool {
	return len(name) <= maxTagName && len(bytes.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_:.")) == 0
}

func attribute(list []html.Attribute, key string) string {
	for _, a := range list {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasKey(list []html.Attribute, key string) bool {
	return slices.ContainsFunc(list, func(a html.Attribute) bool { return a.Key == key })
}

func element(name string) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
}

// printable drops what no text needs: control characters but tab and line ends,
// and bytes that are no UTF-8.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t' || !unicode.IsControl(r):
			return r
		default:
			return -1
		}
	}, strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n"))
}
