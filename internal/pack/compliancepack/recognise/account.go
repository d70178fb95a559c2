package recognise

import "strings"

// accountForms are the forms of account numbers by country, behind the two check digits: n
// stands for digits, a for capital letters, c for both, and the number for how many.
// IBAN registry of SWIFT, release 99.
const accountForms = `AD n8c12 AE n19 AL n8c16 AT n16 AZ a4c20 BA n16 BE n12 BG a4n6c8 BH a4c14 BI n23 BR n23a1c1
BY c4n4c16 CH n5c12 CR n18 CY n8c16 CZ n20 DE n18 DJ n23 DK n14 DO c4n20 EE n16 EG n25 ES n20 FI n14 FK a2n12
FO n14 FR n10c11n2 GB a4n14 GE a2n16 GI a4c15 GL n14 GR n7c16 GT c24 HN a4n20 HR n17 HU n24 IE a4n14 IL n19
IQ a4n15 IS n22 IT a1n10c12 JO a4n4c18 KW a4c22 KZ n3c13 LB n4c20 LC a4c24 LI n5c12 LT n16 LU n3c13 LV a4c13
LY n21 MC n10c11n2 MD c20 ME n18 MK n3c10n2 MN n16 MR n23 MT a4n5c18 MU a4n19a3 NI a4n20 NL a4n10 NO n11
OM n3c16 PK a4c16 PL n24 PS a4c21 PT n21 QA a4c21 RO a4c16 RS n18 RU n14c15 SA n2c18 SC a4n20a3 SD n14 SE n20
SI n15 SK n20 SM a1n10c12 SO n19 ST n21 SV a4n20 TL n19 TN n20 TR n6c16 UA n6c19 VA n18 VG a4n16 XK n16 YE a4n4c18`

// expand writes a form out, one letter for each place.
func expand(form string) string {
	var b strings.Builder
	for i := 0; i < len(form); {
		kind, count := form[i], 0
		for i++; i < len(form) && classOf(form[i]) == digit; i++ {
			count = count*10 + int(form[i]-'0')
		}
		for range count {
			b.WriteByte(kind)
		}
	}
	return b.String()
}

// accounts are the forms by country, written out, with the check digits before.
func accounts() map[string]string {
	fields := strings.Fields(accountForms)
	forms := make(map[string]string, len(fields)/2)
	for i := 0; i+1 < len(fields); i += 2 {
		forms[fields[i]] = "nn" + expand(fields[i+1])
	}
	return forms
}

// iban looks at a word that begins with the letters of a country.
func (s *scanner) iban(t token) {
	if !s.wanted[iban] || t.size() < 4 || !s.startsAlone(t.start) {
		return
	}
	country := s.text[t.start : t.start+2]
	form := s.accounts[country]
	if form == "" {
		return
	}
	var buffer [40]byte
	number, end := s.account(t.start+2, form, append(buffer[:0], country...))
	if end == 0 || s.isWord(end) || mod97(number) != 1 {
		return
	}
	s.note(iban, t.start, end, s.kinds[iban].Bare, 1, country)
}

// account reads characters in the order of a form, with single spaces or hyphens between; the
// end is 0 where they do not fit.
func (s *scanner) account(i int, form string, number []byte) (whole []byte, end int) {
	s.steps += 2 * len(form)
	var separator byte
	for place := range len(form) {
		if c := s.at(i); place > 0 && (c == ' ' || c == '-') && (separator == 0 || separator == c) {
			separator = c
			i++
		}
		c := s.at(i)
		fits := c >= '0' && c <= '9' && form[place] != 'a' || c >= 'A' && c <= 'Z' && form[place] != 'n'
		if !fits {
			return nil, 0
		}
		number = append(number, c)
		i++
	}
	return number, i
}

// mod97 is the remainder of ISO/IEC 7064 MOD 97-10: the first four characters go to the end,
// letters count from 10.
func mod97(number []byte) int {
	rest := 0
	for i := range number {
		c := number[(i+4)%len(number)]
		if c >= 'A' {
			rest = (rest*100 + int(c-'A'+10)) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}
