package document

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/go-json-experiment/json"
	engine "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/requests"

	"dpp/internal/document/picture"
)

const kindRender = "pdf-render"

// renderRequest stands as one line before the document's bytes.
type renderRequest struct {
	Page int `json:"page"`
	DPI  int `json:"dpi"`
}

// pixelAnswer stands between its length, in four bytes, and the pixels of a picture.
type pixelAnswer struct {
	Outcome outcome `json:"outcome"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	DPI     int     `json:"dpi"`
}

// Render draws a page of a PDF document, counted from 1, as it is printed: with what was
// filled into its forms, and its notes. A page that would have more than sixteen million
// pixels is drawn with fewer an inch, as the picture's DPI says. The error is as that of
// [Documents.Layers].
func (d *Documents) Render(ctx context.Context, content []byte, page, dpi int) (*picture.Gray, error) {
	if page < 1 {
		return nil, ErrNoPage
	}
	return d.pixels(ctx, kindRender, renderRequest{Page: page, DPI: boundDPI(dpi)}, content)
}

// pixels has a child make a picture of a file.
func (d *Documents) pixels(ctx context.Context, kind string, request any, content []byte) (*picture.Gray, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	message := make([]byte, 0, len(line)+1+len(content))
	body, err := d.do(ctx, kind, append(append(append(message, line...), '\n'), content...))
	if err != nil {
		return nil, err
	}
	return readPixels(body)
}

// readPixels holds what a process says that nobody trusts to what can be.
func readPixels(body []byte) (*picture.Gray, error) {
	var answer pixelAnswer
	pixels, ok := cutHead(body, &answer)
	if !ok {
		return nil, fmt.Errorf("%w: what was made of it makes no sense", ErrDamaged)
	}
	if answer.Outcome != outcomeRead {
		return nil, answer.Outcome.pictureErr()
	}
	g := &picture.Gray{Width: answer.Width, Height: answer.Height, DPI: min(max(answer.DPI, 0), picture.MaxDPI), Pix: pixels}
	if err := g.Check(); err != nil {
		return nil, ErrDamaged
	}
	return g, nil
}

// pictureErr is err, and also that of pictures.
func (o outcome) pictureErr() error {
	switch o {
	case outcomeFormat:
		return picture.ErrFormat
	case outcomeTooLarge:
		return picture.ErrTooLarge
	case outcomeNoFrame:
		return picture.ErrNoPage
	default:
		return o.err()
	}
}

// withHead puts a head as JSON, after its length in four bytes, before a body.
func withHead(head any, body []byte) ([]byte, error) {
	line, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	message := make([]byte, 0, 4+len(line)+len(body))
	message = binary.BigEndian.AppendUint32(message, uint32(len(line))) //nolint:gosec // some hundred bytes
	return append(append(message, line...), body...), nil
}

// cutHead takes it away again.
func cutHead(message []byte, head any) (body []byte, ok bool) {
	if len(message) < 4 {
		return nil, false
	}
	size, rest := uint64(binary.BigEndian.Uint32(message)), message[4:]
	if size > uint64(len(rest)) || json.Unmarshal(rest[:size], head) != nil {
		return nil, false
	}
	return rest[size:], true
}

// render draws a page, on the child's side.
func (p *pdfium) render(request []byte) ([]byte, error) {
	var asked renderRequest
	return p.with(request, &asked, func(instance engine.Pdfium, content []byte) ([]byte, error) {
		g, outcome := renderPage(instance, content, asked)
		if outcome != outcomeRead {
			return withHead(pixelAnswer{Outcome: outcome}, nil)
		}
		return withHead(pixelAnswer{Outcome: outcomeRead, Width: g.Width, Height: g.Height, DPI: g.DPI}, g.Pix)
	})
}

func renderPage(instance engine.Pdfium, content []byte, asked renderRequest) (*picture.Gray, outcome) {
	document, count, outcome := openPDF(instance, content)
	switch {
	case outcome != outcomeRead:
		return nil, outcome
	case asked.Page > count:
		return nil, outcomeNoPage
	}
	r := layerReader{instance: instance, document: document, asked: layerRequest{DPI: asked.DPI}}
	done, err := r.open(asked.Page - 1)
	if err != nil {
		return nil, outcomeNoPage
	}
	defer done()
	switch tooLarge, err := r.measure(); {
	case err != nil:
		return nil, outcomeNoPage
	case tooLarge:
		return nil, outcomePageSize
	}
	g, err := draw(instance, r.page, fit(float64(r.width)/r.scale, float64(r.height)/r.scale, asked.DPI, manyPixels))
	if err != nil {
		return nil, outcomeDamaged
	}
	return g, outcomeRead
}

// fit is how many pixels an inch a page of so many points is drawn with, so that it has no
// more pixels than most, and no side that is too long.
func fit(width, height float64, dpi, most int) int {
	fits := func(dpi int) bool {
		scale := float64(dpi) / pointsPerInch
		wide, high := math.Ceil(width*scale), math.Ceil(height*scale)
		return wide*high <= float64(most) && max(wide, high) < picture.MaxSide
	}
	about := math.Sqrt(float64(most)/(width*height)) * pointsPerInch // without what is rounded up
	dpi = min(dpi, int(min(about, maxDPI))+1)
	for dpi > 1 && !fits(dpi) {
		dpi--
	}
	return max(dpi, 1)
}

var errDrawn = errors.New("the page was drawn otherwise than wanted")

// draw draws a page.
func draw(instance engine.Pdfium, page requests.Page, dpi int) (*picture.Gray, error) {
	drawn, err := instance.RenderPageInDPI(&requests.RenderPageInDPI{
		Page: page, DPI: dpi, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT, ImageFormat: requests.RenderImageFormatGrayscale,
	})
	if err != nil {
		return nil, err
	}
	defer drawn.Cleanup()
	m, ok := drawn.Result.RenderedImage.(*image.Gray)
	if !ok {
		return nil, errDrawn
	}
	return picture.Of(m, dpi), nil
}
