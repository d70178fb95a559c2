package labelled

import (
	"crypto/sha256"
	"math/big"
	"strings"
)

// luhn is the digit that makes a number pass (ISO/IEC 7812-1, annex B).
func luhn(number string) byte {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// weighted is the sum of digits times weights.
func weighted(number string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += w * int(number[i]-'0')
	}
	return sum
}

// remainder is of a number in decimal digits, of any length.
func remainder(number string, by int) (rest int) {
	for i := range len(number) {
		rest = (rest*10 + int(number[i]-'0')) % by
	}
	return rest
}

// ibanOf puts the check digits in (ISO/IEC 7064, MOD 97-10).
func ibanOf(country, account string) string {
	var b strings.Builder
	for _, c := range account + country + "00" {
		if c >= 'A' {
			b.WriteString(big.NewInt(int64(c - 'A' + 10)).String())
			continue
		}
		b.WriteRune(c)
	}
	check := 98 - remainder(b.String(), 97)
	return country + string([]byte{byte('0' + check/10), byte('0' + check%10)}) + account
}

// verhoeff is the digit that makes a number pass, by the dihedral group of ten elements.
func verhoeff(number string) byte {
	mul := func(a, b int) int {
		switch {
		case a < 5 && b < 5:
			return (a + b) % 5
		case a < 5:
			return 5 + (a+b-5)%5
		case b < 5:
			return 5 + (a-5-b+5)%5
		default:
			return (a - b + 5) % 5
		}
	}
	turn := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	turned := func(d, times int) int {
		for range times {
			d = turn[d]
		}
		return d
	}
	c := 0
	for i := range len(number) {
		c = mul(c, turned(int(number[len(number)-1-i]-'0'), (i+1)%8))
	}
	for d := range 10 {
		if mul(c, d) == 0 {
			return byte('0' + d)
		}
	}
	return '0'
}

// mod11x10 is the digit of ISO/IEC 7064, MOD 11,10.
func mod11x10(number string) byte {
	p := 10
	for i := range len(number) {
		s := (int(number[i]-'0') + p) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return byte('0' + (11-p)%10)
}

// mrzCheck is the check digit of a machine-readable line (ICAO Doc 9303, part 3).
func mrzCheck(field string) byte {
	sum := 0
	for i := range len(field) {
		v := 0
		switch c := field[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Check writes bytes with their sum, as Bitcoin does.
func base58Check(content []byte) string {
	once := sha256.Sum256(content)
	twice := sha256.Sum256(once[:])
	whole := append(append([]byte{}, content...), twice[:4]...)
	n, rest, base := new(big.Int).SetBytes(whole), new(big.Int), big.NewInt(58)
	var text []byte
	for n.Sign() > 0 {
		n.DivMod(n, base, rest)
		text = append([]byte{base58[rest.Int64()]}, text...)
	}
	for i := 0; i < len(whole) && whole[i] == 0; i++ {
		text = append([]byte{'1'}, text...)
	}
	return string(text)
}

// bech32 writes groups of five bits with their sum (BIP 173).
func bech32(prefix string, groups []byte) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var all []byte
	for i := range len(prefix) {
		all = append(all, prefix[i]>>5)
	}
	all = append(all, 0)
	for i := range len(prefix) {
		all = append(all, prefix[i]&31)
	}
	all = append(append(all, groups...), 0, 0, 0, 0, 0, 0)
	sum := uint32(1)
	for _, v := range all {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	sum ^= 1
	text := prefix + "1"
	for _, v := range groups {
		text += string(alphabet[v])
	}
	for i := range 6 {
		text += string(alphabet[sum>>(5*(5-i))&31])
	}
	return text
}
