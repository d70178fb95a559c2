package document

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"dpp/internal/document/layer"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
)

// Limits of layers and of pages that are drawn.
const (
	// MaxPageUnits is the longest side that a page may have, in points: 200 inches, which is
	// what the format itself permits.
	MaxPageUnits = 14_400
	// MaxPageWords is how many words with boxes are given, of all pages.
	MaxPageWords = 120_000
	// DefaultDPI is the resolution that boxes are of.
	DefaultDPI = 200
	minDPI     = 36
	maxDPI     = 600
)

// Errors of pages, each one of [ErrDamaged] or [ErrTooLarge].
var (
	// ErrNoPages: the document has none.
	ErrNoPages = fmt.Errorf("%w: it has no pages", ErrDamaged)
	// ErrNoPage: the document has fewer pages, or this one is broken.
	ErrNoPage = fmt.Errorf("%w: it has no such page, or that is broken", ErrDamaged)
	// ErrPageSize: the page is larger than [MaxPageUnits].
	ErrPageSize = fmt.Errorf("%w: the page has a side of more than %d points", ErrTooLarge, MaxPageUnits)
)

// LayerOptions bound what is read. What is zero is the default; what is above the most is
// the most.
type LayerOptions struct {
	// Pages are the numbers of those wanted, from 1 on, each above the one before; nil: all,
	// up to [DefaultPages].
	Pages []int
	// DPI is the resolution that sizes and boxes are of; default [DefaultDPI].
	DPI int
	// Words with their boxes are wanted, too.
	Words bool
	// Chars and Time are as in [PDFOptions].
	Chars int
	Time  time.Duration
}

// Layers is what the text layers of a document say.
type Layers struct {
	// PageCount is how many pages the document says it has.
	PageCount int
	// Pages are those wanted, as far as they are there and were read.
	Pages []Layer
	// Cut says why there may be fewer.
	Cut Cut
}

// Layer is the text layer of a page, with the forms that were filled in and the notes that
// are shown.
type Layer struct {
	Number int `json:"number"`
	// Width and Height are those of the page, in pixels, as it is shown: after its own
	// Rotation, in degrees clockwise.
	Width    int `json:"width"`
	Height   int `json:"height"`
	Rotation int `json:"rotation"`
	// Text is what it says, in the order of the document, lines ended by \n. What stands
	// beside the page is left out.
	Text string `json:"text"`
	// Page has the words, where they were wanted, with confidences of 1.
	Page *tesseract.Page `json:"page"`
	// Judgement says whether this is the page's text.
	Judgement layer.Judgement `json:"judgement"`
	// Images: pictures cover most of the page.
	Images bool `json:"images"`
	// Blank: nothing at all is drawn on the page.
	Blank bool `json:"blank"`
	// TooLarge: the page is larger than [MaxPageUnits], and was not looked at.
	TooLarge bool `json:"too_large"`
	// Unreadable: the page is broken, the others need not be.
	Unreadable bool `json:"unreadable"`
}

const kindLayers = "pdf-layers"

// layerRequest stands as one line before the document's bytes.
type layerRequest struct {
	Pages  []int `json:"pages"`
	All    bool  `json:"all"` // those are as many as are read of all
	DPI    int   `json:"dpi"`
	Words  bool  `json:"words"`
	Chars  int   `json:"chars"`
	TimeNS int64 `json:"time_ns"`
}

type layerAnswer struct {
	Outcome   outcome `json:"outcome"`
	PageCount int     `json:"page_count"`
	Pages     []Layer `json:"pages"`
	Cut       Cut     `json:"cut"`
}

// Layers reads the text layers of pages of a PDF document, and judges each. The error is
// one of this package's, or the context's, or the sandbox's, which is no fault of the
// document.
func (d *Documents) Layers(ctx context.Context, content []byte, o LayerOptions) (*Layers, error) {
	request, err := o.request(ctx)
	if err != nil {
		return nil, err
	}
	var answer layerAnswer
	if err := d.ask(ctx, kindLayers, request, content, &answer); err != nil {
		return nil, err
	}
	if err := answer.Outcome.err(); err != nil {
		return nil, err
	}
	return answer.layers(request), nil
}

// ask has a child do a job whose request is a line before a file's bytes.
func (d *Documents) ask(ctx context.Context, kind string, request any, content []byte, answer any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	body, err := d.do(ctx, kind, bytes.Join([][]byte{line, content}, []byte{'\n'}))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("%w: what was read of it makes no sense", ErrDamaged)
	}
	return nil
}

// err is the outcome as an error; nil where something was read.
func (o outcome) err() error {
	switch o {
	case outcomeRead:
		return nil
	case outcomeEncrypted:
		return ErrEncrypted
	case outcomeDemanding:
		return ErrDemanding
	case outcomeNoPages:
		return ErrNoPages
	case outcomeNoPage:
		return ErrNoPage
	case outcomePageSize:
		return ErrPageSize
	default:
		return ErrDamaged
	}
}

// Outcomes of documents by page.
const (
	outcomeNoPages  outcome = "no_pages"
	outcomePageSize outcome = "page_size"
)

var errPages = errors.New("document: numbers of pages are from 1 on, each above the one before")

func (o LayerOptions) request(ctx context.Context) (layerRequest, error) {
	for i, n := range o.Pages {
		if n < 1 || i > 0 && n <= o.Pages[i-1] {
			return layerRequest{}, errPages
		}
	}
	pages := o.Pages
	if pages == nil {
		pages = make([]int, DefaultPages)
		for i := range pages {
			pages[i] = i + 1
		}
	}
	return layerRequest{
		Pages: pages[:min(len(pages), MaxPages)], All: o.Pages == nil, DPI: boundDPI(o.DPI), Words: o.Words,
		Chars:  min(cmp.Or(max(o.Chars, 0), DefaultChars), MaxChars),
		TimeNS: int64(within(ctx, min(cmp.Or(max(o.Time, 0), MaxTime), MaxTime))),
	}, nil
}

func boundDPI(dpi int) int { return min(max(cmp.Or(dpi, DefaultDPI), minDPI), maxDPI) }

// layers is the answer of a process that nobody trusts, held to what was asked.
func (a *layerAnswer) layers(asked layerRequest) *Layers {
	l := &Layers{PageCount: max(a.PageCount, 0), Cut: a.Cut.known()}
	left, words, before := asked.Chars, MaxPageWords, 0
	for i := range a.Pages {
		p := &a.Pages[i]
		if p.Number <= before || !slices.Contains(asked.Pages, p.Number) {
			continue
		}
		before = p.Number
		p.clean(asked, left, words)
		left -= utf8.RuneCountInString(p.Text)
		if p.Page != nil {
			words -= len(p.Page.Words())
		}
		l.Pages = append(l.Pages, *p)
	}
	return l
}

// clean holds a layer to what one can be.
func (l *Layer) clean(asked layerRequest, chars, words int) {
	l.Text = clean(l.Text, chars, '\n')
	l.Width, l.Height = min(max(l.Width, 0), picture.MaxSide*4), min(max(l.Height, 0), picture.MaxSide*4)
	if l.Rotation < 0 || l.Rotation > 270 || l.Rotation%90 != 0 {
		l.Rotation = 0
	}
	switch l.Judgement.Verdict {
	case layer.Good, layer.None, layer.Garbage:
	default:
		l.Judgement = layer.Judgement{Verdict: layer.Garbage, Reason: layer.ReasonCharacters}
	}
	l.Judgement.Reason = layer.Reason(clean(string(l.Judgement.Reason), maxReason, ' '))
	l.Judgement.Sound = min(max(l.Judgement.Sound, 0), 1)
	if !asked.Words {
		l.Page = nil
	}
	if l.Page != nil {
		l.Page.Clean(l.Width, l.Height)
		if len(l.Page.Words()) > words {
			l.Page = &tesseract.Page{}
		}
	} else if asked.Words {
		l.Page = &tesseract.Page{}
	}
}

// maxReason bounds a reason, in characters.
const maxReason = 20

// known is the cut if it is one.
func (c Cut) known() Cut {
	switch c {
	case CutPages, CutChars, CutTime:
		return c
	default:
		return CutNothing
	}
}
