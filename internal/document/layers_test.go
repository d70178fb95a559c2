package document_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dpp/internal/document"
	"dpp/internal/document/layer"
	"dpp/internal/document/pdftest"
	"dpp/internal/document/tesseract"
)

func layers(t *testing.T, content []byte, opts document.LayerOptions) (*document.Layers, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return document.New(shared).Layers(ctx, content, opts)
}

// sheet writes a document of one page of this box, turned by its own rotation, with a
// picture where the content draws /X and Helvetica as F and in bold as B.
func sheet(mediaBox string, rotate int, content string) []byte {
	return pdftest.File("",
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[%s]/Rotate %d/Resources<</Font<</F 5 0 R/B 6 0 R>>/XObject<</X 7 0 R>>>>/Contents 4 0 R>>", mediaBox, rotate),
		pdftest.Stream("", content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
		pdftest.Stream("/Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8", "\x00\xff\xff\x00"),
	)
}

const letterBox = "0 0 612 792"

func TestWordsOfALayerHaveTheirPlaces(t *testing.T) {
	const content = "BT /B 24 Tf 72 700 Td (Big title) Tj ET BT /F 12 Tf 14 TL 72 660 Td (Some words) Tj T* (of text.) Tj ET BT /F 12 Tf 72 560 Td (Another block) Tj ET"
	// Where the title's first letter stands, at 72 pixels an inch, as the page is turned.
	for rotate, at := range map[int][2]int{0: {73, 75}, 90: {700, 73}, 180: {539, 717}, 270: {75, 539}} {
		got, err := layers(t, sheet(letterBox, rotate, content), document.LayerOptions{DPI: 72, Words: true})
		if err != nil || len(got.Pages) != 1 {
			t.Fatalf("turned by %d: %+v, %v", rotate, got, err)
		}
		l := got.Pages[0]
		wide, high := 612, 792
		if rotate%180 != 0 {
			wide, high = high, wide
		}
		if l.Width != wide || l.Height != high || l.Rotation != rotate || l.Number != 1 {
			t.Errorf("turned by %d: %d times %d, turned by %d", rotate, l.Width, l.Height, l.Rotation)
		}
		if l.Judgement.Verdict != layer.Good || l.Images || l.Blank {
			t.Errorf("turned by %d: %+v", rotate, l)
		}
		word := wordOf(l, "Big")
		if word.Size != 24 || !word.Bold || word.Confidence != 1 {
			t.Errorf("turned by %d: %+v", rotate, word)
		}
		const slack = 20
		if b := word.Box; at[0] < b[0]-slack || at[0] > b[2]+slack || at[1] < b[1]-slack || at[1] > b[3]+slack {
			t.Errorf("turned by %d: the title is at %v, want it near %v", rotate, b, at)
		}
		if small := wordOf(l, "block"); small.Bold || small.Size != 12 {
			t.Errorf("turned by %d: %+v", rotate, small)
		}
		if rotate != 0 {
			continue
		}
		if l.Text != "Big title\nSome words\nof text.\nAnother block" {
			t.Errorf("it says %q", l.Text)
		}
		if n := len(l.Page.Blocks); n != 3 {
			t.Errorf("%d blocks: %+v", n, l.Page)
		}
		if lines := l.Page.Blocks[1].Paragraphs[0].Lines; len(lines) != 2 {
			t.Errorf("%d lines in the second", len(lines))
		}
	}
}

func wordOf(l document.Layer, text string) tesseract.Word {
	for _, word := range l.Page.Words() {
		if word.Text == text {
			return word
		}
	}
	return tesseract.Word{}
}

// A page whose corner is elsewhere, and what stands beside it.
func TestWhatIsBesideThePageIsNotRead(t *testing.T) {
	got, err := layers(t, sheet("100 100 400 500", 0,
		"BT /F 12 Tf 110 480 Td (seen) Tj ET BT /F 12 Tf 10 480 Td (left) Tj ET BT /F 12 Tf 110 20 Td (below) Tj ET BT /F 12 Tf 110 900 Td (above) Tj ET"),
		document.LayerOptions{DPI: 72, Words: true})
	if err != nil {
		t.Fatal(err)
	}
	l := got.Pages[0]
	if l.Text != "seen" || len(l.Page.Words()) != 1 || l.Width != 300 || l.Height != 400 {
		t.Errorf("%+v", l)
	}
	if b := l.Page.Words()[0].Box; b[0] < 9 || b[0] > 12 || b[3] < 18 || b[3] > 24 {
		t.Errorf("it is at %v", b)
	}
}

func TestPagesAndLimitsOfLayers(t *testing.T) {
	many := make([]string, 30)
	for i := range many {
		many[i] = show(fmt.Sprintf("(Number %02d)", i+1))
	}
	content := pages("", "", many...)
	for name, c := range map[string]struct {
		opts document.LayerOptions
		want []int
		cut  document.Cut
	}{
		"all":           {document.LayerOptions{}, numbers(1, 30), document.CutNothing},
		"some":          {document.LayerOptions{Pages: []int{2, 7, 30, 31, 99}}, []int{2, 7, 30}, document.CutNothing},
		"none there":    {document.LayerOptions{Pages: []int{31}}, nil, document.CutNothing},
		"characters":    {document.LayerOptions{Pages: []int{3, 5, 9}, Chars: 18}, []int{3, 5}, document.CutChars},
		"within a page": {document.LayerOptions{Chars: 4}, []int{1}, document.CutChars},
		"time":          {document.LayerOptions{Time: 1}, nil, document.CutTime},
	} {
		got, err := layers(t, content, c.opts)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var found []int
		for _, l := range got.Pages {
			found = append(found, l.Number)
			if c.opts.Chars != 4 && l.Text != fmt.Sprintf("Number %02d", l.Number) || l.Page != nil {
				t.Errorf("%s: page %d says %q", name, l.Number, l.Text)
			}
		}
		if !slices.Equal(found, c.want) || got.Cut != c.cut || got.PageCount != 30 {
			t.Errorf("%s: pages %v of %d, cut %q", name, found, got.PageCount, got.Cut)
		}
	}
	much, err := layers(t, pages("", "", slices.Repeat([]string{show("(x)")}, 101)...), document.LayerOptions{})
	if err != nil || len(much.Pages) != 100 || much.PageCount != 101 || much.Cut != document.CutPages {
		t.Errorf("of 101 pages: %d, cut %q, %v", len(much.Pages), much.Cut, err)
	}
	for _, wrong := range [][]int{{0}, {-1}, {2, 1}, {3, 3}} {
		if got, err := layers(t, content, document.LayerOptions{Pages: wrong}); err == nil {
			t.Errorf("pages %v: %+v", wrong, got)
		}
	}
}

func numbers(from, to int) []int {
	var all []int
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func TestPagesThatCannotBe(t *testing.T) {
	large := sheet("0 0 35000 35000", 0, show("(Hello)"))
	got, err := layers(t, large, document.LayerOptions{Words: true})
	if err != nil || !got.Pages[0].TooLarge || !got.Pages[0].Unreadable || got.Pages[0].Text != "" {
		t.Errorf("%+v, %v", got, err)
	}
	d := document.New(shared)
	for name, c := range map[string]struct {
		content []byte
		page    int
		want    error
	}{
		"35,000 points":     {large, 1, document.ErrPageSize},
		"none":              {pdftest.File("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"), 1, document.ErrNoPages},
		"fewer":             {pages("", "", show("(one)")), 2, document.ErrNoPage},
		"page 0":            {pages("", "", show("(one)")), 0, document.ErrNoPage},
		"a text":            {[]byte("text"), 1, document.ErrDamaged},
		"needs a password":  {pages("/ID[<61><61>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<"+strings.Repeat("61", 32)+">/U<"+strings.Repeat("61", 32)+">>>", "", show("(s)")), 1, document.ErrEncrypted},
		"more than is read": {make([]byte, 33<<20), 1, document.ErrTooLarge},
	} {
		if _, err := d.Render(t.Context(), c.content, c.page, 100); !errors.Is(err, c.want) {
			t.Errorf("draw %s: %v, want %v", name, err, c.want)
		}
		if name == "35,000 points" || c.page != 1 {
			continue
		}
		if _, err := layers(t, c.content, document.LayerOptions{}); !errors.Is(err, c.want) {
			t.Errorf("read %s: %v, want %v", name, err, c.want)
		}
	}
}

func TestPagesAreDrawn(t *testing.T) {
	d := document.New(shared)
	content := "BT /F 24 Tf 72 700 Td (Hello) Tj ET"
	for rotate, words := range map[int]string{0: "Hello", 90: "Hello"} {
		source := sheet(letterBox, rotate, content)
		g, err := d.Render(t.Context(), source, 1, 100)
		if err != nil {
			t.Fatal(err)
		}
		l, err := layers(t, source, document.LayerOptions{DPI: 100, Words: true})
		if err != nil || l.Pages[0].Width != g.Width || l.Pages[0].Height != g.Height || g.DPI != 100 {
			t.Fatalf("drawn %d times %d at %d, %+v, %v", g.Width, g.Height, g.DPI, l, err)
		}
		box := l.Pages[0].Page.Words()[0].Box
		if ink := g.Ink(); ink.Total == 0 || ink.In(rectOf(box)) < ink.Total*9/10 {
			t.Errorf("turned by %d, %s is at %v, where there is no ink", rotate, words, box)
		}
	}
	// What is too large for its resolution is drawn coarser.
	g, err := d.Render(t.Context(), sheet("0 0 14400 14400", 0, show("(x)")), 1, 600)
	if err != nil || g.Width*g.Height > 16_000_000 || g.Width < 3_500 || g.DPI >= 36 {
		t.Errorf("%v, %v", g, err)
	}
}

func TestKoreanLayers(t *testing.T) {
	got, err := layers(t, korean("대한민국 헌법"), document.LayerOptions{Words: true})
	if err != nil || got.Pages[0].Text != "대한민국 헌법" || got.Pages[0].Judgement.Verdict != layer.Good {
		t.Fatalf("%+v, %v", got, err)
	}
	if words := got.Pages[0].Page.Words(); len(words) != 2 || words[1].Text != "헌법" || words[0].Box == (tesseract.Box{}) {
		t.Errorf("%+v", words)
	}
}
