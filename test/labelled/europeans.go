package labelled

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

func europeans() map[string]maker {
	all := map[string]maker{
		"iban":         func(r *rand.Rand) string { return inFours(accountOf(r)) },
		"iban bare":    accountOf,
		"passport_mrz": mrzLines,
		"uk_nino":      func(r *rand.Rand) string { return distinctPrefix(r) + letters(r, digits, 6) + letters(r, "ABCD", 1) },
		"uk_nino spaced": func(r *rand.Rand) string {
			return distinctPrefix(r) + patterned(" ## ## ## ", r) + letters(r, "ABCD", 1)
		},
		"uk_nhs":          func(r *rand.Rand) string { return spaced(nhs(r), 3, 3, 4) },
		"uk_nhs bare":     nhs,
		"in_aadhaar":      func(r *rand.Rand) string { return spaced(aadhaar(r), 4, 4, 4) },
		"in_aadhaar bare": aadhaar,
		"es_nif":          func(r *rand.Rand) string { return nif(r, "") },
		"es_nif dash":     func(r *rand.Rand) string { return nif(r, "-") },
		"es_nif nie": func(r *rand.Rand) string {
			first, n := r.IntN(3), r.IntN(10_000_000)
			return fmt.Sprintf("%c%07d%c", "XYZ"[first], n, nifLetter(first*10_000_000+n))
		},
		"it_fiscal_code":            fiscalCode,
		"pl_pesel":                  pesel,
		"au_abn":                    func(r *rand.Rand) string { return spaced(abn(r), 2, 3, 3, 3) },
		"au_abn bare":               abn,
		"de_tax_id":                 func(r *rand.Rand) string { return spaced(taxID(r), 2, 3, 3, 3) },
		"de_tax_id bare":            taxID,
		"fi_personal_identity_code": hetu,
	}
	for name, pattern := range map[string]string{
		"uk": "+44 20 7### ####", "uk national": "020 7### ####", "uk mobile": "07700 8#####", "german": "030 / 8######", "german mobile": "0171 2######", "german code": "+49 30 4#######",
		"french": "06 12 ## ## ##", "french code": "+33 1 42 ## ## ##", "spanish": "+34 612 ### ###", "italian": "+39 347 ### ####", "polish": "+48 512 ### ###",
		"australian": "+61 412 ### ###", "finnish": "+358 40 ### ####", "indian": "+91 98### #####", "indian mobile": "98########", "israeli": "052-4######", "brazilian": "(11) 98###-####",
	} {
		all["phone "+name] = func(r *rand.Rand) string { return patterned(pattern, r) }
	}
	return all
}

// accountOf is an IBAN of a country whose account numbers have no check digits of their own.
func accountOf(r *rand.Rand) string {
	switch r.IntN(5) {
	case 0:
		return ibanOf("DE", letters(r, digits, 18))
	case 1:
		return ibanOf("GB", letters(r, capitals, 4)+letters(r, digits, 14))
	case 2:
		return ibanOf("AT", letters(r, digits, 16))
	case 3:
		return ibanOf("CH", letters(r, digits, 17))
	default:
		return ibanOf("NL", letters(r, capitals, 4)+letters(r, digits, 10))
	}
}

func inFours(text string) string {
	var groups []string
	for len(text) > 4 {
		groups = append(groups, text[:4])
		text = text[4:]
	}
	return strings.Join(append(groups, text), " ")
}

// nhs is a number whose check digit is one: a tenth has none.
func nhs(r *rand.Rand) string {
	for {
		n := oneOf("4", "6", "7")(r) + letters(r, digits, 8)
		if c := (11 - weighted(n, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 11; c < 10 {
			return n + fmt.Sprint(c)
		}
	}
}

func aadhaar(r *rand.Rand) string {
	n := letters(r, "23456789", 1) + letters(r, digits, 10)
	return n + string(verhoeff(n))
}

func nifLetter(n int) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] }

func nif(r *rand.Rand, sep string) string {
	n := 10_000_000 + r.IntN(80_000_000)
	return fmt.Sprintf("%08d%s%c", n, sep, nifLetter(n))
}

// fiscalCode has its last letter by the tables of the decree.
func fiscalCode(r *rand.Rand) string {
	year, month, d := day(r)
	if r.IntN(2) == 0 {
		d += 40
	}
	const consonants = "BCDFGLMNPRSTVZ"
	code := letters(r, consonants, 6) + fmt.Sprintf("%02d%c%02d", year%100, "ABCDEHLMPRST"[month-1], d) + letters(r, "ABCDEFGHILM", 1) + letters(r, digits, 3)
	odd := [36]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range len(code) {
		place, even := int(code[i]-'0'), int(code[i]-'0')
		if code[i] >= 'A' {
			place, even = int(code[i]-'A')+10, int(code[i]-'A')
		}
		if i%2 == 0 {
			sum += odd[place]
		} else {
			sum += even
		}
	}
	return code + string(rune('A'+sum%26))
}

func pesel(r *rand.Rand) string {
	year, month, d := day(r)
	if year >= 2000 {
		month += 20
	}
	n := fmt.Sprintf("%02d%02d%02d", year%100, month, d) + letters(r, digits, 4)
	return n + fmt.Sprint((10-weighted(n, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
}

// abn has its first two digits by modulus 89.
func abn(r *rand.Rand) string {
	n := letters(r, digits, 9)
	for first := 10; ; first++ {
		whole := fmt.Sprint(first) + n
		if (weighted(whole, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0 {
			return whole
		}
	}
}

// taxID has ten digits of which one stands there twice, and a check digit.
func taxID(r *rand.Rand) string {
	order := r.Perm(10)
	twice := order[r.IntN(9)]
	order[9] = twice
	r.Shuffle(10, func(i, j int) { order[i], order[j] = order[j], order[i] })
	for order[0] == 0 {
		r.Shuffle(10, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	n := ""
	for _, d := range order {
		n += fmt.Sprint(d)
	}
	return n + string(mod11x10(n))
}

func hetu(r *rand.Rand) string {
	year, month, d := day(r)
	sign := "-"
	if year >= 2000 {
		sign = "A"
	}
	birth, serial := fmt.Sprintf("%02d%02d%02d", d, month, year%100), fmt.Sprintf("%03d", 2+r.IntN(898))
	return birth + sign + serial + string("0123456789ABCDEFHJKLMNPRSTUVWXY"[remainder(birth+serial, 31)])
}
