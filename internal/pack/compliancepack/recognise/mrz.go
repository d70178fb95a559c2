package recognise

// mrz looks for the second line of a passport's machine-readable zone: 44 characters with
// five check digits.
func (s *scanner) mrz(t token) {
	const size = 44
	end := t.start + size
	if !s.wanted[passportMRZ] || t.size() < 9 || end > len(s.text) || s.isWord(end) || s.isWord(t.start-1) || s.at(t.start-1) == '<' {
		return
	}
	s.steps += 2 * size
	line := s.text[t.start:end]
	for i := range len(line) {
		if c := line[i]; c != '<' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return
		}
	}
	whole := line[:10] + line[13:20] + line[21:43]
	if checkDigit(line[:9]) != line[9] || checkDigit(line[13:19]) != line[19] || checkDigit(line[21:27]) != line[27] || checkDigit(whole) != line[43] {
		return
	}
	if sex := line[20]; sex != 'M' && sex != 'F' && sex != '<' {
		return
	}
	s.note(passportMRZ, t.start, end, s.kinds[passportMRZ].Bare, 1, "")
}

// checkDigit has the weights 7 3 1; letters count from 10, fillers nothing.
func checkDigit(field string) byte {
	sum := 0
	for i := range len(field) {
		value := 0
		switch c := field[i]; {
		case c >= '0' && c <= '9':
			value = int(c - '0')
		case c >= 'A':
			value = int(c-'A') + 10
		}
		sum += value * int("731"[i%3]-'0')
	}
	return byte('0' + sum%10)
}
