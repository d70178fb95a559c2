package urlpack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/net/html"

	"dpp"
	"dpp/internal/fetch"
)

// kind is how a body is read.
type kind int

const (
	unreadable kind = iota
	kindHTML
	kindJSON
	kindText
	kindPDF
)

var (
	errUnsupported = errors.New("no content type that this pack reads")
	errMismatch    = errors.New("the content is not what its type says")
	errEmpty       = errors.New("nothing was sent")
	// errDocumentSize: a document of which a part says nothing.
	errDocumentSize = errors.New("the document is longer than is read")
)

// want is what a caller wants to see of a page.
type want struct {
	markdown, text, html, links bool
	chars                       int
	fields                      []field
}

// readPage makes a page of an answer; pdf may be nil. Apart from documents it works
// on memory only, for a bounded time: what one step takes is bounded by the size of
// its input, and between the steps it looks whether ctx has ended.
func readPage(ctx context.Context, answer *fetch.Result, w want, pdf PDFReader) (*Page, error) {
	if len(answer.Body) == 0 {
		return nil, errEmpty
	}
	kind, err := kindOf(answer)
	if err != nil {
		return nil, err
	}
	page := &Page{
		ContentSHA256: sumOf(answer.Body),
		ContentBytes:  len(answer.Body),
		Truncated:     answer.Truncated,
		Risks:         []Risk{},
		Extracted:     newExtracted(w.fields),
	}
	visit := visitOf(answer)
	switch {
	case kind == kindPDF && pdf == nil:
		return nil, errUnsupported
	case kind == kindPDF:
		err = page.readPDF(ctx, pdf, answer, w)
	default:
		text := decodeText(answer.Body, answer.ContentType)
		if kind == kindHTML {
			err = page.readHTML(ctx, text, visit, answer.Header, w)
		} else {
			page.readVerbatim(text, kind, answer.Truncated, w)
		}
		page.judge(text, answer.Truncated)
	}
	if err != nil {
		return nil, err
	}
	if kind != kindHTML {
		page.Risks = append(page.Risks, risksOf(visit, nil)...)
		for _, f := range w.fields {
			page.lacks(f.name)
		}
	}
	page.countChars()
	return page, nil
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// kindOf believes a content type unless the bytes contradict it.
func kindOf(answer *fetch.Result) (kind, error) {
	sniffed := mediaType(http.DetectContentType(answer.Body))
	declared := mediaType(answer.ContentType)
	k := kindNamed(declared)
	if declared == "" {
		k = kindNamed(sniffed)
	}
	switch isPDF := kindNamed(sniffed) == kindPDF; {
	case isPDF && oneOf(declared, "", "application/octet-stream", "application/pdf", "application/x-pdf"):
		return kindPDF, nil
	case k == kindPDF:
		return unreadable, errMismatch
	case k == unreadable:
		return unreadable, errUnsupported
	}
	if !strings.HasPrefix(sniffed, "text/") && !wideCharacters(answer) {
		return unreadable, errMismatch
	}
	return k, nil
}

func kindNamed(media string) kind {
	switch {
	case media == "text/html" || media == "application/xhtml+xml":
		return kindHTML
	case media == "application/pdf" || media == "application/x-pdf":
		return kindPDF
	case media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json"):
		return kindJSON
	case strings.HasPrefix(media, "text/"), media == "application/xml", strings.HasSuffix(media, "+xml"),
		oneOf(media, "application/yaml", "application/x-yaml", "application/toml", "application/javascript", "application/x-ndjson"):
		return kindText
	default:
		return unreadable
	}
}

// wideCharacters tells whether the zero bytes of a body are those of UTF-16.
func wideCharacters(answer *fetch.Result) bool {
	name := strings.ToLower(answer.ContentType)
	return strings.Contains(name, "charset=utf-16") || strings.Contains(name, `charset="utf-16`)
}

func (p *Page) readVerbatim(text decoded, k kind, cut bool, w want) {
	whole := printable(text.text)
	p.Metadata = &Metadata{Charset: text.charset}
	p.TotalChars = utf8.RuneCountInString(whole)
	if w.markdown {
		p.give(&p.Markdown, whole, w.chars, formMarkdown)
	}
	if w.text {
		p.give(&p.Text, whole, w.chars, formText)
	}
	if w.links {
		p.Links = &Links{Internal: []Link{}, External: []Link{}}
	}
	p.score, p.Content = scoreVerbatim, &Content{Found: byNobody, Density: dpp.FullScore}
	if k == kindJSON && !cut && !jsontext.Value(text.text).IsValid() {
		p.lower(factorBadFormat, "json_not_valid")
	}
}

func (p *Page) readHTML(ctx context.Context, text decoded, visit visited, header http.Header, w want) error {
	d, err := openDoor(ctx, text.text)
	if err != nil {
		return err
	}
	base := d.facts.baseOf(visit.final)
	p.Title = d.facts.titleOf(d.body)
	data := d.facts.jsonLD()
	p.Metadata = d.facts.metadata(visit.final, header, text.charset, data)
	p.Risks = append(p.Risks, risksOf(visit, &d.facts)...)
	if w.links {
		p.Links = linksOf(d.body, base, visit.final)
	}
	appRoot := holdsAppRoot(d.body)
	if p.Extracted != nil {
		if err := d.describe(base, data).extract(ctx, w.fields, p.Extracted); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	content, err := mainContent(ctx, d.doc, base)
	if err != nil {
		return err
	}
	plain := plainText(content.root)
	p.TotalChars = utf8.RuneCountInString(plain)
	p.Metadata.detectLanguage(plain)
	p.NeedsJavaScript = d.facts.needsScripts(p.TotalChars, appRoot)
	p.startContent(content)
	if p.TotalChars < thinText {
		p.lower(factorThin, "little_text")
	}
	if d.facts.cut {
		p.Truncated = true
		p.lower(factorBodyCut, "page_too_complex")
	}
	return p.render(content.root, plain, base, w)
}

// render gives the main content in the forms asked for.
func (p *Page) render(content *html.Node, plain string, base *url.URL, w want) error {
	for _, f := range []struct {
		wanted bool
		to     **string
		form   form
		make   func(n *html.Node, from *url.URL, chars int) (string, bool, error)
	}{{w.markdown, &p.Markdown, formMarkdown, markdown}, {w.html, &p.HTML, formHTML, cleanHTML}} {
		if !f.wanted {
			continue
		}
		text, cut, err := f.make(content, base, w.chars)
		if err != nil {
			return err
		}
		*f.to = &text
		if !cut {
			continue
		}
		whole, _, err := f.make(content, base, maxWhole)
		if err != nil {
			return err
		}
		p.keepWhole(f.form, whole)
	}
	if w.text {
		p.give(&p.Text, plain, w.chars, formText)
	}
	return nil
}

// judge lowers the score for what is known of the bytes.
func (p *Page) judge(text decoded, cut bool) {
	if cut {
		p.lower(factorBodyCut, "body_cut")
	}
	if text.guessed {
		p.lower(factorGuessed, "charset_guessed")
	}
	if text.damaged*1000 > utf8.RuneCountInString(text.text) {
		p.lower(factorDamaged, "characters_unreadable")
	}
}

// titleOf is the page's title, or what comes nearest to one.
func (f *facts) titleOf(body *html.Node) string {
	if title := firstOf(f.title, f.metas["og:title"]); title != "" {
		return title
	}
	if h := find(body, func(n *html.Node) bool { return n.Data == "h1" }); h != nil {
		return limit(strings.Join(strings.Fields(plainText(h)), " "), maxTitle)
	}
	return ""
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
