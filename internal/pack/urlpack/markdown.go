package urlpack

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
)

// newConverter makes a converter for one page. Tables are not padded, because one
// wide cell would widen every row.
func newConverter() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(),
		table.NewTablePlugin(
			table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
			table.WithHeaderPromotion(true),
		),
	))
}

// markdown converts a subtree, as much of it as is wanted. What is too much work
// for the converter comes out as plain text, which is Markdown too.
func markdown(n *html.Node, from *url.URL, chars int) (text string, cut bool, err error) {
	e := takeExcerpt(n, from, chars, false)
	if e.heavy() {
		text = plainText(n)
	} else {
		converted, err := newConverter().ConvertNode(e.root)
		if err != nil {
			return "", false, fmt.Errorf("convert to Markdown: %w", err)
		}
		text, cut = string(converted), e.cut
	}
	short, more := cutText(text, chars)
	return short, cut || more, nil
}

// cleanHTML renders a subtree as markup without scripts, styles and attributes of
// looks, as much of it as is wanted. No element is ever cut in two.
func cleanHTML(n *html.Node, from *url.URL, chars int) (text string, cut bool, err error) {
	e := takeExcerpt(n, from, chars, true)
	var b strings.Builder
	for child := range e.root.ChildNodes() {
		if err := html.Render(&b, child); err != nil {
			return "", false, fmt.Errorf("render HTML: %w", err)
		}
	}
	return b.String(), e.cut, nil
}
