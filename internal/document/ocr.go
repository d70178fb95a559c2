package document

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
)

// OCR says how the text of a picture is read.
type OCR struct {
	// Languages are those of the text, the likeliest first; default: English.
	Languages []string
	// Segmentation is what the page is taken for; 0: the better of [tesseract.SegAuto] and
	// [tesseract.SegBlock].
	Segmentation tesseract.Segmentation
	// Plain reads the picture as it is, once: it is not turned, straightened, lit or made
	// larger.
	Plain bool
	// Program reads the picture; nil: the engine that is built in. The pool's children must
	// be allowed to read what [tesseract.Program.Readable] names.
	Program *tesseract.Program
	// Time is how long it may take; default [DefaultOCRTime], but no longer than what is left
	// to the context. The engine that is built in looks at it between two readings, and begins
	// none that would not end in time.
	Time time.Duration
}

// Engine is one that reads pictures, for those who choose among several.
type Engine struct {
	Program   *tesseract.Program // nil: the one that is built in
	Languages []string           // that it is used for
}

// Knows tells whether an engine can read text in all of these languages.
func (e Engine) Knows(languages []string) bool {
	return !slices.ContainsFunc(languages, func(name string) bool { return !slices.Contains(e.Languages, name) })
}

// DefaultOCRTime is how long a picture is read, unless something else is asked for.
const DefaultOCRTime = 15 * time.Second

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

// ocrRequest stands between its length, in four bytes, and the picture: its pixels, or
// the bytes of an image file of which a page is wanted.
type ocrRequest struct {
	Width        int                    `json:"width"`
	Height       int                    `json:"height"`
	DPI          int                    `json:"dpi"`
	Page         int                    `json:"page"` // 0: pixels
	Languages    []string               `json:"languages"`
	Segmentation tesseract.Segmentation `json:"segmentation"`
	Plain        bool                   `json:"plain"`
	Program      *tesseract.Program     `json:"program"`
	TimeNS       int64                  `json:"time_ns"`
}

type ocrAnswer struct {
	Outcome outcome  `json:"outcome"`
	Reading *Reading `json:"reading"`
}

// Picture reads the text of a picture. The error is one of this package's, or one of
// tesseract's or picture's of a language, a size or an engine that is absent, or the
// context's, or the sandbox's, which is no fault of the picture.
func (d *Documents) Picture(ctx context.Context, g *picture.Gray, how OCR) (*Reading, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	return d.ocr(ctx, ocrRequest{Width: g.Width, Height: g.Height, DPI: g.DPI}, g.Pix, how)
}

// Image reads the text of a page of an image file, counted from 1; all but TIFF have one.
// The error is that of [Documents.Picture], or picture's of a file that cannot be decoded.
func (d *Documents) Image(ctx context.Context, content []byte, page int, how OCR) (*Reading, error) {
	if page < 1 || page > picture.MaxPages {
		return nil, picture.ErrNoPage
	}
	return d.ocr(ctx, ocrRequest{Page: page}, content, how)
}

func (d *Documents) ocr(ctx context.Context, asked ocrRequest, content []byte, how OCR) (*Reading, error) {
	kind, err := asked.complete(ctx, how)
	if err != nil {
		return nil, err
	}
	message, err := withHead(asked, content)
	if err != nil {
		return nil, err
	}
	body, err := d.do(ctx, kind, message)
	if err != nil {
		return nil, err
	}
	return readAnswer(body)
}

// complete says how, after it found out what the child would, and returns the job's kind.
func (r *ocrRequest) complete(ctx context.Context, how OCR) (kind string, err error) {
	r.Languages, r.Segmentation, r.Plain, r.Program = how.Languages, how.Segmentation, how.Plain, how.Program
	if len(r.Languages) == 0 {
		r.Languages = []string{DefaultLanguage}
	}
	if how.Time <= 0 {
		how.Time = DefaultOCRTime
	}
	r.TimeNS = int64(within(ctx, how.Time))
	known, err := OCRLanguages(r.Program)
	if err != nil {
		return "", err
	}
	kind = kindOCR
	if r.Program != nil {
		kind = kindOCRProgram
	}
	return kind, tesseract.CheckLanguages(r.Languages, known)
}

// Outcomes of pictures, beside those of all documents.
const (
	outcomeFormat   outcome = "format"
	outcomeTooLarge outcome = "too_large"
	outcomeNoPage   outcome = "no_page"
)

// readAnswer holds what a process says that nobody trusts to what can be.
func readAnswer(body []byte) (*Reading, error) {
	var answer ocrAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: what was read of it makes no sense", ErrDamaged)
	}
	switch answer.Outcome {
	case outcomeRead:
		if answer.Reading == nil || !answer.Reading.clean() {
			return nil, ErrDamaged
		}
		return answer.Reading, nil
	case outcomeFormat:
		return nil, picture.ErrFormat
	case outcomeTooLarge:
		return nil, picture.ErrTooLarge
	case outcomeNoPage:
		return nil, picture.ErrNoPage
	case outcomeDemanding:
		return nil, ErrDemanding
	default:
		return nil, ErrDamaged
	}
}

// clean tells whether a reading can be one, and holds what it says to its size.
func (r *Reading) clean() bool {
	turned := r.Rotation == 0 || r.Rotation == 90 || r.Rotation == 180 || r.Rotation == 270
	sized := r.Width > 0 && r.Height > 0 && r.Width <= picture.MaxSide && r.Height <= picture.MaxSide
	if r.Page == nil || !turned || !sized || r.DPI < 0 || math.Abs(r.Skew) > 90 || r.Coverage < 0 || r.Coverage > 1 {
		return false
	}
	r.Page.Clean(r.Width, r.Height)
	return true
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
	asked, content, err := parseOCR(request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(asked.TimeNS)) // a job has no other
	defer cancel()
	reading, err := o.read(ctx, asked, content)
	if err == nil {
		return json.Marshal(ocrAnswer{Outcome: outcomeRead, Reading: reading})
	}
	if outcome, ok := outcomeOfReading(ctx, err); ok {
		return json.Marshal(ocrAnswer{Outcome: outcome})
	}
	return nil, err
}

func parseOCR(request []byte) (asked ocrRequest, content []byte, err error) {
	content, ok := cutHead(request, &asked)
	if !ok {
		return asked, nil, errRequest
	}
	return asked, content, nil
}

// read reads one picture, with an engine that no other picture was in.
func (o *ocr) read(ctx context.Context, asked ocrRequest, content []byte) (*Reading, error) {
	g := &picture.Gray{Width: asked.Width, Height: asked.Height, DPI: asked.DPI, Pix: content}
	if asked.Page > 0 {
		var err error
		if g, err = picture.Decode(content, asked.Page); err != nil {
			return nil, err
		}
		if len(g.Pix) > manyPixels/2 {
			debug.FreeOSMemory() // the colours, which had several times that
		}
	}
	var engine tesseract.Engine = o.builtIn
	if asked.Program != nil {
		engine = asked.Program
	}
	reader, err := engine.Open(asked.Languages)
	if err != nil {
		return nil, err
	}
	defer reader.Close() //nolint:errcheck // the picture may have broken it; the next one gets another
	a := attempts{reader: reader, how: asked}
	return a.read(ctx, g)
}
