package urlpack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp"
)

// library reads what it holds, whatever it is given.
type library struct {
	pdf *PDF
	err error
}

func (l library) ReadPDF(context.Context, []byte) (*PDF, error) { return l.pdf, l.err }

const pdfBody = "%PDF-1.7\n1 0 obj"

func TestPDF(t *testing.T) {
	pdf := &PDF{
		Pages: []string{" Tide tables\n\nNorth quay\n", "", "High\x00 water"}, PageCount: 5, Title: " ", Author: "Ada",
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
		pdf   PDF
		score dpp.Score
		cut   bool
	}{
		"all text":        {PDF{Pages: []string{"a", "b"}, PageCount: 2}, 950_000, false},
		"a scan":          {PDF{Pages: []string{"", " "}, PageCount: 2}, 0, false},
		"no pages":        {PDF{}, 0, false},
		"a broken page":   {PDF{Pages: []string{"a", "b"}, PageCount: 2, Unreadable: 1}, 665_000, false},
		"cut":             {PDF{Pages: []string{"a"}, PageCount: 2, Cut: true}, 665_000, true},
		"a title that is": {PDF{Pages: []string{"a"}, PageCount: 1, Title: "T"}, 950_000, false},
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
	for err, reason := range map[error]string{
		ErrPDFEncrypted:       "DOCUMENT_ENCRYPTED",
		ErrPDFDemanding:       "DOCUMENT_DEMANDING",
		ErrPDFDamaged:         "CONTENT_UNREADABLE",
		errors.New("a fault"): "CONTENT_UNREADABLE",
	} {
		_, got := readPage(t.Context(), answerOf("application/octet-stream", pdfBody), everything, library{err: err})
		if r := readError("u", got); !errors.Is(got, err) || r.Error.Reason != reason {
			t.Errorf("%v: %v %+v", err, got, r.Error)
		}
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
