package urlpack

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// plainText writes a subtree as text: paragraphs with a blank line between, lines
// where the page breaks them, table cells with a tab between, list items with a dash.
func plainText(n *html.Node) string {
	w := &textWriter{}
	w.node(n)
	return strings.TrimSpace(w.out.String())
}

// line is the text of a subtree in one line, without the dashes of lists.
func line(n *html.Node) string {
	w := &textWriter{bare: true}
	w.node(n)
	return strings.Join(strings.Fields(w.out.String()), " ")
}

type textWriter struct {
	bare    bool
	out     strings.Builder
	breaks  int  // line ends that are due before the next word
	space   bool // a space is due before the next word
	tab     bool
	started bool
	pre     int
}

func (w *textWriter) node(n *html.Node) {
	switch {
	case n.Type == html.TextNode && w.pre > 0:
		w.preformatted(n.Data)
	case n.Type == html.TextNode:
		w.words(n.Data)
	case n.Type == html.ElementNode && hiddenTags[n.Data]:
	case n.Type == html.ElementNode && n.Data == "br":
		w.breaks++
	default:
		w.element(n)
	}
}

func (w *textWriter) element(n *html.Node) {
	around := 0
	switch {
	case n.Data == "li" || n.Data == "tr" || n.Data == "dt" || n.Data == "dd":
		around = 1
	case blockTags[n.Data] || n.Data == "caption":
		around = 2
	}
	w.lineEnds(around)
	switch n.Data {
	case "pre":
		w.pre++
		defer func() { w.pre-- }()
	case "li":
		if !w.bare {
			w.words("- ")
		}
	case "td", "th":
		w.tab = true
	}
	for child := range n.ChildNodes() {
		w.node(child)
	}
	w.lineEnds(around)
}

func (w *textWriter) lineEnds(n int) { w.breaks = max(w.breaks, n) }

func (w *textWriter) words(text string) {
	for {
		start := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
		if start != 0 {
			w.space = w.space || text != ""
		}
		if start < 0 {
			return
		}
		text = text[start:]
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		w.separate()
		w.out.WriteString(text[:end])
		text = text[end:]
	}
}

func (w *textWriter) preformatted(text string) {
	w.separate()
	w.out.WriteString(text)
}

// separate writes the strongest of the separators that are due.
func (w *textWriter) separate() {
	switch {
	case !w.started:
	case w.breaks > 0:
		w.out.WriteString("\n\n"[:min(w.breaks, 2)])
	case w.tab:
		w.out.WriteByte('\t')
	case w.space:
		w.out.WriteByte(' ')
	}
	w.started, w.breaks, w.tab, w.space = true, 0, false, false
}

// cutText cuts a text to a number of characters, where it can at the end of a
// word, and tells whether there was more.
func cutText(text string, most int) (string, bool) {
	short := limit(text, most)
	if len(short) == len(text) {
		return text, false
	}
	next, _ := utf8.DecodeRuneInString(text[len(short):])
	if i := strings.LastIndexFunc(short, unicode.IsSpace); !unicode.IsSpace(next) && i > len(short)-200 && i > len(short)/2 {
		short = short[:i]
	}
	return strings.TrimRightFunc(short, unicode.IsSpace), true
}
