package recognise

// layout is a number as it is written: groups of digits with one separator between two.
type layout struct {
	start  int
	groups [maxGroups]group
	count  int
}

// group is a run of digits and the byte before it, 0 for the first.
type group struct {
	start, end int
	separator  byte
}

func (g group) size() int { return g.end - g.start }

const (
	maxGroups = 8
	maxDigits = 24
)

func isSeparator(c byte) bool { return c == ' ' || c == '-' || c == '.' || c == ':' || c == '/' }

// layout reads the groups that begin at a digit, up to [maxGroups] groups and [maxDigits] digits.
func (s *scanner) layout(start int, l *layout) {
	l.start, l.count = start, 0
	digits := 0
	for i := start; l.count < maxGroups; {
		end := i
		for digits < maxDigits && s.isDigit(end) {
			end++
			digits++
		}
		if s.isDigit(end) {
			break // too long for anything
		}
		g := group{start: i, end: end}
		if l.count > 0 {
			g.separator = s.text[i-1]
		}
		l.groups[l.count] = g
		l.count++
		if !isSeparator(s.at(end)) || !s.isDigit(end+1) {
			break
		}
		i = end + 1
	}
	s.steps += maxDigits
}

// cut is a number of so many digits at the beginning of a layout.
type cut struct {
	digits     [maxDigits]byte // their values
	size       int
	end        int
	pieces     int  // how many groups it is made of
	longer     bool // groups stand before or behind it that could be its own
	separators int  // how many different ones stand between them
	separator  byte // the first of them
}

// values are the digits' values.
func (c *cut) values() []byte { return c.digits[:c.size] }

// take takes size digits, if a group ends there and groups end nowhere else but after the
// numbers of digits in places. Separators are those of the set. The cut is the scanner's own
// and lasts until the next one is taken.
func (s *scanner) take(l *layout, size int, places, set string) (c *cut, ok bool) {
	first := l.groups[0].size()
	if l.count == 0 || first > size || first < size && !within(places, first) {
		return nil, false
	}
	c = &s.taken
	c.size, c.pieces, c.separators, c.separator = 0, 0, 0, 0
	for n, g := range l.groups[:l.count] {
		if n > 0 && !c.separate(g.separator, places, set) || c.size+g.size() > size {
			return nil, false
		}
		for i := g.start; i < g.end; i++ {
			c.digits[c.size] = s.text[i] - '0'
			c.size++
		}
		c.pieces++
		if c.size == size {
			c.end = g.end
			c.longer = c.pieces > 1 && s.isLonger(l.start, c.end, c.separator)
			return c, s.endsAlone(g.end)
		}
	}
	return nil, false
}

// isLonger tells whether a digit stands before a number in groups, or a group of four
// behind it, with the same separator between.
func (s *scanner) isLonger(start, end int, separator byte) bool {
	return s.at(start-1) == separator && s.isDigit(start-2) ||
		s.at(end) == separator && s.isDigit(end+1) && s.isDigit(end+2) && s.isDigit(end+3) && s.isDigit(end+4)
}

// separate notes a separator, if it may stand behind the digits that were taken.
func (c *cut) separate(separator byte, places, set string) bool {
	if !within(places, c.size) || !contained(set, separator) {
		return false
	}
	if c.separators == 0 {
		c.separator, c.separators = separator, 1
	} else if c.separator != separator {
		c.separators = 2
	}
	return true
}

// within tells whether a number is among the bytes of places.
func within(places string, n int) bool {
	for i := range len(places) {
		if int(places[i]) == n {
			return true
		}
	}
	return false
}

func contained(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}

// number is the value of some digits.
func number(digits []byte) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d)
	}
	return n
}

// weighted is the sum of the digits, each times its weight; weights repeat.
func weighted(digits []byte, weights string) int {
	sum := 0
	for i, d := range digits {
		sum += int(d) * int(weights[i%len(weights)]-'0')
	}
	return sum
}

// uniform: all digits are the same.
func uniform(digits []byte) bool {
	for _, d := range digits {
		if d != digits[0] {
			return false
		}
	}
	return true
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i])
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
