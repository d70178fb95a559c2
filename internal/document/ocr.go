package document

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
)

// OCR says how the text of a picture is read.
type OCR struct {
	// Languages are those of the text, the likeliest first; default: English.
	Languages []string
	// Segmentation is what the page is taken for; default: [tesseract.SegAuto].
	Segmentation tesseract.Segmentation
	// Program reads the picture; nil: the engine that is built in.
	Program *tesseract.Program
	// Time is how long the program may take; default [DefaultTime]. The engine that is
	// built in has the time of a job. Both have what is left to the context.
	Time time.Duration
}

// DefaultLanguage is what text is taken for of which nothing is known.
const DefaultLanguage = "eng"

// OCRLanguages are those that can be read with this program, or with the engine that is
// built in where that is nil. The error is [tesseract.ErrAbsent] where there is none.
func OCRLanguages(program *tesseract.Program) ([]string, error) {
	if program != nil {
		return program.Languages(), nil
	}
	languages := tesseract.BuiltIn()
	if len(languages) == 0 {
		return nil, tesseract.ErrAbsent
	}
	return languages, nil
}

// Kinds of jobs. Only the first prepares an engine.
const (
	kindOCR        = "ocr"
	kindOCRProgram = "ocr-program"
)

// ocrRequest stands between its length, in four bytes, and the pixels of the picture.
type ocrRequest struct {
	Width        int                    `json:"width"`
	Height       int                    `json:"height"`
	DPI          int                    `json:"dpi"`
	Languages    []string               `json:"languages"`
	Segmentation tesseract.Segmentation `json:"segmentation"`
	Program      *tesseract.Program     `json:"program"`
	TimeNS       int64                  `json:"time_ns"`
}

type ocrAnswer struct {
	Outcome outcome         `json:"outcome"`
	Page    *tesseract.Page `json:"page"`
}

// Picture reads the text of a picture. The error is one of this package's, or one of
// tesseract's or picture's of a language, a size or an engine that is absent, or the context's, or the
// sandbox's, which is no fault of the picture.
func (d *Documents) Picture(ctx context.Context, g *picture.Gray, how OCR) (*tesseract.Page, error) {
	how = how.withDefaults()
	if err := how.check(g); err != nil {
		return nil, err
	}
	kind := kindOCR
	if how.Program != nil {
		kind = kindOCRProgram
	}
	request, err := json.Marshal(ocrRequest{
		Width: g.Width, Height: g.Height, DPI: g.DPI,
		Languages: how.Languages, Segmentation: how.Segmentation, Program: how.Program, TimeNS: int64(within(ctx, how.Time)),
	})
	if err != nil {
		return nil, err
	}
	message := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(request)+len(g.Pix)), uint32(len(request))) //nolint:gosec // some hundred bytes
	body, err := d.do(ctx, kind, append(append(message, request...), g.Pix...))
	if err != nil {
		return nil, err
	}
	return readAnswer(body, g)
}

func (o OCR) withDefaults() OCR {
	if len(o.Languages) == 0 {
		o.Languages = []string{DefaultLanguage}
	}
	if o.Segmentation == 0 {
		o.Segmentation = tesseract.SegAuto
	}
	if o.Time <= 0 {
		o.Time = DefaultTime
	}
	return o
}

// check finds out what the child would, before it is started.
func (o OCR) check(g *picture.Gray) error {
	known, err := OCRLanguages(o.Program)
	if err != nil {
		return err
	}
	return errors.Join(tesseract.CheckLanguages(o.Languages, known), g.Check())
}

// readAnswer holds what a process says that nobody trusts to what it was asked.
func readAnswer(body []byte, g *picture.Gray) (*tesseract.Page, error) {
	var answer ocrAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: what was read of it makes no sense", ErrDamaged)
	}
	switch {
	case answer.Outcome == outcomeRead && answer.Page != nil:
		answer.Page.Clean(g.Width, g.Height)
		return answer.Page, nil
	case answer.Outcome == outcomeDemanding:
		return nil, ErrDemanding
	default:
		return nil, ErrDamaged
	}
}

// ocr is this package's side of the engines in a child.
type ocr struct {
	builtIn *tesseract.WASM
}

func (o *ocr) prepare(cache string) (err error) {
	o.builtIn, err = tesseract.NewWASM(cache)
	return err
}

func (o *ocr) do(request []byte) ([]byte, error) {
	asked, g, err := parseOCR(request)
	if err != nil {
		return nil, err
	}
	var engine tesseract.Engine = o.builtIn
	if asked.Program != nil {
		engine = asked.Program
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(asked.TimeNS)) // a job has no other
	defer cancel()
	page, err := recognize(ctx, engine, asked, g)
	switch {
	case err == nil:
		return json.Marshal(ocrAnswer{Outcome: outcomeRead, Page: page})
	case ctx.Err() != nil:
		return json.Marshal(ocrAnswer{Outcome: outcomeDemanding})
	case errors.Is(err, tesseract.ErrFailed):
		return json.Marshal(ocrAnswer{Outcome: outcomeDamaged})
	default:
		return nil, err
	}
}

func parseOCR(request []byte) (asked ocrRequest, g *picture.Gray, err error) {
	if len(request) < 4 {
		return asked, nil, errRequest
	}
	size, rest := uint64(binary.BigEndian.Uint32(request)), request[4:]
	if size > uint64(len(rest)) || json.Unmarshal(rest[:size], &asked) != nil {
		return asked, nil, errRequest
	}
	return asked, &picture.Gray{Width: asked.Width, Height: asked.Height, DPI: asked.DPI, Pix: rest[size:]}, nil
}

// recognize reads one picture, with an engine that no other picture was in.
func recognize(ctx context.Context, engine tesseract.Engine, asked ocrRequest, g *picture.Gray) (*tesseract.Page, error) {
	reader, err := engine.Open(asked.Languages)
	if err != nil {
		return nil, err
	}
	defer reader.Close() //nolint:errcheck // the picture may have broken it; the next one gets another
	return reader.Read(ctx, g, asked.Segmentation)
}
