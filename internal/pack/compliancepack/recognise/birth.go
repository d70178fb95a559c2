package recognise

import (
	"strings"
	"unicode"
)

// birth looks for a date in figures behind a word for birth.
func (s *scanner) birth(l *layout) {
	if !s.wanted[dateOfBirth] || l.count == 0 {
		return
	}
	if l.count >= 3 {
		a, b, c := l.groups[0], l.groups[1], l.groups[2]
		if b.separator == c.separator && b.separator != ':' && s.endsAlone(c.end) && s.isNumericDate(a, b, c) {
			s.born(l.start, c.end)
		}
		return
	}
	if l.count == 1 && l.groups[0].size() <= 4 {
		s.birthByDay(l.groups[0])
	}
}

// isNumericDate: year month day, day month year, or month day year.
func (s *scanner) isNumericDate(a, b, c group) bool {
	x, y, z := s.value(a), s.value(b), s.value(c)
	if b.size() > 2 {
		return false
	}
	if a.size() == 4 {
		return c.size() <= 2 && isBirthDate(x, y, z)
	}
	return a.size() <= 2 && c.size() == 4 && (isBirthDate(z, y, x) || isBirthDate(z, x, y))
}

func isBirthDate(year, month, day int) bool {
	return year >= 1900 && year < 2100 && isDate(year, month, day)
}

func (s *scanner) value(g group) int {
	n := 0
	for i := g.start; i < g.end && i < g.start+4; i++ {
		n = n*10 + int(s.text[i]-'0')
	}
	return n
}

// born notes a date if a word for birth stands before it, and no other date that the word
// names rather. Dates with no word between are named together.
func (s *scanner) born(start, end int) {
	if !s.named(dateOfBirth, start) {
		return
	}
	if word := s.context.last[dateOfBirth].start; word < s.dated && strings.ContainsFunc(s.text[s.dated:max(start, s.dated)], unicode.IsLetter) {
		return
	}
	s.dated = end
	s.note(dateOfBirth, start, end, s.kinds[dateOfBirth].Named, 1, "")
}

// birthByDay reads "12 March 1985" and "1985년 3월 12일" from their first number on.
func (s *scanner) birthByDay(g group) {
	if g.size() == 4 {
		s.koreanDate(g)
		return
	}
	i := g.end
	if s.at(i) == '.' {
		i++
	}
	for _, suffix := range [...]string{"st", "nd", "rd", "th"} {
		if strings.HasPrefix(s.text[i:], suffix) {
			i += len(suffix)
			break
		}
	}
	month, i := s.month(s.skipSpace(i))
	if month == 0 {
		return
	}
	if year, end := s.figures(s.skipSpace(i), 4); end > 0 && isBirthDate(year, month, s.value(g)) {
		s.born(g.start, end)
	}
}

// birthByName reads "March 12, 1985".
func (s *scanner) birthByName(t token) {
	if !s.wanted[dateOfBirth] || strings.IndexByte("JFMASOND", upper(s.text[t.start])) < 0 {
		return
	}
	month, i := s.month(t.start)
	if month == 0 {
		return
	}
	day, i := s.figures(s.skipSpace(i), 2)
	if i == 0 {
		return
	}
	if s.at(i) == ',' {
		i++
	}
	if year, end := s.figures(s.skipSpace(i), 4); end > 0 && isBirthDate(year, month, day) {
		s.born(t.start, end)
	}
}

func (s *scanner) koreanDate(year group) {
	if !strings.HasPrefix(s.text[year.end:], "년") {
		return
	}
	month, i := s.numberBefore("월", year.end+len("년"))
	day, end := s.numberBefore("일", i)
	if end > 0 && isBirthDate(s.value(year), month, day) {
		s.born(year.start, end)
	}
}

// numberBefore reads a number of two digits at most with its unit behind it; the end is 0 where
// there is none.
func (s *scanner) numberBefore(unit string, i int) (value, end int) {
	value, end = s.figures(s.skipSpace(i), 2)
	if end == 0 || !strings.HasPrefix(s.text[end:], unit) {
		return 0, 0
	}
	return value, end + len(unit)
}

func (s *scanner) skipSpace(i int) int {
	if s.at(i) == ' ' {
		return i + 1
	}
	return i
}

// figures reads one to most digits; the end is 0 where there are none, or more.
func (s *scanner) figures(i, most int) (value, end int) {
	start := i
	for ; s.isDigit(i) && i-start < most; i++ {
		value = value*10 + int(s.text[i]-'0')
	}
	if i == start || s.isDigit(i) || most == 4 && i-start != most {
		return 0, 0
	}
	return value, i
}

// month reads the English name of a month, or its beginning.
func (s *scanner) month(start int) (month, end int) {
	end = start
	for end < len(s.text) && end-start <= 9 && classOf(s.text[end]) == letter {
		end++
	}
	s.steps += 9
	if end-start < 3 || end-start > 9 {
		return 0, start
	}
	for n, full := range monthNames() {
		if isMonth(s.text[start:end], full) {
			if s.at(end) == '.' || s.at(end) == ',' {
				end++
			}
			return n + 1, end
		}
	}
	return 0, start
}

func monthNames() [12]string {
	return [12]string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	}
}

// isMonth: the whole name, its first three letters, or "sept".
func isMonth(word, full string) bool {
	sept := len(word) == len("sept") && full == "september"
	if len(word) != 3 && len(word) != len(full) && !sept {
		return false
	}
	for i := range len(word) {
		if lower(word[i]) != full[i] {
			return false
		}
	}
	return true
}
