package urlpack

import (
	"context"
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
)

// method is how a page's main content was found, from the surest way to the least sure.
type method string

const (
	byNobody     method = "verbatim"   // all that was sent, as it is
	byDocument   method = "document"   // all pages of a document
	byExtractors method = "extractors" // chosen by the article extractors
	byMarkup     method = "markup"     // marked by the page as its main content
	byPage       method = "page"       // all of the page but its surroundings
)

const (
	// maxEffort bounds what the extractors are given: characters and nodes times the
	// depth at which they stand, which is what they walk and move again and again,
	// and the names that they search with many expressions.
	maxEffort   = 8_000_000
	maxElements = 20_000
	nodesWeight = 4
	namesWeight = 8
	// maxParagraphs bounds paragraphs times the length of the text, because
	// trafilatura adds the text up one paragraph at a time.
	maxParagraphs = 1_000_000_000
	// An article this short is doubted where the page holds far more.
	shortArticle = 250
)

// content is the part of a page that the page is about.
type content struct {
	root  *html.Node
	found method
	// agreement is how much of their text the two extractors have in common, density
	// the share of the content's characters that stand outside of links, both from 0
	// to 1000. Agreement is only known where the extractors found the content.
	agreement, density int
}

// mainContent finds the part of a page that is what the page is about. The tree
// is changed: what is not shown or surrounds the content is gone afterwards. It
// returns an error only where ctx ends first.
func mainContent(ctx context.Context, doc *html.Node, base *url.URL) (*content, error) {
	body := bodyOf(doc)
	removeUnseen(body)
	c, err := extracted(ctx, doc, body, base)
	if err != nil {
		return nil, err
	}
	if c == nil {
		c = &content{root: body, found: byPage}
		removeSurroundings(body)
		if marked := markedContent(body); marked != nil {
			c.root, c.found = marked, byMarkup
		}
	}
	c.density = textDensity(c.root)
	return c, nil
}

// extracted is the content as the article extractors see it: trafilatura's word,
// trimmed at both ends to what readability takes for content, too, where the two
// agree on the whole. It is nil where they find none or too little, and where the
// page is too much for them.
//
// The tree of the page is kept as it is but for what they left out: their own
// trees have lost links, nested lists and columns.
func extracted(ctx context.Context, doc, body *html.Node, base *url.URL) (*content, error) {
	if tooMuch(doc) {
		return nil, ctx.Err()
	}
	readable := guarded(func() *html.Node { return readabilityOf(doc, base) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	chosen := guarded(func() *html.Node { return trafilaturaOf(doc, base, readable) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if chosen == nil {
		chosen = readable
	}
	if chosen == nil {
		return nil, nil //nolint:nilnil // no content found is no error
	}
	units, first, second := unitsOf(body), voiceOf(chosen), voiceOf(readable)
	agreement := agreementOf(first, second)
	first.choose(units)
	if agreement >= trustedAgreement {
		second.trim(units)
	}
	found := 0
	for _, u := range units {
		if u.kept {
			found += u.chars
		}
	}
	if found == 0 || found < shortArticle && found*2 < lengthWithoutSurroundings(body) {
		return nil, nil //nolint:nilnil // no content found is no error
	}
	keepOnly(body, units)
	return &content{root: body, found: byExtractors, agreement: agreement}, nil
}

// guarded turns a fault in an extractor into no answer of it: the page is read
// without its help.
func guarded(extract func() *html.Node) (n *html.Node) {
	defer func() {
		if recover() != nil {
			n = nil
		}
	}()
	return extract()
}

func readabilityOf(doc *html.Node, base *url.URL) *html.Node {
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	article, err := parser.ParseDocument(doc, base)
	if err != nil || article.Node == nil || textLength(article.Node) == 0 {
		return nil
	}
	return article.Node
}

// trafilaturaOf asks trafilatura, which falls back to what readability found. A
// third extractor that it knows is given an empty answer: its effort has no bound.
func trafilaturaOf(doc *html.Node, base *url.URL, readable *html.Node) *html.Node {
	fallback := &trafilatura.FallbackCandidates{Readability: element("body"), Distiller: element("body")}
	if readable != nil {
		fallback.Readability = copyOf(readable)
	}
	result, err := trafilatura.ExtractDocument(doc, trafilatura.Options{
		OriginalURL:        base,
		EnableFallback:     true,
		FallbackCandidates: fallback,
		ExcludeComments:    true,
		HtmlDateMode:       trafilatura.Disabled,
	})
	if err != nil || result.ContentNode == nil || textLength(result.ContentNode) == 0 {
		return nil
	}
	return result.ContentNode
}

func copyOf(n *html.Node) *html.Node {
	c := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Attr: append([]html.Attribute(nil), n.Attr...)}
	for child := range n.ChildNodes() {
		c.AppendChild(copyOf(child))
	}
	return c
}

// tooMuch tells whether a page would take the extractors too long.
func tooMuch(doc *html.Node) bool {
	effort, elements, text, paragraphs := 0, 0, 0, 0
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		effort += nodesWeight * depth
		switch n.Type {
		case html.TextNode:
			effort += len(n.Data) * depth
			text += len(n.Data)
		case html.ElementNode:
			elements++
			effort += namesWeight * (len(attribute(n.Attr, "class")) + len(attribute(n.Attr, "id")))
			if n.Data == "p" {
				paragraphs++
			}
		default:
		}
		for child := range n.ChildNodes() {
			walk(child, depth+1)
		}
	}
	walk(doc, 0)
	return effort > maxEffort || elements > maxElements || paragraphs*text > maxParagraphs
}

var (
	surroundings     = setOf("nav", "aside", "footer", "dialog", "menu")
	surroundingRoles = setOf("navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar")
)

// removeUnseen removes what a reader of the page does not see: elements that the
// page hides, dialogs among them, and those for machines.
func removeUnseen(n *html.Node) {
	removeElements(n, isUnseen)
}

// removeSurroundings removes what surrounds the content of a page. A header
// inside an article belongs to it, and so does one with the page's heading.
func removeSurroundings(n *html.Node) {
	removeElements(n, surrounds)
}

func removeElements(n *html.Node, fits func(*html.Node) bool) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.ElementNode && fits(child) {
			n.RemoveChild(child)
		} else {
			removeElements(child, fits)
		}
		child = next
	}
}

func isUnseen(n *html.Node) bool {
	style := strings.ToLower(strings.ReplaceAll(attribute(n.Attr, "style"), " ", ""))
	return n.Data == "dialog" || declaringTags[n.Data] || oneOf(strings.ToLower(attribute(n.Attr, "role")), "dialog", "alertdialog") ||
		hasKey(n.Attr, "hidden") || attribute(n.Attr, "aria-hidden") == "true" ||
		strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

func surrounds(n *html.Node) bool {
	return surroundings[n.Data] || surroundingRoles[strings.ToLower(attribute(n.Attr, "role"))] ||
		n.Data == "header" && !oneOf(n.Parent.Data, "article", "main") && !holdsHeading(n)
}

func holdsHeading(n *html.Node) bool {
	return find(n, func(n *html.Node) bool { return n.Data == "h1" }) != nil
}

// lengthWithoutSurroundings is the length of the text that would be left.
func lengthWithoutSurroundings(n *html.Node) int {
	length := 0
	for child := range n.ChildNodes() {
		switch {
		case child.Type == html.TextNode:
			length += lettersIn(child.Data)
		case !surrounds(child):
			length += lengthWithoutSurroundings(child)
		}
	}
	return length
}

// markedContent is the element that the page itself calls its main content, if it
// holds the better part of the text.
func markedContent(body *html.Node) *html.Node {
	all := textLength(body)
	for _, is := range []func(*html.Node) bool{
		func(n *html.Node) bool { return n.Data == "main" || attribute(n.Attr, "role") == "main" },
		func(n *html.Node) bool { return n.Data == "article" },
	} {
		if n := find(body, is); n != nil && textLength(n)*2 >= all && all > 0 {
			return n
		}
	}
	return nil
}

func bodyOf(doc *html.Node) *html.Node {
	return find(doc, func(n *html.Node) bool { return n.Data == "body" })
}

// find is the first element, in the order of the page, that fits.
func find(n *html.Node, fits func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && fits(d) {
			return d
		}
	}
	return nil
}
