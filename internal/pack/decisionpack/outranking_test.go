package decisionpack

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack/packtest"
)

// TestPreferences: each function at and beside its limits.
func TestPreferences(t *testing.T) {
	for _, c := range []struct {
		f    preference
		want map[float64]float64
	}{
		{preference{}, map[float64]float64{-1: 0, 0: 0, 1e-9: 1}},
		{preference{Function: usual}, map[float64]float64{-1: 0, 0: 0, 1e-9: 1}},
		{preference{Function: ushape, Q: 2}, map[float64]float64{0: 0, 2: 0, 2.1: 1}},
		{preference{Function: vshape, P: 4}, map[float64]float64{0: 0, 1: .25, 4: 1, 5: 1}},
		{preference{Function: level, Q: 1, P: 3}, map[float64]float64{1: 0, 2: .5, 3: .5, 3.1: 1}},
		{preference{Function: linear, Q: 1, P: 3}, map[float64]float64{1: 0, 2: .5, 2.5: .75, 3: 1, 4: 1}},
		{preference{Function: gaussian, S: 2}, map[float64]float64{-1: 0, 0: 0, 2: 1 - math.Exp(-.5), 4: 1 - math.Exp(-2)}},
	} {
		for d, want := range c.want {
			if got := c.f.of(d); math.Abs(got-want) > 1e-15 {
				t.Errorf("%+v of %v is %v, want %v", c.f, d, got, want)
			}
		}
	}
}

// drawPreference makes a function that the pack accepts.
func drawPreference(t *rapid.T) preference {
	q := float64(rapid.IntRange(0, 5).Draw(t, "q"))
	return preference{
		Function: rapid.SampledFrom([]shape{usual, ushape, vshape, level, linear, gaussian}).Draw(t, "function"),
		Q:        q, P: q + float64(rapid.IntRange(0, 10).Draw(t, "p-q")) + .5, S: float64(rapid.IntRange(1, 9).Draw(t, "s")),
	}
}

// TestFlowsInSortedOrder: counted in sorted order they are what comparing each with
// each gives, whatever order was left over.
func TestFlowsInSortedOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawPreference(t)
		if f.Function == gaussian {
			f.Function = linear
		}
		n := rapid.IntRange(2, 80).Draw(t, "n")
		scale := rapid.SampledFrom([]float64{1, .1, 1e6}).Draw(t, "scale")
		f.Q, f.P = f.Q*scale, f.P*scale
		s := newSpace(1, n)
		for range 3 {
			values := make([]float64, n)
			for i := range values {
				values[i] = scale * float64(rapid.IntRange(-30, 30).Draw(t, "value"))
			}
			sign := rapid.SampledFrom([]float64{1, -1}).Draw(t, "sign")
			wantPlus, wantMinus := make([]float64, n), make([]float64, n)
			f.compare(wantPlus, wantMinus, values, sign)
			plus, minus := make([]float64, n), make([]float64, n)
			f.sweep(plus, minus, values, sign, s, s.orders[0])
			for i := range values {
				if !alike(plus[i], wantPlus[i], 1e-9) || !alike(minus[i], wantMinus[i], 1e-9) {
					t.Fatalf("%+v: %v has %v and %v, compared %v and %v", f, values[i], plus[i], minus[i], wantPlus[i], wantMinus[i])
				}
			}
		}
	})
}

// TestFlows: the net flows sum to 0 and are the positive less the negative ones,
// which lie between 0 and 1.
func TestFlows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, promethee2)
		p := b.problem(t, map[string]any{"draws": 0})
		for j := range p.rule.prefer {
			p.rule.prefer[j] = drawPreference(t)
		}
		s := judge(p, p.rule)
		var net float64
		for _, line := range flowsOf(p, s) {
			net += line.Net
			if line.Positive < -1e-12 || line.Positive > 1+1e-12 || line.Negative < -1e-12 || line.Negative > 1+1e-12 || !alike(line.Positive-line.Negative, line.Net, 1e-9) {
				t.Fatalf("%+v", line)
			}
		}
		if math.Abs(net) > 1e-9 {
			t.Fatalf("the net flows sum to %v", net)
		}
	})
}

// TestPublishedOutranking: the example of pymcdm's documentation.
func TestPublishedOutranking(t *testing.T) {
	b := table{rows: [][]float64{{4, 3, 2}, {3, 2, 4}, {5, 1, 3}}, weights: []float64{.5, .3, .2}, rule: newRule(promethee2, "")}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
	for name, want := range map[string][3]float64{"A": {.55, .45, .1}, "B": {.35, .65, -.3}, "C": {.6, .4, .2}} {
		if got := flowsIn(found, name); [3]float64{got.Positive, got.Negative, got.Net} != want {
			t.Errorf("%+v, want %v", got, want)
		}
	}
}

// TestThresholdsRefused: a function without what it needs.
func TestThresholdsRefused(t *testing.T) {
	for _, f := range []preference{
		{Function: vshape}, {Function: level, Q: 2, P: 1}, {Function: linear}, {Function: gaussian}, {Function: ushape, Q: 1e-20},
	} {
		inputs := packtest.JSON(t, map[string]any{
			"alternatives": []any{map[string]any{"name": "A", "values": map[string]any{"c": 1}}},
			"criteria":     []any{map[string]any{"name": "c", "preference": f}},
		})
		if fields := inputErrors(t, inputs); fields[0].Pointer[:22] != "/criteria/0/preference" {
			t.Errorf("%+v: %+v", f, fields)
		}
	}
}

// TestVIKORByHand: S, R and Q of three alternatives by two criteria.
func TestVIKORByHand(t *testing.T) {
	b := table{rows: [][]float64{{0, 10}, {5, 8}, {10, 0}}, weights: []float64{.6, .4}, rule: newRule(vikor, "")}
	found, _ := run(t, b.inputs(t, map[string]any{"draws": 0, "v": 0.25}))
	// regrets A 1 0, B .5 .2, C 0 1; S .6 .38 .4; R .6 .3 .4
	want := map[string][3]float64{"A": {.6, .6, 1}, "B": {.38, .3, 0}, "C": {.4, .4, .25*.02/.22 + .75*.1/.3}}
	for _, line := range found.Vikor.Alternatives {
		for k, got := range [3]float64{line.S, line.R, line.Q} {
			if math.Abs(got-want[line.Name][k]) > 1e-11 {
				t.Errorf("%+v, want %v", line, want[line.Name])
			}
		}
	}
	if found.Winner != "B" || found.Direction != "min" || *found.Ranking[0].Margin <= 0 || found.Ranking[0].Score != 0 {
		t.Errorf("%+v", found.Ranking)
	}
	v := found.Vikor
	if v.DQ != .5 || v.Advantage || !v.Stability || !slices.Equal(v.Compromise, []string{"B", "C"}) {
		t.Errorf("C is %v behind: %+v", *found.Ranking[0].Margin, v)
	}
}

// TestCompromise: with enough of an advantage but no lead by S or R the second rank
// belongs to the compromise; alone there is nothing to compare with.
func TestCompromise(t *testing.T) {
	alone := table{rows: [][]float64{{3}}, weights: []float64{1}, rule: newRule(vikor, "")}
	found, _ := run(t, alone.inputs(t, nil))
	if v := found.Vikor; !v.Advantage || !v.Stability || v.DQ != 0 || !slices.Equal(v.Compromise, []string{"A"}) {
		t.Errorf("alone: %+v", v)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := drawTable(t, vikor).problem(t, map[string]any{"v": .5})
		p.rule.v = rapid.Float64Range(0, 1).Draw(t, "v")
		s := judge(p, p.rule)
		c := compromiseOf(p, s)
		if c.Compromise[0] != p.names[s.winner()] || len(c.Compromise) < 1+len(s.tied()) {
			t.Fatalf("%+v without the best", c)
		}
		if only := len(c.Compromise) == 1+len(s.tied()); only != (c.Advantage && (c.Stability || len(s.order) == len(c.Compromise))) {
			t.Fatalf("%+v of %d, tied %d", c, len(s.order), len(s.tied()))
		}
		for _, line := range c.Alternatives {
			if line.Q < 0 || line.Q > 1+1e-12 || line.R > line.S+1e-12 {
				t.Fatalf("%+v", line)
			}
		}
	})
}
