package secrets

import (
	"strings"
	"testing"

	"dpp/internal/pack/packtest"
)

func BenchmarkFind(b *testing.B) {
	s, err := New()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, text string }{
		{"prose", packtest.Prose(10 << 20)},
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
