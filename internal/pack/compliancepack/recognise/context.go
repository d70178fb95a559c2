package recognise

import "strings"

// named tells whether a word of the kind stands before a place.
func (s *scanner) named(kind, at int) bool {
	return s.saidBefore(at, s.kinds[kind].Words)
}

// saidBefore tells whether one of the words stands in the [before] bytes before a place,
// whatever its case. A word of ASCII letters must stand alone; one of other letters need not:
// in Korean, particles follow a word without a space.
func (s *scanner) saidBefore(at int, words []string) bool {
	start := max(0, at-before)
	s.steps += at - start
	var buffer [before]byte
	window := buffer[:at-start]
	for i := range window {
		window[i] = lower(s.text[start+i])
	}
	text := string(window)
	for _, word := range words {
		if contains(text, word) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// contains finds a word that stands alone, one "s" behind it allowed.
func contains(text, word string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		end := at + len(word)
		if end < len(text) && text[end] == 's' {
			end++
		}
		free := word[0] >= 0x80 || at == 0 || classOf(text[at-1]) != letter
		if free && (word[0] >= 0x80 || end >= len(text) || classOf(text[end]) != letter) {
			return true
		}
		from = at + 1
	}
}
