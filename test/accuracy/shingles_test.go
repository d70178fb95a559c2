package main

import (
	"math"
	"testing"
)

func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		truth, text string
		want        overlap
	}{
		"the same":                    {"a b c d e", "a, b. c-d\ne", overlap{1, 0, 0}},
		"nothing found":               {"a b c d e", "", overlap{0, 0, 1}},
		"nothing to find":             {"", "a b c d e", overlap{0, 1, 0}},
		"no words":                    {"", "…", overlap{}},
		"a word more":                 {"a b c d", "a b c d e", overlap{0.5, 0.5, 0}},
		"a word less":                 {"a b c d e", "b c d e", overlap{0.5, 0, 0.5}},
		"twice":                       {"a b c d", "a b c d a b c d", overlap{0.2, 0.8, 0}},
		"short texts are one shingle": {"a b", "a b", overlap{1, 0, 0}},
		"and differ as one":           {"a b", "a c", overlap{0, 0.5, 0.5}},
		"letters of any script":       {"é ü ж 字", "é ü ж 字", overlap{1, 0, 0}},
		"case matters":                {"A b c d", "a b c d", overlap{0, 0.5, 0.5}},
	} {
		if got := compare(c.truth, c.text); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestScoreOf(t *testing.T) {
	// The page without truth has no recall, the one without text no precision.
	got := scoreOf([]overlap{{1, 0, 0}, {0.25, 0.25, 0.5}, {0, 1, 0}, {0, 0, 1}})
	if want := (score{f1: 4.0 / 9 * 0.5 * 2 / (4.0/9 + 0.5), precision: 0.5, recall: 4.0 / 9}); math.Abs(got.f1-want.f1) > 1e-9 ||
		math.Abs(got.precision-want.precision) > 1e-9 || math.Abs(got.recall-want.recall) > 1e-9 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := scoreOf(nil); got != (score{}) {
		t.Errorf("%+v", got)
	}
}
