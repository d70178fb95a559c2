package metric

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// benchRows are rows of some 25 words, of which the reference shares most.
func benchRows(b *testing.B, n int) []Row {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]Row, n)
	for i := range rows {
		words := make([]string, 20+random.IntN(11))
		for j := range words {
			words[j] = fmt.Sprintf("word%d", int(random.ExpFloat64()*300))
		}
		reference := strings.Join(words, " ") + "."
		for range 6 {
			words[random.IntN(len(words))] = "other"
		}
		rows[i] = texts(b, strings.Join(words, " ")+".", reference)
	}
	return rows
}

// BenchmarkObserve reads 1000 rows of some 25 words.
func BenchmarkObserve(b *testing.B) {
	rows := benchRows(b, 1000)
	for _, e := range Catalog() {
		if !strings.HasPrefix(e.Needs, "Texts") {
			continue
		}
		b.Run(e.Name, func(b *testing.B) {
			m := build(b, e.Name, "")
			into := make([]float64, m.Width())
			b.ReportAllocs()
			for b.Loop() {
				for _, row := range rows {
					if err := m.Observe(b.Context(), row, into); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
