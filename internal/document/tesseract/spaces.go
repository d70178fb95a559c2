package tesseract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The engine takes the syllables of some scripts, Korean among them, for words, each
// with a box of its own. Whether there is a space between two of them only the running
// text says, and only with this variable set.
const (
	spacesVariable = "preserve_interword_spaces"
	spacesValue    = "1"
)

// lookAhead is how far, in bytes, a word may be from where it is looked for.
const lookAhead = 200

// mend makes one word of those between which the running text has no space.
func (p *Page) mend(text string) {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	for b := range p.Blocks {
		for i := range p.Blocks[b].Paragraphs {
			lines := p.Blocks[b].Paragraphs[i].Lines
			for l := range lines {
				lines[l].Words, text = mendLine(lines[l].Words, text)
			}
		}
	}
}

// mendLine returns the words of a line, and the text behind it.
func mendLine(words []Word, text string) ([]Word, string) {
	var mended []Word
	for _, word := range words {
		var spaced bool
		spaced, text = find(word.Text, text)
		if before := last(mended); before != nil && !spaced {
			before.append(word)
		} else {
			mended = append(mended, word)
		}
	}
	return mended, text
}

// find tells whether a word is behind a space of the text, or not there at all, and
// returns the text behind it.
func find(word, text string) (spaced bool, behind string) {
	trimmed := strings.TrimLeft(text, " ")
	if behind, ok := strings.CutPrefix(trimmed, word); ok {
		return len(trimmed) < len(text), behind
	}
	if i := strings.Index(trimmed[:min(len(trimmed), lookAhead)], word); i >= 0 {
		return true, trimmed[i+len(word):]
	}
	return true, text
}

// append puts another word behind this one, without a space.
func (w *Word) append(next Word) {
	n, m := float64(utf8.RuneCountInString(w.Text)), float64(utf8.RuneCountInString(next.Text))
	w.Confidence = (n*w.Confidence + m*next.Confidence) / (n + m)
	w.Text += next.Text
	w.Box.include(next.Box)
}
