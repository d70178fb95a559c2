package metric

import (
	"strings"
	"unicode"
)

// rougeWords gives the words of a text as the package rouge_score does: runs of a to z and
// digits after small letters, of more than three characters stemmed where that is asked
// for. Of other scripts that leaves nothing; the tokenizer unicode knows them.
type rougeWords struct {
	lower   *lower
	stem    bool
	unicode bool
}

func (w *rougeWords) words(into []string, text string) []string {
	belongs, alone := isAlphanumeric, func(rune) bool { return false }
	if w.unicode {
		belongs, alone = isLetterOrMark, standsAlone
	}
	from := len(into)
	into = runs(into, w.lower.text(text), belongs, alone)
	if w.stem {
		for i, word := range into[from:] {
			if len(word) > 3 && strings.IndexFunc(word, func(r rune) bool { return !isAlphanumeric(r) }) < 0 {
				into[from+i] = porter(word)
			}
		}
	}
	return into
}

// runs appends the longest runs of characters that belong to words. One that stands alone
// is a word by itself.
func runs(into []string, text string, belongs, alone func(rune) bool) []string {
	start := -1
	for i, r := range text {
		single := alone(r)
		if start >= 0 && (single || !belongs(r)) {
			into = append(into, text[start:i])
			start = -1
		}
		if single {
			into = append(into, text[i:i+width(text[i:])])
		} else if start < 0 && belongs(r) {
			start = i
		}
	}
	if start >= 0 {
		into = append(into, text[start:])
	}
	return into
}

func isAlphanumeric(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' }

func isLetterOrMark(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }

// standsAlone tells which characters are words in scripts that set no spaces between these.
func standsAlone(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
