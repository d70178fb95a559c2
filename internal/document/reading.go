package document

import (
	"context"
	"errors"
	"image"
	"math"
	"unicode/utf8"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
)

// Reading is what was read of a picture, and how it had to be held.
type Reading struct {
	// Page has boxes in pixels of the picture as it stands after Rotation.
	Page *tesseract.Page `json:"page"`
	// Width, Height and DPI are those of the picture after Rotation; DPI is 0 where the
	// picture does not say it.
	Width  int `json:"width"`
	Height int `json:"height"`
	DPI    int `json:"dpi"`
	// Rotation is by how many degrees, clockwise, the picture was turned: 0, 90, 180, 270.
	Rotation int `json:"rotation"`
	// Skew is by how many degrees its lines fell to the right, after that.
	Skew float64 `json:"skew"`
	// Coverage is how much of the ink is in words, from 0 to 1. The rest is pictures, rules,
	// dirt, or text that was not found.
	Coverage float64 `json:"coverage"`
	// Segmentation is the one that read the page best.
	Segmentation tesseract.Segmentation `json:"segmentation"`

	score float64
}

// When a picture is prepared, and when a reading is good enough.
const (
	lowDPI, goodDPI = 150, 300 // below the first one it is made as large as the second
	minSkew         = 0.3      // degrees: the engine copes with less
	// allCovered is what is reached where no text was left out.
	allCovered = 0.97
	// sure is a confidence that upside-down text does not reach.
	sure = 0.75
)

// attempts reads one picture in several ways.
type attempts struct {
	reader  tesseract.Reader
	program *tesseract.Program // nil: nobody to ask for the orientation
	how     ocrRequest
}

// read returns the best of the readings, as far as ctx lets it get.
func (a *attempts) read(ctx context.Context, g *picture.Gray) (*Reading, error) {
	if a.how.Plain {
		return a.one(ctx, g, a.how.Segmentation)
	}
	best, err := a.turned(ctx, g, 0)
	if err != nil || best.isSure() {
		return best, err
	}
	for _, degrees := range a.turns(ctx, g, best) {
		next, err := a.turned(ctx, g, degrees)
		if err != nil {
			if ctx.Err() != nil {
				break // what was read is better than nothing
			}
			return nil, err
		}
		if next.score > best.score {
			best = next
		}
		if best.isSure() {
			break
		}
	}
	return best, nil
}

// turns are what is worth another try, the likeliest first.
func (a *attempts) turns(ctx context.Context, g *picture.Gray, first *Reading) []int {
	if a.program != nil && a.program.HasOrientation() {
		const likely = 2
		if degrees, certainty, err := a.program.Orientation(ctx, g); err == nil && certainty > likely {
			if degrees == 0 {
				return nil
			}
			return []int{degrees}
		}
	}
	if first.isVertical() {
		return []int{90, 270, 180}
	}
	return []int{180, 90, 270}
}

// turned reads the picture after a turn by quarters, prepared.
func (a *attempts) turned(ctx context.Context, g *picture.Gray, degrees int) (*Reading, error) {
	g = g.Turn(degrees)
	prepared, p := prepare(g)
	r, err := a.best(ctx, prepared)
	if err != nil {
		return nil, err
	}
	r.Width, r.Height, r.DPI, r.Rotation, r.Skew = g.Width, g.Height, g.DPI, degrees, p.skew
	p.undo(r.Page, prepared)
	r.Page.Clean(g.Width, g.Height)
	return r, nil
}

// best reads the picture as a page, and where that leaves ink out also as one block. The
// engine takes the columns of tables for columns of text, and loses some.
func (a *attempts) best(ctx context.Context, g *picture.Gray) (*Reading, error) {
	if a.how.Segmentation != 0 {
		return a.one(ctx, g, a.how.Segmentation)
	}
	page, err := a.one(ctx, g, tesseract.SegAuto)
	if err != nil || page.Coverage >= allCovered && page.isSure() || hasColumns(page.Page) {
		return page, err
	}
	block, err := a.one(ctx, g, tesseract.SegBlock)
	if err == nil && block.score > page.score {
		return block, nil
	}
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return page, nil
}

// one reads the picture as it is.
func (a *attempts) one(ctx context.Context, g *picture.Gray, seg tesseract.Segmentation) (*Reading, error) {
	if seg == 0 {
		seg = tesseract.SegAuto
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page, err := a.reader.Read(ctx, g, seg)
	if err != nil {
		return nil, err
	}
	r := &Reading{Page: page, Width: g.Width, Height: g.Height, DPI: g.DPI, Segmentation: seg}
	r.judge(g.Ink())
	return r, nil
}

// judge works out coverage and score: the part of the ink that is in words, each counted
// by how sure the engine is of it, and not at all where that is half or less, as it is of
// words that are none.
func (r *Reading) judge(ink *picture.Ink) {
	if ink.Total == 0 {
		r.Coverage = 1
		return
	}
	covered := 0
	for _, word := range r.Page.Words() {
		in := ink.In(image.Rect(word.Box[0], word.Box[1], word.Box[2], word.Box[3]))
		covered += in
		r.score += float64(in) / float64(ink.Total) * max(2*word.Confidence-1, 0)
	}
	r.Coverage = min(float64(covered)/float64(ink.Total), 1)
}

// isSure: another way to hold the picture would not be better.
func (r *Reading) isSure() bool { return r.Page.Confidence() >= sure && !r.isVertical() }

// isVertical: most words stand upright, so the page lies on its side. The engine reads it
// all the same, or some of it.
func (r *Reading) isVertical() bool {
	upright, all := 0, 0
	for _, word := range r.Page.Words() {
		if utf8.RuneCountInString(word.Text) < 3 {
			continue
		}
		all++
		if word.Box[3]-word.Box[1] > word.Box[2]-word.Box[0] {
			upright++
		}
	}
	return 2*upright > all
}

// hasColumns: two blocks of several lines stand beside each other.
func hasColumns(page *tesseract.Page) bool {
	const several = 3
	for i, a := range page.Blocks {
		for _, b := range page.Blocks[:i] {
			beside := a.Box[0] >= b.Box[2] || b.Box[0] >= a.Box[2]
			common := min(a.Box[3], b.Box[3]) - max(a.Box[1], b.Box[1])
			lower := min(a.Box[3]-a.Box[1], b.Box[3]-b.Box[1])
			if beside && 2*common > lower && lines(a) >= several && lines(b) >= several {
				return true
			}
		}
	}
	return false
}

func lines(b tesseract.Block) int {
	n := 0
	for _, paragraph := range b.Paragraphs {
		n += len(paragraph.Lines)
	}
	return n
}

// preparation is what was done to a picture, and can be undone to boxes.
type preparation struct {
	scale float64
	skew  float64
}

// prepare makes a picture large, straight and evenly lit, where it is not.
func prepare(g *picture.Gray) (*picture.Gray, preparation) {
	p := preparation{scale: 1}
	if g.DPI > 0 && g.DPI < lowDPI {
		large := g.Scale(goodDPI / float64(g.DPI))
		p.scale = float64(large.Width) / float64(g.Width)
		g = large
	}
	if skew := g.Skew(); math.Abs(skew) >= minSkew {
		p.skew = skew
		g = g.Straighten(skew)
	}
	if g.Uneven() {
		g = g.Sauvola()
	}
	return g, p
}

// undo puts boxes where they are in the picture that was prepared: each word goes by its
// middle, and what is around words is around them again.
func (p preparation) undo(page *tesseract.Page, prepared *picture.Gray) {
	page.Map(func(box tesseract.Box) tesseract.Box {
		if p.skew != 0 {
			x, y := (box[0]+box[2])/2, (box[1]+box[3])/2
			bx, by := prepared.Back(p.skew, x, y)
			for i, d := range [...]int{bx - x, by - y, bx - x, by - y} {
				box[i] += d
			}
		}
		for i := range box {
			box[i] = int(math.Round(float64(box[i]) / p.scale))
		}
		return box
	})
}

// outcomeOfReading puts an error into the words of an answer; ok is false where it is the
// platform's.
func outcomeOfReading(ctx context.Context, err error) (o outcome, ok bool) {
	for _, meaning := range []struct {
		of error
		is outcome
	}{
		{picture.ErrFormat, outcomeFormat},
		{picture.ErrTooLarge, outcomeTooLarge},
		{picture.ErrNoPage, outcomeNoPage},
		{picture.ErrDamaged, outcomeDamaged},
	} {
		if errors.Is(err, meaning.of) {
			return meaning.is, true
		}
	}
	switch {
	case ctx.Err() != nil:
		return outcomeDemanding, true
	case errors.Is(err, tesseract.ErrFailed):
		return outcomeDamaged, true
	default:
		return "", false
	}
}
