package ocrpack

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/number"
)

// paper is a white page of A4 with 100 pixels an inch.
func paper() *picture.Gray {
	g := &picture.Gray{Width: 827, Height: 1169, DPI: 100, Pix: make([]byte, 827*1169)}
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	return g
}

// ink fills a part of a page with letters or something like them: a share of its pixels.
func ink(g *picture.Gray, part image.Rectangle, share float64) {
	from := rand.New(rand.NewPCG(number.Stream(1, uint64(part.Min.X))))
	for y := part.Min.Y; y < part.Max.Y; y += 2 {
		for x := part.Min.X; x < part.Max.X; x += 2 {
			if from.Float64() < share {
				for _, at := range []int{y*g.Width + x, y*g.Width + x + 1, (y+1)*g.Width + x, (y+1)*g.Width + x + 1} {
					g.Pix[at] = 0
				}
			}
		}
	}
}

func wordsAt(boxes ...tesseract.Box) *tesseract.Page {
	var line tesseract.Line
	for _, box := range boxes {
		line.Words = append(line.Words, tesseract.Word{Text: "word", Box: box})
	}
	return &tesseract.Page{Blocks: []tesseract.Block{{Paragraphs: []tesseract.Paragraph{{Lines: []tesseract.Line{line}}}}}}
}

func TestInkWithoutTextIsMarked(t *testing.T) {
	word, lost, stamp := image.Rect(100, 100, 300, 120), image.Rect(100, 300, 400, 330), image.Rect(500, 800, 650, 950)
	g := paper()
	for _, part := range []image.Rectangle{word, lost, stamp} {
		ink(g, part, 0.5)
	}
	ink(g, image.Rect(50, 600, 780, 602), 1)   // a rule
	ink(g, image.Rect(0, 0, 4, 1168), 1)       // the edge of the paper
	ink(g, image.Rect(50, 700, 52, 1100), 1)   // a frame, two sides of it
	ink(g, image.Rect(50, 1100, 450, 1102), 1) //
	ink(g, image.Rect(700, 400, 702, 402), 1)  // a dot
	// Boxes are of a picture that is twice as large.
	box := func(r image.Rectangle) tesseract.Box {
		return tesseract.Box{2 * r.Min.X, 2 * r.Min.Y, 2 * r.Max.X, 2 * r.Max.Y}
	}
	got := inkBeside(g, wordsAt(box(word)), 0.5)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	const slack = 40 // two squares of seven pixels, in the larger picture
	for i, want := range []image.Rectangle{lost, stamp} {
		for k, at := range box(want) {
			if away := got[i].Box[k] - at; away < -slack || away > slack || got[i].Reason != regionInk {
				t.Errorf("%+v, want it about %v", got[i], box(want))
			}
		}
	}
	if got := inkBeside(g, wordsAt(box(word), box(lost), box(stamp)), 0.5); len(got) != 0 {
		t.Errorf("all is read, but %+v", got)
	}
	if got := inkBeside(paper(), &tesseract.Page{}, 1); len(got) != 0 {
		t.Errorf("an empty page: %+v", got)
	}
}

func TestRegionsAreBounded(t *testing.T) {
	g := paper()
	for y := 20; y < 1150; y += 60 {
		for x := 20; x < 800; x += 60 {
			ink(g, image.Rect(x, y, x+20, y+20), 1)
		}
	}
	got := inkBeside(g, &tesseract.Page{}, 1)
	if len(got) != mostRegions || !slices.IsSortedFunc(got, func(a, b Region) int { return a.Box[1] - b.Box[1] }) {
		t.Errorf("%d regions", len(got))
	}
	for _, size := range []image.Point{{1, 1}, {1, 5000}, {5000, 1}} {
		g := &picture.Gray{Width: size.X, Height: size.Y, Pix: make([]byte, size.X*size.Y)}
		if got := inkBeside(g, wordsAt(tesseract.Box{0, 0, size.X, size.Y}), 1); len(got) != 0 {
			t.Errorf("%v: %+v", size, got)
		}
	}
}

func TestHopelessLinesAreLeftOut(t *testing.T) {
	page := pageWith(0.9, "good", "words")
	bad := pageWith(0.05, "~|", "\"")
	bad.Blocks[0].Paragraphs[0].Lines[0].Box = tesseract.Box{0, 40, 180, 60}
	mixed := pageWith(0.9, "good")
	mixed.Blocks[0].Paragraphs[0].Lines[0].Words[0].Confidence = 0.2
	page.Blocks = append(page.Blocks, bad.Blocks[0], mixed.Blocks[0])
	boxes := leaveOut(page)
	if got := page.Text(); got != "good words\n\ngood\n" || len(page.Blocks) != 2 || !slices.Equal(boxes, []tesseract.Box{{0, 40, 180, 60}}) {
		t.Errorf("%q, %v", got, boxes)
	}
}
