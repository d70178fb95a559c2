package urlpack

import (
	"net/url"
	"strings"
	"unicode"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
)

// How a page's main content was found, from the surest way to the least sure.
type method string

const (
	byReadability method = "readability" // scored as an article
	bySemantics   method = "semantics"   // marked by the page as its main content
	byBody        method = "body"        // all of the page but its surroundings
)

const (
	// maxEffort bounds what the article scorer is given: characters times the
	// depth at which they stand, which is what it walks again and again, and the
	// names that it searches with many expressions.
	maxEffort   = 8_000_000
	maxElements = 20_000
	namesWeight = 8
	// An article this short is doubted where the page holds far more.
	shortArticle = 250
)

// mainContent finds the part of a page that is what the page is about. The tree
// is changed: what surrounds the content is gone afterwards.
func mainContent(doc *html.Node, base *url.URL) (*html.Node, method) {
	article := scoredArticle(doc, base)
	body := bodyOf(doc)
	prune(body)
	if article != nil {
		prune(article)
		found, all := textLength(article), textLength(body)
		if found >= shortArticle || found*2 >= all {
			return article, byReadability
		}
	}
	if marked := markedContent(body); marked != nil {
		return marked, bySemantics
	}
	return body, byBody
}

// scoredArticle asks the article scorer, where the page is not too much for it.
func scoredArticle(doc *html.Node, base *url.URL) *html.Node {
	effort, elements := effortOf(doc)
	if effort > maxEffort || elements > maxElements {
		return nil
	}
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	article, err := parser.ParseDocument(doc, base)
	if err != nil || article.Node == nil || textLength(article.Node) == 0 {
		return nil
	}
	return article.Node
}

func effortOf(doc *html.Node) (effort, elements int) {
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		switch n.Type {
		case html.TextNode:
			effort += len(n.Data) * depth
		case html.ElementNode:
			elements++
			effort += namesWeight * (len(attribute(n.Attr, "class")) + len(attribute(n.Attr, "id")))
		default:
		}
		for child := range n.ChildNodes() {
			walk(child, depth+1)
		}
	}
	walk(doc, 0)
	return effort, elements
}

var (
	surroundings     = setOf("nav", "aside", "footer", "dialog", "menu")
	surroundingRoles = setOf("navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar")
)

// prune removes what surrounds the content of a page or is not shown. A header
// or footer inside an article belongs to it; others surround.
func prune(n *html.Node) {
	inArticle := oneOf(n.Data, "article", "main")
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.ElementNode && (isSurrounding(child) || !inArticle && child.Data == "header" && !holdsHeading(child)) {
			n.RemoveChild(child)
		} else {
			prune(child)
		}
		child = next
	}
}

func isSurrounding(n *html.Node) bool {
	style := strings.ToLower(strings.ReplaceAll(attribute(n.Attr, "style"), " ", ""))
	return surroundings[n.Data] || surroundingRoles[strings.ToLower(attribute(n.Attr, "role"))] ||
		hasAttribute(n, "hidden") || attribute(n.Attr, "aria-hidden") == "true" ||
		strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

func hasAttribute(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func holdsHeading(n *html.Node) bool {
	return find(n, func(n *html.Node) bool { return n.Data == "h1" }) != nil
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

// textLength counts the characters of a subtree's text but for its spaces.
func textLength(n *html.Node) int {
	length := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			for _, r := range d.Data {
				if !unicode.IsSpace(r) {
					length++
				}
			}
		}
	}
	return length
}
