package metric

import (
	"math"
	"slices"
	"testing"
)

// TestBLEUByHand: of a prediction of 6 words that shares with its reference of 8 words 4 words,
// 2 pairs and 1 triple: precisions 4/6, 2/5, 1/4 and, smoothed by halving, 1/(2·3); the
// brevity penalty is exp(1-8/6).
func TestBLEUByHand(t *testing.T) {
	row := texts(t, "a b c x d y", "a b c z d z z z")
	brief := math.Exp(1 - 8.0/6)
	for params, want := range map[string]float64{
		``:                                      100 * brief * math.Pow(4.0/6*2/5*1/4*1/6, 0.25),
		`{"smooth":"floor","smooth_value":0.5}`: 100 * brief * math.Pow(4.0/6*2/5*1/4*0.5/3, 0.25),
		`{"smooth":"add-k"}`:                    100 * brief * math.Pow(4.0/6*3/6*2/5*1/4, 0.25),
		`{"smooth":"none"}`:                     0,
		`{"smooth":"none","max_order":3}`:       100 * brief * math.Cbrt(4.0/6*2/5*1/4),
		`{"max_order":1}`:                       100 * brief * 4 / 6,
	} {
		if got := value(t, build(t, "bleu", params), row); !near(got, want, 1e-9) {
			t.Errorf("%s: %v, want %v", params, got, want)
		}
	}
}

func TestBLEUOfFewWords(t *testing.T) {
	for _, c := range []struct {
		params, prediction, reference string
		want                          float64
	}{
		{``, "", "a", 0},
		{``, "a", "", 0},
		{``, "", "", 0},
		{``, "a", "a", 0}, // there are no pairs of words
		{`{"effective_order":true}`, "a", "a", 100},
		{`{"effective_order":true}`, "a", "x a", 100 * math.Exp(-1)},
		{`{"effective_order":true}`, "b", "a", 0},
	} {
		if got := value(t, build(t, "bleu", c.params), texts(t, c.prediction, c.reference)); !near(got, c.want, 1e-9) {
			t.Errorf("%s %q of %q: %v, want %v", c.params, c.prediction, c.reference, got, c.want)
		}
	}
}

// Of several references the closest length counts, the shorter of two as close, and of an
// n-gram the count of the reference that has it most.
func TestBLEUOfSeveralReferences(t *testing.T) {
	m := build(t, "bleu", `{"max_order":1}`)
	s := observe(t, m, texts(t, "a a b", "a a a x y z", "b a", "c c c c"))
	if want := []float64{3, 2, 3, 3}; !slices.Equal(s.Data, want) {
		t.Errorf("%v, want %v", s.Data, want)
	}
	if got := m.Info().Signature; got != "nrefs:3|case:mixed|eff:no|tok:13a|smooth:exp|order:1|version:"+version {
		t.Error(got)
	}
	if err := m.Observe(t.Context(), texts(t, "a", "a"), make([]float64, 4)); err != nil {
		t.Fatal(err)
	}
	if got := m.Info().Signature[:9]; got != "nrefs:var" {
		t.Error(got)
	}
}

func TestSignaturesOfSacrebleu(t *testing.T) {
	for name, want := range map[string]string{
		"bleu": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:" + version,
		"chrf": "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|beta:2|version:" + version,
	} {
		m := build(t, name, "")
		value(t, m, texts(t, "a", "a"))
		if got := m.Info().Signature; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	m := build(t, "bleu", `{"smooth":"floor","lowercase":true}`)
	value(t, m, texts(t, "a", "a"))
	if got, want := m.Info().Signature, "nrefs:1|case:lc|eff:no|tok:13a|smooth:floor[0.10]|version:"+version; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestChrFByHand: "aa" and "ab" share one of two characters and no pair: one of the two
// orders that both have is right by half, so precision and recall are 1/4; with
// eps_smoothing six orders are meaned.
func TestChrFByHand(t *testing.T) {
	for _, c := range []struct {
		params, prediction, reference string
		want                          float64
	}{
		{``, "aa", "ab", 25},
		{`{"eps_smoothing":true}`, "aa", "ab", 100 * 0.5 / 6},
		{``, "a", "a", 100},
		{`{"eps_smoothing":true}`, "a", "a", 100.0 / 6},
		{``, "a b c", "abc", 100},
		{`{"whitespace":true,"char_order":1,"beta":1}`, "a b", "ab", 100 * 2 * 2.0 / 3 / (1 + 2.0/3)},
		{``, "", "a", 0},
		{``, "a", "", 0},
		{``, "", "", 0},
		{`{"lowercase":true}`, "ABC", "abc", 100},
		{`{"char_order":1,"word_order":1,"beta":1}`, "ab.", "ab !", 100 * (2.0/3 + 0.5) / 2}, // words ab and . or !
		{`{"char_order":1,"beta":3}`, "ab", "a", 100 * 10 * 0.5 / (9*0.5 + 1)},
	} {
		if got := value(t, build(t, "chrf", c.params), texts(t, c.prediction, c.reference)); !near(got, c.want, 1e-9) {
			t.Errorf("%s %q of %q: %v, want %v", c.params, c.prediction, c.reference, got, c.want)
		}
	}
}

func TestROUGEByHand(t *testing.T) {
	for _, c := range []struct {
		variant, prediction, reference string
		precision, recall              float64
	}{
		{"1", "a b b c", "b c d", 2.0 / 4, 2.0 / 3},
		{"2", "a b c", "b c a b", 2.0 / 2, 2.0 / 3},
		{"9", "a b c", "a b c", 0, 0}, // nine words are not there
		{"L", "a x b c", "a b c d", 3.0 / 4, 3.0 / 4},
		{"L", "", "a", 0, 0},
		{"L", "!", "?", 0, 0},
		// Lin's example: the subsequences of both lines hold w1, w2, w3 and w5.
		{"Lsum", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", 4.0 / 10, 4.0 / 5},
		{"Lsum", "a a\na", "a a a", 2.0 / 3, 2.0 / 3}, // each subsequence has two of them, the last two
		{"Lsum", "\n\n", "a", 0, 0},
	} {
		row := texts(t, c.prediction, c.reference)
		for measure, want := range map[string]float64{"precision": c.precision, "recall": c.recall, "f1": harmonic(c.precision, c.recall)} {
			m := build(t, "rouge", `{"variant":"`+c.variant+`","measure":"`+measure+`"}`)
			if got := value(t, m, row); !near(got, want, 1e-12) {
				t.Errorf("%s %s of %q and %q: %v, want %v", c.variant, measure, c.prediction, c.reference, got, want)
			}
		}
	}
	// The reference with the best F1 counts, also for precision.
	m := build(t, "rouge", `{"variant":"1","measure":"precision"}`)
	if got := value(t, m, texts(t, "a b c d", "a", "a b x y", "a b c q r")); got != 0.75 {
		t.Errorf("of several references: %v", got)
	}
}
