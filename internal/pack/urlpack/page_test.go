package urlpack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/fetch"
)

func answerOf(contentType, body string) *fetch.Result {
	return &fetch.Result{URL: "https://www.example.com/dir/page", Status: 200, ContentType: contentType, Header: http.Header{}, Body: []byte(body)}
}

// articleScore is that of a tidy page: of its text only the heading is none for
// one of the extractors.
const articleScore = scoreExtractors + partAgreement*992/1000 + partDensity

var everything = want{markdown: true, text: true, html: true, links: true, chars: 20_000}

func read(t *testing.T, contentType, body string, w want) *Page {
	t.Helper()
	page, err := readPage(t.Context(), answerOf(contentType, body), w, nil)
	if err != nil {
		t.Fatalf("%.80q: %v", body, err)
	}
	return page
}

const sentence = "High water at the north quay comes twelve minutes after the harbour mouth, and the stream runs hardest an hour before it. "

func tidePage(head, before, after string) string {
	return `<!doctype html><html lang="en"><head><title>Tide tables</title>` + head + "</head><body>" + before +
		"<article><h1>Tide tables</h1>" + strings.Repeat("<p>"+sentence+"</p>", 6) + "</article>" + after + "</body></html>"
}

func TestPageGivesTheMainContent(t *testing.T) {
	body := tidePage("", "<nav>menu</nav><header><a href=/>Home</a></header>", "<aside>offers</aside><footer>imprint</footer><script>evil()</script>")
	p := read(t, "text/html; charset=utf-8", body, everything)
	for name, text := range map[string]string{"markdown": *p.Markdown, "text": *p.Text, "html": *p.HTML} {
		if strings.Count(text, "twelve minutes after the harbour mouth") != 6 {
			t.Errorf("%s lacks the content: %.200q", name, text)
		}
		for _, noise := range []string{"menu", "Home", "offers", "imprint", "evil"} {
			if strings.Contains(text, noise) {
				t.Errorf("%s holds %q", name, noise)
			}
		}
	}
	sum := sha256.Sum256([]byte(body))
	if p.Title != "Tide tables" || p.Metadata.Language != "en" || p.ContentSHA256 != hex.EncodeToString(sum[:]) || p.ContentBytes != len(body) {
		t.Errorf("%q %+v", p.Title, p.Metadata)
	}
	if p.Truncated || p.Chars != utf8.RuneCountInString(*p.Markdown) || p.TotalChars != utf8.RuneCountInString(*p.Text) || p.score != articleScore || p.Notes != nil {
		t.Errorf("chars %d total %d truncated %t score %s %v", p.Chars, p.TotalChars, p.Truncated, p.score, p.Notes)
	}
}

func TestPageGivesWhatIsAskedFor(t *testing.T) {
	body := tidePage("", "", "")
	for name, c := range map[string]struct {
		w                           want
		markdown, text, html, links bool
	}{
		"markdown": {want{markdown: true, chars: 100}, true, false, false, false},
		"text":     {want{text: true, chars: 100}, false, true, false, false},
		"html":     {want{html: true, chars: 100}, false, false, true, false},
		"links":    {want{links: true, chars: 100}, false, false, false, true},
		"metadata": {want{chars: 100}, false, false, false, false},
	} {
		p := read(t, "text/html", body, c.w)
		if (p.Markdown != nil) != c.markdown || (p.Text != nil) != c.text || (p.HTML != nil) != c.html || (p.Links != nil) != c.links || p.Metadata == nil || p.Title == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestPageFallsBack(t *testing.T) {
	short := "<p>Closed on Mondays.</p>"
	for name, c := range map[string]struct {
		body  string
		score dpp.Score
		notes []string
		holds string
		lacks string
	}{
		"a short page": {
			"<body><nav>menu</nav><div>" + short + "</div></body>",
			350_000,
			[]string{"extractors_disagree", "little_text"},
			"Closed on Mondays.", "menu",
		},
		"no text at all": {
			"<body><div id=app></div><script src=app.js></script></body>",
			325_000,
			[]string{"content_is_whole_page", "little_text"},
			"", "app",
		},
		"too deep for the article scorer": {
			"<body><nav>menu</nav>" + strings.Repeat("<div>", 90) + strings.Repeat("<p>"+sentence+"</p>", 1000),
			650_000,
			[]string{"content_is_whole_page"},
			"twelve minutes", "menu",
		},
		"too deep, but marked": {
			"<body><nav>menu</nav><div>around</div><main>" + strings.Repeat("<div>", 90) + strings.Repeat("<p>"+sentence+"</p>", 1000),
			850_000,
			[]string{"content_by_markup"},
			"twelve minutes", "around",
		},
	} {
		p := read(t, "text/html", c.body, everything)
		if p.score != c.score || !slices.Equal(p.Notes, c.notes) || !strings.Contains(*p.Markdown, c.holds) || strings.Contains(*p.Markdown, c.lacks) {
			t.Errorf("%s: score %s %v %.100q", name, p.score, p.Notes, *p.Markdown)
		}
	}
}

func TestPageLeavesOutWhatIsNotShown(t *testing.T) {
	body := tidePage("", "", "")
	for _, hidden := range []string{
		`<p hidden>secret</p>`, `<p style="display: none">secret</p>`, `<p style="VISIBILITY:hidden">secret</p>`,
		`<div aria-hidden="true">secret</div>`, `<div role="dialog">secret</div>`, `<dialog>secret</dialog>`, `<textarea>secret</textarea>`,
	} {
		p := read(t, "text/html", strings.Replace(body, "</article>", hidden+"</article>", 1), everything)
		if strings.Contains(*p.Markdown+*p.Text+*p.HTML, "secret") {
			t.Errorf("%s is shown", hidden)
		}
	}
}

func TestPageIsCutAtTheCharactersAskedFor(t *testing.T) {
	body := tidePage("", "", "")
	for _, chars := range []int{100, 500, 100_000} {
		w := everything
		w.chars = chars
		p := read(t, "text/html", body, w)
		for _, text := range []string{*p.Markdown, *p.Text, *p.HTML} {
			if utf8.RuneCountInString(text) > chars {
				t.Errorf("%d characters of %d", utf8.RuneCountInString(text), chars)
			}
		}
		if p.Truncated != (chars < 700) || p.TotalChars < 700 || p.score != articleScore {
			t.Errorf("at %d: truncated %t, total %d, score %s", chars, p.Truncated, p.TotalChars, p.score)
		}
	}
}

func TestVerbatimContent(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body, want string
		score                   dpp.Score
	}{
		"plain":           {"text/plain", "a <b> & c\r\n", "a <b> & c\n", 1_000_000},
		"no type":         {"", "just words", "just words", 1_000_000},
		"JSON":            {"application/json", `{"a": [1, 2]}`, `{"a": [1, 2]}`, 1_000_000},
		"problem":         {"application/problem+json; charset=utf-8", `{}`, `{}`, 1_000_000},
		"no JSON":         {"application/json", `{"a":`, `{"a":`, 700_000},
		"feed":            {"application/rss+xml", `<rss/>`, `<rss/>`, 1_000_000},
		"latin":           {"text/plain; charset=iso-8859-1", "caf\xe9", "café", 1_000_000},
		"guessed":         {"text/plain", "caf\xe9", "café", 900_000},
		"damaged":         {"text/plain; charset=utf-8", "caf\xe9", "caf\uFFFD", 600_000},
		"UTF-16":          {"text/plain; charset=utf-16le", "t\x00i\x00d\x00e\x00", "tide", 1_000_000},
		"UTF-16, marked":  {"text/plain", "\xff\xfet\x00i\x00", "ti", 1_000_000},
		"byte order mark": {"text/plain", "\xef\xbb\xbftide", "tide", 1_000_000},
		"control":         {"text/plain", "a\x1b[31mb\x7f", "a[31mb", 1_000_000},
	} {
		p := read(t, c.contentType, c.body, everything)
		if *p.Text != c.want || *p.Markdown != *p.Text || p.HTML != nil || p.score != c.score || p.Metadata == nil || p.Links == nil {
			t.Errorf("%s: %q score %s %v", name, *p.Text, p.score, p.Notes)
		}
	}
}

func TestPageDecodesWhatTheMarkupDeclares(t *testing.T) {
	body := strings.Replace(tidePage(`<meta charset="windows-1251">`, "", ""), "Tide tables", "\xcf\xf0\xe8\xeb\xe8\xe2", 1)
	p := read(t, "text/html", body, everything)
	if p.Title != "Прилив" || p.Metadata.Charset != "windows-1251" || p.score < articleScore {
		t.Errorf("%q in %s, score %s %v", p.Title, p.Metadata.Charset, p.score, p.Notes)
	}
}

func TestContentThatIsNotRead(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	for name, c := range map[string]struct {
		contentType, body string
		want              error
	}{
		"PDF":             {"application/pdf", "%PDF-1.7", errUnsupported},
		"image":           {"image/png", png, errUnsupported},
		"image as HTML":   {"text/html", png, errMismatch},
		"archive as text": {"text/plain", "PK\x03\x04\x00\x00", errMismatch},
		"image, no type":  {"", png, errUnsupported},
		"binary as JSON":  {"application/json", "\x00\x01\x02\x03", errMismatch},
		"nonsense type":   {"a/b/c;;", "text", errUnsupported},
		"nothing":         {"text/html", "", errEmpty},
	} {
		if _, err := readPage(t.Context(), answerOf(c.contentType, c.body), everything, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestPageSaysWhatWasCut(t *testing.T) {
	answer := answerOf("text/html", tidePage("", "", ""))
	answer.Truncated = true
	p, err := readPage(t.Context(), answer, everything, nil)
	if err != nil || !p.Truncated || p.score != articleScore*7/10 || !slices.Equal(p.Notes, []string{"body_cut"}) {
		t.Errorf("%v %+v", err, p)
	}
	p = read(t, "text/html", strings.Repeat("<p>tide ", maxNodes), everything)
	if !p.Truncated || !slices.Contains(p.Notes, "page_too_complex") {
		t.Errorf("%t %v", p.Truncated, p.Notes)
	}
}

// Pages that are made to be dear are read all the same, in bounded memory.
func TestReadingIsBounded(t *testing.T) {
	fields, findings := compileFields(map[string]fieldSpec{
		"a": {CSS: "div div div div p:not(.x) ~ p + p, li:nth-child(3), a[href*=x]"}, "b": {CSS: "*", Attr: "href"},
		"name": {JSONSchema: jsontext.Value(`{"type":"string"}`)},
		"c":    {JSONSchema: jsontext.Value(`{"type":"array","items":{"properties":{"a":{"type":"string"}}}}`)},
	})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	w := everything
	w.fields = fields
	fill := func(part string) string { return strings.Repeat(part, maxBody/len(part)) }
	for name, body := range map[string]string{
		"nested":         strings.Repeat("<div>", 100_000) + "x" + strings.Repeat("</div>", 100_000),
		"nested inline":  "<p>" + strings.Repeat("<span>", 90) + strings.Repeat("word <b>x</b>", 20_000),
		"links":          fill("<a href=/x>y z</a> "),
		"attributes":     "<p " + strings.Repeat("a ", 1_000_000) + ">x",
		"many of them":   fill("<p a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8>x"),
		"short words":    "<p>" + fill("a "),
		"JSON-LD":        fill(`<script type="application/ld+json">{"@type":"A","name":"b"}</script>`),
		"nested JSON-LD": `<script type="application/ld+json">` + strings.Repeat(`{"@graph":[`, 40_000) + "</script>",
		"microdata":      fill("<i itemprop=a itemscope itemtype=x><b itemprop=name>x</b>"),
		"articles":       strings.Repeat("<article><p>word here two three</p></article>", 9_500),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p := read(t, "text/html", body, w)
		runtime.ReadMemStats(&after)
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 800 {
			t.Errorf("%s: took %d MiB", name, grown)
		}
		if utf8.RuneCountInString(*p.Markdown) > w.chars || len(p.Risks) > 20 || len(p.Metadata.JSONLD) > maxThings {
			t.Errorf("%s: %d characters, %d risks", name, p.Chars, len(p.Risks))
		}
	}
}

func TestReadingStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readPage(ctx, answerOf("text/html", tidePage("", "", "")), everything, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// FuzzPage: whatever is sent, reading it ends with a page within its bounds or
// with one of the named errors.
func FuzzPage(f *testing.F) {
	f.Add("text/html", tidePage("<base href=//x><meta charset=utf-16>", "<nav>a</nav>", "<table><tr><td>b"), uint16(300))
	f.Add("text/html; charset=utf-8", "<pre>```\n</pre><blockquote><ul><li><a href='javascript:x'>*_[</a><img src=//a alt=']('>", uint16(100))
	f.Add("", "<html><title>x</title><svg><p>y</svg><template>z", uint16(100))
	f.Add("application/json", `{"a":[1]}`, uint16(100))
	f.Add("text/plain; charset=utf-16", "a\x00", uint16(100))
	f.Add("text/html", "<div itemscope itemtype=x/Y><h1 itemprop=name>a</h1><div itemprop=b itemscope><i itemprop=c>d</div></div><form action=http://x><input type=password>", uint16(100))
	f.Add("text/html", "<script type=application/ld+json>{\"@type\":\"A\",\"name\":[1,{\"name\":\"x\"}]}</script><noscript>javascript</noscript><div id=root></div>", uint16(100))
	fields, findings := compileFields(map[string]fieldSpec{
		"a": {CSS: "div > *:not(p) ~ [href], h1"}, "name": {JSONSchema: jsontext.Value(`{"type":"array","items":{"type":"string"}}`)},
		"b": {JSONSchema: jsontext.Value(`{"properties":{"c":{"type":"number"},"name":{"type":"string"}}}`)},
	})
	if len(findings) > 0 {
		f.Fatal(findings)
	}
	f.Fuzz(func(t *testing.T, contentType, body string, most uint16) {
		w := everything
		w.chars, w.fields = 100+int(most), fields
		page, err := readPage(t.Context(), answerOf(contentType, body), w, nil)
		if err != nil {
			if !errors.Is(err, errUnsupported) && !errors.Is(err, errMismatch) && !errors.Is(err, errEmpty) {
				t.Fatal(err)
			}
			return
		}
		if page.score <= 0 || page.score > dpp.FullScore {
			t.Fatalf("score %s", page.score)
		}
		if found := len(page.Values); found != len(page.From) || found+len(page.Missing) < len(fields) {
			t.Fatalf("%d fields found and %q missing", found, page.Missing)
		}
		for _, text := range []*string{page.Markdown, page.Text, page.HTML} {
			if text == nil {
				continue
			}
			if utf8.RuneCountInString(*text) > w.chars || !utf8.ValidString(*text) || strings.ContainsFunc(*text, isControl) {
				t.Fatalf("%d characters of %d: %q", utf8.RuneCountInString(*text), w.chars, *text)
			}
		}
		if page.Links != nil && (len(page.Links.Internal) > maxLinks || len(page.Links.External) > maxLinks) {
			t.Fatal("too many links")
		}
	})
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
