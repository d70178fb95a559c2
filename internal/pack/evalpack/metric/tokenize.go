package metric

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A tokenizer appends the words of a text to into. It belongs to one metric: it keeps
// what it works with for the next text.
type tokenizer interface {
	words(into []string, text string) []string
}

// newTokenizer gives the tokenizer of sacrebleu with the name (Post, A Call for Clarity in
// Reporting BLEU Scores, 2018). What they do is theirs to the letter, oddities included:
// other words are another metric. None of them brings a text into a Unicode normal form.
func newTokenizer(name string) tokenizer {
	switch name {
	case "none":
		return plain{}
	case "char":
		return characters{}
	case "intl":
		return &international{}
	case "zh":
		return &chinese{}
	default:
		return &mteval{}
	}
}

// plain splits at white space.
type plain struct{}

func (plain) words(into []string, text string) []string { return fields(into, text) }

// characters makes a word of each code point that is no white space.
type characters struct{}

func (characters) words(into []string, text string) []string {
	for i, r := range text {
		if !isSpace(r) {
			into = append(into, text[i:i+width(text[i:])])
		}
	}
	return into
}

// width is how many bytes the first code point of a text takes.
func width(text string) int {
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// mteval is tokenizer 13a, that of the script mteval-v13a.pl of WMT: it knows Western
// punctuation and leaves a full stop or comma between digits alone.
type mteval struct{ western western }

func (m *mteval) words(into []string, text string) []string {
	text = strings.ReplaceAll(text, "<skipped>", "")
	text = strings.ReplaceAll(text, "-\n", "")
	text = strings.ReplaceAll(text, "\n", " ")
	if strings.Contains(text, "&") { // one after the other: &amp;lt; becomes <
		text = strings.ReplaceAll(text, "&quot;", `"`)
		text = strings.ReplaceAll(text, "&amp;", "&")
		text = strings.ReplaceAll(text, "&lt;", "<")
		text = strings.ReplaceAll(text, "&gt;", ">")
	}
	m.western.start()
	m.western.from = append(m.western.from, ' ')
	m.western.from = append(m.western.from, text...)
	m.western.from = append(m.western.from, ' ')
	return m.western.words(into)
}

// western sets punctuation off in four passes over the bytes of a text, each of which sees
// what the one before it made, and reads on behind whatever it changed.
type western struct{ from, to []byte }

func (w *western) start() { w.from = w.from[:0] }

func (w *western) words(into []string) []string {
	w.pass(w.symbol)
	w.pass(w.behind)
	w.pass(w.before)
	w.pass(w.dash)
	return fields(into, string(w.from))
}

// pass lets step write what stands at each place of from, and say how much of from that was.
func (w *western) pass(step func(i int) int) {
	w.to = w.to[:0]
	for i := 0; i < len(w.from); {
		n := step(i)
		if n == 0 {
			w.to = append(w.to, w.from[i])
			n = 1
		}
		i += n
	}
	w.from, w.to = w.to, w.from
}

// symbol sets off ASCII punctuation but for the apostrophe, comma, dash and full stop.
func (w *western) symbol(i int) int {
	c := w.from[i]
	if !isPunctuation(rune(c)) || c == '\'' || ',' <= c && c <= '.' {
		return 0
	}
	w.to = append(w.to, ' ', c, ' ')
	return 1
}

// behind sets off a full stop or comma that follows what is no digit.
func (w *western) behind(i int) int {
	if i+1 >= len(w.from) || isDigit(w.from[i]) || !isPoint(w.from[i+1]) {
		return 0
	}
	w.to = append(w.to, w.from[i], ' ', w.from[i+1], ' ')
	return 2
}

// before sets off a full stop or comma that what is no digit follows.
func (w *western) before(i int) int {
	if i+1 >= len(w.from) || !isPoint(w.from[i]) || isDigit(w.from[i+1]) {
		return 0
	}
	w.to = append(w.to, ' ', w.from[i], ' ', w.from[i+1])
	return 2
}

// dash sets off a dash behind a digit.
func (w *western) dash(i int) int {
	if i+1 >= len(w.from) || !isDigit(w.from[i]) || w.from[i+1] != '-' {
		return 0
	}
	w.to = append(w.to, w.from[i], ' ', '-', ' ')
	return 2
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isPoint(c byte) bool { return c == '.' || c == ',' }

// chinese sets off each Chinese character and leaves the rest to the Western passes.
type chinese struct{ western western }

func (c *chinese) words(into []string, text string) []string {
	c.western.start()
	for _, r := range strings.TrimFunc(text, isSpace) {
		if isChinese(r) {
			c.western.from = append(c.western.from, ' ')
			c.western.from = utf8.AppendRune(c.western.from, r)
			c.western.from = append(c.western.from, ' ')
		} else {
			c.western.from = utf8.AppendRune(c.western.from, r)
		}
	}
	return c.western.words(into)
}

// isChinese repeats sacrebleu's ranges. Two of them were meant for what lies beyond the
// Basic Multilingual Plane, but are written so that they mean U+2001 to U+2A6D, which
// holds much that is not Chinese, while those characters beyond are not set off.
func isChinese(r rune) bool {
	switch {
	case 0x2001 <= r && r <= 0x2a6d, 0x2e80 <= r && r <= 0x2eff, 0x2f00 <= r && r <= 0x2fdf, 0x2ff0 <= r && r <= 0x303f,
		0x3100 <= r && r <= 0x312f, 0x31a0 <= r && r <= 0x31bf, 0x31c0 <= r && r <= 0x31ef, 0x3200 <= r && r <= 0x4db5,
		0x4e00 <= r && r <= 0x9fbb, 0xf900 <= r && r <= 0xfa2d, 0xfa30 <= r && r <= 0xfa6a, 0xfa70 <= r && r <= 0xfad9,
		0xfe10 <= r && r <= 0xfe1f, 0xfe30 <= r && r <= 0xfe4f, 0xff00 <= r && r <= 0xffef:
		return true
	default:
		return false
	}
}

// international is the tokenizer of mteval-v14.pl for any script: it sets off punctuation
// beside what is no number, and every symbol.
type international struct{ from, to []rune }

func (t *international) words(into []string, text string) []string {
	t.from = append(t.from[:0], []rune(text)...)
	t.pass(func(i int) int {
		if i+1 >= len(t.from) || unicode.IsNumber(t.from[i]) || !unicode.IsPunct(t.from[i+1]) {
			return 0
		}
		t.to = append(t.to, t.from[i], ' ', t.from[i+1], ' ')
		return 2
	})
	t.pass(func(i int) int {
		if i+1 >= len(t.from) || !unicode.IsPunct(t.from[i]) || unicode.IsNumber(t.from[i+1]) {
			return 0
		}
		t.to = append(t.to, ' ', t.from[i], ' ', t.from[i+1])
		return 2
	})
	t.pass(func(i int) int {
		if !unicode.IsSymbol(t.from[i]) {
			return 0
		}
		t.to = append(t.to, ' ', t.from[i], ' ')
		return 1
	})
	return fields(into, string(t.from))
}

func (t *international) pass(step func(i int) int) {
	t.to = t.to[:0]
	for i := 0; i < len(t.from); {
		n := step(i)
		if n == 0 {
			t.to = append(t.to, t.from[i])
			n = 1
		}
		i += n
	}
	t.from, t.to = t.to, t.from
}
