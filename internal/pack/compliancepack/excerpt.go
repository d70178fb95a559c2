package compliancepack

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dpp/internal/pack/compliancepack/redact"
)

// around is how many bytes of the line are shown on each side of a finding.
const around = 60

// excerpt is the surroundings of a value in its line, with masks in place of this and every
// other value, and of every other word that looks as if it could hold one: digits, an address,
// a long word that is no word. What remains is what people write between values.
func excerpt(text string, spans []redact.Span, start, end int) string {
	from, to := lineAround(text, start, end)
	first, _ := slices.BinarySearchFunc(spans, from, func(s redact.Span, at int) int { return s.End - at - 1 })
	var b strings.Builder
	at := from
	for _, s := range spans[first:] {
		if s.Start >= to {
			break
		}
		if s.Start > at {
			b.WriteString(scrub(text[at:s.Start]))
		}
		b.WriteString(redact.Mask(s.Kind))
		at = max(at, s.End)
	}
	if at < to {
		b.WriteString(scrub(text[at:to]))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// lineAround are the bounds of what is shown: within the line, no further than around, and not
// in the middle of a word.
func lineAround(text string, start, end int) (from, to int) {
	from, to = max(0, start-around), min(len(text), end+around)
	if i := strings.LastIndexAny(text[from:start], "\n\r\f"); i >= 0 {
		from += i + 1
	} else if from > 0 {
		from = skipWord(text, from, start)
	}
	if i := strings.IndexAny(text[end:to], "\n\r\f"); i >= 0 {
		to = end + i
	} else if to < len(text) {
		to = end + max(0, strings.LastIndexFunc(text[end:to], unicode.IsSpace))
	}
	return from, to
}

// skipWord is where after an offset a word begins, else the limit.
func skipWord(text string, from, limit int) int {
	if i := strings.IndexFunc(text[from:limit], unicode.IsSpace); i >= 0 {
		return from + i
	}
	return limit
}

// hiddenWord stands for words that are not shown.
const hiddenWord = "XXXX"

// scrub hides words that may be values which nobody recognised.
func scrub(text string) string {
	var b strings.Builder
	for text != "" {
		size := strings.IndexFunc(text, parts)
		if size == 0 {
			r, n := utf8.DecodeRuneInString(text)
			b.WriteRune(r)
			text = text[n:]
			continue
		}
		if size < 0 {
			size = len(text)
		}
		if word := text[:size]; suspicious(word) {
			b.WriteString(hiddenWord)
		} else {
			b.WriteString(word)
		}
		text = text[size:]
	}
	return b.String()
}

// parts tells of characters between words.
func parts(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'<>{}[](),;=|`", r) }

func suspicious(word string) bool {
	digits := 0
	for _, r := range word {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits > 2 || strings.ContainsAny(word, "@\\&%") || len(word) > 24
}
