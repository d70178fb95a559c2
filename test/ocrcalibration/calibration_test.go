package main

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
	"dpp/internal/number"
	"dpp/internal/pack/ocrpack/trust"
	"dpp/test/figures"
)

func TestWordsAreFoundOnceEach(t *testing.T) {
	got := matched(wordsOf("the end is the end"), wordsOf("end the\nthe the beginning"))
	if want := []bool{true, true, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What follows a curve gives that curve.
func TestFitFindsTheCurve(t *testing.T) {
	want := trust.Curve{{X: 0, Y: 0.1}, {X: 0.5, Y: 0.3}, {X: 1, Y: 0.9}}
	var all []observation
	from := rand.New(rand.NewPCG(number.Stream(1, 1)))
	for range 20_000 {
		o := observation{said: from.Float64()}
		if from.Float64() < want.At(o.said) {
			o.right = 1
		}
		all = append(all, o)
	}
	got := fit(places(want), all)
	for i, p := range got {
		if math.Abs(p.Y-want[i].Y) > 0.02 || p.X != want[i].X {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestCurvesRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0, 1)
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) observation {
			return observation{share.Draw(t, "said"), share.Draw(t, "right")}
		}), 0, 50).Draw(t, "observations")
		curve := fit([]float64{0, 0.2, 0.5, 0.9, 1}, all)
		for i, p := range curve {
			if p.Y < 0 || p.Y > surest || i > 0 && p.Y < curve[i-1].Y {
				t.Fatalf("%v", curve)
			}
		}
	})
}

// readings are pages of which each word is right as often as its confidence says.
func readings() (all []sample) {
	from := rand.New(rand.NewPCG(number.Stream(1, 2)))
	for _, page := range []string{"a", "b", "c"} {
		for range 40 {
			s := sample{Page: page, Coverage: 1}
			good := from.Float64()
			for range 50 {
				w := reading{Confidence: min(max(good+from.NormFloat64()/10, 0), 1)}
				w.Right = from.Float64() < w.Confidence
				s.Words = append(s.Words, w)
			}
			s.Truth = len(s.Words)
			all = append(all, s)
		}
	}
	return all
}

func TestWhatIsSaidComesTrue(t *testing.T) {
	words, pages := crossed(readings())
	if len(words) != 6_000 || len(pages) != 120 {
		t.Fatalf("%d words, %d pages", len(words), len(pages))
	}
	for _, all := range [][]observation{words, pages} {
		for low := 0.0; low < 1; low += 0.25 {
			var said, right, n float64
			for _, o := range all {
				if o.said >= low && o.said < low+0.25 {
					said, right, n = said+o.said, right+o.right, n+1
				}
			}
			if n > 20 && math.Abs(said-right)/n > 0.06 {
				t.Errorf("from %v on %v say %.3f and %.3f are right", low, n, said/n, right/n)
			}
		}
	}
	if text := report(readings()); !strings.Contains(text, "| Pages that say |") || text != report(readings()) {
		t.Errorf("%s", text)
	}
	if text := constants(readings()); !strings.Contains(text, "WordCurve: 0 → ") || !strings.Contains(text, "PageCurve: 0 → ") {
		t.Errorf("%s", text)
	}
}

// Pages are made worse in the same way each time, and stay pages.
func TestWaysAreReproducible(t *testing.T) {
	m := picturetest.Page(150, "Some text")
	g := &picture.Gray{Width: m.Rect.Dx(), Height: m.Rect.Dy(), DPI: 150, Pix: m.Pix}
	names := map[string]bool{}
	for _, w := range ways() {
		first, err := w.do(g)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.do(g)
		if err != nil || !slices.Equal(first.Pix, again.Pix) || first.Check() != nil || first.DPI <= 0 || names[w.name] {
			t.Errorf("%s: %v", w.name, err)
		}
		if changed := !slices.Equal(first.Pix, g.Pix); changed != (w.name != "as it is") {
			t.Errorf("%s changes the page: %v", w.name, changed)
		}
		names[w.name] = true
	}
}

// Where the diagram goes is there, and holds it in the form that is written.
func TestThePageHasTheDiagram(t *testing.T) {
	page, err := os.ReadFile("../../docs/packs/ocr.md")
	if err != nil {
		t.Fatal(err)
	}
	begin, end := figures.Marks(marks, writer)
	_, rest, ok := strings.Cut(string(page), begin)
	table, _, closed := strings.Cut(rest, end)
	if !ok || !closed || !strings.Contains(table, "| Words that say |") || !strings.Contains(table, "| Pages that say |") {
		t.Errorf("%q", table)
	}
}

func TestWithoutTheFolderNothingIsMeasured(t *testing.T) {
	var log strings.Builder
	if err := run(t.Context(), "", "", "", "", &log); err != nil || !strings.Contains(log.String(), "was not measured") {
		t.Errorf("%v %q", err, log.String())
	}
	if err := run(t.Context(), filepath.Join(t.TempDir(), "gone"), "", "", "", &log); err == nil {
		t.Error("a folder that is named and missing is no error")
	}
}
