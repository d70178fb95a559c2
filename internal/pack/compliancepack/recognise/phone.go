package recognise

// dialled is what stands there like a telephone number: its digits, and where it may end.
type dialled struct {
	plus   bool
	digits [maxDialled]byte
	size   int
	// ends are places behind a group, with the number of digits up to there.
	ends   [maxGroups]struct{ at, digits int }
	groups int
	dotted bool // all separators are dots
	paired bool // groups as in a date
}

// maxDialled: the longest number has 15 digits (E.164), and a trunk digit.
const maxDialled = 16

// phone looks at a plus sign, a parenthesis or a digit.
func (s *scanner) phone(start int) {
	if s.numbers > maxNumbers {
		s.cut = s.cut || s.wanted[phone]
		return
	}
	if !s.wanted[phone] || s.isWord(start-1) || s.at(start-1) == '+' {
		return
	}
	d := &s.called
	s.dial(start, d)
	switch {
	case d.groups == 0:
	case d.plus:
		s.international(start, d)
	case !d.paired:
		s.national(start, d)
	}
}

// dial reads groups of digits with one or two separators between.
func (s *scanner) dial(start int, d *dialled) {
	*d = dialled{}
	i, open := start, 0
	if s.at(i) == '+' {
		d.plus = true
		i++
	}
	d.dotted = true
	var sizes [maxGroups]int
	for d.groups < maxGroups {
		gap := i
		for i-gap < 3 && (s.at(i) == ' ' && i > start || s.at(i) == '-' && i > start || s.at(i) == '.' && i > start || s.at(i) == '(' || s.at(i) == ')' && open > 0) {
			switch s.at(i) {
			case '(':
				open++
			case ')':
				open--
			}
			d.dotted = d.dotted && s.at(i) == '.'
			i++
		}
		if open > 1 || d.groups > 0 && i == gap {
			break
		}
		from := i
		for s.isDigit(i) && d.size < maxDialled {
			d.digits[d.size] = s.text[i]
			d.size++
			i++
		}
		if i == from || s.isDigit(i) {
			break
		}
		sizes[d.groups] = i - from
		if open == 0 && s.endsDialled(i) {
			d.ends[d.groups].at, d.ends[d.groups].digits = i, d.size
		}
		d.groups++
	}
	s.steps += 3*maxGroups + maxDialled
	d.dotted = d.dotted && d.groups == 4
	d.paired = d.groups >= 3 && (sizes[0] == 4 && sizes[1] == 2 && sizes[2] == 2 || sizes[0] <= 2 && sizes[1] <= 2 && sizes[2] == 4 && s.isYear(d.digits[sizes[0]+sizes[1]:]))
}

func (s *scanner) isYear(digits []byte) bool {
	return len(digits) >= 2 && (digits[0] == '1' && digits[1] == '9' || digits[0] == '2' && digits[1] == '0')
}

// endsDialled: neither a word nor another group follows that could be a part of it.
func (s *scanner) endsDialled(i int) bool {
	switch s.at(i) {
	case '-', '.', '/', ':':
		return !s.isDigit(i + 1)
	}
	return !s.isWord(i)
}

// international tries the numbers that begin at a plus sign, the longest first.
func (s *scanner) international(start int, d *dialled) {
	for n := d.groups - 1; n >= 0; n-- {
		end := d.ends[n]
		if end.at == 0 || end.digits < 7 {
			continue
		}
		if code := s.callingCode(d.digits[:end.digits]); code != "" {
			s.note(phone, start, end.at, 0.85, 1, code)
			return
		}
	}
}

// callingCode gives the region of digits that begin with a calling code, if they are a number.
func (s *scanner) callingCode(digits []byte) string {
	for n := 1; n <= 3; n++ {
		plans := s.calling[ascii(digits[:n])]
		if len(plans) == 0 {
			continue
		}
		for _, rest := range [...][]byte{digits[n:], trunkless(digits[n:])} {
			for _, p := range plans {
				if s.judge(p, rest) {
					return p.region
				}
			}
		}
		return ""
	}
	return ""
}

// trunkless leaves out the zero that some write in parentheses behind the calling code.
func trunkless(digits []byte) []byte {
	if len(digits) > 0 && digits[0] == '0' {
		return digits[1:]
	}
	return nil
}

func ascii(digits []byte) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// national tries the numbers that begin here in each region, the longest first.
func (s *scanner) national(start int, d *dialled) {
	if !s.startsAlone(start) || d.dotted && d.size <= 12 {
		return
	}
	for n := d.groups - 1; n >= 0; n-- {
		end := d.ends[n]
		if end.at == 0 || end.digits < 7 || end.digits > 13 {
			continue
		}
		certainty := s.kinds[phone].Grouped
		if n == 0 && s.text[start] != '(' {
			certainty = s.kinds[phone].Bare
		}
		if !s.mayCount(phone, start, certainty) {
			continue
		}
		for _, p := range s.regions {
			if s.isNational(p, d.digits[:end.digits]) {
				s.note(phone, start, end.at, certainty, 1, p.region)
				return
			}
		}
	}
}

// isNational tells whether digits are a number that is dialled like this inside of a region.
func (s *scanner) isNational(p *plan, digits []byte) bool {
	switch {
	case p.calling == 1 && len(digits) == 11 && digits[0] == '1':
		digits = digits[1:]
	case p.calling == 1 && (len(digits) != 10 || digits[0] < '2'):
		return false
	case p.calling == 1:
	case p.trunk != 0 && digits[0] == p.trunk:
		digits = digits[1:]
	case p.needed || len(digits) < 10:
		return false
	}
	return s.judge(p, digits)
}

func (s *scanner) judge(p *plan, digits []byte) bool {
	if !p.possible(len(digits)) {
		return false
	}
	s.numbers++
	return p.matches(digits)
}
