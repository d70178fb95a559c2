package metric

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// The published implementations of most metrics of texts are written in Python. What
// they take for white space and for a letter of a word, and how they make letters
// small, is repeated here, as it moves values.

// isSpace tells what Python's str.split and `\s` take for white space: U+001C to U+001F
// besides what Unicode does.
func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || '\t' <= r && r <= '\r' || 0x1c <= r && r <= 0x1f
	}
	return unicode.IsSpace(r)
}

// isWord tells what Python's `\w` takes for a letter of a word. Combining marks are none.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// isPunctuation tells what Python's string.punctuation holds: what ASCII can print and is
// neither letter, digit nor space.
func isPunctuation(r rune) bool {
	return '!' <= r && r <= '/' || ':' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
}

// fields appends the words between white space.
func fields(into []string, text string) []string {
	start := -1
	for i, r := range text {
		switch space := isSpace(r); {
		case space && start >= 0:
			into, start = append(into, text[start:i]), -1
		case !space && start < 0:
			start = i
		}
	}
	if start >= 0 {
		into = append(into, text[start:])
	}
	return into
}

// lower makes letters small by Unicode's full mapping, in which one may become two, and
// a sigma at the end of a word another one than within. It belongs to nobody else: a
// caser has a state.
type lower struct{ caser cases.Caser }

func newLower() *lower { return &lower{caser: cases.Lower(language.Und)} }

func (l *lower) text(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return l.caser.String(s)
		}
	}
	return strings.ToLower(s)
}
