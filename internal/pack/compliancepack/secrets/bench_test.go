package secrets

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// prose is text of so many bytes as people and machines write it: sentences with some numbers,
// and lines of logs and of configuration.
func prose(size int) string {
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields(`the a of and to in is you that it he was for on are as with his they I at be this have from or one had by
		word but not what all were we when your can said there use an each which she do how their if will up other about out many then
		them these so some her would make like him into time has look two more write go see number no way could people my than first
		water been call who oil its now find long down day did get come made may part key money risk token password access author api`)
	var b strings.Builder
	for b.Len() < size {
		switch r.IntN(12) {
		case 0:
			fmt.Fprintf(&b, "2026-11-%02dT%02d:%02d:%02d.%03dZ INFO request id=%016x from 10.%d.%d.%d took %d ms\n", 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), r.Uint64(), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(5000))
		case 1:
			fmt.Fprintf(&b, "  %s_%s: %q # %d\n", words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(100000))
		case 2:
			fmt.Fprintf(&b, "Call %03d-%04d or write to %s%d@example.org, invoice %d of %d.%02d EUR.\n", r.IntN(1000), r.IntN(10000), words[r.IntN(len(words))], r.IntN(100), r.Uint32(), r.IntN(10000), r.IntN(100))
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

func BenchmarkFind(b *testing.B) {
	s, err := New()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, text string }{
		{"prose", prose(10 << 20)},
		{"one line of digits", strings.Repeat("0123456789", 1<<20)},
		{"keywords", strings.Repeat("secret token key ", 10<<20/17)},
		{"assignments", strings.Repeat("api_key=q8fG7hJk2Lm9Pz1x\n", 10<<20/25)},
		{"begins of keys", strings.Repeat("-----BEGIN PRIVATE KEY-----\n", 10<<20/28)},
		{"kinds of secrets", strings.Repeat("kind: secret data: x ", 10<<20/21)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				found, cut := s.Find(b.Context(), c.text, Options{})
				b.ReportMetric(float64(len(found)), "found")
				if cut {
					b.ReportMetric(1, "cut")
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}
