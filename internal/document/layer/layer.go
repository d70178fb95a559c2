// Package layer makes of the characters that a PDF page draws what an OCR engine makes of
// a picture: words with boxes in lines, paragraphs and blocks. And it judges whether those
// characters are the page's text, or only look like it to a program. It is pure.
package layer

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf16"

	"dpp/internal/document/tesseract"
)

// Char is a character of a page, in the order in which the page draws them. Those that the
// parser put between others, spaces and ends of lines, have no box.
type Char struct {
	Rune rune
	// Box is left, top, right, bottom in pixels from the top left of the page.
	Box [4]float64
	// Unmapped: the document does not say which character it is.
	Unmapped bool
	// Style is told of the first character of a word.
	Style *Style
}

// Style is how a word is drawn.
type Style struct {
	// Size is the font's, in points.
	Size float64
	Bold bool
	// Baseline is where the word stands, in pixels from the top of the page.
	Baseline float64
	// Invisible: it is not drawn, as the text that lies over a scan.
	Invisible bool
}

// hyphen stands where a word is divided at the end of a line.
const hyphen = 0xfffe

// Outside tells whether a character is drawn beside the page, where nobody sees it.
func (c *Char) Outside(width, height int) bool {
	if c.Box == ([4]float64{}) {
		return false
	}
	x, y := (c.Box[0]+c.Box[2])/2, (c.Box[1]+c.Box[3])/2
	return x < 0 || y < 0 || x > float64(width) || y > float64(height)
}

// Text is what the characters say, lines ended by \n. Words that were divided at the end
// of a line are whole.
func Text(chars []Char) string {
	var b strings.Builder
	for i := range chars {
		if r := chars[i].Rune; r != hyphen {
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// line is one that is being put together.
type line struct {
	words    []tesseract.Word
	box      tesseract.Box
	size     float64 // the largest of its words, in points
	baseline float64
}

// Arrange makes a page of a page's characters. pixels is how many of them a point has.
func Arrange(chars []Char, pixels float64) *tesseract.Page {
	var page tesseract.Page
	lines := linesOf(chars)
	pitch := usualPitch(lines, pixels)
	for i := range lines {
		l := &lines[i]
		switch {
		case i == 0 || apart(&lines[i-1], l, pixels, pitch):
			page.Blocks = append(page.Blocks, tesseract.Block{Paragraphs: []tesseract.Paragraph{{}}})
		case l.pitch(&lines[i-1], pixels) > pitch*paragraphPitch:
			block := last(page.Blocks)
			block.Paragraphs = append(block.Paragraphs, tesseract.Paragraph{})
		}
		paragraph := last(last(page.Blocks).Paragraphs)
		paragraph.Lines = append(paragraph.Lines, tesseract.Line{Words: l.words})
	}
	page.Map(func(b tesseract.Box) tesseract.Box { return b }) // boxes around boxes
	return &page
}

func last[T any](all []T) *T { return &all[len(all)-1] }

// linesOf divides characters into lines, and those into words.
func linesOf(chars []Char) []line {
	var lines []line
	var now line
	var word []Char
	endWord := func() {
		if w, style, ok := wordOf(word); ok {
			now.add(w, style)
		}
		word = word[:0]
	}
	for i := range chars {
		switch c := chars[i]; {
		case c.Rune == '\r' || c.Rune == '\n' || c.Rune == hyphen:
			if c.Rune == hyphen {
				c.Rune = '-'
				word = append(word, c)
			}
			if endWord(); len(now.words) > 0 {
				lines = append(lines, now)
			}
			now = line{}
		case unicode.IsSpace(c.Rune):
			endWord()
		default:
			word = append(word, c)
		}
	}
	if endWord(); len(now.words) > 0 {
		lines = append(lines, now)
	}
	return lines
}

// wordOf makes a word of its characters. What has no character that can be shown, or no
// place, is none.
func wordOf(chars []Char) (tesseract.Word, Style, bool) {
	var text strings.Builder
	var style Style
	var box [4]float64
	placed := false
	for i := range chars {
		c := &chars[i]
		if c.Style != nil && style == (Style{}) {
			style = *c.Style
		}
		if unicode.IsControl(c.Rune) || c.Rune == unicode.ReplacementChar || c.Rune&0xfffe == 0xfffe {
			continue
		}
		text.WriteRune(c.Rune)
		switch {
		case c.Box == [4]float64{}:
		case !placed:
			box, placed = c.Box, true
		default:
			box = [4]float64{min(box[0], c.Box[0]), min(box[1], c.Box[1]), max(box[2], c.Box[2]), max(box[3], c.Box[3])}
		}
	}
	w := tesseract.Word{
		Text: text.String(), Confidence: 1, Size: math.Round(style.Size*10) / 10, Bold: style.Bold,
		Box: tesseract.Box{int(math.Floor(box[0])), int(math.Floor(box[1])), int(math.Ceil(box[2])), int(math.Ceil(box[3]))},
	}
	return w, style, w.Text != "" && placed
}

func (l *line) add(w tesseract.Word, style Style) {
	if len(l.words) == 0 {
		l.box, l.baseline = w.Box, style.Baseline
	}
	l.words = append(l.words, w)
	l.size = max(l.size, style.Size)
	l.box = tesseract.Box{min(l.box[0], w.Box[0]), min(l.box[1], w.Box[1]), max(l.box[2], w.Box[2]), max(l.box[3], w.Box[3])}
}

// IsSpace tells whether a character stands between words.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r == hyphen }

// Surrogates is the character that two halves of UTF-16 stand for.
func Surrogates(high, low rune) (rune, bool) {
	r := utf16.DecodeRune(high, low)
	return r, r != unicode.ReplacementChar
}
