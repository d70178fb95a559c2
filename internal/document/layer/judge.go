package layer

import (
	"strings"
	"unicode"
)

// Verdict is what a text layer is good for.
type Verdict string

// Verdicts on text layers.
const (
	Good    Verdict = "good"    // it is the page's text
	None    Verdict = "none"    // there is no text in it
	Garbage Verdict = "garbage" // it is not what stands on the page, for a [Reason]
)

// Reason is why a text layer is [Garbage].
type Reason string

// Reasons, in the order in which they are looked for.
const (
	// ReasonCharacters: too many of its characters are none that can be shown, are of
	// private use, or are such that the document does not say which they are.
	ReasonCharacters Reason = "characters"
	// ReasonEncoding: it is text whose bytes were read as those of another encoding.
	ReasonEncoding Reason = "encoding"
	// ReasonScripts: too many of its words mix letters of scripts that no language mixes.
	ReasonScripts Reason = "scripts"
	// ReasonSymbols: it is mostly symbols and punctuation.
	ReasonSymbols Reason = "symbols"
	// ReasonWords: its words have letters as those of no language, as where a font's numbers
	// of letters were taken for letters; or they are single letters, or have no end.
	ReasonWords Reason = "words"
	// ReasonPlace: its words stand where nothing is to be seen.
	ReasonPlace Reason = "place"
	// ReasonPicture: most of what is to be seen on the page is not in its words, as in a
	// scan with a stamp.
	ReasonPicture Reason = "picture"
)

// Judgement is a verdict with its reason.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	Reason  Reason  `json:"reason,omitzero"`
	// Sound is the share of its characters with which nothing is wrong, from 0 to 1.
	Sound float64 `json:"sound"`
}

// Seen is what was seen of a page where its words are, and of the page as a whole.
type Seen struct {
	// Inked is the share of words below which there is ink, and Covered the share of the
	// ink that is below words.
	Inked, Covered float64
}

// Bounds of what is believed. They were set so that text in the languages of the world,
// tables of numbers and listings of programs keep well within them.
const (
	maxUnsound     = 0.15 // of all characters
	maxMisencoded  = 0.005
	leastMisread   = 3    // sequences of another encoding: fewer may be meant
	maxLatinOne    = 0.45 // of all letters: those of European languages have a fifth at most
	maxMixed       = 0.2  // of all words
	maxSymbols     = 0.6  // of all characters
	leastInked     = 0.5
	leastCovered   = 0.4
	enoughLetters  = 100
	enoughForWords = 40
)

// Judge judges the characters of a page. seen is nil where the page was not looked at, as
// nothing on it is drawn but its text.
//
// No dictionary is asked: a page may be in any language, and full of names. What is looked
// at is documented with the reasons.
func Judge(chars []Char, seen *Seen) Judgement {
	c := count(chars)
	if c.visible == 0 {
		return Judgement{Verdict: None, Sound: 1}
	}
	sound := 1 - float64(c.unsound)/float64(c.visible)
	for _, law := range []struct {
		broken bool
		reason Reason
	}{
		{1-sound > maxUnsound, ReasonCharacters},
		{c.misencoded(), ReasonEncoding},
		{c.mixes(), ReasonScripts},
		{c.isSymbols(), ReasonSymbols},
		{c.hasNoWords(), ReasonWords},
		{seen != nil && seen.Inked < leastInked, ReasonPlace},
		{seen != nil && seen.Covered < leastCovered, ReasonPicture},
	} {
		if law.broken {
			return Judgement{Garbage, law.reason, sound}
		}
	}
	return Judgement{Verdict: Good, Sound: sound}
}

// counts are what a judgement is made of.
type counts struct {
	visible, unsound  int // characters that are no space
	letters, latinOne int
	symbols           int // runs of the same count as one
	misread           int // sequences that are UTF-8 in the clothes of another encoding
	words, mixed      int // words with three letters or more
	latin             latinCounts
}

func count(chars []Char) counts {
	var c counts
	before := rune(0)
	for i := range chars {
		r := chars[i].Rune
		if unicode.IsSpace(r) || r == hyphen {
			before = r
			continue
		}
		c.visible++
		switch {
		case chars[i].Unmapped || !isSound(r):
			c.unsound++
		case unicode.IsLetter(r):
			c.letters++
			if r >= 0xa0 && r <= 0xff {
				c.latinOne++
			}
		case (unicode.IsPunct(r) || unicode.IsSymbol(r)) && r != before:
			c.symbols++
		}
		before = r
	}
	text := Text(chars)
	c.misread = misread(text)
	for word := range strings.FieldsSeq(text) {
		for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) }) {
			c.word([]rune(part))
		}
	}
	return c
}

// isSound tells whether a character is one that Unicode knows and everybody can show.
func isSound(r rune) bool {
	return r != unicode.ReplacementChar && !unicode.Is(unicode.Co, r) && !unicode.IsControl(r) &&
		(unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r))
}

// word counts a run of letters.
func (c *counts) word(letters []rune) {
	if len(letters) >= 3 {
		c.words++
		if mixes(letters) {
			c.mixed++
		}
	}
	c.latin.add(letters)
}

func (c *counts) misencoded() bool {
	return c.misread >= leastMisread && float64(c.misread) > maxMisencoded*float64(c.visible) ||
		c.letters >= enoughForWords && float64(c.latinOne) > maxLatinOne*float64(c.letters)
}

func (c *counts) mixes() bool {
	const enough = 5
	return c.words >= enough && float64(c.mixed) > maxMixed*float64(c.words)
}

func (c *counts) isSymbols() bool {
	return c.visible >= enoughForWords && float64(c.symbols) > maxSymbols*float64(c.visible)
}

func (c *counts) hasNoWords() bool { return c.latin.areNone() }
