package urlpack

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/fetch"
)

// PDFReader reads PDF documents, in a place where a hostile one can do no harm:
// [document.Documents] is one.
type PDFReader interface {
	PDF(ctx context.Context, content []byte, opts document.PDFOptions) (*document.PDF, error)
}

// maxPages is how many pages are read of a document.
const maxPages = 500

// errReader: a document was not read, by no fault of its own.
var errReader = errors.New("the document's reader failed")

// Document is what a document with pages says of itself.
type Document struct {
	Pages     int    `json:"pages"`
	PagesRead int    `json:"pages_read"`
	Author    string `json:"author,omitzero"`
	Created   string `json:"created,omitzero"`
}

const (
	// pageBreak stands between pages in text, pageRule in Markdown.
	pageBreak = "\n\f\n"
	pageRule  = "\n\n---\n\n"

	factorUnreadable dpp.Score = 700_000 // pages of a document that are broken
)

// readPDF makes a page of a PDF document.
func (p *Page) readPDF(ctx context.Context, reader PDFReader, answer *fetch.Result, w want) error {
	if answer.Truncated {
		return errDocumentSize
	}
	pdf, err := reader.PDF(ctx, answer.Body, document.PDFOptions{Pages: maxPages, Chars: document.MaxChars})
	if err != nil {
		return readerError(ctx, err)
	}
	pages := make([]string, len(pdf.Pages))
	worded, unreadable := 0, 0
	for i, page := range pdf.Pages {
		if pages[i] = strings.TrimSpace(printable(page.Text)); pages[i] != "" {
			worded++
		}
		if page.Unreadable {
			unreadable++
		}
	}
	p.Title = limit(firstOf(oneLine(pdf.Title), oneLine(firstLine(pages))), maxTitle)
	p.Metadata = &Metadata{Author: limit(printable(pdf.Author), maxMetaValue)}
	p.Document = &Document{Pages: pdf.PageCount, PagesRead: len(pdf.Pages), Author: p.Metadata.Author}
	if !pdf.Created.IsZero() {
		p.Document.Created = pdf.Created.UTC().Format(timeFormat)
	}
	text := strings.Join(pages, pageBreak)
	p.TotalChars = utf8.RuneCountInString(text)
	p.Metadata.detectLanguage(text)
	if w.markdown {
		p.give(&p.Markdown, strings.Join(pages, pageRule), w.chars, formMarkdown)
	}
	if w.text {
		p.give(&p.Text, text, w.chars, formText)
	}
	if w.links {
		p.Links = &Links{Internal: []Link{}, External: []Link{}}
	}
	p.scorePDF(len(pages), worded, unreadable, pdf.Cut != document.CutNothing)
	return nil
}

// readerError keeps what is the document's fault, and the context's end.
func readerError(ctx context.Context, err error) error {
	for _, known := range []error{document.ErrEncrypted, document.ErrDamaged, document.ErrDemanding, document.ErrTooLarge} {
		if errors.Is(err, known) {
			return known
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errReader
}

// scorePDF scores a document by the share of its pages that have text: one without
// is a scan, whose text is not read here.
func (p *Page) scorePDF(pages, worded, unreadable int, cut bool) {
	p.Content = &Content{Found: byDocument, Density: dpp.FullScore}
	p.score = scoreDocument
	if pages = max(1, pages); worded < pages {
		p.lower(dpp.Score(int64(dpp.FullScore)*int64(worded)/int64(pages)), "pages_without_text") //nolint:gosec // a share
	}
	if unreadable > 0 {
		p.lower(factorUnreadable, "pages_unreadable")
	}
	if cut {
		p.Truncated = true
		p.lower(factorBodyCut, "body_cut")
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

func firstLine(pages []string) string {
	for _, page := range pages {
		for text := range strings.Lines(page) {
			if text = strings.TrimSpace(text); text != "" {
				return text
			}
		}
	}
	return ""
}
