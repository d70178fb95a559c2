package tesseract_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
	"dpp/internal/document/tesseract"
)

// builtIn is compiled once for all tests; nil where the engine was not built in.
var builtIn = sync.OnceValue(func() *tesseract.WASM {
	engine, err := tesseract.NewWASM("")
	if err != nil {
		return nil
	}
	return engine
})

// engines are all that this machine has, by name.
func engines(t *testing.T) map[string]tesseract.Engine {
	t.Helper()
	program, err := tesseract.FindProgram(t.Context())
	if err != nil {
		t.Fatalf("%v; scripts/deps installs it", err)
	}
	all := map[string]tesseract.Engine{"installed": program}
	if engine := builtIn(); engine != nil {
		all["built in"] = engine
	} else {
		t.Log("the engine was not built in (make assets): it is not tested")
	}
	return all
}

func drawn(dpi int, lines ...string) *picture.Gray {
	page := picturetest.Page(dpi, lines...)
	return &picture.Gray{Width: page.Rect.Dx(), Height: page.Rect.Dy(), DPI: dpi, Pix: page.Pix}
}

func open(t *testing.T, engine tesseract.Engine, languages ...string) tesseract.Reader {
	t.Helper()
	reader, err := engine.Open(languages)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	})
	return reader
}

func TestEveryEngineReadsAPage(t *testing.T) {
	want := picturetest.Letter()
	g := drawn(300, want...)
	for name, engine := range engines(t) {
		reader := open(t, engine, "eng")
		for range 2 { // the first picture leaves nothing behind
			page, err := reader.Read(t.Context(), g, tesseract.SegBlock)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := strings.Fields(page.Text()); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s reads %q", name, page.Text())
			}
			if c := page.Confidence(); c < 0.85 || c > 1 {
				t.Errorf("%s is sure by %v", name, c)
			}
			checkBoxes(t, name, page, g)
		}
	}
}

// checkBoxes fails where a box is not around its words, or not where they were drawn.
func checkBoxes(t *testing.T, name string, page *tesseract.Page, g *picture.Gray) {
	t.Helper()
	const leading, margin, slack = 75, 150, 20 // pixels at 300 dpi
	n := 0
	for _, block := range page.Blocks {
		for _, paragraph := range block.Paragraphs {
			for _, line := range paragraph.Lines {
				top := margin + n*leading
				if b := line.Box; b[0] < margin-slack || b[1] < top-slack || b[2] > g.Width-margin+slack || b[3] > top+leading {
					t.Errorf("%s: line %d is at %v", name, n, b)
				}
				right := 0
				for _, word := range line.Words {
					b := word.Box
					if b[0] < right || b[1] < line.Box[1] || b[2] > line.Box[2] || b[3] > line.Box[3] || b[2] <= b[0] || b[3] <= b[1] {
						t.Errorf("%s: a word of line %d %v is at %v", name, n, line.Box, b)
					}
					right = b[2]
				}
				n++
			}
		}
	}
	if n != len(picturetest.Letter()) {
		t.Errorf("%s finds %d lines", name, n)
	}
}

// One column beside another is read after it, and not across.
func TestSegmentationIsHeard(t *testing.T) {
	text := picturetest.Letter()
	left, right := drawn(300, append(text[:3:3], text[:3]...)...), drawn(300, append(text[3:], text[3:]...)...)
	right.Height, right.Pix = left.Height, append(right.Pix, bytes.Repeat([]byte{255}, right.Width*(left.Height-right.Height))...)
	both := &picture.Gray{Width: left.Width + right.Width, Height: left.Height, DPI: 300}
	for y := range left.Height {
		both.Pix = append(append(both.Pix, left.Pix[y*left.Width:(y+1)*left.Width]...), right.Pix[y*right.Width:(y+1)*right.Width]...)
	}
	for name, engine := range engines(t) {
		reader := open(t, engine, "eng")
		for seg, want := range map[tesseract.Segmentation]string{
			tesseract.SegAuto:  text[0] + " " + text[1],
			tesseract.SegBlock: text[0] + " " + text[3],
		} {
			page, err := reader.Read(t.Context(), both, seg)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := strings.Join(strings.Fields(page.Text()), " "); !strings.HasPrefix(got, want) {
				t.Errorf("%s reads by mode %d: %q", name, seg, got)
			}
		}
	}
}

func TestAnEmptyPageHasNoText(t *testing.T) {
	for name, engine := range engines(t) {
		page, err := open(t, engine, "eng").Read(t.Context(), drawn(150, "", "", ""), tesseract.SegAuto)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if page.Text() != "" || page.Confidence() != 0 || len(page.Blocks) > 0 {
			t.Errorf("%s reads %+v", name, page)
		}
	}
}

func TestPicturesThatCannotBeRead(t *testing.T) {
	for name, engine := range engines(t) {
		reader := open(t, engine, "eng")
		for want, g := range map[error]*picture.Gray{
			picture.ErrDamaged:  {Width: 10, Height: 10, Pix: make([]byte, 99)},
			picture.ErrTooLarge: {Width: picture.MaxSide + 1, Height: 1, Pix: make([]byte, picture.MaxSide+1)},
		} {
			if _, err := reader.Read(t.Context(), g, tesseract.SegAuto); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
		// Of one pixel there is nothing to be read, and no harm done.
		if page, err := reader.Read(t.Context(), &picture.Gray{Width: 1, Height: 1, Pix: []byte{0}}, tesseract.SegAuto); err == nil && page.Text() != "" {
			t.Errorf("%s reads %q in one pixel", name, page.Text())
		}
	}
}

func TestLanguagesThatAreNot(t *testing.T) {
	for name, engine := range engines(t) {
		if !strings.Contains(strings.Join(engine.Languages(), " "), "eng") {
			t.Errorf("%s knows %q", name, engine.Languages())
		}
		for _, languages := range [][]string{
			nil, {""}, {"eng", "eng"}, {"xxx"}, {"../eng"}, {"/etc/passwd"}, {"eng+kor"}, {"-l"}, {"osd"}, {"eng", "a", "b", "c", "d", "e"},
		} {
			if _, err := engine.Open(languages); !errors.Is(err, tesseract.ErrLanguage) {
				t.Errorf("%s takes %q: %v", name, languages, err)
			}
		}
	}
}

func TestOrientationIsFound(t *testing.T) {
	program, err := tesseract.FindProgram(t.Context())
	if err != nil || !program.HasOrientation() {
		t.Fatalf("%v; scripts/deps installs it", err)
	}
	g := drawn(300, append(picturetest.Letter(), picturetest.Letter()...)...)
	for _, turned := range []int{0, 90, 180, 270} {
		degrees, certainty, err := program.Orientation(t.Context(), g.Turn(turned))
		if err != nil || degrees != (360-turned)%360 || certainty < 2 {
			t.Errorf("turned by %d: back by %d with certainty %v, %v", turned, degrees, certainty, err)
		}
	}
	if _, _, err := program.Orientation(t.Context(), drawn(100, "")); !errors.Is(err, tesseract.ErrFailed) {
		t.Errorf("of an empty page: %v", err)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	program, err := tesseract.FindProgram(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, program, "eng").Read(ctx, drawn(100, "text"), tesseract.SegAuto); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
