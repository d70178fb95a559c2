package document

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"dpp/internal/document/layer"
	"dpp/internal/document/picture"
)

// FuzzLayers: whatever a child says of text layers, what comes out is what was asked for.
func FuzzLayers(f *testing.F) {
	f.Add([]byte(`{"outcome":"read","page_count":2,"pages":[{"number":1,"width":100,"height":50,"text":"one","judgement":{"verdict":"good","sound":1},"page":{"blocks":[{"paragraphs":[{"lines":[{"words":[{"text":"one","box":[1,2,3,4],"confidence":1,"size":12}]}]}]}]}}],"cut":"chars"}`), 5, true)
	f.Add([]byte(`{"outcome":"read","page_count":-2,"pages":[{"number":7},{"number":7},{"number":3,"rotation":45,"judgement":{"verdict":"so so","reason":"\u001b[2J","sound":-7}}],"cut":"nonsense"}`), 0, false)
	f.Fuzz(func(t *testing.T, body []byte, chars int, words bool) {
		asked, err := LayerOptions{Chars: chars, Words: words}.request(t.Context())
		var answer layerAnswer
		if err != nil || json.Unmarshal(body, &answer) != nil {
			return
		}
		l := answer.layers(asked)
		all, before := 0, 0
		for i := range l.Pages {
			p := &l.Pages[i]
			if p.Number <= before || !slices.Contains(asked.Pages, p.Number) {
				t.Fatalf("page %d after %d", p.Number, before)
			}
			before = p.Number
			all += utf8.RuneCountInString(p.Text)
			checkLayer(t, p, words)
		}
		if all > asked.Chars || l.PageCount < 0 {
			t.Fatalf("%d characters of %d pages, %d were asked for", all, l.PageCount, asked.Chars)
		}
	})
}

func checkLayer(t *testing.T, p *Layer, words bool) {
	t.Helper()
	if !utf8.ValidString(p.Text) || strings.ContainsFunc(p.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		t.Fatalf("%q", p.Text)
	}
	j := p.Judgement
	if j.Verdict != layer.Good && j.Verdict != layer.None && j.Verdict != layer.Garbage || !(j.Sound >= 0 && j.Sound <= 1) || len(j.Reason) > maxReason*utf8.UTFMax {
		t.Fatalf("%+v", j)
	}
	if p.Width < 0 || p.Height < 0 || p.Rotation%90 != 0 || (p.Page != nil) != words {
		t.Fatalf("%+v", p)
	}
	if p.Page == nil {
		return
	}
	for _, w := range p.Page.Words() {
		b := w.Box
		if w.Text == "" || w.Confidence < 0 || w.Confidence > 1 || w.Size < 0 || b[0] < 0 || b[1] < 0 || b[0] > b[2] || b[1] > b[3] || b[2] > p.Width || b[3] > p.Height {
			t.Fatalf("%+v on %d times %d", w, p.Width, p.Height)
		}
	}
}

// FuzzPixels: whatever picture a child gives, it can be one.
func FuzzPixels(f *testing.F) {
	whole, err := withHead(pixelAnswer{Outcome: outcomeRead, Width: 2, Height: 3, DPI: 100}, make([]byte, 6))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:9])
	f.Add([]byte("\x00\x00\x00\x02{}"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		g, err := readPixels(body)
		if (g == nil) == (err == nil) {
			t.Fatalf("%v and %v", g, err)
		}
		if err == nil && (g.Check() != nil || g.DPI < 0 || g.DPI > picture.MaxDPI) {
			t.Fatalf("%d times %d at %d", g.Width, g.Height, g.DPI)
		}
	})
}

// FuzzImageJob: whatever file is to be shown, what a child answers can be read, and is no
// larger than was asked for.
func FuzzImageJob(f *testing.F) {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 9, 5))); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes(), 1, 4)
	f.Add(file.Bytes(), 0, 0)
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00"), 1, 100)
	f.Fuzz(func(t *testing.T, content []byte, page, side int) {
		if len(content) > 1<<16 {
			return
		}
		side = min(max(side, 1), 1<<12)
		line, err := json.Marshal(imageRequest{Page: max(page, 0), Side: side})
		if err != nil {
			t.Fatal(err)
		}
		body, err := doImage(append(append(line, '\n'), content...))
		if err != nil {
			t.Fatalf("an answer that is none: %v", err)
		}
		if page <= 0 {
			var answer layerAnswer
			if err := json.Unmarshal(body, &answer); err != nil || answer.Outcome == "" {
				t.Fatalf("%s, %v", body, err)
			}
			return
		}
		if g, err := readPixels(body); err == nil && max(g.Width, g.Height) > side {
			t.Fatalf("%d times %d, no side may have more than %d", g.Width, g.Height, side)
		}
	})
}

// A page is drawn as finely as was asked for, or as its pixels permit, and never larger.
func TestDrawingsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.Float64Range(1, MaxPageUnits).Draw(t, "width"), rapid.Float64Range(1, MaxPageUnits).Draw(t, "height")
		asked := rapid.IntRange(minDPI, maxDPI).Draw(t, "dpi")
		pixels := func(dpi int) (wide, high float64) {
			return math.Ceil(width * float64(dpi) / pointsPerInch), math.Ceil(height * float64(dpi) / pointsPerInch)
		}
		got := fit(width, height, asked, manyPixels)
		wide, high := pixels(got)
		if got < 1 || got > asked || wide*high > manyPixels || max(wide, high) > picture.MaxSide {
			t.Fatalf("%v times %v with %d is %v times %v", width, height, got, wide, high)
		}
		if wide, high = pixels(got + 2); got < asked-2 && wide*high <= manyPixels && max(wide, high) < picture.MaxSide {
			t.Fatalf("%v times %v could have more than %d", width, height, got)
		}
	})
}
