package layout

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/document/tesseract"
)

// set is a line of a page in letters of a size in pixels, each as wide as half of it. Words
// stand where they stand in the text; tight boxes are those of letters.
type set struct {
	x, y, size int
	text       string
	bold       bool
}

const narrow = 0.5

func (s set) line() tesseract.Line {
	var l tesseract.Line
	at := 0
	for part := range strings.SplitSeq(s.text, " ") {
		width := len([]rune(part))
		if part != "" {
			above, below := shape(part)
			if above == 0 {
				above = xHeight
			}
			px := func(chars int) int { return s.x + int(float64(chars*s.size)*narrow) }
			l.Words = append(l.Words, tesseract.Word{Text: part, Confidence: 1, Bold: s.bold, Box: tesseract.Box{
				px(at), s.y - int(above*float64(s.size)), px(at + width), s.y + int(below*float64(s.size)),
			}})
		}
		at += width + 1
	}
	l.Box = around(l.Words)
	return l
}

// paragraph is one of lines below each other.
func paragraph(x, y, size int, texts ...string) tesseract.Paragraph {
	var p tesseract.Paragraph
	for i, text := range texts {
		p.Lines = append(p.Lines, set{x: x, y: y + i*size*14/10, size: size, text: text}.line())
	}
	p.Box = p.Lines[0].Box
	for _, l := range p.Lines {
		include(&p.Box, l.Box)
	}
	return p
}

func block(paragraphs ...tesseract.Paragraph) tesseract.Block {
	b := tesseract.Block{Paragraphs: paragraphs, Box: paragraphs[0].Box}
	for _, p := range paragraphs {
		include(&b.Box, p.Box)
	}
	return b
}

func pageOf(blocks ...tesseract.Block) *tesseract.Page { return &tesseract.Page{Blocks: blocks} }

const (
	full  = "The quick brown fox jumps over the lazy dog and goes on"
	other = "through the forest until it is tired, where it sleeps a bit"
)

func TestMarkdown(t *testing.T) {
	for name, c := range map[string]struct {
		page *tesseract.Page
		want string
	}{
		"nothing":              {pageOf(), ""},
		"lines of a paragraph": {pageOf(block(paragraph(100, 100, 30, full, other, "and wakes."))), full + " " + other + " and wakes.\n"},
		"lines that end before": {
			pageOf(block(paragraph(100, 100, 30, "Northwind Trading", "14 Harbour Street", "Bristol")), block(paragraph(100, 400, 30, full))),
			"Northwind Trading\\\n14 Harbour Street\\\nBristol\n\n" + full + "\n",
		},
		"a paragraph that the engine divided": {
			pageOf(block(paragraph(100, 100, 30, full), paragraph(100, 142, 30, other+"."))), full + " " + other + ".\n",
		},
		"two paragraphs": {
			pageOf(block(paragraph(100, 100, 30, full+"."), paragraph(100, 142, 30, other+"."))), full + ".\n\n" + other + ".\n",
		},
		"headings": {
			pageOf(block(paragraph(100, 100, 60, "A large title")), block(paragraph(100, 200, 46, "A smaller one")), block(paragraph(100, 300, 38, "The least")),
				block(paragraph(100, 400, 30, full, other))),
			"# A large title\n\n## A smaller one\n\n### The least\n\n" + full + " " + other + "\n",
		},
		"a heading in the block of its text": {
			pageOf(block(tesseract.Paragraph{Lines: append(paragraph(100, 100, 46, "Small cares").Lines, paragraph(100, 150, 30, full, other).Lines...)})),
			"## Small cares\n\n" + full + " " + other + "\n",
		},
		"small letters are no smaller type": {
			pageOf(block(paragraph(100, 100, 30, full, other)), block(paragraph(100, 250, 30, "a sea wave")), block(paragraph(100, 320, 30, "MUCH ADO"))),
			full + " " + other + "\n\na sea wave\n\nMUCH ADO\n",
		},
		"a sentence is no heading": {
			pageOf(block(paragraph(100, 100, 60, "It was large.")), block(paragraph(100, 300, 30, full, other))), "It was large.\n\n" + full + " " + other + "\n",
		},
		"a word that was divided": {
			pageOf(block(paragraph(100, 100, 30, "The quick brown fox jumps over the lazy dog and sur-", "prises the others"))),
			"The quick brown fox jumps over the lazy dog and surprises the others\n",
		},
		"a word with a hyphen": {
			pageOf(block(paragraph(100, 100, 30, "A well-known fox jumps over the lazy dog that is well-", "known there"))),
			"A well-known fox jumps over the lazy dog that is well-known there\n",
		},
		"no space between ideographs": {
			pageOf(block(paragraph(100, 100, 30, strings.Repeat("漢字", 20), "日本語"))), strings.Repeat("漢字", 20) + "日本語\n",
		},
		"a list": {
			pageOf(block(paragraph(100, 100, 30, "• "+full, "and on", "• short", "• last")), block(paragraph(100, 400, 30, "1. first", "2. second")), block(paragraph(100, 500, 30, "a) one", "b) two"))),
			"- " + full + " and on\n- short\n- last\n1. first\n2. second\n- a) one\n- b) two\n",
		},
		"no list in a sentence": {
			pageOf(block(paragraph(100, 100, 30, full, "(b) "+other, "12. of March and other days"))), full + " (b) " + other + " 12. of March and other days\n",
		},
		"a table": {
			pageOf(block(paragraph(100, 100, 30,
				"Item                 Qty    Unit    Total",
				"Bearing 6204          12    3.45    41.40",
				"V-belt                 4    7.90    31.60",
				"Subtotal                            73.00"))),
			"| Item | Qty | Unit | Total |\n| --- | --- | --- | --- |\n| Bearing 6204 | 12 | 3.45 | 41.40 |\n| V-belt | 4 | 7.90 | 31.60 |\n| Subtotal |  |  | 73.00 |\n",
		},
		"a table whose columns are blocks": {
			pageOf(block(paragraph(100, 100, 30, "Item", "Bearing", "V-belt")), block(paragraph(800, 100, 30, "Total", "41.40", "31.60"))),
			"| Item | Total |\n| --- | --- |\n| Bearing | 41.40 |\n| V-belt | 31.60 |\n",
		},
		"columns of text are no table": {
			pageOf(block(paragraph(100, 100, 30, full, other, full)), block(paragraph(1100, 100, 30, other, full, other))),
			full + " " + other + " " + full + "\n\n" + other + " " + full + " " + other + "\n",
		},
		"two words apart are no table": {
			pageOf(block(paragraph(100, 100, 30, "Date: 14 May          Due: 13 June", "A line without any gaps at all in it"))),
			"Date: 14 May Due: 13 June A line without any gaps at all in it\n",
		},
		"what Markdown would misread": {
			pageOf(block(paragraph(100, 100, 30, "# 1 *a* _b_ c_d [e](f) <g> `h` i|j ~k & l\\")), block(paragraph(100, 200, 30, "- x")), block(paragraph(100, 300, 30, "1986.")), block(paragraph(100, 400, 30, "=== x")), block(paragraph(100, 500, 30, "+1"))),
			"\\# 1 \\*a\\* \\_b\\_ c_d \\[e\\](f) \\<g\\> \\`h\\` i\\|j \\~k \\& l\\\\\n\n- x\n\n1986\\.\n\n\\=== x\n\n\\+1\n",
		},
	} {
		if got := Markdown(Analyze(c.page, 0)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// Documents say how large their letters are and which are bold.
func TestLettersOfDocuments(t *testing.T) {
	size := func(b tesseract.Block, points float64, bold bool) tesseract.Block {
		for i := range b.Paragraphs[0].Lines {
			for k := range b.Paragraphs[0].Lines[i].Words {
				b.Paragraphs[0].Lines[i].Words[k].Size, b.Paragraphs[0].Lines[i].Words[k].Bold = points, bold
			}
		}
		return b
	}
	page := pageOf(size(block(paragraph(100, 100, 30, "As large as text")), 22, false), size(block(paragraph(100, 200, 30, "Bold words")), 11, true),
		size(block(paragraph(100, 300, 30, full, other)), 11, false))
	if got, want := Markdown(Analyze(page, 200)), "# As large as text\n\n### Bold words\n\n"+full+" "+other+"\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	bold := pageOf(size(block(paragraph(100, 100, 30, full)), 11, true), size(block(paragraph(100, 200, 30, other)), 11, true))
	if got, want := Markdown(Analyze(bold, 200)), full+"\n\n"+other+"\n"; got != want {
		t.Errorf("all bold: %s\nwant\n%s", got, want)
	}
}

func TestElementsHaveTheirPlaces(t *testing.T) {
	page := pageOf(block(paragraph(100, 100, 60, "A title")), block(paragraph(100, 200, 30, "Item      Qty    Unit", "Belt        4    7.90")), block(paragraph(100, 400, 30, "2. second")))
	all := Analyze(page, 0)
	if len(all) != 3 || all[0].Kind != Heading || all[0].Level != 1 || all[1].Kind != Table || all[2].Kind != ListItem || all[2].Marker != "2." {
		t.Fatalf("%+v", all)
	}
	if all[1].Text != "Item\tQty\tUnit\nBelt\t4\t7.90" || !slices.Equal(all[1].Rows[1], []string{"Belt", "4", "7.90"}) || all[2].Text != "second" {
		t.Errorf("%+v", all)
	}
	for _, e := range all {
		if e.Box != around(e.Words) {
			t.Errorf("%q is at %v, its words at %v", e.Text, e.Box, around(e.Words))
		}
	}
}

// drawPage makes any page, its words anywhere.
func drawPage(t *rapid.T) *tesseract.Page {
	word := rapid.Custom(func(t *rapid.T) tesseract.Word {
		x, y := rapid.IntRange(0, 900).Draw(t, "x"), rapid.IntRange(0, 900).Draw(t, "y")
		return tesseract.Word{
			Text: rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9*_|#.,()\[\]<>&~\\+-]{1,8}`), rapid.SampledFrom([]string{"-", "•", "1.", "a)", "감사", "漢字", "so-", "*", "|", "\\"})).Draw(t, "text"),
			Size: float64(rapid.IntRange(0, 3).Draw(t, "size") * 10), Bold: rapid.Bool().Draw(t, "bold"),
			Box: tesseract.Box{x, y, x + rapid.IntRange(0, 200).Draw(t, "wide"), y + rapid.IntRange(0, 60).Draw(t, "high")},
		}
	})
	line := rapid.Custom(func(t *rapid.T) tesseract.Line {
		words := rapid.SliceOfN(word, 1, 6).Draw(t, "words")
		return tesseract.Line{Words: words, Box: around(words)}
	})
	paragraph := rapid.Custom(func(t *rapid.T) tesseract.Paragraph {
		return tesseract.Paragraph{Lines: rapid.SliceOfN(line, 1, 4).Draw(t, "lines")}
	})
	return pageOf(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) tesseract.Block {
		b := tesseract.Block{Paragraphs: rapid.SliceOfN(paragraph, 1, 3).Draw(t, "paragraphs")}
		b.Box = b.Paragraphs[0].Lines[0].Box
		for _, p := range b.Paragraphs {
			for _, l := range p.Lines {
				include(&b.Box, l.Box)
			}
		}
		return b
	}), 0, 4).Draw(t, "blocks")...)
}

// Each word of a page is in one part, and its letters are in the Markdown: nothing is lost and
// nothing comes from elsewhere.
func TestEveryWordIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := drawPage(t)
		want := texts(page.Words())
		dpi := rapid.SampledFrom([]int{0, 200}).Draw(t, "dpi")
		elements := Analyze(page, dpi)
		var got []string
		for _, e := range elements {
			got = append(got, texts(e.Words)...)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("parts have %q, the page %q", got, want)
		}
		markdown := Markdown(elements)
		if again := Markdown(Analyze(page, dpi)); again != markdown {
			t.Fatalf("%q, and then %q", markdown, again)
		}
		if lost := missing(letters(strings.Join(want, "")), letters(markdown)); lost != "" {
			t.Fatalf("%q has no %q of %q", markdown, lost, want)
		}
	})
}

func texts(words []tesseract.Word) (all []string) {
	for _, word := range words {
		all = append(all, word.Text)
	}
	return all
}

// letters counts letters and digits, which no layout takes away.
func letters(text string) map[rune]int {
	count := map[rune]int{}
	for _, r := range text {
		if isWord(r) {
			count[r]++
		}
	}
	return count
}

func missing(want, got map[rune]int) string {
	var b strings.Builder
	for r, n := range want {
		if got[r] < n {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// What is escaped reads as it was, and begins nothing.
func TestEscapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z0-9*_|#.,()\[\]<>&~\\+= -]{0,20}`).Draw(t, "text")
		written := atStart(escape(text))
		var b strings.Builder
		escaped := false
		for _, r := range written {
			if r == '\\' && !escaped {
				escaped = true
				continue
			}
			if !escaped && strings.ContainsRune("`*[]<>|~&", r) {
				t.Fatalf("%q has a bare %q", written, r)
			}
			escaped = false
			b.WriteRune(r)
		}
		if b.String() != text || starts.MatchString(written) {
			t.Fatalf("%q is written %q", text, written)
		}
	})
}
