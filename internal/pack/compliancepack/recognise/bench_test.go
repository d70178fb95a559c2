package recognise

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// prose is text of so many bytes as people and machines write it: sentences with some numbers,
// and lines of logs.
func prose(size int) string {
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields(`the a of and to in is you that it he was for on are as with his they I at be this have from or one had by
		word but not what all were we when your can said there use an each which she do how their if will up other about out many then
		them these so some her would make like him into time has look two more write go see number no way could people my than first`)
	var b strings.Builder
	for b.Len() < size {
		switch r.IntN(12) {
		case 0:
			fmt.Fprintf(&b, "2026-11-%02dT%02d:%02d:%02d.%03dZ INFO request id=%016x from 10.%d.%d.%d took %d ms\n", 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), r.Uint64(), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(5000))
		case 1:
			fmt.Fprintf(&b, "  %s_%s: %q # %d\n", words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(100000))
		case 2:
			fmt.Fprintf(&b, "Call %03d-%04d, invoice %d of %d.%02d EUR, paid %02d.%02d.2026.\n", r.IntN(1000), r.IntN(10000), r.Uint32(), r.IntN(10000), r.IntN(100), 1+r.IntN(28), 1+r.IntN(12))
		default:
			for range 12 {
				b.WriteString(words[r.IntN(len(words))])
				b.WriteByte(' ')
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

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
	texts["prose"] = prose(10 << 20)
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
