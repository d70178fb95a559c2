package urlpack

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

var pageURL = &url.URL{Scheme: "https", Host: "www.example.com", Path: "/dir/page"}

func TestPlainText(t *testing.T) {
	for page, want := range map[string]string{
		"<p>a  b\n c</p><p>d</p>":                               "a b c\n\nd",
		"<h1>a</h1>b<div>c</div>d":                              "a\n\nb\n\nc\n\nd",
		"a<br>b<br><br>c":                                       "a\nb\n\nc",
		"<ul><li>a<li>b<ul><li>c</ul></ul>d":                    "- a\n- b\n\n- c\n\nd",
		"<table><tr><td>a<td>b<tr><td>c<td>d</table>e":          "a\tb\nc\td\n\ne",
		"<pre>a\n  b</pre>c":                                    "a\n  b\n\nc",
		"a <b>b</b>c<i> d</i>":                                  "a bc d",
		"<p>a<script>b</script> c":                              "a c",
		"<div><div><div>a</div></div></div><div></div><p>b</p>": "a\n\nb",
		"":  "",
		" ": "",
	} {
		if got := plainText(enter(t, page).body); got != want {
			t.Errorf("%q reads %q, want %q", page, got, want)
		}
	}
}

// Reading a page as text loses no word of it and adds none.
func TestPlainTextKeepsTheWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := markup(t, 3)
		body := enter(t, page).body
		var want []string
		for n := range body.Descendants() {
			if n.Type == html.TextNode {
				want = append(want, strings.Fields(n.Data)...)
			}
		}
		got := strings.Fields(strings.ReplaceAll(plainText(body), "- ", " "))
		if strings.Join(got, "") != strings.Join(want, "") {
			t.Fatalf("%s\nreads %q\nwant  %q", page, got, want)
		}
	})
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
		cut  bool
	}{
		{"one two three", 13, "one two three", false},
		{"one two three", 12, "one two", true},
		{"one two three", 8, "one two", true},
		{"one two three", 7, "one two", true},
		{"onetwothree", 5, "onetw", true},
		{"a bcdefghijklm", 10, "a bcdefghi", true},
		{"über uns", 4, "über", true},
		{"", 5, "", false},
	} {
		if got, cut := cutText(c.text, c.most); got != c.want || cut != c.cut {
			t.Errorf("%q at %d: %q %t, want %q %t", c.text, c.most, got, cut, c.want, c.cut)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.String().Draw(t, "text"), rapid.IntRange(0, 50).Draw(t, "most")
		got, cut := cutText(text, most)
		if utf8.RuneCountInString(got) > most || !strings.HasPrefix(text, got) || cut != (utf8.RuneCountInString(text) > most) {
			t.Fatalf("%q %t", got, cut)
		}
	})
}

func TestMarkdown(t *testing.T) {
	for page, want := range map[string]string{
		"<h2>a</h2><p>b <b>c</b> <i>d</i></p>":                                                                "## a\n\nb **c** *d*",
		"<p><a href=/x>a</a> <a href='#y'>b</a> <a href=mailto:a@b.c>c</a>":                                   "[a](https://www.example.com/x) [b](https://www.example.com/dir/page#y) [c](mailto:a@b.c)",
		"<p><a href='javascript:alert(1)'>a</a> <a href='data:text/html,x'>b</a> <a href='file:///etc'>c</a>": "a b c",
		"<p>a<a href=/x></a> <a href=/y> </a><a href=/z><img src=p.png></a><a name=n><b>b</b></a>":            "a [![](https://www.example.com/dir/p.png)](https://www.example.com/z)**b**",
		"<p><img src=p.png alt=pic> <img src='data:image/png;base64,AAAA' alt=gone>b":                         "![pic](https://www.example.com/dir/p.png) b",
		"<ul><li>a</li><li>b</li></ul>":                                                                       "- a\n- b",
		"<pre>\tx\n  <b>if</b> y {\n    <i>z</i>()\n  }</pre>":                                                "```\n\tx\n  if y {\n    z()\n  }\n```",
		"<blockquote>a</blockquote>":                                                                          "> a",
		"<pre><code class=language-go>a\nb</code></pre>":                                                      "```go\na\nb\n```",
		"<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>":                           "| a | b |\n|---|---|\n| c | d |",
		"<p>1 * 2 &lt;b&gt; [x](y)</p>":                                                                       "1 * 2 &lt;b&gt; \\[x](y)",
		"<section><div><div><p>a</p></div></div></section>":                                                   "a",
	} {
		got, cut, err := markdown(enter(t, page).body, pageURL, 1000)
		if got != want || cut || err != nil {
			t.Errorf("%s\nbecame %q %t %v\nwant   %q", page, got, cut, err, want)
		}
	}
}

// Markup that would make the converter work without end comes out as text.
func TestMarkdownOfHostileMarkup(t *testing.T) {
	for name, page := range map[string]string{
		"a wide table and many rows": "<table><tr>" + strings.Repeat("<td>x", 9000) + strings.Repeat("<tr><td>y", 9000),
		"quotes in quotes":           strings.Repeat("<blockquote>", 90) + strings.Repeat("<p>x", 20_000),
		"lists in lists":             strings.Repeat("<ul><li>x", 45) + strings.Repeat("<li>"+sentence, 3000),
		"deep text":                  strings.Repeat("<b><i>x", 45) + strings.Repeat(sentence, 3000),
	} {
		e := takeExcerpt(enter(t, page).body, pageURL, maxChars, false)
		if !e.heavy() && e.work < maxConversion/10 {
			t.Errorf("%s is taken for %d units of work", name, e.work)
		}
		text, _, err := markdown(enter(t, page).body, pageURL, maxChars)
		if err != nil || text == "" || utf8.RuneCountInString(text) > maxChars {
			t.Errorf("%s: %v, %d bytes", name, err, len(text))
		}
	}
}

func TestCleanHTML(t *testing.T) {
	page := `<p class=x style="color:red" onclick="evil()">a <a href="/x" onmouseover=evil()>b</a><script>evil()</script><img src=p.png onerror=evil()></p><p>&lt;c&gt;</p>`
	got, cut, err := cleanHTML(enter(t, page).body, pageURL, 1000)
	want := `<p>a <a href="https://www.example.com/x">b</a><img src="https://www.example.com/dir/p.png"/></p><p>&lt;c&gt;</p>`
	if got != want || cut || err != nil {
		t.Errorf("%s %t %v", got, cut, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(0, 200).Draw(t, "most")
		text, cut, err := cleanHTML(enter(t, markup(t, 3)).body, pageURL, most)
		if err != nil || utf8.RuneCountInString(text) > most {
			t.Fatalf("%d characters of %d, %v", utf8.RuneCountInString(text), most, err)
		}
		if again := outline(enter(t, text).body); strings.Count(text, "<") < strings.Count(again, "(") || text == "" && !cut && again != "" {
			t.Fatalf("%s is not whole", text)
		}
	})
}

func TestLinks(t *testing.T) {
	body := enter(t, `<nav><a href="/a#x"> A  <b>b</b></a></nav><a href="/a">again</a><a href="#top">here</a><a href="page?q=1"><img></a>
<a href="https://sub.example.com/">sub</a><a href="http://example.co.uk/">other</a><a href="//user:pw@example.org/p">o</a>
<a href="javascript:x">j</a><a href="mailto:a@b">m</a><a name=n>n</a><a href="ht!tp://">bad</a>`).body
	got := linksOf(body, pageURL, pageURL)
	want := &Links{
		Internal: []Link{{"https://www.example.com/a", "A b"}, {"https://www.example.com/dir/page?q=1", ""}, {"https://sub.example.com/", "sub"}},
		External: []Link{{"http://example.co.uk/", "other"}, {"https://example.org/p", "o"}},
		Total:    5,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	var many strings.Builder
	for i := range 2 * maxAnchors {
		fmt.Fprintf(&many, "<a href=/%d>x</a>", i)
	}
	if got := linksOf(enter(t, many.String()).body, pageURL, pageURL); len(got.Internal) != maxLinks || got.Total != maxAnchors {
		t.Errorf("%d of %d", len(got.Internal), got.Total)
	}
}

func TestSites(t *testing.T) {
	for host, want := range map[string]string{
		"www.Example.com": "example.com", "a.b.example.co.uk": "example.co.uk", "127.0.0.1": "127.0.0.1",
		"10.0.0.1": "10.0.0.1", "localhost": "localhost", "co.uk": "co.uk", "me.github.io": "me.github.io",
	} {
		if got := siteOf(host); got != want {
			t.Errorf("%s belongs to %s, want %s", host, got, want)
		}
	}
}

func TestMetadata(t *testing.T) {
	f := enter(t, `<html lang=de><base href="https://cdn.example.org/x/"><link rel=canonical href="../c"><meta name=author content=Ada>
<meta name=description content=D><meta property=og:description content=no><meta property=og:site_name content=Site><meta property=og:image content=i.png>
<meta property=article:published_time content=2024-05-06T07:08:09Z><meta property=article:modified_time content=2025-01-01>
<meta http-equiv=refresh content="0;url=http://u:p@127.0.0.1/">`).facts
	got := f.metadata(pageURL, http.Header{}, "utf-8", nil)
	want := &Metadata{
		Description: "D", Author: "Ada", SiteName: "Site", Published: "2024-05-06T07:08:09Z", Modified: "2025-01-01", Language: "de", LanguageSource: "html",
		Canonical: "https://cdn.example.org/c", Image: "https://cdn.example.org/x/i.png", Charset: "utf-8", MetaRefresh: "http://127.0.0.1/",
		OpenGraph: map[string]string{"description": "no", "site_name": "Site", "image": "i.png"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	empty := enter(t, "<base href='javascript:x'><link rel=canonical href='data:x'>").facts
	if got := empty.metadata(pageURL, http.Header{"Content-Language": {"fr-CA, en"}}, "", nil); !reflect.DeepEqual(got, &Metadata{Language: "fr-CA", LanguageSource: "header"}) {
		t.Errorf("%+v", got)
	}
}

func TestMetadataIsBounded(t *testing.T) {
	var head strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&head, "<meta property=og:%d content='%s'>", i, strings.Repeat("ü", 3000))
	}
	f := enter(t, head.String()+"<title>"+strings.Repeat("t", 10_000)).facts
	m := f.metadata(pageURL, http.Header{}, "", nil)
	if len(f.metas) > maxMetas || len(m.OpenGraph) > maxOpenGraph || utf8.RuneCountInString(f.title) != maxTitle {
		t.Errorf("%d metas, %d of OpenGraph, a title of %d", len(f.metas), len(m.OpenGraph), len(f.title))
	}
	for _, value := range m.OpenGraph {
		if utf8.RuneCountInString(value) > maxMetaValue {
			t.Errorf("a value of %d", len(value))
		}
	}
}

func TestTitleIsFoundElsewhere(t *testing.T) {
	for page, want := range map[string]string{
		"<title>a</title><h1>b</h1>":                    "a",
		"<meta property=og:title content=o><h1>b</h1>":  "o",
		"<title> </title><h1>b <i>c</i></h1><h1>d</h1>": "b c",
		"<p>none":                              "",
		"<title></title><title>second</title>": "second",
	} {
		if d := enter(t, page); d.facts.titleOf(d.body) != want {
			t.Errorf("%s is titled %q, want %q", page, d.facts.titleOf(d.body), want)
		}
	}
}
