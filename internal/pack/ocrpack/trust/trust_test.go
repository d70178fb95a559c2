package trust_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack/ocrpack/trust"
)

func TestCurvesGoThroughTheirPoints(t *testing.T) {
	c := trust.Curve{{0.2, 0.1}, {0.6, 0.5}, {1, 0.5}}
	for x, want := range map[float64]float64{-1: 0.1, 0.2: 0.1, 0.4: 0.3, 0.6: 0.5, 0.8: 0.5, 2: 0.5} {
		if got := c.At(x); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %v it is %v, want %v", x, got, want)
		}
	}
}

func TestCurvesOfThisBuildRise(t *testing.T) {
	for name, c := range map[string]trust.Curve{"words": trust.WordCurve(), "pages": trust.PageCurve()} {
		for i, p := range c {
			if p.Y < 0 || p.Y > 1 || i > 0 && (p.X <= c[i-1].X || p.Y < c[i-1].Y) {
				t.Errorf("%s: %v", name, c)
			}
		}
		if c[0].X != 0 || c[len(c)-1].X != 1 {
			t.Errorf("%s: %v", name, c)
		}
	}
}

// More confidence and more ink in words never make a page worth less.
func TestTrustIsAShareAndRises(t *testing.T) {
	share := rapid.Float64Range(0, 1)
	rapid.Check(t, func(t *rapid.T) {
		raw, more := share.Draw(t, "raw"), share.Draw(t, "more")
		low, high := trust.Word(min(raw, more)), trust.Word(max(raw, more))
		if low < 0 || high > 1 || low > high {
			t.Fatalf("words: %v and %v", low, high)
		}
		words := rapid.SliceOfN(share, 0, 20).Draw(t, "words")
		a, b := share.Draw(t, "coverage"), share.Draw(t, "other")
		worse, better := trust.Page(words, min(a, b)), trust.Page(words, max(a, b))
		if worse < 0 || better > 1 || worse > better {
			t.Fatalf("pages: %v and %v", worse, better)
		}
		if len(words) == 0 {
			return
		}
		raised := append([]float64{}, words...)
		raised[0] = 1
		if trust.Page(raised, a) < trust.Page(words, a) {
			t.Fatalf("%v is worth less than %v", raised, words)
		}
	})
}

func TestLayers(t *testing.T) {
	if a, b, c := trust.Layer(1, false), trust.Layer(1, true), trust.Layer(0.5, true); a <= b || b <= c || a >= 1 {
		t.Errorf("%v, %v, %v", a, b, c)
	}
	if got := trust.Page(nil, 1); got != 1 {
		t.Errorf("a page without ink is worth %v", got)
	}
}
