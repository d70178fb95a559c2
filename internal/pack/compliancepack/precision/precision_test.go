package precision_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack/compliancepack/precision"
	"dpp/internal/pack/compliancepack/recognise"
)

// A precision lies between what the recogniser says and what was counted, the nearer to the
// latter the more that was.
func TestPrecisionLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said, strength := rapid.Float64Range(0, 1).Draw(t, "said"), rapid.Float64Range(0.5, 100).Draw(t, "strength")
		fired := rapid.IntRange(1, 500).Draw(t, "fired")
		tally := precision.Tally{Fired: fired, Right: rapid.IntRange(0, fired).Draw(t, "right")}
		counted := float64(tally.Right) / float64(fired)
		got := tally.Precision(said, strength)
		if got < min(said, counted)-1e-12 || got > max(said, counted)+1e-12 {
			t.Fatalf("%v is not between %v and %v", got, said, counted)
		}
		twice := tally.Plus(tally).Precision(said, strength)
		if math.Abs(twice-counted) > math.Abs(got-counted)+1e-12 {
			t.Fatalf("twice the cases give %v, which is farther from %v than %v", twice, counted, got)
		}
		if none := (precision.Tally{}).Precision(said, strength); math.Abs(none-said) > 1e-12 {
			t.Fatalf("no cases make %v of %v", none, said)
		}
	})
}

func TestOfGoesByTheTable(t *testing.T) {
	for _, c := range precision.Table() {
		said := float64(c.Said) / 100
		want := math.Round(c.Own.Plus(c.Others).Precision(said, precision.Strength)*1000) / 1000
		if got := precision.Of(c.Recogniser, said); got != want {
			t.Errorf("%s says %v: %v, want %v", c.Recogniser, said, got, want)
		}
	}
	if got := precision.Of("no such recogniser", 0.4); got != 0.4 {
		t.Errorf("%v of nobody", got)
	}
}

// Each recogniser was counted, in order, and no place twice.
func TestTheTableIsWhole(t *testing.T) {
	table := precision.Table()
	if !slices.IsSortedFunc(table, func(a, b precision.Count) int {
		return cmp.Or(cmp.Compare(a.Recogniser, b.Recogniser), cmp.Compare(a.Said, b.Said), 1)
	}) {
		t.Error("the table is not in order, or has a place twice")
	}
	counted := map[string]int{}
	for _, c := range table {
		for _, tally := range []precision.Tally{c.Own, c.Others} {
			if tally.Right < 0 || tally.Right > tally.Fired || c.Said < 0 || c.Said > 100 {
				t.Errorf("%+v", c)
			}
		}
		counted[c.Recogniser] += c.Own.Fired
	}
	for _, k := range recognise.Kinds() {
		if counted[k.ID] == 0 {
			t.Errorf("%s was not counted", k.ID)
		}
	}
	for _, class := range []string{precision.ClassForm, precision.ClassNamed, precision.ClassGeneric} {
		if counted[class] == 0 {
			t.Errorf("%s was not counted", class)
		}
	}
}

func TestWhatFindingsCountAs(t *testing.T) {
	for _, c := range []struct {
		rule       string
		confidence float64
		class      string
		said       int
	}{
		{"github-pat", 0.95, precision.ClassForm, 95},
		{"heroku-api-key", 0.8, precision.ClassNamed, 80},
		{"curl-auth-header", 0.3, precision.ClassNamed, 30},
		{"generic-api-key", 0.75, precision.ClassGeneric, 70},
		{"generic-api-key", 0.05, precision.ClassGeneric, 0},
	} {
		if class := precision.Class(c.rule, c.confidence); class != c.class || precision.Said(class, c.confidence) != c.said {
			t.Errorf("%+v: %s %d", c, class, precision.Said(class, c.confidence))
		}
	}
	if precision.Kind("email", true) == precision.Kind("email", false) {
		t.Error("examples count as others do")
	}
}
