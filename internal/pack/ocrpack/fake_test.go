package ocrpack

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/layer"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// library is a reader of documents whose bytes say, with a letter for each page, what the
// page is:
//
//	t has a text layer     s is a scan            g has garbage for a text layer
//	e is blank             b is broken            l is larger than may be
//	v is a text layer over a scan                 d takes OCR too much time
//	x fails by no fault of the page's             p makes OCR panic
//	z fails as damaged     n is never read, but for the end of the context
type library struct {
	slow      time.Duration // that OCR takes
	now, most atomic.Int64  // pages that are read at once
	refuse    error         // of every document
	short     int           // pages that Layers gives at most; 0: all
	breaks    error         // from the second time on that Layers is asked
	asked     []document.LayerOptions
}

var errSandbox = errors.New("no child starts")

func pagesOf(content []byte) string {
	_, spec, _ := strings.Cut(string(content), "pages:")
	return spec
}

func (l *library) Layers(_ context.Context, content []byte, o document.LayerOptions) (*document.Layers, error) {
	if l.refuse != nil {
		return nil, l.refuse
	}
	if l.asked = append(l.asked, o); l.breaks != nil && len(l.asked) > 1 {
		return nil, l.breaks
	}
	spec := pagesOf(content)
	got := &document.Layers{PageCount: len(spec)}
	for _, n := range o.Pages {
		if n <= len(spec) && (l.short == 0 || len(got.Pages) < l.short) {
			got.Pages = append(got.Pages, layerOf(n, spec[n-1]))
		}
	}
	return got, nil
}

func layerOf(n int, kind byte) document.Layer {
	p := document.Layer{Number: n, Width: 1000, Height: 1400, Page: &tesseract.Page{}, Judgement: layer.Judgement{Verdict: layer.None, Sound: 1}}
	switch kind {
	case 't', 'v':
		p.Text = fmt.Sprintf("layer %d", n)
		p.Page, p.Judgement.Verdict, p.Images = pageWith(1, "layer", strconv.Itoa(n)), layer.Good, kind == 'v'
	case 'g':
		p.Text, p.Judgement = "#!%", layer.Judgement{Verdict: layer.Garbage, Reason: layer.ReasonSymbols, Sound: 1}
	case 'e':
		p.Blank = true
	case 'b':
		p.Unreadable = true
	case 'l':
		p.TooLarge, p.Unreadable = true, true
	}
	return p
}

// pageWith is a page of one line of words, each of 80 by 20 pixels.
func pageWith(confidence float64, words ...string) *tesseract.Page {
	var line tesseract.Line
	for i, text := range words {
		line.Words = append(line.Words, tesseract.Word{Text: text, Confidence: confidence, Box: tesseract.Box{100 * i, 40, 100*i + 80, 60}})
	}
	return &tesseract.Page{Blocks: []tesseract.Block{{Paragraphs: []tesseract.Paragraph{{Lines: []tesseract.Line{line}}}}}}
}

// Render tells Picture the page by the picture's width.
func (l *library) Render(_ context.Context, content []byte, page, _ int) (*picture.Gray, error) {
	if spec := pagesOf(content); spec[page-1] == 'z' {
		return nil, document.ErrNoPage
	}
	return sheet(pagesOf(content)[page-1], page), nil
}

func sheet(kind byte, page int) *picture.Gray {
	return &picture.Gray{Width: page, Height: int(kind), Pix: bytes.Repeat([]byte{255}, page*int(kind))}
}

func (l *library) Picture(ctx context.Context, g *picture.Gray, _ document.OCR) (*document.Reading, error) {
	return l.read(ctx, byte(g.Height), g.Width)
}

func (l *library) Image(ctx context.Context, content []byte, page int, _ document.OCR) (*document.Reading, error) {
	return l.read(ctx, pagesOf(content)[page-1], page)
}

func (l *library) ImagePages(_ context.Context, content []byte) (int, error) {
	return len(pagesOf(content)), l.refuse
}

func (l *library) Decode(_ context.Context, content []byte, page, _ int) (*picture.Gray, error) {
	return sheet(pagesOf(content)[page-1], page), nil
}

func (l *library) read(ctx context.Context, kind byte, page int) (*document.Reading, error) {
	l.most.Store(max(l.most.Load(), l.now.Add(1)))
	defer l.now.Add(-1)
	took := l.slow
	if kind == 'n' {
		took = time.Hour
	}
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch kind {
	case 'd':
		return nil, document.ErrDemanding
	case 'x':
		return nil, errSandbox
	case 'z':
		return nil, picture.ErrDamaged
	case 'p':
		panic("a page that nobody thought of")
	}
	return &document.Reading{
		Page: pageWith(0.95, "scan", strconv.Itoa(page)), Width: 1000, Height: 1400, DPI: 300, Coverage: 1,
	}, nil
}

// The beginnings of files, and what comes behind it says what their pages are.
const (
	pdfHead  = "%PDF-1.7\npages:"
	pngHead  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDRpages:"
	tiffHead = "II*\x00pages:"
)

// inline is a file as inputs have it.
func inline(head, spec, more string) string {
	kind := map[string]string{pdfHead: typePDF, pngHead: "image/png", tiffHead: typeTIFF}[head]
	return fmt.Sprintf(`{"kind":"inline","media_type":%q,"data":%q%s}`, kind, base64.StdEncoding.EncodeToString([]byte(head+spec)), more)
}

func pdfOf(spec string) string { return inline(pdfHead, spec, "") }

// inputsOf are inputs with these files.
func inputsOf(more string, files ...string) string {
	return `{"files":[` + strings.Join(files, ",") + `]` + more + `}`
}

func (l *library) pack() *Pack {
	return New(inputs.New(nil, nil, nil, inputs.Options{}), l, Options{Engines: []document.Engine{{Languages: []string{"eng", "kor"}}}, AtOnce: 2})
}

func jobOf(limit dpp.Money, text string) (pack.Job, *pack.Meter) {
	meter := pack.NewMeter(newManifest(nil).Prices, limit, nil)
	return pack.Job{Inputs: jsontext.Value(text), Meter: meter, Tenant: dpp.NewTenantID(), Live: true}, meter
}

// used are the quantities that were charged.
func used(meter *pack.Meter) (layers, ocr int64) {
	for _, u := range meter.Usage() {
		switch u.Unit {
		case unitLayer:
			layers = u.Quantity
		case unitOCR:
			ocr = u.Quantity
		}
	}
	return layers, ocr
}

// story is what became of pages, a letter each: T by text layer, S by OCR, and else the
// beginning of the reason.
func story(d *Document) string {
	var b strings.Builder
	for _, p := range d.Pages {
		switch {
		case p.Error != nil:
			fmt.Fprintf(&b, "(%d %s)", p.Number, p.Error.Reason)
		case p.Source == sourceLayer:
			fmt.Fprintf(&b, "T%d", p.Number)
		default:
			fmt.Fprintf(&b, "S%d", p.Number)
		}
	}
	return b.String()
}

func dataOf(t *testing.T, o *pack.Outcome) *Data {
	t.Helper()
	d, ok := o.Data.(*Data)
	if !ok {
		t.Fatalf("%T", o.Data)
	}
	return d
}

func remaining(t *testing.T, o *pack.Outcome) string {
	t.Helper()
	if o.Remaining == nil {
		return ""
	}
	text, err := json.Marshal(o.Remaining)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
