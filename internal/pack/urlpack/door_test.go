package urlpack

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func enter(t interface {
	Helper()
	Fatal(...any)
}, page string,
) *door {
	t.Helper()
	d, err := openDoor(context.Background(), page)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// outline writes a tree as nested tags with their text.
func outline(n *html.Node) string {
	var b strings.Builder
	for child := range n.ChildNodes() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		} else {
			b.WriteString(child.Data + "(" + outline(child) + ")")
		}
	}
	return b.String()
}

func TestDoorBuildsTheTree(t *testing.T) {
	for page, want := range map[string]string{
		"":                                  "",
		"plain":                             "plain",
		"<p>a<p>b":                          "p(a)p(b)",
		"<p>a<div>b</div>c":                 "p(a)div(b)c",
		"<div><p>a</div>b":                  "div(p(a))b",
		"<ul><li>a<li>b</ul>c":              "ul(li(a)li(b))c",
		"<ul><li>a<ul><li>b</ul><li>c</ul>": "ul(li(aul(li(b)))li(c))",
		"<dl><dt>a<dd>b<dt>c</dl>":          "dl(dt(a)dd(b)dt(c))",
		"<table><tr><td>a<td>b<tr><th>c</table>d":               "table(tr(td(a)td(b))tr(th(c)))d",
		"<table><thead><tr><td>a<tbody><tr><td>b</table>":       "table(thead(tr(td(a)))tbody(tr(td(b))))",
		"<table><tr><td><table><tr><td>a</table>b<td>c</table>": "table(tr(td(table(tr(td(a)))b)td(c)))",
		"<td>no table</td>":                           "no table",
		"<h1>a<h2>b</h2>":                             "h1(a)h2(b)",
		"<a href=x>a<a href=y>b</a>c":                 "a(a)a(b)c",
		"<b><p>a</b>b</p>c":                           "b(p(ab)c)",
		"<p><b>a</p>b":                                "p(b(a))b",
		"<div><table><tr><td>a</div>b</table>c</div>": "div(table(tr(td(ab)))c)",
		"a</p></div></nonsense>b":                     "ab",
		"a<br>b<br/>c<hr><img src=x>d":                "abr()bbr()chr()img()d",
		"<!-- x --><!doctype html><?php x ?>a":        "a",
		"a<script>b</script>c<style>d</style>":        "ac",
		"a<noscript><p>b</noscript>c":                 "ac",
		"a<template><p>b</template>c":                 "ac",
		"a<svg><g><text>b</text></svg>c":              "ac",
		"a<svg><text>b<p>c":                           "ap(c)",
		"a<svg/>b":                                    "ab",
		"a<select><option>b</select>c":                "ac",
		"a<iframe>b</iframe><object>c</object>d":      "ad",
		"<title>t</title><p>a":                        "p(a)",
		"<ti\x01tle>a<p<>b</ti\x01tle>":               "ab",
		"<my-part>a</my-part>":                        "my-part(a)",
		"<pre> a\n\n b </pre>":                        "pre( a\n\n b )",
		"<p>a</p>  \n <p>b</p>":                       "p(a)p(b)",
		"<b>a</b> <i>b</i>":                           "b(a) i(b)",
		"a&amp;b &lt;p&gt; &#x41;&#0;":                "a&b <p> A\uFFFD",
		"a\x00b\x01\x1bc\u0085d":                      "abcd",
		"<p title='\x00'>\xff":                        "p(\uFFFD)",
	} {
		if got := outline(enter(t, page).body); got != want {
			t.Errorf("%q became %q, want %q", page, got, want)
		}
	}
}

func TestDoorReadsTheHead(t *testing.T) {
	f := enter(t, `<html lang="en-GB"><head><TITLE> Tide
 tables </TITLE><title>no</title><base href="/base/"><base href="/no/">
<link rel=canonical href="/c"><meta name="Description" content="a  b"><meta name=description content=no>
<meta property=og:title content=OG><meta itemprop=datePublished content=2024-01-02>
<meta http-equiv=Refresh content="5; URL='http://127.0.0.1/'">
<body lang=no><svg><title>not this</title></svg><meta name=late content=yes>`).facts
	want := facts{title: "Tide tables", lang: "en-GB", base: "/base/", canonical: "/c", refresh: "http://127.0.0.1/"}
	if f.title != want.title || f.lang != want.lang || f.base != want.base || f.canonical != want.canonical || f.refresh != want.refresh {
		t.Errorf("%+v", f)
	}
	for name, value := range map[string]string{"description": "a b", "og:title": "OG", "datepublished": "2024-01-02", "late": "yes"} {
		if f.metas[name] != value {
			t.Errorf("%s is %q, want %q", name, f.metas[name], value)
		}
	}
}

func TestRefreshTarget(t *testing.T) {
	for content, want := range map[string]string{
		"5": "", "5; url=/a": "/a", "0;URL = \"/a\"": "/a", "0,url=/a": "/a", "5; /a": "", ";url": "", "; url=": "",
	} {
		if got := refreshTarget(content); got != want {
			t.Errorf("%q leads to %q, want %q", content, got, want)
		}
	}
}

// Pages that are made to be dear: the tree stays small, and so does what it takes.
func TestDoorIsBounded(t *testing.T) {
	var formatting strings.Builder
	for i := range 480 {
		fmt.Fprintf(&formatting, "<b a=%d>", i)
	}
	for name, page := range map[string]string{
		"a million elements deep":    strings.Repeat("<div>", 1_000_000),
		"deep and closed again":      strings.Repeat("<div>", 100_000) + "x" + strings.Repeat("</div>", 100_000),
		"formatting never closed":    "<p>" + formatting.String() + strings.Repeat("<p>x", 20_000),
		"formatting across tables":   strings.Repeat("<table><b>", 300) + strings.Repeat("<tr>x", 20_000),
		"end tags without end":       strings.Repeat("<b><table>", 50) + strings.Repeat("</b>", 500_000),
		"a tag of attributes":        "<p " + strings.Repeat("a ", 1_000_000) + ">x",
		"an attribute of a megabyte": "<p title='" + strings.Repeat("a", 1<<20) + "'>x",
		"a name of a megabyte":       "<" + strings.Repeat("a", 1<<20) + ">x",
		"nothing but opened":         strings.Repeat("<", 2_000_000),
		"never closed comment":       "<!--" + strings.Repeat("<p>", 500_000),
		"many titles":                strings.Repeat("<title>x</title>", 100_000),
		"many metas":                 strings.Repeat("<meta name=a content=b>", 100_000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := enter(t, page)
		runtime.ReadMemStats(&after)
		nodes, depth := measure(d.doc, 0)
		if nodes > maxNodes+10 || depth > maxDepth+10 {
			t.Errorf("%s: %d nodes, %d deep", name, nodes, depth)
		}
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 128 {
			t.Errorf("%s: took %d MiB", name, grown)
		}
	}
	if d := enter(t, strings.Repeat("<p>x", maxNodes)); !d.facts.cut {
		t.Error("a page cut at the bound does not say so")
	}
	if d := enter(t, "<p>x"); d.facts.cut {
		t.Error("a whole page says that it was cut")
	}
}

func measure(n *html.Node, depth int) (nodes, deepest int) {
	nodes, deepest = 1, depth
	for child := range n.ChildNodes() {
		more, deeper := measure(child, depth+1)
		nodes, deepest = nodes+more, max(deepest, deeper)
	}
	return nodes, deepest
}

// Below the deepest level elements are left out, not their text, and those above
// still close where they should.
func TestDoorKeepsTextBelowTheDeepestLevel(t *testing.T) {
	deep := strings.Repeat("<div>", 500) + "<p>one<p>two" + strings.Repeat("</div>", 500) + "<p>three"
	d := enter(t, deep)
	if got := strings.Fields(plainText(d.body)); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("%q", got)
	}
	if page := strings.Repeat("<div>", 200_000) + "deepest"; !strings.Contains(plainText(enter(t, page).body), "deepest") {
		t.Error("text below 200,000 levels is lost")
	}
	if last := d.body.LastChild; last.Data != "p" || outline(last) != "three" {
		t.Errorf("what follows hangs in %s", last.Data)
	}
}

func TestDoorStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openDoor(ctx, "<p>x"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Of well-formed markup the door makes the same tree as the parser of HTML5.
func TestDoorAgreesWithHTML5OnWellFormedPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := "<!doctype html><html><head></head><body>" + markup(t, 4) + "</body></html>"
		reference, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := outline(enter(t, page).body), outline(bodyOf(reference)); got != want {
			t.Fatalf("%s\nbecame %s\nwant   %s", page, got, want)
		}
	})
}

// markup draws well-formed content of blocks.
func markup(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(0, 3).Draw(t, "blocks") {
		kind := rapid.SampledFrom([]string{"p", "h2", "div", "section", "blockquote", "ul", "dl", "table"}).Draw(t, "block")
		inside := phrase(t, 3)
		switch {
		case kind == "ul":
			inside = "<li>" + inside + "</li><li>" + inside + "</li>"
		case kind == "dl":
			inside = "<dt>" + inside + "</dt><dd>" + inside + "</dd>"
		case kind == "table":
			inside = "<tbody><tr><td>" + inside + "</td><th>" + inside + "</th></tr></tbody>"
		case depth > 0 && oneOf(kind, "div", "section", "blockquote"):
			inside += markup(t, depth-1)
		}
		b.WriteString("<" + kind + ">" + inside + "</" + kind + ">")
	}
	return b.String()
}

func phrase(t *rapid.T, depth int) string {
	word := rapid.SampledFrom([]string{"tide", "x &amp; y", "ü"}).Draw(t, "word")
	kind := rapid.SampledFrom([]string{"", "b", "em", "code", "span"}).Draw(t, "inline")
	if kind == "" || depth == 0 {
		return word + "<br>" + word
	}
	return word + "<" + kind + ">" + phrase(t, depth-1) + "</" + kind + ">"
}
