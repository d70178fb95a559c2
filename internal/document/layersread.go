package document

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	engine "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"

	"dpp/internal/document/layer"
	"dpp/internal/document/tesseract"
)

// layers reads the text layers of one document, on the child's side.
func (p *pdfium) layers(request []byte) ([]byte, error) {
	var asked layerRequest
	return p.with(request, &asked, func(instance engine.Pdfium, content []byte) ([]byte, error) {
		return json.Marshal(readLayers(instance, content, asked))
	})
}

func readLayers(instance engine.Pdfium, content []byte, asked layerRequest) *layerAnswer {
	end := time.Now().Add(time.Duration(asked.TimeNS))
	document, count, outcome := openPDF(instance, content)
	if outcome != outcomeRead {
		return &layerAnswer{Outcome: outcome}
	}
	a := &layerAnswer{Outcome: outcomeRead, PageCount: count}
	words := MaxPageWords
	for _, number := range asked.Pages {
		switch {
		case number > count:
			return a
		case asked.Chars <= 0 || words <= 0:
			a.Cut = CutChars
		case time.Now().After(end):
			a.Cut = CutTime
		}
		if a.Cut != CutNothing {
			return a
		}
		r := layerReader{instance: instance, document: document, asked: asked, end: end}
		l := r.read(number - 1)
		if l == nil { // its time was over
			a.Cut = CutTime
			return a
		}
		if r.more {
			a.Cut = CutChars
		}
		asked.Chars -= len([]rune(l.Text))
		if l.Page != nil {
			words -= len(l.Page.Words())
		}
		a.Pages = append(a.Pages, *l)
	}
	if asked.All && count > len(asked.Pages) {
		a.Cut = CutPages
	}
	return a
}

// openPDF opens a document that has pages.
func openPDF(instance engine.Pdfium, content []byte) (references.FPDF_DOCUMENT, int, outcome) {
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &content})
	if err != nil {
		return "", 0, outcomeOf(err)
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	switch {
	case err != nil:
		return "", 0, outcomeDamaged
	case count.PageCount <= 0:
		return "", 0, outcomeNoPages
	}
	return opened.Document, count.PageCount, outcomeRead
}

// layerReader reads one page.
type layerReader struct {
	instance engine.Pdfium
	document references.FPDF_DOCUMENT
	asked    layerRequest
	end      time.Time

	page requests.Page
	geometry
	more bool // there are more characters than were wanted
}

// geometry is where a page's points are in its picture.
type geometry struct {
	width, height            int // pixels
	scale                    float64
	rotation                 int
	left, bottom, right, top float64 // of the page, in points
}

// read reads a page; nil: there was no time for all of it.
func (r *layerReader) read(index int) *Layer {
	l := &Layer{Number: index + 1, Judgement: layer.Judgement{Verdict: layer.None}}
	done, err := r.open(index)
	if err != nil {
		l.Unreadable = true
		return l
	}
	defer done()
	tooLarge, err := r.measure()
	if l.TooLarge = tooLarge; err != nil || tooLarge {
		l.Unreadable = true
		return l
	}
	l.Width, l.Height, l.Rotation = r.width, r.height, r.rotation
	chars, err := r.chars()
	if err != nil {
		l.Unreadable = true
		return l
	}
	if chars == nil {
		return nil
	}
	pictures, objects := r.pictures()
	l.Images, l.Blank = pictures > 0.5, objects == 0
	l.Text = clean(layer.Text(chars), r.asked.Chars, '\n')
	page := layer.Arrange(chars, r.scale)
	l.Judgement = layer.Judge(chars, r.look(l.Images, chars, page))
	if r.asked.Words {
		l.Page = page
	}
	return l
}

// open loads a page as people see it: with what was filled into its forms, and its notes.
func (r *layerReader) open(index int) (done func(), err error) {
	loaded, err := r.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.document, Index: index})
	if err != nil {
		return nil, err
	}
	r.page = requests.Page{ByReference: &loaded.Page}
	notes, err := r.instance.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: r.page})
	if err == nil && notes.Count > 0 {
		flat, err := r.instance.FPDFPage_Flatten(&requests.FPDFPage_Flatten{Page: r.page})
		if err == nil && flat.Result == responses.FPDFPage_FlattenResultSuccess {
			_, _ = r.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) // it goes with the instance anyway
			if loaded, err = r.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.document, Index: index}); err != nil {
				return nil, err
			}
			r.page = requests.Page{ByReference: &loaded.Page}
		}
	}
	return func() { _, _ = r.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }, nil
}

// measure finds out how large the page is.
func (r *layerReader) measure() (tooLarge bool, err error) {
	size, err := r.instance.GetPageSize(&requests.GetPageSize{Page: r.page})
	if err != nil {
		return false, err
	}
	if !canBe(size.Width, size.Height) {
		return true, nil
	}
	box, err := r.instance.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: r.page})
	if err != nil {
		return false, err
	}
	turned, err := r.instance.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: r.page})
	if err != nil {
		return false, err
	}
	r.geometry = geometry{
		scale: float64(r.asked.DPI) / pointsPerInch, rotation: int(turned.PageRotation) % 4 * 90,
		left: float64(box.Rect.Left), bottom: float64(box.Rect.Bottom), right: float64(box.Rect.Right), top: float64(box.Rect.Top),
	}
	r.width, r.height = int(math.Ceil(size.Width*r.scale)), int(math.Ceil(size.Height*r.scale))
	return false, nil
}

const pointsPerInch = 72

// canBe tells whether a page of this size is looked at.
func canBe(width, height float64) bool {
	return width > 0 && height > 0 && width <= MaxPageUnits && height <= MaxPageUnits
}

// point is where a point of the page is in its picture.
func (g *geometry) point(x, y float64) (float64, float64) {
	switch g.rotation {
	case 90:
		return (y - g.bottom) * g.scale, (x - g.left) * g.scale
	case 180:
		return (g.right - x) * g.scale, (y - g.bottom) * g.scale
	case 270:
		return (g.top - y) * g.scale, (g.right - x) * g.scale
	default:
		return (x - g.left) * g.scale, (g.top - y) * g.scale
	}
}

func (g *geometry) box(left, bottom, right, top float64) [4]float64 {
	x0, y0 := g.point(left, bottom)
	x1, y1 := g.point(right, top)
	return [4]float64{min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)}
}

// chars reads the characters that are on the page; nil: there was no time.
func (r *layerReader) chars() ([]layer.Char, error) {
	loaded, err := r.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: r.page})
	if err != nil {
		return nil, err
	}
	text := loaded.TextPage
	defer r.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text}) //nolint:errcheck // the instance goes, too
	has, err := r.instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return nil, err
	}
	r.more = has.Count > r.asked.Chars
	const often = 512 // characters between looks at the clock
	chars := make([]layer.Char, 0, max(min(has.Count, r.asked.Chars), 0))
	first := true
	for i := range min(has.Count, r.asked.Chars) {
		if i%often == 0 && i > 0 && time.Now().After(r.end) {
			return nil, nil
		}
		c, err := r.char(text, i, &first)
		if err != nil {
			return nil, err
		}
		if c.Rune != 0 && !c.Outside(r.width, r.height) {
			chars = append(chars, c)
		}
	}
	return joinSurrogates(chars), nil
}

// char reads a character. first: it may be the first of a word, whose style is read.
func (r *layerReader) char(text references.FPDF_TEXTPAGE, i int, first *bool) (layer.Char, error) {
	code, err := r.instance.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
	if err != nil {
		return layer.Char{}, err
	}
	c := layer.Char{Rune: rune(min(code.Unicode, math.MaxInt32))}
	if layer.IsSpace(c.Rune) {
		*first = true
		return c, nil
	}
	if c.Rune == 0 {
		c.Rune, c.Unmapped = '\ufffd', true
	} else if failed, err := r.instance.FPDFText_HasUnicodeMapError(&requests.FPDFText_HasUnicodeMapError{TextPage: text, Index: i}); err == nil {
		c.Unmapped = failed.HasUnicodeMapError
	}
	if b, err := r.instance.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: text, Index: i}); err == nil {
		c.Box = r.box(b.Left, b.Bottom, b.Right, b.Top)
	}
	if c.Box[2] <= c.Box[0] || c.Box[3] <= c.Box[1] {
		c.Box = [4]float64{}
		if b, err := r.instance.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: i}); err == nil {
			c.Box = r.box(float64(b.Rect.Left), float64(b.Rect.Bottom), float64(b.Rect.Right), float64(b.Rect.Top))
		}
	}
	if *first {
		c.Style, *first = r.style(text, i), false
	}
	return c, nil
}

// isBold tells whether a character's font says that its letters are heavy: by its weight,
// by a flag, or where it is one that documents need not describe, by its name.
func (r *layerReader) isBold(text references.FPDF_TEXTPAGE, i int) bool {
	const heavy, forced = 600, 1 << 18
	if weight, err := r.instance.FPDFText_GetFontWeight(&requests.FPDFText_GetFontWeight{TextPage: text, Index: i}); err == nil && weight.FontWeight >= heavy {
		return true
	}
	font, err := r.instance.FPDFText_GetFontInfo(&requests.FPDFText_GetFontInfo{TextPage: text, Index: i})
	return err == nil && (font.Flags&forced != 0 || strings.Contains(font.FontName, "Bold"))
}

// style reads how a character is drawn. What cannot be read is not known.
func (r *layerReader) style(text references.FPDF_TEXTPAGE, i int) *layer.Style {
	var s layer.Style
	if size, err := r.instance.FPDFText_GetFontSize(&requests.FPDFText_GetFontSize{TextPage: text, Index: i}); err == nil {
		s.Size = size.FontSize
	}
	if m, err := r.instance.FPDFText_GetMatrix(&requests.FPDFText_GetMatrix{TextPage: text, Index: i}); err == nil {
		s.Size *= math.Hypot(float64(m.Matrix.C), float64(m.Matrix.D))
	}
	if !(s.Size > 0 && s.Size <= MaxPageUnits) {
		s.Size = 0
	}
	s.Bold = r.isBold(text, i)
	if origin, err := r.instance.FPDFText_GetCharOrigin(&requests.FPDFText_GetCharOrigin{TextPage: text, Index: i}); err == nil {
		_, s.Baseline = r.point(origin.X, origin.Y)
	}
	object, err := r.instance.FPDFText_GetTextObject(&requests.FPDFText_GetTextObject{TextPage: text, Index: i})
	if err != nil {
		return &s
	}
	mode, err := r.instance.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: object.TextObject})
	s.Invisible = err == nil && mode.TextRenderMode == enums.FPDF_TEXTRENDERMODE_INVISIBLE
	return &s
}

// joinSurrogates makes one character of two that stand for it in UTF-16.
func joinSurrogates(chars []layer.Char) []layer.Char {
	joined := chars[:0]
	for i := 0; i < len(chars); i++ {
		c := chars[i]
		if i+1 < len(chars) {
			if r, ok := layer.Surrogates(c.Rune, chars[i+1].Rune); ok {
				c.Rune = r
				i++
			}
		}
		joined = append(joined, c)
	}
	return slices.Clip(joined)
}

// invisible tells whether most words are not drawn.
func invisible(chars []layer.Char) bool {
	hidden, all := 0, 0
	for i := range chars {
		if chars[i].Style != nil {
			all++
			if chars[i].Style.Invisible {
				hidden++
			}
		}
	}
	return 2*hidden > all
}

// look draws the page small, where something else on it may be text: below pictures, or
// where the text itself is not drawn. Nil: there was no need, or it could not be done.
func (r *layerReader) look(pictures bool, chars []layer.Char, page *tesseract.Page) *layer.Seen {
	if !pictures && !invisible(chars) || len(page.Blocks) == 0 {
		return nil
	}
	const sharp, most = 100, 4_000_000 // pixels an inch, and in all
	g, err := draw(r.instance, r.page, fit(float64(r.width)/r.scale, float64(r.height)/r.scale, sharp, most))
	if err != nil {
		return nil
	}
	seen := layer.Look(g, page, float64(g.Width)/float64(r.width))
	return &seen
}
