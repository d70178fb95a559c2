package document

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of a PDF's reading.
const (
	DefaultPages = 100
	MaxPages     = 2_000
	DefaultChars = 500_000
	MaxChars     = 2_000_000 // of all pages
	maxTag       = 500       // characters of a title or an author
)

// MaxTime is how long pages are read, unless less is asked for, before the rest is left
// out. It is well below what the sandbox gives a job, so that what was read arrives.
const MaxTime = 15 * time.Second

// PDFOptions bound what is read. What is zero is the default; what is above the most
// is the most.
type PDFOptions struct {
	// Pages is how many pages are read, from the first on.
	Pages int
	// Chars is how many characters are read, of all pages together.
	Chars int
	// Time is how long pages are read. It is shortened to what the context has left, but
	// for a fifth. A page that alone takes longer than the sandbox allows is [ErrDemanding].
	Time time.Duration
}

// PDF is what was read of a PDF document.
type PDF struct {
	// PageCount is how many pages it says it has.
	PageCount int
	// Pages are those that were read, from the first on.
	Pages []Page
	// Cut says why there may be more than was read.
	Cut Cut
	// Title and Author are what the document says of itself; mostly empty.
	Title, Author string
	// Created is when it says that it was made; zero where it does not.
	Created time.Time
}

// Page is the text of a page.
type Page struct {
	// Number counts from 1.
	Number int
	// Text is in reading order as far as the document knows it, lines ended by \n. Words
	// that were hyphenated at the end of a line are whole. Empty: a page without text, such
	// as a scan.
	Text string
	// Unreadable: the page is broken, the others need not be.
	Unreadable bool
}

// Cut is why the rest was left out.
type Cut string

// Reasons of a cut.
const (
	CutNothing Cut = ""
	CutPages   Cut = "pages" // there are more of them
	CutChars   Cut = "chars" // the last page may have more
	CutTime    Cut = "time"
)

const kindPDF = "pdf"

// pdfRequest stands as one line before the document's bytes.
type pdfRequest struct {
	Pages  int   `json:"pages"`
	Chars  int   `json:"chars"`
	TimeNS int64 `json:"time_ns"`
}

// pdfAnswer is what a child found.
type pdfAnswer struct {
	Outcome   outcome   `json:"outcome"`
	PageCount int       `json:"page_count"`
	Pages     []pdfPage `json:"pages"`
	Cut       Cut       `json:"cut"`
	Title     string    `json:"title"`
	Author    string    `json:"author"`
	Created   string    `json:"created"`
}

type pdfPage struct {
	Text       string `json:"text"`
	Unreadable bool   `json:"unreadable"`
}

type outcome string

const (
	outcomeRead      outcome = "read"
	outcomeEncrypted outcome = "encrypted"
	outcomeDamaged   outcome = "damaged"
	outcomeDemanding outcome = "demanding"
)

// PDF reads the text of a PDF document. The error is one of this package's, or the
// context's, or the sandbox's, which is no fault of the document.
func (d *Documents) PDF(ctx context.Context, content []byte, opts PDFOptions) (*PDF, error) {
	request := opts.request(ctx)
	var answer pdfAnswer
	if err := d.ask(ctx, kindPDF, request, content, &answer); err != nil {
		return nil, err
	}
	if err := answer.Outcome.err(); err != nil {
		return nil, err
	}
	return answer.document(request), nil
}

func (o PDFOptions) request(ctx context.Context) pdfRequest {
	return pdfRequest{
		Pages:  min(cmp.Or(max(o.Pages, 0), DefaultPages), MaxPages),
		Chars:  min(cmp.Or(max(o.Chars, 0), DefaultChars), MaxChars),
		TimeNS: int64(within(ctx, min(cmp.Or(max(o.Time, 0), MaxTime), MaxTime))),
	}
}

// within shortens a time to four fifths of what ctx has left.
func within(ctx context.Context, d time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		d = min(d, max(time.Until(deadline)*4/5, 0))
	}
	return d
}

// document is the answer of a process that nobody trusts, held to what was asked.
func (a *pdfAnswer) document(asked pdfRequest) *PDF {
	p := &PDF{
		PageCount: max(a.PageCount, 0), Cut: a.Cut.known(),
		Title: clean(a.Title, maxTag, ' '), Author: clean(a.Author, maxTag, ' '), Created: parseDate(a.Created),
	}
	left := asked.Chars
	for i, page := range a.Pages[:min(len(a.Pages), asked.Pages)] {
		text := clean(page.Text, left, '\n')
		left -= utf8.RuneCountInString(text)
		p.Pages = append(p.Pages, Page{Number: i + 1, Text: text, Unreadable: page.Unreadable})
	}
	return p
}

// clean makes text of at most so many characters, without control characters, and with
// line as the only end of a line.
func clean(s string, chars int, line rune) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case chars <= 0:
			return strings.TrimSpace(b.String())
		case r == '\r' || r == '\n':
			r = line
		case r == '\t':
			r = ' '
		case r == utf8.RuneError || unicode.IsControl(r) || isNoncharacter(r):
			continue
		}
		b.WriteRune(r)
		chars--
	}
	return strings.TrimSpace(b.String())
}

// isNoncharacter tells code points that are no characters. The engine puts U+FFFE where
// a hyphen at the end of a line was taken away.
func isNoncharacter(r rune) bool { return r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef }
