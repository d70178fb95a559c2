package recognise

import (
	"net/netip"
	"strings"
)

// ipv4 looks at a digit where four numbers with dots may begin.
func (s *scanner) ipv4(t token) {
	if !s.wanted[ip] || t.size() > 3 || s.at(t.end) != '.' || s.at(t.start-1) == '.' && s.isWord(t.start-2) {
		return
	}
	end, ok := s.octets(t.start)
	if !ok || s.isWord(end) {
		return
	}
	end = s.prefixLength(end, 32)
	trust := 1.0
	if s.at(end) == '.' && s.isDigit(end+1) || s.named(version, t.start) || s.at(t.start-1) == '/' && classOf(s.at(t.start-2)) == letter {
		trust = doubt * doubt // a version, as behind a product's name, or a section's number
	}
	s.note(ip, t.start, end, s.kinds[ip].Grouped, trust, "v4")
}

// octets reads four numbers up to 255 with dots between.
func (s *scanner) octets(i int) (end int, ok bool) {
	for n := range 4 {
		if n > 0 {
			if s.at(i) != '.' {
				return i, false
			}
			i++
		}
		value, start := 0, i
		for ; s.isDigit(i) && i-start < 3; i++ {
			value = value*10 + int(s.text[i]-'0')
		}
		if i == start || value > 255 || s.isDigit(i) {
			return i, false
		}
	}
	s.steps += 16
	return i, true
}

// prefixLength goes on over the length of a network's prefix, if there is a valid one.
func (s *scanner) prefixLength(end, most int) int {
	if s.at(end) != '/' {
		return end
	}
	bits, i := 0, end+1
	for ; s.isDigit(i) && i-end <= 3; i++ {
		bits = bits*10 + int(s.text[i]-'0')
	}
	if i == end+1 || bits > most || s.isWord(i) {
		return end
	}
	return i
}

// hex looks at a word that may begin an IPv6 or a hardware address.
func (s *scanner) hex(t token) {
	if t.size() > 4 || !isHex(s.text[t.start:t.end]) {
		return
	}
	switch s.at(t.end) {
	case ':':
		if s.at(t.start-1) != ':' {
			s.ipv6(t.start)
		}
		s.hardware(t, 2, 6)
	case '-':
		s.hardware(t, 2, 6)
	case '.':
		s.hardware(t, 4, 3)
	}
}

// colons looks at two colons that an IPv6 address may begin with.
func (s *scanner) colons(at int) {
	if s.at(at+1) == ':' && !s.isWord(at-1) && s.at(at-1) != ':' {
		s.ipv6(at)
	}
}

// longestV6 is the length of the longest text of an address, with some room for what does not
// belong to it.
const longestV6 = 48

// ipv6 judges the run of digits, colons and dots that begins at a place.
func (s *scanner) ipv6(start int) {
	if !s.wanted[ip] {
		return
	}
	end := start
	for end < len(s.text) && end-start < longestV6 && (isHexDigit(s.text[end]) || s.text[end] == ':' || s.text[end] == '.') {
		end++
	}
	s.steps += longestV6
	if s.isWord(end) {
		return
	}
	run := strings.TrimRight(s.text[start:end], ".")
	if strings.HasSuffix(run, ":") && !strings.HasSuffix(run, "::") {
		run = run[:len(run)-1]
	}
	address, err := netip.ParseAddr(run)
	if err != nil || !address.Is6() {
		return
	}
	end = s.zone(start + len(run))
	end = s.prefixLength(end, 128)
	trust := 1.0
	if groups := strings.FieldsFunc(run, func(r rune) bool { return r == ':' }); len(groups) < 3 && !strings.ContainsAny(run, "0123456789") {
		trust = doubt * doubt * doubt // colons of a programming language look like that
	}
	s.note(ip, start, end, s.kinds[ip].Grouped, trust, "v6")
}

// zone goes on over the name of an interface.
func (s *scanner) zone(end int) int {
	if s.at(end) != '%' || !s.isWord(end+1) {
		return end
	}
	i := end + 1
	for i-end <= 16 && s.isWord(i) {
		i++
	}
	if s.isWord(i) {
		return end
	}
	return i
}

// hardware reads groups of so many hexadecimal digits with the same separator between.
func (s *scanner) hardware(t token, size, groups int) {
	total := size*groups + groups - 1
	start, end := t.start, t.start+total
	if !s.wanted[mac] || t.size() != size || end > len(s.text) || s.isWord(end) {
		return
	}
	separator := s.text[t.end]
	if s.at(start-1) == separator || s.at(end) == separator && s.isWord(end+1) {
		return
	}
	var seen byte
	zero, decimal := true, true
	for i := range total {
		c := s.text[start+i]
		switch {
		case i%(size+1) == size:
			if c != separator {
				return
			}
		case !isHexDigit(c):
			return
		default:
			zero, decimal = zero && c == '0', decimal && c <= '9'
			if lower(c) != 'f' {
				seen = c
			}
		}
	}
	s.steps += total
	if seen == 0 || zero {
		return // everybody's address, and nobody's
	}
	trust := 1.0
	if decimal {
		trust = doubt * doubt // rather times, or numbers of parts: one address in 300 has no letter
	}
	s.note(mac, start, end, s.kinds[mac].Grouped, trust, "")
}

func isHex(text string) bool {
	for i := range len(text) {
		if !isHexDigit(text[i]) {
			return false
		}
	}
	return true
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
