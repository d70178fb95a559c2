package needle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack/compliancepack/needle"
)

// plainly finds words one after the other.
func plainly(words []string, text string) []string {
	var found []string
	folded := fold(text)
	for i, word := range words {
		for at := range len(text) {
			if word != "" && strings.HasPrefix(folded[at:], fold(word)) {
				found = append(found, fmt.Sprint(i, at))
			}
		}
	}
	slices.Sort(found)
	return found
}

// fold changes the case of ASCII alone.
func fold(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, text)
}

func TestEveryWordIsFoundEverywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c.é]{0,5}`), 0, 8, fold).Draw(t, "words")
		text := rapid.StringMatching(`[a-cA-C.é]{0,40}`).Draw(t, "text")
		set := needle.New(words)
		var found, advanced []string
		set.Walk(text, func(word, start int) bool {
			if fold(text[start:start+set.Size(word)]) != fold(words[word]) {
				t.Errorf("%q is no %q", text[start:start+set.Size(word)], words[word])
			}
			found = append(found, fmt.Sprint(word, start))
			return true
		})
		cursor := set.Cursor()
		for _, to := range []int{len(text) / 3, len(text) / 4, len(text)} {
			cursor.Advance(text, to, func(word, start int) { advanced = append(advanced, fmt.Sprint(word, start)) })
		}
		slices.Sort(found)
		slices.Sort(advanced)
		if want := plainly(words, text); !slices.Equal(found, want) || !slices.Equal(advanced, want) {
			t.Errorf("%v in %q: %v, by a cursor %v, want %v", words, text, found, advanced, want)
		}
		if set.Contains(text) != (len(found) > 0) {
			t.Errorf("%v in %q: contains is %v", words, text, set.Contains(text))
		}
	})
}

func TestAWalkEndsWhenItIsTold(t *testing.T) {
	n := 0
	needle.New([]string{"a"}).Walk("aaaa", func(int, int) bool {
		n++
		return n < 2
	})
	if n != 2 {
		t.Errorf("%d words after the second one", n)
	}
}
