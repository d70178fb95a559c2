package document_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
)

// letter is the text that the pages of these tests have, twice.
func letter() []string { return append(picturetest.Letter(), picturetest.Letter()...) }

func grayOf(m *image.Gray, dpi int) *picture.Gray {
	return &picture.Gray{Width: m.Rect.Dx(), Height: m.Rect.Dy(), DPI: dpi, Pix: m.Pix}
}

// rightly is the part of the letter's words that are there, each where it is wanted.
func rightly(r *document.Reading) float64 {
	got, want := strings.Fields(r.Page.Text()), strings.Fields(strings.Join(letter(), " "))
	right := 0
	for i := range min(len(got), len(want)) {
		if got[i] == want[i] {
			right++
		}
	}
	return float64(right) / float64(len(want))
}

// Each of these pages is read worse as it is, or with boxes that stand on end.
func TestPicturesAreHeldSoThatTheyCanBeRead(t *testing.T) {
	straight := grayOf(picturetest.Page(200, letter()...), 200)
	shadow := grayOf(picturetest.Page(200, letter()...), 200)
	for i, shade := range shadow.Pix {
		x := i % shadow.Width
		shadow.Pix[i] = byte(int(shade)*(shadow.Width-x)*4/5/shadow.Width + int(shade)/6)
	}
	for name, c := range map[string]struct {
		g        *picture.Gray
		rotation int
		skew     float64
	}{
		"upside down":     {straight.Turn(180), 180, 0},
		"on its left":     {straight.Turn(270), 90, 0},
		"on its right":    {straight.Turn(90), 270, 0},
		"skew":            {straight.Straighten(-7), 0, 7},
		"skew, on a side": {straight.Straighten(-4).Turn(90), 270, 4},
		"in the shadow":   {shadow, 0, 0},
	} {
		for _, program := range programs(t) {
			how := document.OCR{Program: program, Time: patience}
			got, err := document.New(opened).Picture(t.Context(), c.g, how)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if right := rightly(got); right < 0.95 {
				t.Errorf("%s, %v: %.2f of the words are right:\n%s", name, program, right, got.Page.Text())
			}
			if got.Rotation != c.rotation || math.Abs(got.Skew-c.skew) > 0.3 || got.Coverage < 0.9 {
				t.Errorf("%s, %v: turned by %d, skew %v, coverage %v", name, program, got.Rotation, got.Skew, got.Coverage)
			}
			upright := c.g.Turn(c.rotation)
			if got.Width != upright.Width || got.Height != upright.Height || got.DPI != 200 {
				t.Errorf("%s: %d times %d at %d", name, got.Width, got.Height, got.DPI)
			}
			checkInk(t, name, upright, got)
			how.Plain = true
			plain, err := document.New(opened).Picture(t.Context(), c.g, how)
			if err != nil {
				t.Fatal(err)
			}
			if without := rightly(plain); without >= rightly(got) && c.rotation%180 == 0 {
				t.Errorf("%s, %v: as it is %.2f of the words are right", name, program, without)
			}
			if plain.Rotation != 0 || plain.Skew != 0 || plain.Width != c.g.Width {
				t.Errorf("%s, as it is: %+v", name, plain)
			}
		}
	}
}

// checkInk fails where boxes do not stand on ink of the picture that was only turned, or
// are the same for many words.
func checkInk(t *testing.T, name string, upright *picture.Gray, r *document.Reading) {
	t.Helper()
	ink := upright.Ink()
	seen := map[image.Rectangle]bool{}
	for _, word := range r.Page.Words() {
		box := image.Rect(word.Box[0], word.Box[1], word.Box[2], word.Box[3])
		if seen[box] || ink.In(box) == 0 {
			t.Errorf("%s: %q is at %v", name, word.Text, box)
		}
		seen[box] = true
	}
}

func TestSmallPicturesAreMadeLarger(t *testing.T) {
	small := grayOf(picturetest.Page(75, letter()...), 75)
	for _, program := range programs(t) {
		how := document.OCR{Program: program, Time: patience}
		got, err := document.New(opened).Picture(t.Context(), small, how)
		if err != nil {
			t.Fatal(err)
		}
		how.Plain = true
		plain, err := document.New(opened).Picture(t.Context(), small, how)
		if err != nil {
			t.Fatal(err)
		}
		if right, without := rightly(got), rightly(plain); right < 0.9 || right <= without {
			t.Errorf("%v: %.2f of the words are right, %.2f as it is", program, right, without)
		}
		if got.Width != small.Width || got.DPI != 75 {
			t.Errorf("%d wide at %d", got.Width, got.DPI)
		}
		checkInk(t, "small", small, got)
	}
}

// A table whose columns stand far apart is taken for columns of text, of which the
// engine loses some.
func TestTheBetterSegmentationIsKept(t *testing.T) {
	gap := strings.Repeat(" ", 40)
	rows := []string{
		"Item" + gap + "Total", "Bearings" + gap + "41.40", "Belts" + gap + "31.60", "Bolts" + gap + "22.50", "Grease" + gap + "30.60", "Sum" + gap + "126.10",
	}
	for _, program := range programs(t) {
		got, err := document.New(opened).Picture(t.Context(), grayOf(picturetest.Page(300, rows...), 300), document.OCR{Program: program, Time: patience})
		if err != nil {
			t.Fatal(err)
		}
		for word := range strings.FieldsSeq(strings.Join(rows, " ")) {
			if !strings.Contains(got.Page.Text(), word) {
				t.Errorf("%v: %s is missing in mode %d, with coverage %v", program, word, got.Segmentation, got.Coverage)
			}
		}
	}
}

func TestImageFilesAreReadInAChild(t *testing.T) {
	m := picturetest.Page(200, letter()...)
	files := map[string]func(*bytes.Buffer) error{
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, m) },
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) },
		"tiff": func(b *bytes.Buffer) error { return tiff.Encode(b, m, nil) },
	}
	d, program := document.New(opened), programs(t)[0]
	how := document.OCR{Program: program, Time: patience}
	for name, encode := range files {
		var file bytes.Buffer
		if err := encode(&file); err != nil {
			t.Fatal(err)
		}
		got, err := d.Image(t.Context(), file.Bytes(), 1, how)
		if err != nil || rightly(got) < 0.98 || got.Width != m.Rect.Dx() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := d.Image(t.Context(), file.Bytes(), 2, how); !errors.Is(err, picture.ErrNoPage) {
			t.Errorf("page 2 of a %s: %v", name, err)
		}
		if _, err := d.Image(t.Context(), file.Bytes()[:file.Len()/2], 1, how); !errors.Is(err, picture.ErrDamaged) && !errors.Is(err, document.ErrDamaged) {
			t.Errorf("half a %s: %v", name, err)
		}
	}
	if _, err := d.Image(t.Context(), []byte("text"), 1, how); !errors.Is(err, picture.ErrFormat) {
		t.Errorf("text: %v", err)
	}
	if _, err := d.Image(t.Context(), nil, 0, how); !errors.Is(err, picture.ErrNoPage) {
		t.Errorf("page 0: %v", err)
	}
}
