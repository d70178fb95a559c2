package layout

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"dpp/internal/document/tesseract"
)

// Marks that items of lists begin with.
var (
	bullet   = regexp.MustCompile(`^[•·●○◦▪■□‣⁃∙*»►–—-]$`)
	numbered = regexp.MustCompile(`^(\d{1,3})[.)]$`)
	lettered = regexp.MustCompile(`^([a-zA-Z]\)|\([0-9a-zA-Z]{1,3}\))$`)
)

const dash = "-"

// marks is what a line begins with as an item of a list; empty: it is none. A mark alone
// makes no item.
func marks(words []tesseract.Word) string {
	if len(words) < 2 {
		return ""
	}
	first := words[0].Text
	if n := numbered.FindStringSubmatch(first); n != nil {
		return n[1] + "."
	}
	if bullet.MatchString(first) || lettered.MatchString(first) {
		return dash
	}
	return ""
}

// ends tells whether a line ends with one of some marks, perhaps inside of others that close.
func ends(words []tesseract.Word, marks string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(words[len(words)-1].Text, "\"'”’»)]"))
	return strings.ContainsRune(marks, last)
}

// bare tells of a mark that says no more than the item's own.
func bare(mark string) bool { return bullet.MatchString(mark) || numbered.MatchString(mark) }

// remember keeps words with a hyphen inside.
func (s *sheet) remember(text string) {
	if strings.ContainsRune(strings.Trim(text, dash), '-') {
		s.hyphened[trimmed(text)] = true
	}
}

// trimmed is a word in small letters without marks around it.
func trimmed(text string) string {
	return strings.ToLower(strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
}

// divided tells whether a word at the end of a line goes on in the next one, and returns
// what stands of it, without the hyphen where that only divides.
func (s *sheet) divided(text string, next []tesseract.Word) (string, bool) {
	part, ok := strings.CutSuffix(text, dash)
	if !ok {
		if part, ok = strings.CutSuffix(text, "\u00ad"); !ok {
			part, ok = strings.CutSuffix(text, "‐")
		}
	}
	before, _ := utf8.DecodeLastRuneInString(part)
	first, _ := utf8.DecodeRuneInString(next[0].Text)
	if !ok || !unicode.IsLetter(before) || !unicode.IsLower(first) {
		return "", false
	}
	if s.hyphened[trimmed(part+dash+next[0].Text)] {
		return part + dash, true
	}
	return part, true
}

// unspaced tells whether lines are joined without a space, as in scripts that have none.
func unspaced(text string, next []tesseract.Word) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	first, _ := utf8.DecodeRuneInString(next[0].Text)
	return ideograph(last) && ideograph(first)
}

func ideograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff60
}
