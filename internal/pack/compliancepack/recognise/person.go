package recognise

import "strings"

// passport looks for numbers of passports with letters.
func (s *scanner) passport(t token) {
	text := s.text[t.start:t.end]
	if len(text) != 9 || !s.startsAlone(t.start) || !s.endsAlone(t.end) {
		return
	}
	if s.wanted[krPassport] && strings.IndexByte("MSROD", upper(text[0])) >= 0 {
		switch {
		case t.digits == 8:
			s.note(krPassport, t.start, t.end, s.kinds[krPassport].Bare, 1, "")
		case t.digits == 7 && classOf(text[4]) == letter:
			s.note(krPassport, t.start, t.end, s.kinds[krPassport].Grouped, 1, "")
		}
	}
	if s.wanted[usPassport] && t.digits == 8 && text[0] >= 'A' && text[0] <= 'Z' {
		s.note(usPassport, t.start, t.end, s.kinds[usPassport].Bare, 1, "")
	}
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// nino reads two letters, six digits in pairs and a letter from A to D, with single spaces or
// hyphens between.
func (s *scanner) nino(t token) {
	if !s.wanted[ukNINO] || !s.startsAlone(t.start) {
		return
	}
	const form = "aannnnnnc"
	i, gaps, small := t.start, 0, false
	for place := range len(form) {
		if c := s.at(i); place > 0 && place%2 == 0 && (c == ' ' || c == '-') {
			gaps++
			i++
		}
		c := upper(s.at(i))
		small = small || c != s.at(i)
		switch form[place] {
		case 'n':
			if c < '0' || c > '9' {
				return
			}
		case 'c':
			if c < 'A' || c > 'D' {
				return
			}
		default:
			if classOf(c) != letter {
				return
			}
		}
		i++
	}
	s.steps += 2 * len(form)
	if !ninoPrefix(upper(s.text[t.start]), upper(s.text[t.start+1])) || !s.endsAlone(i) {
		return
	}
	certainty, trust := s.kinds[ukNINO].Bare, 1.0
	if gaps > 0 {
		certainty = s.kinds[ukNINO].Grouped
	}
	if small {
		trust = doubt
	}
	s.note(ukNINO, t.start, i, certainty, trust, "")
}

// ninoPrefix: D, F, I, Q, U and V stand nowhere, O not second; six pairs are not given.
func ninoPrefix(a, b byte) bool {
	if strings.IndexByte("DFIQUV", a) >= 0 || strings.IndexByte("DFIOQUV", b) >= 0 {
		return false
	}
	switch string([]byte{a, b}) {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return true
}

// fiscal looks for an Italian tax code. Digits may be written as letters, where two persons
// would have the same code; what has a wrong check letter is doubted.
func (s *scanner) fiscal(t token) {
	const form = "aaaaaannmnnannna"
	if !s.wanted[itFiscal] || t.size() != len(form) || !s.startsAlone(t.start) || !s.endsAlone(t.end) {
		return
	}
	var code [len(form)]byte
	for i := range code {
		c := upper(s.text[t.start+i])
		switch k := classOf(c); {
		case form[i] == 'a' && k != letter,
			form[i] == 'm' && strings.IndexByte("ABCDEHLMPRST", c) < 0,
			form[i] == 'n' && k != digit && strings.IndexByte("LMNPQRSTUV", c) < 0:
			return
		}
		code[i] = c
	}
	trust := 1.0
	if fiscalCheck(code[:15]) != code[15] {
		trust = doubt
	}
	s.note(itFiscal, t.start, t.end, s.kinds[itFiscal].Bare, trust, "")
}

// fiscalCheck is the letter that the first fifteen give: places with odd numbers count by a
// table of their own.
func fiscalCheck(code []byte) byte {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i, c := range code {
		value := int(c - 'A')
		if c <= '9' {
			value = int(c - '0')
		}
		if i%2 == 0 {
			value = odd[value]
		}
		sum += value
	}
	return byte('A' + sum%26)
}

const nifLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// nif looks for seven or eight digits and a check letter, a hyphen between them or not.
func (s *scanner) nif(t token) {
	if !s.wanted[esNIF] || t.digits < 7 || t.digits > 8 {
		return
	}
	end, certainty := t.start+t.digits, s.kinds[esNIF].Bare
	at := end
	if at == t.end && s.at(at) == '-' {
		at, certainty = at+1, s.kinds[esNIF].Grouped
	}
	value := 0
	for _, c := range []byte(s.text[t.start:end]) {
		if c < '0' || c > '9' {
			return
		}
		value = value*10 + int(c-'0')
	}
	if upper(s.at(at)) != nifLetters[value%23] || !s.endsAlone(at+1) {
		return
	}
	s.note(esNIF, t.start, at+1, certainty, 1, "nif")
}

// nie is a nif of a foreigner: X, Y or Z for the first digit.
func (s *scanner) nie(t token) {
	first := upper(s.text[t.start])
	if !s.wanted[esNIF] || t.digits != 7 || first < 'X' || first > 'Z' || !s.startsAlone(t.start) {
		return
	}
	end, at := t.start+8, t.start+8
	if end > t.end {
		return
	}
	if end == t.end && s.at(at) == '-' {
		at++
	}
	value := int(first - 'X')
	for _, c := range []byte(s.text[t.start+1 : end]) {
		if c < '0' || c > '9' {
			return
		}
		value = value*10 + int(c-'0')
	}
	if upper(s.at(at)) != nifLetters[value%23] || !s.endsAlone(at+1) {
		return
	}
	s.note(esNIF, t.start, at+1, s.kinds[esNIF].Grouped, 1, "nie")
}

// finnish reads a date of birth, a sign for the century, three digits and a check character.
func (s *scanner) finnish(t token) {
	const size = 11
	end := t.start + size
	if !s.wanted[fiCode] || end > len(s.text) || t.end != end && t.end != t.start+6 || !s.endsAlone(end) {
		return
	}
	code := s.text[t.start:end]
	var d [9]byte
	for i := range d {
		at := i
		if i >= 6 {
			at++
		}
		if classOf(code[at]) != digit {
			return
		}
		d[i] = code[at] - '0'
	}
	century := finnishCentury(upper(code[6]))
	if century == 0 || !isDate(century+number(d[4:6]), number(d[2:4]), number(d[:2])) || number(d[6:]) < 2 {
		return
	}
	if "0123456789ABCDEFHJKLMNPRSTUVWXY"[number(d[:])%31] != upper(code[10]) {
		return
	}
	s.note(fiCode, t.start, end, s.kinds[fiCode].Bare, 1, "")
}

func finnishCentury(sign byte) int {
	switch {
	case sign == '+':
		return 1800
	case sign == '-', sign >= 'U' && sign <= 'Y':
		return 1900
	case sign >= 'A' && sign <= 'F':
		return 2000
	}
	return 0
}
