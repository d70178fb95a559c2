package document

import (
	"context"
	"errors"
	"image"
	"math"
	"time"
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
	lowDPI, goodDPI, highDPI = 150, 300, 450 // outside of the outer ones it is given the one between
	manyPixels               = 16_000_000    // a sheet of A4 with 400 pixels an inch
	minSkew                  = 0.3           // degrees: the engine copes with less
	// allCovered is what is reached where no text was left out.
	allCovered = 0.97
	// sure is a confidence that upside-down text does not reach.
	sure = 0.75
)

// attempts reads one picture in several ways.
type attempts struct {
	reader  tesseract.Reader
	how     ocrRequest
	longest time.Duration // that a reading took
}

// errNoTime: another reading would probably not end in time.
var errNoTime = errors.New("document: there is no time for another reading")

// read returns the best of the readings, as far as ctx lets it get.
func (a *attempts) read(ctx context.Context, g *picture.Gray) (*Reading, error) {
	if a.how.Plain {
		return a.one(ctx, held{width: g.Width, height: g.Height, dpi: g.DPI, prepared: g, scale: 1}, a.how.Segmentation)
	}
	h := hold(g, g.Orientation())
	best, err := a.one(ctx, h, a.how.Segmentation)
	if err != nil {
		return nil, err
	}
	if !best.isSure() {
		best, h, err = a.turn(ctx, g, best, h)
	}
	if err == nil && a.how.Segmentation == 0 && !best.isComplete() {
		// The engine takes the columns of a table for columns of text, and loses some.
		var block *Reading
		if block, err = a.one(ctx, h, tesseract.SegBlock); err == nil && block.score > best.score {
			best = block
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, errNoTime) {
		return nil, err
	}
	return best, nil // where there was no time for more, it is better than nothing
}

// turn returns the best reading of the picture turned by quarters, until one is sure.
func (a *attempts) turn(ctx context.Context, g *picture.Gray, best *Reading, h held) (*Reading, held, error) {
	for _, degrees := range a.turns(ctx, g, best) {
		other := hold(g, degrees)
		next, err := a.one(ctx, other, a.how.Segmentation)
		if err != nil {
			return best, h, err
		}
		if next.score > best.score || best.isVertical() && next.isSure() {
			best, h = next, other
		}
		if best.isSure() {
			break
		}
	}
	return best, h, nil
}

// turns are what is worth another try, the likeliest first.
func (a *attempts) turns(ctx context.Context, g *picture.Gray, first *Reading) []int {
	if program := a.how.Program; program != nil && program.HasOrientation() {
		const likely = 2
		if degrees, certainty, err := program.Orientation(ctx, g); err == nil && certainty > likely {
			if degrees == first.Rotation {
				return nil
			}
			return []int{degrees}
		}
	}
	more := []int{180, 90, 270}
	switch {
	case first.isVertical() && first.runsDown():
		more = []int{270, 90, 180}
	case first.isVertical():
		more = []int{90, 270, 180}
	}
	for i := range more {
		more[i] = (first.Rotation + more[i]) % 360
	}
	return more
}

// one reads the picture as it is held.
func (a *attempts) one(ctx context.Context, h held, seg tesseract.Segmentation) (*Reading, error) {
	if seg == 0 {
		seg = tesseract.SegAuto
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < a.longest {
		return nil, errNoTime
	}
	began := time.Now()
	page, err := a.reader.Read(ctx, h.prepared, seg)
	if err != nil {
		return nil, err
	}
	a.longest = max(a.longest, time.Since(began))
	r := &Reading{
		Page: page, Width: h.width, Height: h.height, DPI: h.dpi,
		Rotation: h.degrees, Skew: h.skew, Segmentation: seg,
	}
	r.judge(h.prepared.Ink())
	h.undo(page)
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

// isComplete: another segmentation would not be better.
func (r *Reading) isComplete() bool {
	return r.Coverage >= allCovered && r.isSure() || hasColumns(r.Page)
}

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

// runsDown tells whether lines that stand upright begin at the top.
func (r *Reading) runsDown() bool {
	down := 0
	words := r.Page.Words()
	for i := range words[:max(len(words)-1, 0)] {
		if words[i+1].Box[1] > words[i].Box[1] {
			down++
		} else {
			down--
		}
	}
	return down > 0
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

// held is a picture as it is shown to the engine.
type held struct {
	width, height, dpi int           // once it was turned
	degrees            int           // by which it was turned, clockwise
	prepared           *picture.Gray // turned, larger by scale, straightened by skew, lit evenly
	scale              float64
	skew               float64
}

// hold turns a picture, and gives it the right size, straight lines and even light where
// it has not.
func hold(g *picture.Gray, degrees int) held {
	h := held{width: g.Width, height: g.Height, dpi: g.DPI, degrees: degrees, scale: 1}
	if degrees%180 != 0 {
		h.width, h.height = h.height, h.width
	}
	p := resized(g)
	h.scale = float64(p.Width) / float64(g.Width)
	p = p.Turn(degrees)
	if skew := p.Skew(); math.Abs(skew) >= minSkew {
		h.skew = skew
		p = p.Straighten(skew)
	}
	if p.Uneven() {
		p = p.Sauvola()
	}
	h.prepared = p
	return h
}

// resized makes letters as large as those that the engine knows, and bounds what it
// gets: more pixels take more time and memory, and are no better read.
func resized(g *picture.Gray) *picture.Gray {
	switch pixels := g.Width * g.Height; {
	case g.DPI > 0 && g.DPI < lowDPI:
		return g.Scale(goodDPI / float64(g.DPI))
	case g.DPI > highDPI:
		g = g.Shrink(goodDPI / float64(g.DPI))
		fallthrough
	case pixels > manyPixels:
		return g.Shrink(math.Sqrt(manyPixels / float64(g.Width*g.Height)))
	default:
		return g
	}
}

// undo puts boxes where they are in the picture that was only turned: each word goes by
// its middle, and what is around words is around them again.
func (h held) undo(page *tesseract.Page) {
	page.Map(func(box tesseract.Box) tesseract.Box {
		if h.skew != 0 {
			x, y := (box[0]+box[2])/2, (box[1]+box[3])/2
			bx, by := h.prepared.Back(h.skew, x, y)
			for i, d := range [...]int{bx - x, by - y, bx - x, by - y} {
				box[i] += d
			}
		}
		for i := range box {
			box[i] = int(math.Round(float64(box[i]) / h.scale))
		}
		return box
	})
	page.Clean(h.width, h.height)
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
