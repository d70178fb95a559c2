// Package redact takes values out of texts, and gives values names that do not tell them.
package redact

import (
	"cmp"
	"slices"
	"strings"

	"dpp/internal/pack/compliancepack/needle"
)

// Span is what is taken out of a text: bytes Start to End, a value of a kind.
type Span struct {
	Kind       string
	Start, End int
	quoted     bool
}

// Format is how a text is written, which decides how a mask stands in it.
type Format uint8

const (
	// Text, and everything in which a mask may stand where a value stood.
	Text Format = iota
	// JSON: a mask in place of a number is put into quotes, so that the text remains JSON.
	JSON
)

// short is the length in bytes below which a value is taken out only where it was found: `::`
// stands in many texts, and is an address in few.
const short = 6

// Redact gives a text with masks in place of values. A value that was found once is taken out
// wherever else it stands, in whatever case, unless it has fewer than six bytes. Spans that lie
// outside of the text are ignored; two that overlap are masked as one, of the first one's kind.
// Everything else stays as it is.
func Redact(text string, spans []Span, f Format) string {
	all := merge(text, append(everywhere(text, merge(text, spans), bulk), spans...))
	if f == JSON {
		all = merge(text, wholeNumbers(text, all))
	}
	var b strings.Builder
	at := 0
	for _, s := range all {
		b.WriteString(text[at:s.Start])
		if mask := Mask(s.Kind); s.quoted {
			b.WriteString(`"` + mask + `"`)
		} else {
			b.WriteString(mask)
		}
		at = s.End
	}
	b.WriteString(text[at:])
	return b.String()
}

// bulk is how many bytes of values are looked for in one pass: the tables for these take some
// MiB, whatever stands in a text.
const bulk = 64 << 10

// everywhere finds the other places of values, size bytes of them in one pass.
func everywhere(text string, spans []Span, size int) (found []Span) {
	var values, kinds []string
	known := map[string]bool{}
	left := size
	pass := func() {
		if values == nil {
			return
		}
		set, is := needle.New(values), kinds
		set.Walk(text, func(word, start int) bool {
			found = append(found, Span{Kind: is[word], Start: start, End: start + set.Size(word)})
			return true
		})
		values, kinds, left = nil, nil, size
	}
	for _, s := range spans {
		value := text[s.Start:s.End]
		if len(value) < short || known[value] {
			continue
		}
		known[value] = true
		if values, kinds, left = append(values, value), append(kinds, s.Kind), left-len(value); left <= 0 {
			pass()
		}
	}
	pass()
	return found
}

// wholeNumbers widens spans outside of JSON strings to the whole number, which is then written
// as a string.
func wholeNumbers(text string, spans []Span) []Span {
	widened := slices.Clone(spans)
	inside, at := false, 0
	for i, s := range widened {
		for ; at < s.Start; at++ {
			switch text[at] {
			case '"':
				inside = !inside
			case '\\':
				if inside {
					at++
				}
			}
		}
		if inside || at != s.Start || !isNumeral(text[s.Start]) {
			continue
		}
		for s.Start > 0 && isNumeral(text[s.Start-1]) {
			s.Start--
		}
		for s.End < len(text) && isNumeral(text[s.End]) {
			s.End++
		}
		s.quoted = true
		widened[i] = s
	}
	return widened
}

func isNumeral(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// merge orders spans and joins those that overlap.
func merge(text string, spans []Span) []Span {
	ordered := slices.Clone(spans)
	slices.SortStableFunc(ordered, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var merged []Span
	for _, s := range ordered {
		last := len(merged) - 1
		switch {
		case s.Start < 0 || s.Start >= s.End || s.End > len(text):
		case last >= 0 && s.Start < merged[last].End:
			merged[last].End = max(merged[last].End, s.End)
			merged[last].quoted = merged[last].quoted || s.quoted
		default:
			merged = append(merged, s)
		}
	}
	return merged
}
