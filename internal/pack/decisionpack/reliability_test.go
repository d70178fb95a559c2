package decisionpack

import (
	"math"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

func TestHalfWidth(t *testing.T) {
	for _, c := range []struct {
		successes float64
		trials    int
		want      float64
	}{
		{0, 0, .49},                            // nothing tried: 1.96 sqrt(.25/4)
		{5_000, 10_000, .009798},               // about 1/sqrt(n)
		{10_000, 10_000, 1.96 * 1.4134719e-04}, // q = 10002/10004
		{48, 96, .098},                         // 1.96 sqrt(.25/100)
	} {
		if got := halfWidth(c.successes, c.trials); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%v of %d: %v, want %v", c.successes, c.trials, got, c.want)
		}
	}
}

func TestScoreOf(t *testing.T) {
	for share, want := range map[float64]dpp.Score{
		-1: 0, 0: 0, .5: 500_000, .1234567: 123_457, 1: dpp.FullScore, 1.1: dpp.FullScore, math.Inf(1): dpp.FullScore,
	} {
		if got := scoreOf(share); got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
	if got := scoreOf(math.NaN()); got != 0 {
		t.Errorf("NaN: %v", got)
	}
}

// TestReliability: what was given and how far the draws have settled count; how
// close the decision is does not.
func TestReliability(t *testing.T) {
	half := `{"alternatives":[{"name":"A","values":{"c":1,"d":1}},{"name":"B","values":{"c":2}}],"missing":"worst",
		"criteria":[{"name":"c","weight":3},{"name":"d","weight":1}],"draws":0}`
	for _, c := range []struct {
		name    string
		inputs  jsontext.Value
		want    dpp.Score
		reasons int
	}{
		{"all given, nothing drawn", tzengHuang().inputs(t, map[string]any{"draws": 0}), dpp.FullScore, 0},
		{"half of a quarter of the weight filled", jsontext.Value(half), 875_000, 1},
		{"an even decision", table{
			rows: [][]float64{{1, 1}, {1, 1}}, weights: []float64{1, 1}, rule: newRule(topsis, vector),
		}.inputs(t, nil), scoreOf(1 - halfWidth(5_000, 10_000)), 1},
	} {
		_, outcome := run(t, c.inputs)
		if outcome.Reliability != c.want || len(outcome.Reasons) != c.reasons {
			t.Errorf("%s: %v %q, want %v", c.name, outcome.Reliability, outcome.Reasons, c.want)
		}
	}
}
