package urlpack

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"dpp"
	"dpp/internal/fetch"
)

// PDFReader reads PDF documents, in a place where a hostile one can do no harm. Its
// errors are [ErrPDFEncrypted], [ErrPDFDamaged], [ErrPDFDemanding], the context's,
// or of its own, which are no fault of the document.
type PDFReader interface {
	ReadPDF(ctx context.Context, content []byte) (*PDF, error)
}

// What a document can be that has no text to give.
var (
	ErrPDFEncrypted = errors.New("the document is encrypted")
	ErrPDFDamaged   = errors.New("the document is damaged")
	ErrPDFDemanding = errors.New("the document takes too much time or memory")
)

// PDF is what was read of a document.
type PDF struct {
	// Pages are the texts of those that were read, from the first on; PageCount is
	// how many there are.
	Pages     []string
	PageCount int
	// Unreadable counts pages that are broken.
	Unreadable int
	// Cut: there is more than was read.
	Cut           bool
	Title, Author string
	Created       time.Time // zero where the document does not say
}

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
	pdf, err := reader.ReadPDF(ctx, answer.Body)
	if err != nil {
		return err
	}
	p.Title = limit(firstOf(oneLine(pdf.Title), oneLine(firstLine(pdf.Pages))), maxTitle)
	p.Metadata = &Metadata{Author: limit(printable(pdf.Author), maxMetaValue)}
	p.Document = &Document{Pages: pdf.PageCount, PagesRead: len(pdf.Pages), Author: p.Metadata.Author}
	if !pdf.Created.IsZero() {
		p.Document.Created = pdf.Created.UTC().Format(timeFormat)
	}
	pages, worded := make([]string, len(pdf.Pages)), 0
	for i, text := range pdf.Pages {
		pages[i] = strings.TrimSpace(printable(text))
		if pages[i] != "" {
			worded++
		}
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
	p.scorePDF(pdf, worded)
	return nil
}

// scorePDF scores a document by the share of its pages that have text: one without
// is a scan, whose text is not read here.
func (p *Page) scorePDF(pdf *PDF, worded int) {
	p.Content = &Content{Found: byDocument, Density: dpp.FullScore}
	p.score = scoreDocument
	if read := max(1, len(pdf.Pages)); worded < read {
		p.lower(dpp.Score(int64(dpp.FullScore)*int64(worded)/int64(read)), "pages_without_text") //nolint:gosec // a share
	}
	if pdf.Unreadable > 0 {
		p.lower(factorUnreadable, "pages_unreadable")
	}
	if pdf.Cut {
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
