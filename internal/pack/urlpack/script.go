package urlpack

import (
	"strings"

	"golang.org/x/net/html"
)

// Scripted tells whether a page is probably filled by its scripts, which are not
// run here.
type Scripted struct {
	Likely bool   `json:"likely"`
	Reason string `json:"reason,omitzero"`
}

const (
	reasonNoscript = "noscript_asks_for_scripts"
	reasonAppRoot  = "empty_app_root"
	reasonScripts  = "scripts_and_hardly_any_text"
)

// appRoots are the places that frameworks fill.
var appRoots = setOf("root", "app", "__next", "__nuxt", "___gatsby", "svelte", "app-root", "react-root", "main-app", "ember-app")

// needsScripts judges by the length of the main text, and by whether the page has
// an empty place for an app.
func (f *facts) needsScripts(chars int, appRoot bool) *Scripted {
	switch {
	case chars >= thinText || f.scripts == 0:
		return &Scripted{}
	case f.noscriptAsks():
		return &Scripted{true, reasonNoscript}
	case appRoot:
		return &Scripted{true, reasonAppRoot}
	case f.scripts >= manyScripts && chars < thinText/4:
		return &Scripted{true, reasonScripts}
	default:
		return &Scripted{}
	}
}

const manyScripts = 3

func (f *facts) noscriptAsks() bool {
	text := strings.ToLower(f.noscript)
	return strings.Contains(text, "javascript")
}

func holdsAppRoot(body *html.Node) bool {
	return find(body, func(n *html.Node) bool {
		return (appRoots[strings.ToLower(attribute(n.Attr, "id"))] || hasKey(n.Attr, "ng-app") || hasKey(n.Attr, "data-reactroot")) &&
			textLength(n) < thinText/4
	}) != nil
}
