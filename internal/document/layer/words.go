package layer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// latinCounts are what is seen of words in Latin letters, which are the only ones whose
// vowels are looked at.
type latinCounts struct {
	letters, vowels int
	long            int // words of four letters and more, in small letters
	mute            int // those without a vowel
	words, single   int // all words, and those of one letter
	endless         int // letters in words of more than endlessWord
}

const endlessWord = 40

// add counts a run of letters, unless it is in another script.
func (l *latinCounts) add(word []rune) {
	vowels, letters, small := 0, 0, true
	for _, r := range norm.NFD.String(string(word)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case !unicode.Is(unicode.Latin, r):
			return
		}
		letters++
		if isVowel(r) {
			vowels++
		}
		small = small && (letters == 1 || unicode.IsLower(r))
	}
	if letters == 0 {
		return
	}
	l.words++
	l.letters += letters
	l.vowels += vowels
	if letters == 1 {
		l.single++
	}
	if letters >= 4 && small {
		l.long++
		if vowels == 0 {
			l.mute++
		}
	}
	if letters > endlessWord {
		l.endless += letters
	}
}

// isVowel tells the letters that are vowels in any language which is written in Latin ones,
// without their marks.
func isVowel(r rune) bool {
	switch unicode.ToLower(r) {
	case 'a', 'e', 'i', 'o', 'u', 'y', 'æ', 'œ', 'ø', 'ı', 'ə', 'ɛ', 'ɔ':
		return true
	default:
		return false
	}
}

// areNone tells whether words in Latin letters cannot be words of any language. Vowels are
// between a third and half of the letters in all of them; random letters of codes have less,
// and letters in the place of others mostly, too.
func (l *latinCounts) areNone() bool {
	const leastVowels, maxMute, maxSingle, maxEndless = 0.2, 0.2, 0.7, 0.3
	switch {
	case l.letters < enoughLetters:
		return false
	case float64(l.vowels) < leastVowels*float64(l.letters):
		return true
	case l.long >= enoughForWords/2 && float64(l.mute) > maxMute*float64(l.long):
		return true
	case float64(l.single) > maxSingle*float64(l.words):
		return true
	default:
		return float64(l.endless) > maxEndless*float64(l.letters)
	}
}

// mixes tells whether a word has letters of two alphabets. Those of East Asia go with each
// other and with Latin ones, as in T셔츠.
func mixes(word []rune) bool {
	var first *unicode.RangeTable
	for _, r := range word {
		for _, script := range alphabets() {
			if !unicode.Is(script, r) {
				continue
			}
			if first != nil && first != script {
				return true
			}
			first = script
		}
	}
	return false
}

func alphabets() []*unicode.RangeTable {
	return []*unicode.RangeTable{
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Hebrew, unicode.Arabic,
		unicode.Devanagari, unicode.Bengali, unicode.Tamil, unicode.Telugu, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar, unicode.Ethiopic,
	}
}

// misread counts characters beyond ASCII whose UTF-8 was read as Windows-1252: "Ã©" for
// é, "â€™" for an apostrophe. Nobody writes so.
func misread(text string) int {
	n := 0
	for len(text) > 0 {
		if size := misreadAt(text); size > 0 {
			n++
			text = text[size:]
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return n
}

// misreadAt returns how many bytes of the text such a sequence has at its beginning.
func misreadAt(text string) int {
	var raw [utf8.UTFMax]byte
	n, want := 0, utf8.UTFMax
	for i, r := range text {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok && r >= 0x80 && r <= 0x9f { // those that it leaves out are mostly left as they are
			b, ok = byte(r), true
		}
		if n == 0 {
			if want = sequence(b); want == 0 {
				return 0
			}
		}
		if !ok || n > 0 && b&0xc0 != 0x80 {
			return 0
		}
		raw[n] = b
		if n++; n == want {
			if !utf8.Valid(raw[:n]) {
				return 0
			}
			return i + utf8.RuneLen(r)
		}
	}
	return 0
}

// sequence is how many bytes a character of UTF-8 has that begins with b; 0: it is one of
// ASCII, or none begins so.
func sequence(b byte) int {
	switch {
	case b >= 0xc2 && b <= 0xdf:
		return 2
	case b >= 0xe0 && b <= 0xef:
		return 3
	case b >= 0xf0 && b <= 0xf4:
		return 4
	default:
		return 0
	}
}
