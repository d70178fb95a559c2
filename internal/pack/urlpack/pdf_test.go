package urlpack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/document"
)

// library reads what it holds, whatever it is given.
type library struct {
	pdf *document.PDF
	err error
}

func (l library) PDF(context.Context, []byte, document.PDFOptions) (*document.PDF, error) {
	return l.pdf, l.err
}

// pagesOf numbers texts as pages.
func pagesOf(texts ...string) []document.Page {
	var pages []document.Page
	for i, text := range texts {
		pages = append(pages, document.Page{Number: i + 1, Text: text})
	}
	return pages
}

const pdfBody = "%PDF-1.7\n1 0 obj"

func TestPDF(t *testing.T) {
	pdf := &document.PDF{
		Pages: pagesOf(" Tide tables\n\nNorth quay\n", "", "High\x00 water"), PageCount: 5, Title: " ", Author: "Ada",
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	p, err := readPage(t.Context(), answerOf("application/pdf", pdfBody), everything, library{pdf: pdf})
	if err != nil {
		t.Fatal(err)
	}
	if *p.Text != "Tide tables\n\nNorth quay\n\f\n\n\f\nHigh water" || *p.Markdown != "Tide tables\n\nNorth quay\n\n---\n\n\n\n---\n\nHigh water" || p.HTML != nil || p.Links == nil {
		t.Errorf("%q\n%q", *p.Text, *p.Markdown)
	}
	if d := *p.Document; d != (Document{Pages: 5, PagesRead: 3, Author: "Ada", Created: "2026-01-02T03:04:05.000Z"}) || p.Title != "Tide tables" || p.Metadata.Author != "Ada" {
		t.Errorf("%+v %q", d, p.Title)
	}
	if p.Content.Found != byDocument || p.score != 633_332 || !slices.Equal(p.Notes, []string{"pages_without_text"}) || p.Truncated {
		t.Errorf("%+v %s %v", p.Content, p.score, p.Notes)
	}
}

func TestReliabilityOfPDF(t *testing.T) {
	for name, c := range map[string]struct {
		pdf   document.PDF
		score dpp.Score
		cut   bool
	}{
		"all text":        {document.PDF{Pages: pagesOf("a", "b"), PageCount: 2}, 950_000, false},
		"a scan":          {document.PDF{Pages: pagesOf("", " "), PageCount: 2}, 0, false},
		"no pages":        {document.PDF{}, 0, false},
		"a broken page":   {document.PDF{Pages: []document.Page{{Text: "a"}, {Text: "b", Unreadable: true}}, PageCount: 2}, 665_000, false},
		"cut":             {document.PDF{Pages: pagesOf("a"), PageCount: 2, Cut: document.CutPages}, 665_000, true},
		"a title that is": {document.PDF{Pages: pagesOf("a"), PageCount: 1, Title: "T"}, 950_000, false},
	} {
		p, err := readPage(t.Context(), answerOf("", pdfBody), everything, library{pdf: &c.pdf})
		if err != nil || p.score != c.score || p.Truncated != c.cut {
			t.Errorf("%s: %v, score %s", name, err, p.score)
		}
		if c.pdf.Title != "" && p.Title != c.pdf.Title {
			t.Errorf("%s: %q", name, p.Title)
		}
	}
}

func TestDocumentsThatAreNotRead(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason string
		retry  bool
	}{
		{document.ErrEncrypted, "DOCUMENT_ENCRYPTED", false},
		{document.ErrDemanding, "DOCUMENT_DEMANDING", false},
		{document.ErrTooLarge, "DOCUMENT_TOO_LARGE", false},
		{fmt.Errorf("%w: killed", document.ErrDamaged), "CONTENT_UNREADABLE", false},
		{errors.New("no child starts"), "DOCUMENT_NOT_READ", true},
	} {
		_, got := readPage(t.Context(), answerOf("application/octet-stream", pdfBody), everything, library{err: c.err})
		if r := readError("u", got); r.Error.Reason != c.reason || r.Error.Retryable != c.retry {
			t.Errorf("%v: %v %+v", c.err, got, r.Error)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readPage(ended, answerOf("", pdfBody), everything, library{err: errors.New("stopped")}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	cut := answerOf("application/pdf", pdfBody)
	cut.Truncated = true
	if _, err := readPage(t.Context(), cut, everything, library{}); readError("u", err).Error.Reason != "DOCUMENT_TOO_LARGE" {
		t.Errorf("%v", err)
	}
	for contentType, want := range map[string]error{"text/html": errMismatch, "image/png": errUnsupported} {
		if _, err := readPage(t.Context(), answerOf(contentType, pdfBody), everything, library{}); !errors.Is(err, want) {
			t.Errorf("%s: %v", contentType, err)
		}
	}
	if _, err := readPage(t.Context(), answerOf("application/pdf", "text"), everything, library{}); !errors.Is(err, errMismatch) {
		t.Errorf("%v", err)
	}
}

func TestFirstLine(t *testing.T) {
	if got := firstLine([]string{" \n", "\n  two \nthree"}); got != "two" {
		t.Errorf("%q", got)
	}
	if got := firstLine(nil); got != "" || strings.Contains(pageBreak, " ") {
		t.Errorf("%q", got)
	}
}
