package labelled

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// values are the makers of personal values and secrets, by kind or by kind and form.
func values() map[string]maker {
	all := secretMakers()
	for _, more := range []map[string]maker{people(), americans(), koreans(), europeans()} {
		for name, m := range more {
			all[name] = m
		}
	}
	return all
}

// day is one from 1940 to 2004.
func day(r *rand.Rand) (year, month, day int) {
	return 1940 + r.IntN(65), 1 + r.IntN(12), 1 + r.IntN(28)
}

func dateAs(format string, order ...int) maker {
	return func(r *rand.Rand) string {
		var d [3]int
		d[0], d[1], d[2] = day(r)
		args := make([]any, len(order))
		for i, o := range order {
			args[i] = d[o]
		}
		return fmt.Sprintf(format, args...)
	}
}

func dateInWords(format string, months ...string) maker {
	return func(r *rand.Rand) string {
		year, month, d := day(r)
		return strings.NewReplacer("D", fmt.Sprint(d), "M", months[month-1], "Y", fmt.Sprint(year)).Replace(format)
	}
}

func englishMonths() []string {
	return strings.Fields("January February March April May June July August September October November December")
}

func people() map[string]maker {
	return map[string]maker{
		"email":              emailOf,
		"credit_card":        func(r *rand.Rand) string { return spaced(cardOf(r), 4, 4, 4, 4) },
		"credit_card bare":   cardOf,
		"credit_card dashes": func(r *rand.Rand) string { return strings.ReplaceAll(spaced(cardOf(r), 4, 4, 4, 4), " ", "-") },
		"credit_card amex": func(r *rand.Rand) string {
			n := oneOf("34", "37")(r) + letters(r, digits, 12)
			return spaced(n+string(luhn(n)), 4, 6, 5)
		},
		"date_of_birth iso":    dateAs("%04d-%02d-%02d", 0, 1, 2),
		"date_of_birth us":     dateAs("%02d/%02d/%04d", 1, 2, 0),
		"date_of_birth uk":     dateAs("%02d/%02d/%04d", 2, 1, 0),
		"date_of_birth dots":   dateAs("%02d.%02d.%04d", 2, 1, 0),
		"date_of_birth korean": dateAs("%d년 %d월 %d일", 0, 1, 2),
		"date_of_birth words":  dateInWords("D M Y", englishMonths()...),
		"date_of_birth month":  dateInWords("M D, Y", englishMonths()...),
		"date_of_birth german": dateInWords("D. M Y", strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember")...),
		"date_of_birth french": dateInWords("D M Y", strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")...),
		"ip":                   ipOf,
		"ip six": func(r *rand.Rand) string {
			return fmt.Sprintf("2a0%d:%x:%x:%x::%x", r.IntN(10), 0x100+r.IntN(0xe00), 1+r.IntN(0xfff), 1+r.IntN(0xffff), 1+r.IntN(0xfff))
		},
		"mac":        func(r *rand.Rand) string { return macOf(r, ":") },
		"mac dashes": func(r *rand.Rand) string { return strings.ToUpper(macOf(r, "-")) },
		"mac dots":   func(r *rand.Rand) string { return patterned("00", r) + patterned("**.****.****", r) },
		"crypto":     func(r *rand.Rand) string { return base58Check(append([]byte{0}, bytesOf(r, 20)...)) },
		"crypto p2sh": func(r *rand.Rand) string {
			return base58Check(append([]byte{5}, bytesOf(r, 20)...))
		},
		"crypto bech32": func(r *rand.Rand) string {
			groups := []byte{0}
			for range 32 {
				groups = append(groups, byte(r.IntN(32)))
			}
			return bech32("bc", groups)
		},
	}
}

func bytesOf(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

func firstName() maker {
	return oneOf("anna", "ben", "carla", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas", "kiran", "lucia", "marek", "noor", "olga", "pavel", "quinn", "rosa", "samir", "tove")
}

func lastName() maker {
	return oneOf("abel", "berger", "castro", "dubois", "eriksen", "fischer", "garcia", "haddad", "ivanova", "jansen", "kowalski", "larsen", "moreau", "novak", "okafor", "petrov", "quiroga", "rossi", "schmid", "tanaka")
}

func domain() maker {
	return oneOf("nordwind-logistik.de", "halden.co.uk", "bluequay.com", "mirae-tech.co.kr", "olivar.es", "pinefold.net", "quarzwerk.ch", "riverstone.org", "tessera.io", "valdora.fr", "wexcombe.ca")
}

func emailOf(r *rand.Rand) string {
	local := firstName()(r) + oneOf(".", "_", "-", "")(r) + lastName()(r)
	if r.IntN(4) == 0 {
		local += oneOf("7", "88", "+news", "1984")(r)
	}
	return local + "@" + domain()(r)
}

// cardOf is of an issuer's range, and none of the numbers for tests.
func cardOf(r *rand.Rand) string {
	n := oneOf("4", "4", "51", "52", "53", "55", "2221", "6011", "3528")(r)
	n += letters(r, digits, 15-len(n))
	return n + string(luhn(n))
}

// spaced puts spaces between groups.
func spaced(number string, sizes ...int) string {
	var groups []string
	for _, n := range sizes {
		groups = append(groups, number[:n])
		number = number[n:]
	}
	return strings.Join(groups, " ")
}

// ipOf is a public address of no special range.
func ipOf(r *rand.Rand) string {
	return fmt.Sprintf("%d.%d.%d.%d", []int{23, 46, 62, 77, 81, 85, 91, 109, 141, 178, 185, 212}[r.IntN(12)], 1+r.IntN(254), r.IntN(256), 1+r.IntN(254))
}

func macOf(r *rand.Rand, sep string) string {
	parts := []string{oneOf("00", "3c", "a4", "b8", "dc", "f0")(r)}
	for range 5 {
		parts = append(parts, patterned("**", r))
	}
	return strings.Join(parts, sep)
}

func americans() map[string]maker {
	ssn := func(r *rand.Rand) string {
		area := 1 + r.IntN(772)
		if area == 666 || area == 78 || area == 219 {
			area++
		}
		return fmt.Sprintf("%03d-%02d-%04d", area, 1+r.IntN(99), 1+r.IntN(9999))
	}
	itin := func(r *rand.Rand) string {
		return fmt.Sprintf("9%02d-%d-%04d", r.IntN(100), []int{70, 71, 75, 78, 80, 82, 85, 88}[r.IntN(8)], r.IntN(10_000))
	}
	sin := func(r *rand.Rand) string {
		n := oneOf("1", "2", "3", "4", "5", "6", "7")(r) + letters(r, digits, 7)
		return n + string(luhn(n))
	}
	return map[string]maker{
		"us_ssn": ssn, "us_ssn bare": func(r *rand.Rand) string { return strings.ReplaceAll(ssn(r), "-", "") },
		"us_itin": itin, "us_itin bare": func(r *rand.Rand) string { return strings.ReplaceAll(itin(r), "-", "") },
		"us_passport":     func(r *rand.Rand) string { return oneOf("4", "5", "6")(r) + letters(r, digits, 8) },
		"us_passport new": func(r *rand.Rand) string { return oneOf("A", "X", "Y", "Z")(r) + letters(r, digits, 8) },
		"aba_routing": func(r *rand.Rand) string {
			n := oneOf("01", "02", "03", "05", "06", "07", "09", "11", "12", "26", "31")(r) + letters(r, digits, 6)
			sum := weighted(n, 3, 7, 1, 3, 7, 1, 3, 7)
			return n + fmt.Sprint((10-sum%10)%10)
		},
		"ca_sin": func(r *rand.Rand) string { return spaced(sin(r), 3, 3, 3) }, "ca_sin bare": sin,
		"ca_sin dashes": func(r *rand.Rand) string { return strings.ReplaceAll(spaced(sin(r), 3, 3, 3), " ", "-") },
		"phone us": func(r *rand.Rand) string {
			return fmt.Sprintf("(%s) %d-%04d", areaCode(r), 220+r.IntN(300), r.IntN(10_000))
		},
		"phone us dashes": func(r *rand.Rand) string {
			return fmt.Sprintf("%s-%d-%04d", areaCode(r), 220+r.IntN(300), r.IntN(10_000))
		},
		"phone us dots": func(r *rand.Rand) string {
			return fmt.Sprintf("%s.%d.%04d", areaCode(r), 220+r.IntN(300), r.IntN(10_000))
		},
		"phone us bare": func(r *rand.Rand) string {
			return fmt.Sprintf("%s%d%04d", areaCode(r), 220+r.IntN(300), r.IntN(10_000))
		},
		"phone us code": func(r *rand.Rand) string {
			return fmt.Sprintf("+1 %s %d %04d", areaCode(r), 220+r.IntN(300), r.IntN(10_000))
		},
		"phone us e164": func(r *rand.Rand) string {
			return fmt.Sprintf("+1%s%d%04d", areaCode(r), 220+r.IntN(300), r.IntN(10_000))
		},
		"phone canada": func(r *rand.Rand) string {
			return fmt.Sprintf("%s-%d-%04d", oneOf("416", "514", "604", "613")(r), 220+r.IntN(300), r.IntN(10_000))
		},
	}
}

func areaCode(r *rand.Rand) string {
	return oneOf("202", "206", "212", "303", "312", "404", "415", "503", "617", "702")(r)
}

// koreanNumber is a registration number of the old form, with its check digit, or of the
// new one without.
func koreanNumber(r *rand.Rand, sexes string, base int) (front, back string) {
	year, month, d := day(r)
	front = fmt.Sprintf("%02d%02d%02d", year%100, month, d)
	sex := sexes[r.IntN(2)]
	if year >= 2000 {
		sex = sexes[2+r.IntN(2)]
	}
	back = string(sex) + letters(r, digits, 5)
	sum := weighted(front+back, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
	return front, back + fmt.Sprint((base-sum%11)%10)
}

func koreans() map[string]maker {
	number := func(sexes string, base int, sep string) maker {
		return func(r *rand.Rand) string {
			front, back := koreanNumber(r, sexes, base)
			return front + sep + back
		}
	}
	business := func(r *rand.Rand) string {
		n := fmt.Sprintf("%d%02d", 101+r.IntN(500), 1+r.IntN(89)) + letters(r, digits, 4)
		sum := weighted(n, 1, 3, 7, 1, 3, 7, 1, 3, 5) + int(n[8]-'0')*5/10
		return n + fmt.Sprint((10-sum%10)%10)
	}
	return map[string]maker{
		"kr_rrn": number("1234", 11, "-"), "kr_rrn bare": number("1234", 11, ""),
		"kr_frn": number("5678", 13, "-"), "kr_frn bare": number("5678", 13, ""),
		"kr_brn":          func(r *rand.Rand) string { return strings.ReplaceAll(spaced(business(r), 3, 2, 5), " ", "-") },
		"kr_brn bare":     business,
		"kr_passport":     func(r *rand.Rand) string { return oneOf("M", "S", "R")(r) + letters(r, digits, 8) },
		"kr_passport new": func(r *rand.Rand) string { return patterned("M###@####", r) },
		"kr_driver_license": func(r *rand.Rand) string {
			return fmt.Sprintf("%d-%02d-%06d-%02d", 11+r.IntN(16), r.IntN(24), r.IntN(1_000_000), r.IntN(100))
		},
		"phone korean":      func(r *rand.Rand) string { return fmt.Sprintf("010-%d-%04d", 2000+r.IntN(8000), r.IntN(10_000)) },
		"phone korean bare": func(r *rand.Rand) string { return fmt.Sprintf("010%d%04d", 2000+r.IntN(8000), r.IntN(10_000)) },
		"phone seoul":       func(r *rand.Rand) string { return fmt.Sprintf("02-%d-%04d", 500+r.IntN(400), r.IntN(10_000)) },
		"phone korean code": func(r *rand.Rand) string { return fmt.Sprintf("+82 10-%d-%04d", 2000+r.IntN(8000), r.IntN(10_000)) },
	}
}

// mrzLines are those of a passport (ICAO Doc 9303, part 4).
func mrzLines(r *rand.Rand) string {
	state := oneOf("FRA", "GBR", "KOR", "NLD", "POL", "SWE", "USA")(r)
	pad := func(text string, n int) string { return text + strings.Repeat("<", n-len(text)) }
	first := pad("P<"+state+strings.ToUpper(lastName()(r))+"<<"+strings.ToUpper(firstName()(r)), 44)
	no := pad(letters(r, capitals, 2)+letters(r, digits, 7), 9)
	year, month, d := day(r)
	birth := fmt.Sprintf("%02d%02d%02d", year%100, month, d)
	expiry := fmt.Sprintf("%02d%02d%02d", 26+r.IntN(9), 1+r.IntN(12), 1+r.IntN(28))
	own := pad("", 14)
	checked := no + string(mrzCheck(no)) + birth + string(mrzCheck(birth)) + expiry + string(mrzCheck(expiry)) + own + string(mrzCheck(own))
	second := no + string(mrzCheck(no)) + state + birth + string(mrzCheck(birth)) + oneOf("F", "M")(r) + expiry + string(mrzCheck(expiry)) + own + string(mrzCheck(own)) + string(mrzCheck(checked))
	return first + "\n" + second
}

func distinctPrefix(r *rand.Rand) string {
	for {
		two := letters(r, "ABCEGHJKLMNOPRSTWXYZ", 1) + letters(r, "ABCEGHJKLMNPRSTWXYZ", 1)
		if !slices.Contains([]string{"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}, two) {
			return two
		}
	}
}
