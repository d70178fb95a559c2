package tesseract

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/document/picture"
)

const korean = `level	page_num	block_num	par_num	line_num	word_num	left	top	width	height	conf	text
1	1	0	0	0	0	0	0	600	200	-1	
2	1	1	0	0	0	10	10	500	90	-1	
3	1	1	1	0	0	10	10	500	40	-1	
4	1	1	1	1	0	10	10	500	40	-1	
5	1	1	1	1	1	10	10	90	40	90	주식회사
5	1	1	1	1	2	110	12	20	38	80	한
5	1	1	1	1	3	130	10	20	40	70	빛
5	1	1	1	1	4	160	10	50	40	101	PAY
3	1	1	2	0	0	10	60	500	40	-1	
4	1	1	2	1	0	10	60	500	40	-1	
5	1	1	2	1	1	10	60	90	40	-5	x
2	1	2	0	0	0	0	0	600	200	-1	
3	1	2	1	0	0	0	0	600	200	-1	
4	1	2	1	1	0	0	0	600	200	-1	
5	1	2	1	1	1	0	0	600	900	95	 
`

func small() *picture.Gray { return &picture.Gray{Width: 600, Height: 200} }

func TestSyllablesOfAWordAreOne(t *testing.T) {
	page, err := parse(korean, "주식회사 한빛 PAY\n\nx\n", small())
	if err != nil {
		t.Fatal(err)
	}
	want := []Word{
		{Text: "주식회사", Box: Box{10, 10, 100, 50}, Confidence: 0.9}, {Text: "한빛", Box: Box{110, 10, 150, 50}, Confidence: 0.75}, {Text: "PAY", Box: Box{160, 10, 210, 50}, Confidence: 1}, {Text: "x", Box: Box{10, 60, 100, 100}, Confidence: 0},
	}
	if got := page.Words(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := page.Text(); got != "주식회사 한빛 PAY\n\nx\n" {
		t.Errorf("got %q", got)
	}
	if len(page.Blocks) != 1 {
		t.Errorf("a block without words is kept: %+v", page.Blocks)
	}
	if got := page.Confidence(); got < 0.80 || got > 0.81 { // (4 × 0.9 + 2 × 0.75 + 3 × 1 + 1 × 0) / 10
		t.Errorf("confidence %v", got)
	}
}

func TestTablesThatMakeNoSense(t *testing.T) {
	for name, table := range map[string]string{
		"few columns":   "5\t1\t1\n",
		"no number":     "2\t1\tone\t0\t0\t0\t10\t10\t500\t90\t-1\t\n",
		"no level":      "6\t1\t1\t0\t0\t0\t10\t10\t500\t90\t-1\t\n",
		"no parent":     "5\t1\t1\t1\t1\t1\t10\t10\t90\t40\t90\tword\n",
		"a line alone":  "4\t1\t1\t1\t1\t0\t10\t10\t90\t40\t90\t\n",
		"no confidence": "2\t1\t1\t0\t0\t0\t0\t0\t9\t9\t-1\t\n3\t1\t1\t1\t0\t0\t0\t0\t9\t9\t-1\t\n4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\tNaN\tword\n",
		"a wide box":    "2\t1\t1\t0\t0\t0\t10\t10\t999999\t90\t-1\t\n",
		"endless":       strings.Repeat("\n", maxTable+1),
	} {
		if _, err := parse(table, "", small()); !errors.Is(err, ErrFailed) || strings.Contains(err.Error(), "word") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Mending moves no character: what changes is where words end.
func TestMendingKeepsEveryCharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`[a-c가나]{1,3}`), 1, 12).Draw(t, "words")
		spaced := rapid.SliceOfN(rapid.Bool(), len(texts), len(texts)).Draw(t, "spaces")
		line, running, want := Line{}, "", 0
		for i, text := range texts {
			line.Words = append(line.Words, Word{Text: text, Confidence: 0.5})
			if spaced[i] || i == 0 {
				running += " "
				want++
			}
			running += text
		}
		page := Page{Blocks: []Block{{Paragraphs: []Paragraph{{Lines: []Line{line}}}}}}
		page.mend(running)
		if got := page.Text(); strings.TrimSpace(got) != strings.TrimSpace(running) {
			t.Fatalf("got %q of %q", got, running)
		}
		if len(page.Words()) != want {
			t.Fatalf("%d words, want %d", len(page.Words()), want)
		}
	})
}

func TestTheTextStandsBehindTheTable(t *testing.T) {
	table, text := divide(korean + "주식회사 한빛 PAY\n\nx\n")
	if table != korean || text != "주식회사 한빛 PAY\n\nx\n" {
		t.Errorf("table %q, text %q", table, text)
	}
}

func TestLanguagesOfAListing(t *testing.T) {
	got := languagesIn("List of available languages in \"/usr/share/tessdata/\" (4):\nosd\nkor\nchi_sim_vert\nscript/Latin\neng\n")
	if want := []string{"chi_sim_vert", "eng", "kor", "osd"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(korean, "주식회사 한빛 PAY\n\nx\n")
	f.Add("", "")
	f.Add("2\t1\t1\t0\t0\t0\t-5\t10\t500\t90\t-1\t\n3\t1\t1\t1\t0\t0\t0\t0\t9\t9\t-1\n", "text")
	f.Fuzz(func(t *testing.T, table, text string) {
		page, err := parse(table, text, small())
		if err != nil {
			if !errors.Is(err, ErrFailed) {
				t.Errorf("another error: %v", err)
			}
			return
		}
		checkClean(t, page)
	})
}

func checkClean(t *testing.T, page *Page) {
	t.Helper()
	g := small()
	for _, block := range page.Blocks {
		for _, paragraph := range block.Paragraphs {
			for _, line := range paragraph.Lines {
				for _, word := range line.Words {
					b := word.Box
					if word.Text == "" || word.Confidence < 0 || word.Confidence > 1 || b[0] < 0 || b[1] < 0 || b[0] > b[2] || b[1] > b[3] || b[2] > g.Width || b[3] > g.Height {
						t.Errorf("a word that cannot be: %+v", word)
					}
				}
				if len(line.Words) == 0 {
					t.Error("a line without words")
				}
			}
		}
	}
}

func TestCleaningHoldsAPageToItsPicture(t *testing.T) {
	page := &Page{Blocks: []Block{{Paragraphs: []Paragraph{{Lines: []Line{
		{Words: []Word{{Text: "far", Box: Box{-5, 900, 70_000, -1}, Confidence: 7}, {Text: "\x00", Box: Box{}, Confidence: 0}, {Text: " \u202eabc ", Box: Box{10, 10, 5, 5}, Confidence: -1}}},
		{},
	}}}}, {}}}
	page.Clean(600, 200)
	checkClean(t, page)
	if got := page.Words(); len(got) != 2 || len(page.Blocks) != 1 || len(page.Blocks[0].Paragraphs[0].Lines) != 1 {
		t.Errorf("got %+v", page)
	}
}
