package recognise

import (
	"context"
	"slices"
	"sync"
)

// scanner reads one text.
type scanner struct {
	*tables
	text    string
	context surroundings
	wanted  [kindCount]bool
	regions []*plan
	forms   []form
	least   float64
	limit   int
	found   []Finding
	cut     bool
	// what is being looked at, here so that it is not made anew at each number
	laid    layout
	taken   cut
	called  dialled
	dated   int // where the last date ends that a word for birth names
	numbers int // how many phone numbers were judged
	steps   int // how many bytes recognisers looked at, at most: for tests
}

// tables are what recognisers look things up in; nothing changes them.
type tables struct {
	kinds    [kindCount]Kind
	words    vocabulary
	classes  [256]class
	issuers  []issuer
	accounts map[string]string
	plans    map[string]*plan
	calling  map[int][]*plan
}

// shared are the tables, made at the first use: a rule may look for values on every line.
var shared = sync.OnceValue(func() *tables {
	t := &tables{kinds: kindTable(), issuers: issuers(), accounts: accounts()}
	t.plans, t.calling = plans()
	t.words = newVocabulary(&t.kinds)
	for c := range t.classes {
		t.classes[c] = classOf(byte(c))
	}
	return t
})

func newScanner(text string, want []string, o Options) *scanner {
	s := &scanner{tables: shared(), text: text, least: o.MinConfidence, limit: o.Limit}
	s.context = newSurroundings(&s.words)
	if s.limit <= 0 {
		s.limit = DefaultLimit
	}
	for i := range s.kinds {
		s.wanted[i] = want == nil || slices.Contains(want, s.kinds[i].ID)
	}
	for _, f := range forms() {
		if s.wanted[f.kind] {
			s.forms = append(s.forms, f)
		}
	}
	if s.wanted[phone] {
		s.regions = s.regionsOf(o.Regions)
	}
	return s
}

// class tells what a byte may begin or be a part of.
type class uint8

const (
	other class = iota // bytes of letters beyond ASCII, too: Korean stands right beside numbers
	letter
	digit
	under
	sign // @ : + (
)

func classOf(c byte) class {
	switch {
	case c >= '0' && c <= '9':
		return digit
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		return letter
	case c == '_':
		return under
	case c == '@', c == ':', c == '+', c == '(':
		return sign
	}
	return other
}

// scan reads the text once. Words without a digit are skipped in the inner loop.
func (s *scanner) scan(ctx context.Context) {
	table := &s.classes
	for i, next := 0, 0; i < len(s.text); {
		if i >= next {
			if ctx.Err() != nil {
				s.cut = true
				return
			}
			next = i + interval
		}
		switch table[s.text[i]] {
		case other:
			i++
		case sign:
			s.sign(i)
			i++
		default:
			end, digits := s.word(table, i)
			s.token(token{start: i, end: end, digits: digits})
			i = end
		}
		if s.full() {
			s.cut = true
			return
		}
	}
}

// full: there is enough to fill the limit, whatever overlaps.
func (s *scanner) full() bool { return len(s.found) > 4*s.limit+4*chain }

// word finds the end of letters, digits and underscores, and how many digits are in it.
func (s *scanner) word(table *[256]class, start int) (end, digits int) {
	for end = start; end < len(s.text); end++ {
		switch table[s.text[end]] {
		case digit:
			digits++
		case letter, under:
		default:
			return end, digits
		}
	}
	return end, digits
}

// token is a run of letters, digits and underscores.
type token struct{ start, end, digits int }

func (t token) size() int { return t.end - t.start }

// longest is the longest token in which anything is recognised.
const longest = 90

func (s *scanner) sign(at int) {
	switch s.text[at] {
	case '@':
		s.email(at)
	case ':':
		s.colons(at)
	default:
		s.phone(at)
	}
}

func (s *scanner) token(t token) {
	if t.size() > longest {
		return
	}
	if t.digits == 0 {
		s.letters(t)
		return
	}
	if s.text[t.start] >= '0' && s.text[t.start] <= '9' {
		s.number(t)
	} else {
		s.mixed(t)
	}
	s.hex(t)
	s.crypto(t)
	s.mrz(t)
}

// letters looks at a word without digits.
func (s *scanner) letters(t token) {
	s.hex(t)
	if t.size() == 2 {
		s.nino(t)
	}
	if t.size() >= 3 && t.size() <= 9 {
		s.birthByName(t)
	}
}

// number looks at a word that begins with a digit.
func (s *scanner) number(t token) {
	s.ipv4(t)
	if !s.startsAlone(t.start) {
		return
	}
	l := &s.laid
	s.layout(t.start, l)
	s.digitsOf(l)
	s.card(l)
	s.phone(t.start)
	s.birth(l)
	s.nif(t)
	s.finnish(t)
}

// mixed looks at a word with digits that begins with a letter.
func (s *scanner) mixed(t token) {
	s.iban(t)
	s.passport(t)
	s.nino(t)
	s.fiscal(t)
	s.nie(t)
}

// at is the byte at a place, 0 outside of the text.
func (s *scanner) at(i int) byte {
	if i < 0 || i >= len(s.text) {
		return 0
	}
	return s.text[i]
}

func (s *scanner) isWord(i int) bool {
	c := classOf(s.at(i))
	return c == letter || c == digit || c == under
}

func (s *scanner) isDigit(i int) bool { return classOf(s.at(i)) == digit }

// startsAlone: what begins here is not the end of a longer number or name.
func (s *scanner) startsAlone(i int) bool {
	switch s.at(i - 1) {
	case '-', '.', '/', '+':
		return !s.isWord(i - 2)
	}
	return !s.isWord(i - 1)
}

// endsAlone: what ends before i goes on neither as a word nor as a longer number.
func (s *scanner) endsAlone(i int) bool {
	switch s.at(i) {
	case '-', '.', '/':
		return !s.isDigit(i + 1)
	}
	return !s.isWord(i)
}

// note takes a value in. Certainty is what the form gives, and more if the value is named;
// both are believed less by the factor trust.
func (s *scanner) note(kind, start, end int, certainty, trust float64, detail string) {
	k := &s.kinds[kind]
	if certainty < k.Named && s.named(kind, start) {
		certainty = k.Named
	}
	if certainty *= trust; certainty == 0 || certainty < s.least {
		return
	}
	s.found = append(s.found, Finding{
		Kind: k.ID, Start: start, End: end, Confidence: certainty, Detail: detail, Printed: s.isPrinted(kind, s.text[start:end], detail),
	})
}

// mayCount: a value with this certainty could come to count, named or not.
func (s *scanner) mayCount(kind, start int, certainty float64) bool {
	return certainty >= s.least && certainty > 0 || s.named(kind, start)
}
