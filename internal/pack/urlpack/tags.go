package urlpack

import "slices"

type set map[string]bool

func setOf(names ...string) set {
	s := make(set, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}

func join(sets ...set) set {
	all := make(set)
	for _, s := range sets {
		for name := range s {
			all[name] = true
		}
	}
	return all
}

// What the door knows of HTML's elements. The tables are read only.
var (
	// hidden elements hold nothing that a reader of the page sees as its text.
	hiddenTags = setOf("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "applet",
		"canvas", "audio", "video", "select", "textarea", "noframes", "noembed", "button", "xmp", "plaintext")
	// foreign ones end where ordinary markup begins, even when nobody closes them.
	foreignTags = setOf("svg", "math", "select", "button")
	voidTags    = setOf("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "frame")
	keptVoids   = setOf("br", "hr", "img")
	// declaring elements tell machines something and show nothing.
	declaringTags = setOf("meta", "link", "base")
	// skeleton elements stand in every document once.
	skeletonTags = setOf("html", "head", "body", "frameset")

	headings  = setOf("h1", "h2", "h3", "h4", "h5", "h6")
	blockTags = join(headings, setOf("address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div",
		"dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "li", "main", "menu", "nav",
		"ol", "p", "pre", "search", "section", "summary", "table", "ul"))
	rowTags  = setOf("tr", "thead", "tbody", "tfoot", "caption", "colgroup")
	cellTags = setOf("td", "th")
	// An end tag outside a cell's walls closes nothing inside, and the reverse.
	cellWalls  = setOf("td", "th", "caption", "table")
	tableWalls = setOf("table")
	listWalls  = join(cellWalls, setOf("ul", "ol", "menu", "dir"))
	termWalls  = join(cellWalls, setOf("dl"))
	inlineWall = join(cellWalls, blockTags)
	noWalls    = set{}
)

// closedBy lists the open elements that a start tag ends without saying so, with
// the walls that protect others of the same name.
func closedBy(name string) ([]string, set) {
	switch {
	case name == "li":
		return []string{"li"}, listWalls
	case name == "dt" || name == "dd":
		return []string{"dt", "dd"}, termWalls
	case cellTags[name]:
		return []string{"td", "th"}, tableWalls
	case name == "tr":
		return []string{"tr", "caption"}, tableWalls
	case rowTags[name]:
		return []string{"thead", "tbody", "tfoot", "caption"}, tableWalls
	case name == "a":
		return []string{"a"}, cellWalls
	default:
		return nil, nil
	}
}

// wallsOf are what an end tag may not reach across.
func wallsOf(name string) set {
	switch {
	case name == "table":
		return noWalls
	case cellTags[name] || rowTags[name]:
		return tableWalls
	case blockTags[name] || name == "a":
		return cellWalls
	default:
		return inlineWall
	}
}

func oneOf(name string, names ...string) bool { return slices.Contains(names, name) }
