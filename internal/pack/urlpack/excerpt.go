package urlpack

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const (
	// maxConversion bounds what the Markdown converter is given: the weight of each
	// node times the depth at which it stands, because each level handles it again.
	maxConversion = 6_000_000
	nodeWeight    = 16
	// Quotes and lists indent all that is in them: a few levels are worth the room
	// and the work, a hundred are an attack.
	maxQuoting    = 8
	quotingWeight = 3
)

var (
	wrappers = setOf("div", "section", "article", "main", "center", "span", "font", "form", "fieldset", "body", "html", "figure")
	quoting  = setOf("blockquote", "ul", "ol", "menu", "dir", "dl", "dd", "li")
)

// excerpt is a copy of the first part of a subtree, fit to be converted: of a
// bounded number of characters, links and images that lead to the web, wrappers
// taken off.
type excerpt struct {
	root   *html.Node
	base   *url.URL
	room   int  // characters still wanted
	markup bool // the markup itself takes room too
	work   int
	cut    bool // there was more

	pending   strings.Builder // adjacent text that goes to one node
	pendingTo *html.Node
}

// takeExcerpt copies the first part of a subtree: so many characters of its text
// and link targets, or with markup so many of its rendering.
func takeExcerpt(n *html.Node, base *url.URL, chars int, markup bool) *excerpt {
	e := &excerpt{root: element("div"), base: base, room: chars, markup: markup}
	e.children(e.root, n, 1, 0)
	return e
}

// heavy tells whether the excerpt is too much work for the converter.
func (e *excerpt) heavy() bool { return !e.markup && e.work > maxConversion }

func (e *excerpt) children(to, from *html.Node, depth, quotes int) {
	for child := range from.ChildNodes() {
		if e.room <= 0 || e.heavy() {
			e.cut = true
			break
		}
		e.node(to, child, depth, quotes)
	}
	e.flush()
}

func (e *excerpt) node(to, n *html.Node, depth, quotes int) {
	switch {
	case n.Type == html.TextNode:
		e.work += (nodeWeight + len(n.Data)) * depth
		e.text(to, n.Data)
	case n.Type != html.ElementNode || hiddenTags[n.Data]:
	case wrappers[n.Data] && onlyChild(n) != nil:
		e.node(to, onlyChild(n), depth, quotes)
	default:
		e.element(to, n, depth, quotes)
	}
}

func (e *excerpt) element(to, n *html.Node, depth, quotes int) {
	e.work += nodeWeight * depth
	if quoting[n.Data] {
		if quotes++; quotes > maxQuoting {
			e.children(to, n, depth, quotes)
			return
		}
		depth += quotingWeight
	}
	if n.Data == "table" {
		e.work += nodeWeight * gridOf(n)
	}
	copied := element(n.Data)
	var ok bool
	if copied.Attr, ok = e.attributes(n); !ok || n.Data == "a" && isEmpty(n) {
		return
	}
	if n.Data == "a" && attribute(copied.Attr, "href") == "" { // leads nowhere, so only its text is worth keeping
		for child := range n.ChildNodes() {
			e.node(to, child, depth+1, quotes)
		}
		return
	}
	cost := e.costOf(copied)
	if cost > e.room {
		e.room, e.cut = 0, true
		return
	}
	e.room -= cost
	e.flush()
	to.AppendChild(copied)
	e.children(copied, n, depth+1, quotes)
}

// costOf is the room that an element itself takes.
func (e *excerpt) costOf(n *html.Node) int {
	cost := 0
	if e.markup {
		cost = 2*len(n.Data) + len("<></>")
	}
	for _, a := range n.Attr {
		cost += utf8.RuneCountInString(html.EscapeString(a.Val))
		if e.markup {
			cost += len(a.Key) + len(` =""`)
		}
	}
	return cost
}

func (e *excerpt) text(to *html.Node, text string) {
	blank := false
	for i, r := range text {
		space := unicode.IsSpace(r)
		if e.room -= e.costOfRune(r, space && blank); e.room < 0 {
			text, e.cut = text[:i], true
			break
		}
		blank = space
	}
	if e.pendingTo != to {
		e.flush()
		e.pendingTo = to
	}
	e.pending.WriteString(text)
}

// costOfRune counts runs of white space as one character, which is what becomes
// of them unless they are rendered as they are.
func (e *excerpt) costOfRune(r rune, repeated bool) int {
	switch {
	case repeated && !e.markup:
		return 0
	case e.markup && strings.ContainsRune(`&<>"'`, r):
		return len("&quot;")
	default:
		return 1
	}
}

// flush makes a node of the text that has gathered. Many adjacent ones would be
// joined by the converter, each with all before it.
func (e *excerpt) flush() {
	if e.pending.Len() > 0 {
		e.pendingTo.AppendChild(&html.Node{Type: html.TextNode, Data: e.pending.String()})
		e.pending.Reset()
	}
	e.pendingTo = nil
}

// gridOf is the number of cells that a table has when every row is as wide as the
// widest, as Markdown needs it.
func gridOf(table *html.Node) int {
	rows, widest := 0, 0
	for n := range table.Descendants() {
		if n.Data != "tr" || n.Type != html.ElementNode {
			continue
		}
		rows++
		cells := 0
		for range n.ChildNodes() {
			cells++
		}
		widest = max(widest, cells)
	}
	return rows * widest
}

// attributes keeps what the converter and a reader need. An image that leads
// nowhere on the web is not kept at all.
func (e *excerpt) attributes(n *html.Node) ([]html.Attribute, bool) {
	var kept []html.Attribute
	for _, a := range n.Attr {
		switch {
		case n.Data == "a" && a.Key == "href":
			if a.Val = linkTarget(e.base, a.Val); a.Val == "" {
				continue
			}
		case n.Data == "img" && a.Key == "src":
			if a.Val = webURL(e.base, a.Val); a.Val == "" {
				continue
			}
		case n.Data == "code" && a.Key == "class", n.Data == "ol" && a.Key == "start", n.Data == "img" && a.Key == "alt":
		default:
			continue
		}
		kept = append(kept, a)
	}
	return kept, n.Data != "img" || attribute(kept, "src") != ""
}

// isEmpty tells whether a link shows nothing: neither text nor an image.
func isEmpty(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Type == html.TextNode && lettersIn(d.Data) > 0 || d.Type == html.ElementNode && d.Data == "img" {
			return false
		}
	}
	return true
}

func linkTarget(base *url.URL, ref string) string {
	if target := webURL(base, ref); target != "" {
		return target
	}
	if len(ref) < 300 && strings.HasPrefix(strings.ToLower(ref), "mailto:") {
		return ref
	}
	return ""
}

// onlyChild is the one element in an element that holds nothing else.
func onlyChild(n *html.Node) *html.Node {
	var only *html.Node
	for child := range n.ChildNodes() {
		switch {
		case child.Type == html.ElementNode && only == nil:
			only = child
		case child.Type == html.ElementNode || strings.TrimSpace(child.Data) != "":
			return nil
		}
	}
	return only
}
