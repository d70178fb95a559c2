// Package needle finds many words in a text at once.
package needle

// Set finds all of many words in one pass over a text, whatever the case of ASCII letters: the
// machine of Aho and Corasick (Communications of the ACM 18, 1975), with every transition
// written out. Bytes that stand in no word share a class, which keeps the table in the
// processor's cache. A set may be used by many at once.
type Set struct {
	classes [256]uint8
	width   int
	next    []uint32 // by state times width plus class: the state there
	words   []int32  // by state: the word that ends there, -1 for none
	link    []uint32 // by state: the next state down that ends a word, 0 for none
	sizes   []int
}

// New builds the machine. Of two words that differ in case alone the later one is found; an
// empty word is never found.
func New(words []string) *Set {
	a := &Set{}
	letters := a.classify(words)
	a.next = make([]uint32, 0, (letters+1)*a.width) // as many states as there are letters, at most
	a.words, a.link = make([]int32, 0, letters+1), make([]uint32, 0, letters+1)
	a.grow()
	for i, word := range words {
		state := uint32(0)
		for j := range len(word) {
			at := int(state)*a.width + int(a.classes[lower(word[j])])
			if a.next[at] == 0 {
				a.next[at] = a.grow()
			}
			state = a.next[at]
		}
		if state != 0 {
			a.words[state] = int32(i)
		}
		a.sizes = append(a.sizes, len(word))
	}
	a.complete()
	return a
}

// classify gives a class to each byte of the words, and tells how many they have.
func (a *Set) classify(words []string) (letters int) {
	a.width = 1
	for _, word := range words {
		letters += len(word)
		for j := range len(word) {
			if a.classes[lower(word[j])] == 0 {
				a.classes[lower(word[j])] = uint8(a.width) //nolint:gosec // at most 256 bytes
				a.width++
			}
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		a.classes[c] = a.classes[c+'a'-'A']
	}
	return letters
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// grow adds a state.
func (a *Set) grow() uint32 {
	a.next = a.next[:len(a.next)+a.width]
	a.words, a.link = append(a.words, -1), append(a.link, 0)
	return uint32(len(a.words) - 1) //nolint:gosec // bounded by the words' letters
}

// complete fills in where to go on a byte that continues no word: where the longest end of what
// was read goes on it. States are visited by their depth.
func (a *Set) complete() {
	fail := make([]uint32, len(a.words))
	queue := []uint32{0}
	for at := 0; at < len(queue); at++ {
		state := queue[at]
		for class := range a.width {
			edge := int(state)*a.width + class
			target, fallen := a.next[edge], a.next[int(fail[state])*a.width+class]
			switch {
			case target == 0:
				a.next[edge] = fallen
			case state != 0:
				fail[target] = fallen
				fallthrough
			default:
				a.link[target] = fail[target]
				if a.words[fail[target]] < 0 {
					a.link[target] = a.link[fail[target]]
				}
				queue = append(queue, target)
			}
		}
	}
}

// Size is how many bytes a word has.
func (a *Set) Size(word int) int { return a.sizes[word] }

// Walk calls found for every word in a text, with the word's number and its place, until it
// returns false.
func (a *Set) Walk(text string, found func(word, start int) bool) {
	state := uint32(0)
	for i := range len(text) {
		state = a.next[int(state)*a.width+int(a.classes[text[i]])]
		for at := a.ending(state); at != 0; at = a.link[at] {
			word := int(a.words[at])
			if !found(word, i+1-a.sizes[word]) {
				return
			}
		}
	}
}

// ending is the state, at or below one, in which a word ends; 0 for none.
func (a *Set) ending(state uint32) uint32 {
	if a.words[state] < 0 {
		return a.link[state]
	}
	return state
}

// Cursor reads a text as far as it is asked to.
type Cursor struct {
	set   *Set
	state uint32
	at    int
}

// Cursor begins at the beginning of a text.
func (a *Set) Cursor() Cursor { return Cursor{set: a} }

// Advance reads a text up to a place and calls found for every word that ends on the way; it
// does nothing where it has been further.
func (c *Cursor) Advance(text string, to int, found func(word, start int)) {
	a := c.set
	for ; c.at < to; c.at++ {
		c.state = a.next[int(c.state)*a.width+int(a.classes[text[c.at]])]
		for at := a.ending(c.state); at != 0; at = a.link[at] {
			word := int(a.words[at])
			found(word, c.at+1-a.sizes[word])
		}
	}
}

// Contains tells whether a text has one of the words.
func (a *Set) Contains(text string) bool {
	found := false
	a.Walk(text, func(int, int) bool {
		found = true
		return false
	})
	return found
}
