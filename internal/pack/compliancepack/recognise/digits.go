package recognise

// form is a number of a fixed count of digits.
type form struct {
	kind int
	size int
	// places are the numbers of digits after which a group may end, separators what may stand
	// there; alike: always the same one.
	places, separators string
	alike              bool
	// check gives 0 for what is no such number, 1 for what is, less for what is doubtful.
	check func(digits []byte) float64
}

// forms of numbers. A country's offices write the groups; people leave separators out.
func forms() []form {
	return []form{
		{kind: usSSN, size: 9, places: "\x03\x05", separators: "- ", check: ssn},
		{kind: usITIN, size: 9, places: "\x03\x05", separators: "- ", check: itin},
		{kind: usPassport, size: 9, check: always},
		{kind: abaRouting, size: 9, places: "\x04\x08", separators: "-", check: aba},
		{kind: krRRN, size: 13, places: "\x06", separators: "-", check: rrn},
		{kind: krFRN, size: 13, places: "\x06", separators: "-", check: frn},
		{kind: krBRN, size: 10, places: "\x03\x05", separators: "-", alike: true, check: brn},
		{kind: krDriver, size: 12, places: "\x02\x04\x0a", separators: "-", alike: true, check: krLicence},
		{kind: ukNHS, size: 10, places: "\x03\x06", separators: "- ", alike: true, check: nhs},
		{kind: inAadhaar, size: 12, places: "\x04\x08", separators: "- :", alike: true, check: aadhaar},
		{kind: plPESEL, size: 11, check: pesel},
		{kind: auABN, size: 11, places: "\x02\x05\x08", separators: " ", check: abn},
		{kind: caSIN, size: 9, places: "\x03\x06", separators: "- ", alike: true, check: sin},
		{kind: deTaxID, size: 11, places: "\x02\x05\x08", separators: " ", check: taxID},
	}
}

func (s *scanner) digitsOf(l *layout) {
	for _, f := range s.forms {
		c, ok := s.take(l, f.size, f.places, f.separators)
		if !ok || f.alike && c.separators > 1 {
			continue
		}
		trust := f.check(c.values())
		if trust == 0 {
			continue
		}
		certainty := s.kinds[f.kind].Bare
		if c.pieces > 1 {
			certainty = s.kinds[f.kind].Grouped
		}
		if c.longer {
			trust *= doubt
		}
		s.note(f.kind, l.start, c.end, certainty, trust, "")
	}
}

func always([]byte) float64 { return 1 }

func passed(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

// ssn: an area from 001 to 899 but 666, a group and a serial number that are not zero. Numbers
// that advertisements made known are nobody's.
func ssn(d []byte) float64 {
	area, part, serial := number(d[:3]), number(d[3:5]), number(d[5:])
	if area == 0 || area == 666 || area >= 900 || part == 0 || serial == 0 || uniform(d) {
		return 0
	}
	switch number(d) {
	case 78_05_1120, 219_09_9999, 123_45_6789:
		return 0
	}
	return passed(number(d)/10 != 98_765_432)
}

// itin: begins with 9; the fourth and fifth digit are 50 to 65, 70 to 88, 90 to 92 or 94 to 99.
func itin(d []byte) float64 {
	part := number(d[3:5])
	assigned := part >= 50 && part <= 65 || part >= 70 && part <= 88 || part >= 90 && part <= 92 || part >= 94
	return passed(d[0] == 9 && assigned)
}

// aba: the first two digits are 00 to 12, 21 to 32, 61 to 72 or 80; weights 3 7 1.
func aba(d []byte) float64 {
	first := number(d[:2])
	assigned := first <= 12 || first >= 21 && first <= 32 || first >= 61 && first <= 72 || first == 80
	return passed(assigned && !uniform(d) && weighted(d, "371")%10 == 0)
}

// rrn: a date of birth, a digit for century and sex, for Koreans 1 to 4. The check digit is
// doubted where it does not fit: numbers since October 2020 have none.
func rrn(d []byte) float64 {
	if d[6] < 1 || d[6] > 4 || !isKoreanDate(d, d[6]) {
		return 0
	}
	return koreanCheck(d, 11)
}

// frn: as rrn, with 5 to 8 for foreigners and another constant in the check.
func frn(d []byte) float64 {
	if d[6] < 5 || d[6] > 8 || !isKoreanDate(d, d[6]-4) {
		return 0
	}
	return koreanCheck(d, 13)
}

func isKoreanDate(d []byte, century byte) bool {
	year := 1900 + number(d[:2])
	if century >= 3 {
		year += 100
	}
	return isDate(year, number(d[2:4]), number(d[4:6]))
}

func koreanCheck(d []byte, constant int) float64 {
	if (constant-weighted(d[:12], "234567892345")%11+11)%11%10 == int(d[12]) {
		return 1
	}
	return doubt
}

// brn: weights 1 3 7 1 3 7 1 3 5, and the tens of five times the ninth digit.
func brn(d []byte) float64 {
	sum := weighted(d[:9], "137137135") + int(d[8])*5/10
	return passed(!uniform(d) && (10-sum%10)%10 == int(d[9]))
}

// krLicence: the office's region.
func krLicence(d []byte) float64 {
	region := number(d[:2])
	return passed(region >= 11 && region <= 26 || region == 28)
}

// nhs: modulus 11 with the weights 10 to 2.
func nhs(d []byte) float64 {
	sum := 0
	for i, digit := range d {
		sum += int(digit) * (10 - i)
	}
	return passed(!uniform(d) && sum%11 == 0)
}

// aadhaar: no number begins with 0 or 1 or reads the same backwards.
func aadhaar(d []byte) float64 {
	if d[0] < 2 || mirrored(d) {
		return 0
	}
	return passed(verhoeff(d))
}

func mirrored(d []byte) bool {
	for i := range len(d) / 2 {
		if d[i] != d[len(d)-1-i] {
			return false
		}
	}
	return true
}

// pesel: a date of birth whose month tells the century, weights 1 3 7 9.
func pesel(d []byte) float64 {
	century := [5]int{1900, 2000, 2100, 2200, 1800}
	month := number(d[2:4])
	dated := isDate(century[min(month/20, 4)]+number(d[:2]), month%20, number(d[4:6]))
	return passed(dated && (weighted(d[:10], "1379")+int(d[10]))%10 == 0)
}

// abn: modulus 89, after one is taken from the first digit.
func abn(d []byte) float64 {
	weights := [11]int{10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}
	sum := -weights[0]
	for i, digit := range d {
		sum += int(digit) * weights[i]
	}
	return passed(d[0] > 0 && sum%89 == 0)
}

// sin: 0 and 8 are no first digits.
func sin(d []byte) float64 { return passed(d[0] != 0 && d[0] != 8 && !uniform(d) && luhn(d)) }

// taxID: by ISO/IEC 7064 MOD 11,10. Of the first ten digits one stands there twice or three
// times; what has another distribution is doubted.
func taxID(d []byte) float64 {
	if d[0] == 0 || !mod11And10(d) {
		return 0
	}
	var counts [10]int
	most := 0
	for _, digit := range d[:10] {
		counts[digit]++
		most = max(most, counts[digit])
	}
	switch {
	case most > 3:
		return 0
	case most == 1:
		return doubt
	}
	return 1
}

func mod11And10(d []byte) bool {
	product := 10
	for _, digit := range d[:10] {
		sum := (int(digit) + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return (11-product)%10 == int(d[10])
}

// verhoeff checks the last digit by the dihedral group of order ten (J. Verhoeff, Error
// detecting decimal codes, 1969). The product of the group and the powers of the permutation
// are computed, so that there is no table to mistype.
func verhoeff(d []byte) bool {
	permutation := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	c := 0
	for i := range d {
		digit := int(d[len(d)-1-i])
		for range i % 8 {
			digit = permutation[digit]
		}
		c = dihedral(c, digit)
	}
	return c == 0
}

// dihedral multiplies in the group of the symmetries of a pentagon: 0 to 4 are rotations, 5 to
// 9 reflections.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return (a+b-5)%5 + 5
	case b < 5:
		return (a-5-b+5)%5 + 5
	}
	return (a - b + 5) % 5
}

// isDate tells whether a day is in the calendar.
func isDate(year, month, day int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
