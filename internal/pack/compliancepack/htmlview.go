package compliancepack

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// visibleView is the text of an HTML document as a browser shows it: without tags, comments,
// scripts and styles, characters for their references, a line for each block. Values that are
// broken by markup stand there in one piece.
func visibleView(text string) view {
	var w viewer
	w.b.Grow(len(text) / 2)
	z := html.NewTokenizer(strings.NewReader(text))
	at, hidden := 0, atom.Atom(0)
	for {
		kind := z.Next()
		size := len(z.Raw())
		raw := text[at : at+size]
		if kind == html.ErrorToken {
			w.replace("", at, len(text)) // what the tokenizer gave up on is seen in the source
			return w.view()
		}
		switch kind {
		case html.TextToken:
			if hidden != 0 {
				w.replace("", at, at+size)
			} else {
				undoInto(&w, raw, at, '&', entity)
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			if isHidden(tag) && kind == html.StartTagToken {
				hidden = tag
			} else if tag == hidden && kind == html.EndTagToken {
				hidden = 0
			}
			w.replace(between(tag), at, at+size)
		default:
			w.replace("", at, at+size)
		}
		at += size
	}
}

func isHidden(tag atom.Atom) bool { return tag == atom.Script || tag == atom.Style }

// between is what stands in the text where a tag stood: nothing for those within a line.
func between(tag atom.Atom) string {
	switch tag {
	case atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Bdo, atom.Cite, atom.Code, atom.Data, atom.Dfn, atom.Em, atom.Font, atom.I, atom.Kbd,
		atom.Mark, atom.Q, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.U, atom.Var, atom.Wbr, 0:
		return ""
	case atom.Td, atom.Th:
		return "\t"
	default:
		return "\n"
	}
}
