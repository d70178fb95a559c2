package redact

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// However many values are looked for in one pass, the same are found.
func TestPassesFindTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[ab]{5,8}`), 1, 8).Draw(t, "words")
		text := strings.Join(words, " ") + strings.ToUpper(strings.Join(words, ""))
		var spans []Span
		at := 0
		for _, word := range words {
			spans = append(spans, Span{Kind: "k", Start: at, End: at + len(word)})
			at += len(word) + 1
		}
		places := func(size int) []Span {
			found := everywhere(text, spans, size)
			slices.SortFunc(found, func(a, b Span) int {
				if a.Start != b.Start {
					return a.Start - b.Start
				}
				return a.End - b.End
			})
			return slices.Compact(found)
		}
		if one, all := places(rapid.IntRange(1, 20).Draw(t, "size")), places(bulk); !slices.Equal(one, all) {
			t.Fatalf("%v, at once %v", one, all)
		}
	})
}
