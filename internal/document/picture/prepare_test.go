package picture

import (
	"bytes"
	"errors"
	"image"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/document/picturetest"
)

func page(dpi int) *Gray {
	m := picturetest.Page(dpi, picturetest.Letter()...)
	return &Gray{Width: m.Rect.Dx(), Height: m.Rect.Dy(), DPI: dpi, Pix: m.Pix}
}

func anyGray(t *rapid.T) *Gray {
	width, height := rapid.IntRange(1, 9).Draw(t, "width"), rapid.IntRange(1, 9).Draw(t, "height")
	return &Gray{Width: width, Height: height, DPI: 100, Pix: rapid.SliceOfN(rapid.Byte(), width*height, width*height).Draw(t, "pixels")}
}

func same(a, b *Gray) bool {
	return a.Width == b.Width && a.Height == b.Height && a.DPI == b.DPI && bytes.Equal(a.Pix, b.Pix)
}

func TestTurnsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGray(t)
		a, b := 90*rapid.IntRange(-4, 8).Draw(t, "first"), 90*rapid.IntRange(-4, 8).Draw(t, "second")
		if !same(g.Turn(a).Turn(b), g.Turn(a+b)) {
			t.Fatalf("%d and %d", a, b)
		}
		if !same(g.mirror().mirror(), g) || !same(g.mirror().Turn(a).mirror(), g.Turn(-a)) {
			t.Fatal("mirrors")
		}
		turned := g.Turn(90)
		if g.row(0)[0] != turned.row(0)[turned.Width-1] {
			t.Fatal("clockwise, the first pixel is at the upper right")
		}
	})
}

func TestSkewIsSeenAndTakenAway(t *testing.T) {
	straight := page(200)
	if skew := straight.Skew(); math.Abs(skew) > 0.1 {
		t.Errorf("a straight page falls by %v", skew)
	}
	for _, degrees := range []float64{-8, -3, -0.7, 0.7, 2, 5, 8} {
		skewed := straight.Straighten(-degrees)
		if got := skewed.Skew(); math.Abs(got-degrees) > 0.25 {
			t.Errorf("falls by %v: %v", degrees, got)
		}
		if got := skewed.Straighten(degrees).Skew(); math.Abs(got) > 0.1 {
			t.Errorf("after %v were taken away: %v", degrees, got)
		}
		x, y := skewed.Back(degrees, 100, 100)
		if bx, by := skewed.Back(-degrees, x, y); math.Abs(float64(bx-100)) > 2 || math.Abs(float64(by-100)) > 2 {
			t.Errorf("there and back is %d, %d", bx, by)
		}
	}
	if skew := (&Gray{Width: 500, Height: 500, Pix: bytes.Repeat([]byte{255}, 250_000)}).Skew(); skew != 0 {
		t.Errorf("an empty page falls by %v", skew)
	}
}

// shadowed is a page on which light falls from the left.
func shadowed(g *Gray) *Gray {
	dark := g.blank(g.Width, g.Height)
	for y := range g.Height {
		for x, shade := range g.row(y) {
			dark.row(y)[x] = byte(int(shade)*(g.Width-x)*4/5/g.Width + int(shade)/6)
		}
	}
	return dark
}

// wrong is the part of pixels that one shade puts on the other side than in a clean page.
func wrong(g, clean *Gray) float64 {
	ink, count := g.Otsu(), 0
	for i, shade := range g.Pix {
		if (shade <= ink) != (clean.Pix[i] < 128) {
			count++
		}
	}
	return float64(count) / float64(len(g.Pix))
}

func TestSauvolaSeesTextInTheShadow(t *testing.T) {
	clean := page(200)
	dark := shadowed(clean)
	if clean.Uneven() || !dark.Uneven() {
		t.Errorf("uneven: the clean page %v, the other one %v", clean.Uneven(), dark.Uneven())
	}
	without, with := wrong(dark, clean), wrong(dark.Sauvola(), clean)
	if without < 0.2 || with > 0.02 {
		t.Errorf("%.3f of the pixels are on the wrong side without, %.3f with", without, with)
	}
	if got := wrong(clean.Sauvola(), clean); got > 0.02 {
		t.Errorf("of a clean page %.3f are lost", got)
	}
}

func TestScalingKeepsWhatIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGray(t)
		large := g.Scale(3)
		if err := large.Check(); err != nil || large.Width != 3*g.Width || large.Height != 3*g.Height || large.DPI != 300 {
			t.Fatalf("%d times %d at %d: %v", large.Width, large.Height, large.DPI, err)
		}
		flat := &Gray{Width: g.Width, Height: g.Height, Pix: bytes.Repeat(g.Pix[:1], len(g.Pix))}
		for _, shade := range flat.Scale(2.5).Pix {
			if shade != flat.Pix[0] {
				t.Fatalf("%d became %d", flat.Pix[0], shade)
			}
		}
	})
	large := (&Gray{Width: 30_000, Height: 1_000, Pix: make([]byte, 30_000_000)}).Scale(4)
	if err := large.Check(); err != nil {
		t.Errorf("beyond its bounds: %v", err)
	}
}

func TestShrinkingIsTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGray(t)
		small := g.Shrink(rapid.Float64Range(0.01, 1.5).Draw(t, "factor"))
		if err := small.Check(); err != nil || small.Width > g.Width || small.Height > g.Height {
			t.Fatalf("%d times %d: %v", small.Width, small.Height, err)
		}
		for _, shade := range small.Pix {
			if shade < slices.Min(g.Pix) || shade > slices.Max(g.Pix) {
				t.Fatalf("%d comes from nowhere", shade)
			}
		}
	})
	half := (&Gray{Width: 4, Height: 2, DPI: 600, Pix: []byte{0, 100, 10, 10, 100, 200, 10, 10}}).Shrink(0.5)
	if half.Width != 2 || half.DPI != 300 || !bytes.Equal(half.Pix, []byte{100, 10}) {
		t.Errorf("got %+v", half)
	}
}

func TestInkIsCounted(t *testing.T) {
	g := page(100)
	ink := g.Ink()
	if share := float64(ink.Total) / float64(len(g.Pix)); share < 0.005 || share > 0.2 {
		t.Errorf("%.3f of a page is ink", share)
	}
	left, right := image.Rect(-5, -5, g.Width/2, g.Height+5), image.Rect(g.Width/2, 0, g.Width+5, g.Height)
	if ink.In(left)+ink.In(right) != ink.Total {
		t.Errorf("%d and %d are %d", ink.In(left), ink.In(right), ink.Total)
	}
	if n := ink.In(image.Rect(0, 0, g.Width, 20)); n != 0 {
		t.Errorf("%d pixels of ink in the margin", n)
	}
}

func TestChecks(t *testing.T) {
	for want, g := range map[error]*Gray{
		ErrDamaged:  {Width: 2, Height: 2, Pix: make([]byte, 3)},
		ErrTooLarge: {Width: 20_000, Height: 20_000},
		nil:         {Width: 2, Height: 2, Pix: make([]byte, 4)},
	} {
		if err := g.Check(); !errors.Is(err, want) {
			t.Errorf("%d times %d: %v", g.Width, g.Height, err)
		}
	}
	if err := (&Gray{}).Check(); !errors.Is(err, ErrDamaged) {
		t.Errorf("of nothing: %v", err)
	}
}

// However a page of text is turned, and a little more, its orientation is seen.
func TestOrientationIsSeen(t *testing.T) {
	for _, dpi := range []int{150, 300} {
		upright := page(dpi)
		for degrees := 0; degrees < 360; degrees += 90 {
			for _, skew := range []float64{0, -4, 4} {
				if got, want := upright.Straighten(skew).Turn(-degrees).Orientation(), degrees; got != want {
					t.Errorf("%d pixels an inch, turned by %d and %v: turn it by %d", dpi, -degrees, skew, got)
				}
			}
		}
	}
}

// A frame around text, and the rules of a table, do not look like lines of text.
func TestRulesAreNoText(t *testing.T) {
	framed := page(200)
	for y := range framed.Height {
		for x := 5; x < framed.Width; x += 60 {
			framed.row(y)[x], framed.row(y)[x-1], framed.row(y)[x-2] = 0, 0, 0
		}
	}
	if got := framed.Orientation(); got != 0 {
		t.Errorf("turn it by %d", got)
	}
}

// Where there is no text, nothing is turned; no picture is too small to be looked at.
func TestPicturesWithoutTextStayAsTheyAre(t *testing.T) {
	white := &Gray{Width: 700, Height: 500, Pix: bytes.Repeat([]byte{255}, 350_000)}
	if got := white.Orientation(); got != 0 {
		t.Errorf("an empty page: %d", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		if got := anyGray(t).Orientation(); got != 0 {
			t.Fatalf("a few pixels: %d", got)
		}
	})
}
