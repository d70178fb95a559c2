// Package layout tells what the parts of a page are, headings, paragraphs, items of lists
// and tables, by nothing but where its words stand and how large they are, and writes
// them as Markdown. It is pure: the same page gives the same parts.
package layout

import (
	"strconv"
	"strings"

	"dpp/internal/document/tesseract"
)

// Kind is what a part of a page is.
type Kind string

// The kinds of parts.
const (
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	ListItem  Kind = "list_item"
	Table     Kind = "table"
)

// Element is a part of a page.
type Element struct {
	Kind Kind
	// Level is 1 to 3 for headings: how much larger than the page's text they are.
	Level int
	// Marker is what a list item begins with in Markdown: "-", or its number with a dot.
	Marker string
	// Text has a line's end where one was meant; of a table its cells, with a tab between
	// them, a line for each row.
	Text string
	// Rows are those of a table, all of the same length.
	Rows [][]string
	Box  tesseract.Box
	// Words are those of the page that are in it.
	Words []tesseract.Word
}

// Analyze returns the parts of a page in reading order. Each word is in exactly one. Boxes are
// in pixels, of which an inch has dpi; 0: nobody knows.
func Analyze(page *tesseract.Page, dpi int) []Element {
	s := newSheet(page, dpi)
	var all []Element
	for lines := s.lines; len(lines) > 0; {
		if table, n := s.table(lines); n > 0 {
			all, lines = append(all, table), lines[n:]
			continue
		}
		n := s.group(lines)
		all, lines = append(all, s.element(lines[:n])), lines[n:]
	}
	return all
}

// group tells how many lines belong together, from the first on.
func (s *sheet) group(lines []line) int {
	n := 1
	for n < len(lines) && s.continues(lines[:n], lines[n]) {
		if _, rows := s.table(lines[n:]); rows > 0 {
			break
		}
		n++
	}
	return n
}

// continues tells whether a line goes on with what is before it.
func (s *sheet) continues(before []line, next line) bool {
	last := before[len(before)-1]
	const farther = 1.9 // sizes of letters, from one lower edge to the next
	away := float64(next.box[3] - last.box[3])
	switch {
	case s.level(next) != s.level(last), away < 0, away > farther*max(next.em, last.em):
		return false
	case next.paragraph != last.paragraph && (ends(last.words, ".:!?。") || s.isShort(last, next)):
		return false
	case len(next.cells) > 1 && len(last.cells) > 1:
		return false // rows that are no table: each for itself
	default:
		return !s.begins(before, next)
	}
}

// begins tells whether a line is the next item of a list: behind a line that was not full, or
// behind an item of the same kind.
func (s *sheet) begins(before []line, next line) bool {
	mark, last := marks(next.words), before[len(before)-1]
	return mark != "" && (s.isShort(last, next) || next.paragraph != last.paragraph || follows(marks(before[0].words), mark))
}

// follows tells whether an item's mark may be the next one.
func follows(before, mark string) bool {
	if before == dash || mark == dash {
		return before == mark
	}
	a, err := strconv.Atoi(strings.TrimSuffix(before, "."))
	b, other := strconv.Atoi(strings.TrimSuffix(mark, "."))
	return err == nil && other == nil && b == a+1
}

// isShort tells whether a line ended before it was full: much shorter than others, so that
// the first word of the next one would have found room.
func (s *sheet) isShort(last, next line) bool {
	const full = 0.75 // of the way to the margin; text is not always set to it
	first, margin := next.words[0].Box, s.margin(last)
	return last.box[2]+first[2]-first[0] < margin &&
		float64(last.box[2]-last.box[0]) < full*float64(margin-last.box[0])
}

// margin is how far lines reach to the right: those of a line's paragraph, or where that has
// few, all that begin about where it does.
func (s *sheet) margin(l line) int {
	const few, about = 4, 3.0
	own, all, count := l.box[2], l.box[2], 0
	for _, other := range s.lines {
		if other.paragraph == l.paragraph {
			own = max(own, other.box[2])
			count++
		}
		if away := float64(other.box[0] - l.box[0]); away < about*s.em && away > -about*s.em {
			all = max(all, other.box[2])
		}
	}
	if count < few {
		return all
	}
	return own
}

func (s *sheet) element(lines []line) Element {
	e := Element{Kind: Paragraph, Box: lines[0].box}
	for _, l := range lines {
		e.Words = append(e.Words, l.words...)
		include(&e.Box, l.box)
	}
	if level := s.level(lines[0]); level > 0 && isTitle(lines) {
		e.Kind, e.Level = Heading, level
	} else if marker := marks(lines[0].words); marker != "" {
		e.Kind, e.Marker = ListItem, marker
		if bare(lines[0].words[0].Text) { // the marker says it all
			lines[0].words = lines[0].words[1:]
		}
	}
	e.Text = s.join(lines)
	return e
}

// isTitle tells whether so much text may be a heading.
func isTitle(lines []line) bool {
	const mostLines, mostChars = 3, 160
	chars := 0
	for _, l := range lines {
		chars += l.chars
	}
	return len(lines) <= mostLines && chars <= mostChars && chars > 1 && !ends(lines[len(lines)-1].words, ".,;:!?。")
}

// join makes one text of several lines, with a line's end only where one was meant. A word
// that was divided at the end of one is whole again, unless the page has it with a hyphen
// elsewhere.
func (s *sheet) join(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		for _, word := range l.words[:len(l.words)-1] {
			b.WriteString(word.Text)
			b.WriteByte(' ')
		}
		text := l.words[len(l.words)-1].Text
		if i == len(lines)-1 {
			b.WriteString(text)
			break
		}
		next := lines[i+1]
		if part, ok := s.divided(text, next.words); ok {
			b.WriteString(part)
			continue
		}
		b.WriteString(text)
		switch {
		case s.isShort(l, next):
			b.WriteByte('\n')
		case !unspaced(text, next.words):
			b.WriteByte(' ')
		}
	}
	return b.String()
}
