package urlpack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/fetch"
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

// Documents are larger than pages, and those that say so may be.
func TestLargeDocuments(t *testing.T) {
	w := newWeb(t, site)
	p := New(fetch.New(fetch.Options{Resolver: w, Dial: w.dial}), Options{PDF: library{pdf: &document.PDF{Pages: pagesOf("a"), PageCount: 1}}})
	j, meter := job(1_000_000, "", "http://a.example/pdf/6000000", "http://a.example/pdf/17000000", "http://a.example/bytes/6000000")
	outcome, err := p.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	results := resultsOf(t, outcome)
	if r := results[0]; !r.OK || r.ContentBytes != 6_000_008 || r.Truncated {
		t.Errorf("%+v", r)
	}
	if r := results[1]; r.OK || r.Error.Reason != "DOCUMENT_TOO_LARGE" {
		t.Errorf("%+v", r)
	}
	if r := results[2]; !r.OK || r.ContentBytes != maxBody || !r.Truncated {
		t.Errorf("%+v", r)
	}
	if used := meter.Usage(); len(used) != 2 || used[0].Unit != unitMiB || used[0].Quantity != 26 {
		t.Errorf("paid for %v", used)
	}
}

func TestFewHeavyBodiesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := make(chan struct{}, 1)
		first, second, page := &weight{places: places}, &weight{places: places}, &weight{places: places}
		if err := errors.Join(first.add(t.Context(), maxBody), first.add(t.Context(), 1), first.add(t.Context(), 1), page.add(t.Context(), maxBody)); err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := second.add(ended, maxBody+1); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		second.release() // of nothing
		waited := make(chan error, 1)
		go func() { waited <- second.add(t.Context(), 1) }()
		synctest.Wait()
		select {
		case err := <-waited:
			t.Fatalf("two places were had where there is one: %v", err)
		default:
		}
		first.release()
		if err := <-waited; err != nil || len(places) != 1 {
			t.Errorf("%v, %d places taken", err, len(places))
		}
		second.release()
		if len(places) != 0 {
			t.Error("a place was not given back")
		}
	})
}

func TestFirstLine(t *testing.T) {
	if got := firstLine([]string{" \n", "\n  two \nthree"}); got != "two" {
		t.Errorf("%q", got)
	}
	if got := firstLine(nil); got != "" || strings.Contains(pageBreak, " ") {
		t.Errorf("%q", got)
	}
}
