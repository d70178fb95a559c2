package layer

import (
	"math"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// latinCounts are what is seen of words in Latin letters, which are the only ones whose
// letters are looked at.
type latinCounts struct {
	words, single int // all words, and those of one letter
	letters       int
	endless       int // letters in words of more than endlessWord
	judged        int // letters of words that are none of a program or a list of codes
	bits          float64
}

const endlessWord = 40

// frequency is how many of ten thousand letters each is, without its marks: the mean over
// a dozen languages that are written in Latin letters, from English to Turkish, so that it
// is near to all of them and far from letters that stand for others.
func frequency(letter rune) float64 {
	perTenThousand := [...]float64{
		0: 900, 'b' - 'a': 160, 'c' - 'a': 290, 'd' - 'a': 400, 'e' - 'a': 1100, 'f' - 'a': 130, 'g' - 'a': 190,
		'h' - 'a': 260, 'i' - 'a': 800, 'j' - 'a': 90, 'k' - 'a': 220, 'l' - 'a': 450, 'm' - 'a': 300, 'n' - 'a': 700,
		'o' - 'a': 650, 'p' - 'a': 240, 'q' - 'a': 50, 'r' - 'a': 630, 's' - 'a': 600, 't' - 'a': 630, 'u' - 'a': 420,
		'v' - 'a': 160, 'w' - 'a': 120, 'x' - 'a': 40, 'y' - 'a': 170, 'z' - 'a': 170,
	}
	return perTenThousand[letter-'a']
}

// add counts a run of letters, unless it is in another script.
func (l *latinCounts) add(word []rune) {
	var letters []rune
	for _, r := range norm.NFD.String(string(word)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case !unicode.Is(unicode.Latin, r):
			return
		}
		letters = append(letters, r)
	}
	n := len(letters)
	if n == 0 {
		return
	}
	l.words++
	l.letters += n
	if n == 1 {
		l.single++
	}
	if n > endlessWord {
		l.endless += n
	}
	if isPlain(letters) {
		l.weigh(letters)
	}
}

// isPlain tells whether letters are a word of a text as far as can be seen: of three small
// ones or more, the first of which may be a capital, or of four capitals or more.
func isPlain(letters []rune) bool {
	small := 0
	for _, r := range letters[1:] {
		if unicode.IsLower(r) {
			small++
		}
	}
	n := len(letters)
	return n >= 3 && small == n-1 || n >= 4 && small == 0 && unicode.IsUpper(letters[0])
}

// weigh adds up how many bits each letter tells to those who know the languages.
func (l *latinCounts) weigh(letters []rune) {
	const all = 10_000
	for _, r := range letters {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' {
			l.judged++
			l.bits += math.Log2(all / frequency(r))
		}
	}
}

// areNone tells whether words in Latin letters cannot be words of any language. A letter
// tells 4.0 to 4.7 bits in all that were looked at, and in listings of programs; where letters
// stand for others it tells 5, but for one alphabet in thirty.
func (l *latinCounts) areNone() bool {
	const mostBits, maxSingle, maxEndless = 4.78, 0.7, 0.3
	switch {
	case l.letters < enoughLetters:
		return false
	case l.judged >= enoughLetters && l.bits > mostBits*float64(l.judged):
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
