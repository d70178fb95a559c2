package layout

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"dpp/internal/document/tesseract"
)

// sheet is a page as lines, with what is common to them.
type sheet struct {
	lines []line
	// em is the size of the page's text, in pixels: that of most of its characters.
	em float64
	// tight: boxes are those of letters, so that "mm" is lower than "My".
	tight bool
	// bold: most of the page is, so that it says nothing of a line.
	bold bool
	// hyphened are the page's words that have a hyphen inside.
	hyphened map[string]bool
	effort   int // that was made for tables
}

// line is a line of a page.
type line struct {
	words     []tesseract.Word
	box       tesseract.Box
	paragraph int     // its number
	em        float64 // size of its letters, in pixels
	chars     int
	bold      bool // all of its words
	cells     []cell
}

func newSheet(page *tesseract.Page, dpi int) *sheet {
	s := &sheet{hyphened: map[string]bool{}}
	paragraph := 0
	for _, block := range joinColumns(page.Blocks) {
		for _, p := range block.Paragraphs {
			paragraph++
			for _, l := range p.Lines {
				if len(l.Words) > 0 {
					s.lines = append(s.lines, line{words: l.Words, box: around(l.Words), paragraph: paragraph})
				}
			}
		}
	}
	s.tight = s.isTight()
	bold, chars := 0, 0
	for i := range s.lines {
		l := &s.lines[i]
		l.bold = !slices.ContainsFunc(l.words, func(w tesseract.Word) bool { return !w.Bold })
		if l.em = told(l.words, dpi); l.em == 0 {
			l.em = s.emOf(l.words)
		}
		l.cells = l.pieces()
		for _, word := range l.words {
			l.chars += utf8.RuneCountInString(word.Text)
			s.remember(word.Text)
		}
		if chars += l.chars; l.bold {
			bold += l.chars
		}
	}
	s.em, s.bold = s.body(), 2*bold > chars
	return s
}

// body is the size that half of the characters do not pass.
func (s *sheet) body() float64 {
	sorted := slices.Clone(s.lines)
	slices.SortStableFunc(sorted, func(a, b line) int { return compare(a.em, b.em) })
	all, count := 0, 0
	for _, l := range sorted {
		all += l.chars
	}
	for _, l := range sorted {
		if count += l.chars; 2*count >= all {
			return l.em
		}
	}
	return 1
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// level is that of a heading in letters of a line's size; 0: it is the size of text.
func (s *sheet) level(l line) int {
	const huge, large, larger = 1.8, 1.45, 1.2 // times the text's size
	const same = 0.95
	switch ratio := l.em / s.em; {
	case ratio >= huge:
		return 1
	case ratio >= large:
		return 2
	case ratio >= larger, ratio >= same && l.bold && !s.bold:
		return 3
	default:
		return 0
	}
}

// Parts of a font's size that letters take, as most fonts have them.
const (
	xHeight, ascender, descender = 0.52, 0.73, 0.21
	squareHeight                 = 0.88 // of syllables and ideographs
)

// shape tells how much of its size a word takes above and below the line; above is 0 for
// what has no letters or digits, which says nothing.
func shape(text string) (above, below float64) {
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
			return squareHeight, 0
		case unicode.IsDigit(r), unicode.IsUpper(r), unicode.IsLetter(r) && !isSmall(r):
			above = ascender
		case unicode.IsLetter(r):
			above = max(above, xHeight)
		}
		switch r {
		case 'g', 'j', 'p', 'q', 'y', 'Q', '(', ')', '[', ']', '{', '}', '|', '/', '@', '$', ';', ',', 'ç', 'ş':
			below = descender
		}
	}
	return above, below
}

func isSmall(r rune) bool {
	switch r {
	case 'a', 'c', 'e', 'g', 'm', 'n', 'o', 'p', 'q', 'r', 's', 'u', 'v', 'w', 'x', 'y', 'z', 'ı', 'æ', 'œ':
		return true
	}
	return false
}

// isTight tells whether words with letters below the line have higher boxes.
func (s *sheet) isTight() bool {
	var flat, deep []float64
	for _, l := range s.lines {
		for _, word := range l.words {
			switch above, below := shape(word.Text); {
			case above != ascender:
			case below > 0:
				deep = append(deep, height(word.Box))
			default:
				flat = append(flat, height(word.Box))
			}
		}
	}
	const clearly = 1.1
	return len(flat) == 0 || len(deep) == 0 || median(deep) > clearly*median(flat)
}

// told is the size that a document says its letters have, in pixels; 0 where it does not.
func told(words []tesseract.Word, dpi int) float64 {
	const pointsPerInch = 72
	var all []float64
	for _, word := range words {
		if word.Size > 0 {
			all = append(all, word.Size)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return median(all) * float64(dpi) / pointsPerInch
}

// emOf is the size of a line's letters: the middle of what its words say.
func (s *sheet) emOf(words []tesseract.Word) float64 {
	var all []float64
	highest := 1.0
	for _, word := range words {
		highest = max(highest, height(word.Box))
		above, below := shape(word.Text)
		switch {
		case above == 0:
		case s.tight:
			all = append(all, height(word.Box)/(above+below))
		default:
			all = append(all, height(word.Box)/(ascender+descender))
		}
	}
	if len(all) == 0 {
		return highest
	}
	return max(median(all), 1)
}

func height(box tesseract.Box) float64 { return float64(box[3] - box[1]) }

// median is the lower one of an even number.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}

func around(words []tesseract.Word) tesseract.Box {
	box := words[0].Box
	for _, word := range words[1:] {
		include(&box, word.Box)
	}
	return box
}

func include(box *tesseract.Box, other tesseract.Box) {
	*box = tesseract.Box{min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])}
}
