package recognise

import (
	"slices"

	"github.com/nyaruka/phonenumbers"
	"google.golang.org/protobuf/proto"
)

// maxNumbers is how many telephone numbers of one text are judged; a judgement takes some
// microseconds.
const maxNumbers = 100_000

// region is a country whose numbers are recognised without a calling code.
type region struct {
	code    string
	calling int32
	// trunk is the digit before a national number, 0 where there is none; needed: numbers
	// are not written without it.
	trunk  byte
	needed bool
}

func regionsOf(codes []string) []region {
	if codes == nil {
		codes = DefaultRegions()
	}
	var regions []region
	for _, code := range codes {
		calling := phonenumbers.GetCountryCodeForRegion(code)
		if calling <= 0 || calling > 999 {
			continue
		}
		r := region{code: code, calling: int32(calling)}
		if prefix := phonenumbers.GetNddPrefixForRegion(code, true); len(prefix) == 1 {
			r.trunk = prefix[0]
			r.needed = prefix == "0" && !slices.Contains([]string{"IN", "BR", "IT"}, code)
		}
		regions = append(regions, r)
	}
	return regions
}

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
	if !s.wanted[phone] || s.isWord(start-1) || s.at(start-1) == '+' {
		return
	}
	d := s.dial(start)
	if d.groups == 0 {
		return
	}
	if d.plus {
		s.international(start, &d)
		return
	}
	if !d.paired {
		s.national(start, &d)
	}
}

// dial reads groups of digits with one or two separators between.
func (s *scanner) dial(start int) (d dialled) {
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
	return d
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
		calling := ascii(digits[:n])
		if phonenumbers.GetRegionCodeForCountryCode(calling) == "ZZ" {
			continue
		}
		for _, rest := range [...][]byte{digits[n:], trunkless(digits[n:])} {
			if len(rest) < 4 || len(rest) > 14 {
				continue
			}
			s.numbers++
			number := subscriber(int32(calling), rest)
			if phonenumbers.IsValidNumber(number) {
				return phonenumbers.GetRegionCodeForNumber(number)
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

// subscriber is a number as the library has it: a leading zero is a flag.
func subscriber(calling int32, digits []byte) *phonenumbers.PhoneNumber {
	n := &phonenumbers.PhoneNumber{CountryCode: proto.Int32(calling), NationalNumber: proto.Uint64(uint64(ascii(digits)))}
	if digits[0] == '0' {
		n.ItalianLeadingZero = proto.Bool(true)
		zeros := 0
		for zeros < len(digits)-1 && digits[zeros] == '0' {
			zeros++
		}
		n.NumberOfLeadingZeros = proto.Int32(int32(zeros))
	}
	return n
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
		for _, r := range s.regions {
			if s.isNational(r, d.digits[:end.digits]) {
				s.note(phone, start, end.at, certainty, 1, r.code)
				return
			}
		}
	}
}

// isNational tells whether digits are a number that is dialled like this inside of a region.
func (s *scanner) isNational(r region, digits []byte) bool {
	switch {
	case r.calling == 1 && len(digits) == 11 && digits[0] == '1':
		digits = digits[1:]
	case r.calling == 1 && (len(digits) != 10 || digits[0] < '2'):
		return false
	case r.calling == 1:
	case r.trunk != 0 && digits[0] == r.trunk:
		digits = digits[1:]
	case r.needed:
		return false
	}
	if len(digits) < 6 || len(digits) > 12 {
		return false
	}
	s.numbers++
	return phonenumbers.IsValidNumberForRegion(subscriber(r.calling, digits), r.code)
}
