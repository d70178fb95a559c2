package recognise

// issuer is a range of card numbers: those whose first digits are from low to high.
type issuer struct {
	name      string
	low, high int
	digits    int // how many first digits low and high have
	sizes     string
}

// issuers by their published ranges.
func issuers() []issuer {
	return []issuer{
		{"visa", 4, 4, 1, "\x0d\x10\x13"},
		{"mastercard", 51, 55, 2, "\x10"},
		{"mastercard", 2221, 2720, 4, "\x10"},
		{"american_express", 34, 34, 2, "\x0f"},
		{"american_express", 37, 37, 2, "\x0f"},
		{"diners_club", 300, 305, 3, "\x0e\x10"},
		{"diners_club", 3095, 3095, 4, "\x0e\x10"},
		{"diners_club", 36, 36, 2, "\x0e\x10"},
		{"diners_club", 38, 39, 2, "\x0e\x10"},
		{"discover", 6011, 6011, 4, "\x10\x13"},
		{"discover", 644, 659, 3, "\x10\x13"},
		{"jcb", 3528, 3589, 4, "\x10\x13"},
		{"unionpay", 62, 62, 2, "\x10\x11\x12\x13"},
		{"mir", 2200, 2204, 4, "\x10\x11\x12\x13"},
		{"dankort", 5019, 5019, 4, "\x10"},
		{"maestro", 50, 50, 2, "\x0c\x0d\x0e\x0f\x10\x11\x12\x13"},
		{"maestro", 56, 58, 2, "\x0c\x0d\x0e\x0f\x10\x11\x12\x13"},
		{"maestro", 67, 67, 2, "\x0c\x0d\x0e\x0f\x10\x11\x12\x13"},
		{"rupay", 60, 60, 2, "\x10"},
		{"rupay", 81, 82, 2, "\x10"},
		{"uatp", 1, 1, 1, "\x0f"},
	}
}

// card looks for a card number at the beginning of a number, the longest first.
func (s *scanner) card(l *layout) {
	if !s.wanted[creditCard] {
		return
	}
	for size := 19; size >= 12; size-- {
		c, ok := s.take(l, size, cardPlaces(l, size), "- ")
		if !ok || c.separators > 1 || uniform(c.values()) || !luhn(c.values()) {
			continue
		}
		name := s.issuerOf(c.values())
		if name == "" {
			continue
		}
		certainty := s.kinds[creditCard].Bare
		if c.pieces > 1 {
			certainty = s.kinds[creditCard].Grouped
		}
		trust := 1.0
		if c.longer {
			trust = doubt
		}
		s.note(creditCard, l.start, c.end, certainty, trust, name)
		return
	}
}

// cardPlaces says where groups end: after every four digits, or as American Express (4 6 5)
// and Diners Club (4 6 4) emboss them.
func cardPlaces(l *layout, size int) string {
	if l.count > 1 && l.groups[1].size() == 6 && (size == 14 || size == 15) {
		return "\x04\x0a"
	}
	return "\x04\x08\x0c\x10"
}

func (s *scanner) issuerOf(digits []byte) string {
	for _, i := range s.issuers {
		if first := number(digits[:i.digits]); first >= i.low && first <= i.high && within(i.sizes, len(digits)) {
			return i.name
		}
	}
	return ""
}
