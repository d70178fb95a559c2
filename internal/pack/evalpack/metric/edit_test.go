package metric

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// naive is the distance by its definition, cell by cell.
func naive(a, b []rune) int {
	above := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range a {
		row := []int{i + 1}
		for j := range b {
			step := above[j]
			if a[i] != b[j] {
				step++
			}
			row = append(row, min(step, above[j+1]+1, row[j]+1))
		}
		above = row
	}
	return above[len(b)]
}

func drawRunes(t *rapid.T, label string) []rune {
	return rapid.SliceOfN(rapid.SampledFrom([]rune("abcé北")), 0, 200).Draw(t, label)
}

func TestDistances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRunes(t, "a"), drawRunes(t, "b")
		var d distance
		var align alignment
		want := naive(a, b)
		got, err := d.of(t.Context(), a, b)
		if err != nil || got != want {
			t.Fatalf("%d, %v, want %d", got, err, want)
		}
		edits, hits, err := align.of(t.Context(), a, b)
		if err != nil || edits != want || hits > min(len(a), len(b)) || hits+edits < max(len(a), len(b)) {
			t.Fatalf("%d edits, %d kept, %v, want %d edits", edits, hits, err, want)
		}
		back, err := d.of(t.Context(), b, a)
		if err != nil || back != want {
			t.Fatalf("the other way %d, %v", back, err)
		}
	})
}

// TestPathsAsShort: "a b" becomes "b a" by two substitutions, which keep nothing, or by an
// insertion and a deletion, which keep a word. RapidFuzz 3 inserts b, keeps a and deletes b.
func TestPathsAsShort(t *testing.T) {
	row := texts(t, "b a c", "a b c")
	for name, want := range map[string]float64{"wer": 2.0 / 3, "mer": 2.0 / 4, "wil": 1 - 2.0/3*2.0/3} {
		if got := value(t, build(t, name, ""), row); !near(got, want, 1e-12) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestEmptyTexts: what jiwer says where there is nothing to divide by.
func TestEmptyTexts(t *testing.T) {
	for _, c := range []struct {
		prediction, reference string
		wer, mer, wil, cer    float64
	}{
		{"", "", 0, 0, 0, 0},
		{"one two", "", 2, 1, 1, 7},
		{"", "one two", 1, 1, 1, 1},
	} {
		row := texts(t, c.prediction, c.reference)
		for name, want := range map[string]float64{"wer": c.wer, "mer": c.mer, "wil": c.wil, "cer": c.cer} {
			if got := value(t, build(t, name, ""), row); got != want {
				t.Errorf("%s of %q and %q: %v, want %v", name, c.prediction, c.reference, got, want)
			}
		}
	}
}

// Rates are those of all rows together, and not means of theirs.
func TestRatesOfACorpus(t *testing.T) {
	rows := []Row{texts(t, "a b c d", "a b c d"), texts(t, "x", "y z")}
	for name, want := range map[string]float64{
		"wer": 2.0 / 6, "mer": 2.0 / 6, "wil": 1 - 4.0/6*4.0/5, "cer": 3.0 / 10, // "x" to "y z": one substitution, two insertions
	} {
		if got := value(t, build(t, name, ""), rows...); !near(got, want, 1e-12) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := value(t, build(t, "wer", `{"lowercase":true,"remove_punctuation":true}`), texts(t, "Hi, You!", "hi you")); got != 0 {
		t.Errorf("normalised: %v", got)
	}
	if got := value(t, build(t, "wer", ""), texts(t, "a b", "x y z", "a c")); got != 0.5 {
		t.Errorf("of two references: %v", got)
	}
}

func TestEditSimilarity(t *testing.T) {
	for _, c := range []struct {
		prediction, reference string
		want                  float64
	}{{"kitten", "sitting", 1 - 3.0/7}, {"", "", 1}, {"", "abc", 0}, {"e\u0301", "é", 0}} {
		if got := value(t, build(t, "edit_similarity", ""), texts(t, c.prediction, c.reference)); !near(got, c.want, 1e-12) {
			t.Errorf("%q, %q: %v, want %v", c.prediction, c.reference, got, c.want)
		}
	}
	if got := value(t, build(t, "edit_similarity", `{"lowercase":true}`), texts(t, "AB", "ab")); got != 1 {
		t.Errorf("lowercase: %v", got)
	}
}

// What would take too long is refused, and what takes long ends with its context.
func TestLongTexts(t *testing.T) {
	words := func(n int, word string) string { return strings.Repeat(word+" ", n) }
	into := make([]float64, 8)
	for name, row := range map[string]Row{
		"wer":   texts(t, words(20_000, "a"), words(20_000, "b")),
		"rouge": texts(t, words(20_000, "a"), words(20_000, "b")),
		"cer":   texts(t, strings.Repeat("a", 100_000), strings.Repeat("b", 100_000)),
	} {
		var tooLong *RowError
		m := build(t, name, "")
		if err := m.Observe(t.Context(), row, into[:m.Width()]); !errors.As(err, &tooLong) || tooLong.Code != "TOO_LONG" {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, params := range map[string]string{"wer": "", "cer": "", "edit_similarity": "", "rouge": "", "json_schema": `{"schema":true}`} {
		m := build(t, name, params)
		if err := m.Observe(ctx, texts(t, "1", "2"), into[:m.Width()]); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
