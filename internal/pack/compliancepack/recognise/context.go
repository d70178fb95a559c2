package recognise

import "dpp/internal/pack/compliancepack/needle"

// vocabulary is the words of all kinds, and those that speak against a value.
type vocabulary struct {
	set   *needle.Set
	words []string
	// owners are, for each word, what it speaks of: kinds, or [version].
	owners [][]int
}

// version is the owner of words before numbers that look like addresses and are none.
const version = kindCount

func versionWords() []string {
	return []string{"version", "ver", "v", "release", "build", "section", "chapter", "firmware", "bios"}
}

func newVocabulary(kinds *[kindCount]Kind) vocabulary {
	var v vocabulary
	at := map[string]int{}
	add := func(owner int, words []string) {
		for _, word := range words {
			i, known := at[word]
			if !known {
				i = len(v.words)
				at[word] = i
				v.words, v.owners = append(v.words, word), append(v.owners, nil)
			}
			v.owners[i] = append(v.owners[i], owner)
		}
	}
	for i := range kinds {
		add(i, kinds[i].Words)
	}
	add(version, versionWords())
	v.set = needle.New(v.words)
	return v
}

// surroundings remember the last words that were read before a place.
type surroundings struct {
	words  *vocabulary
	cursor needle.Cursor
	// last is where the last word of each owner begins and ends.
	last [kindCount + 1]struct{ start, end int }
}

func newSurroundings(words *vocabulary) surroundings {
	c := surroundings{words: words, cursor: words.set.Cursor()}
	for i := range c.last {
		c.last[i].start = -2 * before
	}
	return c
}

// named tells whether a word of a kind stands in the [before] bytes before a place, whatever its
// case.
func (s *scanner) named(owner, at int) bool {
	s.context.cursor.Advance(s.text, at, s.remember)
	last := s.context.last[owner]
	return last.end <= at && at-last.start <= before
}

// remember notes a word that stands alone. A word of ASCII letters does where no letter
// touches it, one "s" behind it aside; in Korean, particles follow a word without a space.
func (s *scanner) remember(word, start int) {
	text := s.context.words.words[word]
	end := start + len(text)
	if text[0] < 0x80 {
		if classOf(s.at(end)) == letter && (lower(s.at(end)) != 's' || classOf(s.at(end+1)) == letter) {
			return
		}
		if classOf(s.at(start-1)) == letter {
			return
		}
	}
	for _, owner := range s.context.words.owners[word] {
		s.context.last[owner].start, s.context.last[owner].end = start, end
	}
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
