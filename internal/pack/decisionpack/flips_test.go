package decisionpack

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestFlipsByHand: A has all of c0 and B all of c1, so the even weight decides.
func TestFlipsByHand(t *testing.T) {
	for _, r := range []rule{newRule(weightedSum, none), newRule(topsis, none), newRule(weightedProduct, none)} {
		b := table{rows: [][]float64{{math.E, 1}, {1, math.E}}, weights: []float64{.6, .4}, rule: r}
		found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
		if len(found.Flips) != 2 || found.Winner != "A" {
			t.Fatalf("%s: winner %s, flips %+v", r.method, found.Winner, found.Flips)
		}
		for _, f := range found.Flips {
			beyond := map[string]float64{"c0": .5 - f.FlipsAt, "c1": f.FlipsAt - .5}[f.Criterion]
			if f.NewWinner != "B" || beyond <= 0 || beyond > 2e-9 {
				t.Errorf("%s: %+v, want B just beyond 0.5", r.method, f)
			}
		}
	}
}

// TestNoFlips: nothing to lead instead, or nothing to take weight from.
func TestNoFlips(t *testing.T) {
	for name, b := range map[string]table{
		"one alternative": {rows: [][]float64{{1, 2}}, weights: []float64{1, 1}, rule: newRule(topsis, vector)},
		"one criterion":   {rows: [][]float64{{1}, {2}}, weights: []float64{1}, rule: newRule(topsis, vector)},
		"one weight":      {rows: [][]float64{{2, 1}, {1, 2}}, weights: []float64{1, 0}, rule: newRule(weightedSum, none)},
		"dominated":       {rows: [][]float64{{2, 2}, {1, 1}}, weights: []float64{1, 1}, rule: newRule(topsis, vector)},
		"tied at zero":    {rows: [][]float64{{2, 1}, {1, 1}}, weights: []float64{0, 1}, rule: newRule(weightedSum, none)},
		"equal":           {rows: [][]float64{{2, 2}, {2, 2}}, weights: []float64{1, 1}, rule: newRule(topsis, vector)},
	} {
		found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
		want := 0
		if name == "one weight" { // c1 alone can rise from nothing
			want = 1
		}
		if len(found.Flips) != want {
			t.Errorf("%s: flips %+v", name, found.Flips)
		}
	}
}

// TestTieFlipsAtOnce: the smallest step of a weight decides a tie.
func TestTieFlipsAtOnce(t *testing.T) {
	for _, r := range []rule{newRule(weightedSum, none), newRule(topsis, none)} {
		b := table{rows: [][]float64{{2, 1}, {1, 2}}, weights: []float64{1, 1}, rule: r}
		found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
		if len(found.Flips) != 2 {
			t.Fatalf("%s: flips %+v", r.method, found.Flips)
		}
		for _, f := range found.Flips {
			if math.Abs(f.FlipsAt-.5) > 2e-9 || f.NewWinner != "B" {
				t.Errorf("%s: %+v", r.method, f)
			}
		}
	}
}

// TestFlatFlip: B overtakes A at 1/3 and so slowly that its lead is more than a
// tie only 3e-5 further on; it is found there all the same.
func TestFlatFlip(t *testing.T) {
	b := table{rows: [][]float64{{1, 1 + 1e-8}, {1 + 2e-8, 1}}, weights: []float64{.2, .8}, rule: newRule(weightedSum, none)}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
	if len(found.Flips) != 2 {
		t.Fatalf("flips %+v", found.Flips)
	}
	for _, f := range found.Flips {
		beyond := map[string]float64{"c0": f.FlipsAt - 1./3, "c1": 2./3 - f.FlipsAt}[f.Criterion]
		if f.NewWinner != "B" || beyond < 3e-5 || beyond > 4e-5 {
			t.Errorf("%+v is %v beyond the crossing", f, beyond)
		}
	}
}

// TestFlipsReallyFlip: at the weight told the new winner leads, by the ordinary
// way to rank; nearer to the present weight, and for criteria without a flip
// anywhere, the winner is never behind.
func TestFlipsReallyFlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTable(t, methods()...).problem(t, nil)
		s := judge(p, p.rule)
		reach := make([]float64, len(p.weights))
		for j := range reach {
			reach[j] = 1
		}
		flips, err := s.flips(t.Context(), p.weights)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range flips {
			reach[f.criterion] = math.Abs(f.at - p.weights[f.criterion])
			at := rankAt(p, f.criterion, f.at)
			if at.score[f.winner] <= at.score[s.winner()] || at.score[f.winner] < slices.Max(at.score)-2*at.tie {
				t.Fatalf("%+v does not make %d lead instead of %d: scores %v", f, f.winner, s.winner(), at.score)
			}
		}
		if len(p.weights) == 1 {
			return
		}
		for j, w := range p.weights {
			for k := range 101 {
				at := float64(k) / 100
				if math.Abs(at-w) < reach[j]-1e-6 && !leads(rankAt(p, j, at), s.winner()) {
					t.Fatalf("criterion %d flips at %v already, told %v from %v", j, at, reach[j], w)
				}
			}
		}
	})
}

// rankAt ranks with weight t for criterion j and the rest in proportion.
func rankAt(p *problem, j int, t float64) *standing {
	changed := *p
	changed.weights = slices.Clone(p.weights)
	for k, w := range p.weights {
		changed.weights[k] = w / (1 - p.weights[j]) * (1 - t)
	}
	changed.weights[j] = t
	return judge(&changed, p.rule)
}

// leads tells whether an alternative is first, if only tied.
func leads(s *standing, alternative int) bool { return rankOf(s, alternative) == 1 }

func TestRoots(t *testing.T) {
	for _, c := range []struct {
		c2, c1, c0 float64
		want       []float64
	}{
		{0, 0, 1, nil},
		{0, 2, -1, []float64{.5}},
		{1, 0, 1, nil},
		{1, 0, -4, []float64{-2, 2}},
		{1, -3, 2, []float64{1, 2}},
		{1e150, -3e150, 2e150, []float64{1, 2}},
		{2, 0, 0, []float64{0}},
		{1, -1e8, 1, []float64{1e-8, 1e8}},
	} {
		got := roots(c.c2, c.c1, c.c0)
		slices.Sort(got)
		if len(got) != len(c.want) {
			t.Errorf("roots of %v, %v, %v: %v, want %v", c.c2, c.c1, c.c0, got, c.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12*math.Abs(c.want[i]) {
				t.Errorf("roots of %v, %v, %v: %v, want %v", c.c2, c.c1, c.c0, got, c.want)
			}
		}
	}
}
