package recognise

import (
	"strings"
	"testing"

	"dpp/internal/pack/packtest"
)

// hostile are texts of so many bytes that are all beginnings of values.
func hostile(size int) map[string]string {
	texts := map[string]string{}
	for name, unit := range map[string]string{
		"digits": "0123456789", "at signs": "@", "dots": ".", "colons": ":", "hyphens": "1-", "groups": "123 ", "addresses": "a@b.c@",
		"long names": "a.b-c_d+e", "octets": "1.2.3.", "hexadecimal": "ab:cd:", "plus": "+1", "parentheses": "(1", "numbers": "+49 30 123456 ",
		"accounts": "DE89 3704 0044 0532 0130 01 ", "cards": "4111 1111 1111 1112 ", "dates": "12 March 1985 ", "words": "born ", "letters": "a",
		"tokens": "aA1bB2cC3dD4eE5fF6gG7hH8iI9jJ1kK2 ", "zones": "P<UTO<<<", "national": "020 7946 0018 ", "zeros": "00000000 ",
	} {
		texts[name] = strings.Repeat(unit, size/len(unit)+1)[:size]
	}
	return texts
}

func BenchmarkFind(b *testing.B) {
	texts := hostile(10 << 20)
	texts["prose"] = packtest.Prose(10 << 20)
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				found, cut := Find(b.Context(), text, nil, Options{MinConfidence: 0.3})
				b.ReportMetric(float64(len(found)), "found")
				if cut {
					b.ReportMetric(1, "cut")
				}
			}
		})
	}
}
