package decisionpack

import (
	"math"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp/internal/pack/packtest"
)

// TestDistributions: what is drawn has the mean and the variance of the distribution
// and stays within its bounds.
func TestDistributions(t *testing.T) {
	const draws = 200_000
	for name, c := range map[string]struct {
		of             spread
		mean, variance float64
		low, high      float64
	}{
		"uniform":          {spread{kind: even, low: 2, high: 8}, 5, 3, 2, 8},
		"triangular":       {spread{kind: triangle, low: 1, mid: 2, high: 6}, 3, 21. / 18, 1, 6}, // (a²+b²+c²-ab-ac-bc)/18
		"triangular right": {spread{kind: triangle, low: 0, mid: 3, high: 3}, 2, .5, 0, 3},
		"normal":           {spread{kind: bell, mid: -4, high: 2}, -4, 4, math.Inf(-1), math.Inf(1)},
		"a point":          {spread{kind: triangle, low: 7, mid: 7, high: 7}, 7, 0, 7, 7},
		"exact":            {spread{mid: 9}, 9, 0, 9, 9},
	} {
		var s stream
		s.seed(5, 0)
		var total, squares float64
		for range draws {
			x := s.draw(c.of)
			if x < c.low || x > c.high {
				t.Fatalf("%s: %v is outside", name, x)
			}
			total += x
			squares += (x - c.mean) * (x - c.mean)
		}
		if !c.of.valid() || c.of.mean() != c.mean {
			t.Errorf("%s: mean %v, want %v", name, c.of.mean(), c.mean)
		}
		if off := math.Abs(total/draws - c.mean); off > 5*math.Sqrt(c.variance/draws) {
			t.Errorf("%s: the mean of the draws is %v off", name, off)
		}
		if off := math.Abs(squares/draws - c.variance); off > .02*c.variance {
			t.Errorf("%s: the variance of the draws is %v off %v", name, off, c.variance)
		}
	}
}

// TestCells: every way to write a value, and what is refused.
func TestCells(t *testing.T) {
	for text, want := range map[string]spread{
		`5`:                              {mid: 5},
		`{"low":1,"high":3}`:             {kind: even, low: 1, high: 3},
		`{"uniform":{"low":1,"high":3}}`: {kind: even, low: 1, high: 3},
		`{"normal":{"mean":4,"sd":2}}`:   {kind: bell, mid: 4, high: 2},
		`{"triangular":{"low":1,"mode":2,"high":4}}`: {kind: triangle, low: 1, mid: 2, high: 4},
	} {
		var c cell
		if err := json.Unmarshal([]byte(text), &c); err != nil || c.labelled || c.spread != want {
			t.Errorf("%s is %+v, %v", text, c, err)
		}
	}
	for _, text := range []string{`{}`, `{"low":1}`, `{"low":1,"high":2,"normal":{"mean":1,"sd":1}}`, `[1]`, `true`} {
		var c cell
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s is %+v", text, c)
		}
	}
	for _, text := range []string{`{"low":3,"high":1}`, `{"triangular":{"low":1,"mode":5,"high":4}}`, `{"low":1e-20,"high":1}`} {
		fields := inputErrors(t, jsontext.Value(`{"options":["A"],"scores":{"A":{"c":`+text+`}},"criteria":[{"name":"c"}]}`))
		if fields[0].Pointer != "/scores/A/c" || fields[0].Code != "out_of_range" {
			t.Errorf("%s: %+v", text, fields)
		}
	}
}

// TestLabels stand for numbers: their place in a list, or their own.
func TestLabels(t *testing.T) {
	list := `{"options":["A","B"],"scores":{"A":{"c":"good"},"B":{"c":"poor"}},"criteria":[{"name":"c","labels":["poor","fair","good"]}],"method":"weighted_sum","normalization":"none","draws":0}`
	found, _ := run(t, jsontext.Value(list))
	if found.Ranking[0] != (ranked{Name: "A", Rank: 1, Score: 3, Margin: found.Ranking[0].Margin}) || found.Ranking[1].Score != 1 {
		t.Errorf("%+v", found.Ranking)
	}
	named := `{"options":["A","B"],"scores":{"A":{"c":"good"},"B":{"c":-2}},"criteria":[{"name":"c","labels":{"poor":-5,"good":7.5}}],"method":"weighted_sum","normalization":"none","draws":0}`
	found, _ = run(t, jsontext.Value(named))
	if found.Ranking[0].Score != 7.5 || found.Ranking[1].Score != -2 {
		t.Errorf("%+v", found.Ranking)
	}
	for text, code := range map[string]string{`"best"`: "unknown", `""`: "unknown"} {
		fields := inputErrors(t, jsontext.Value(`{"options":["A"],"scores":{"A":{"c":`+text+`}},"criteria":[{"name":"c","labels":["poor"]}]}`))
		if fields[0].Pointer != "/scores/A/c" || fields[0].Code != code {
			t.Errorf("%s: %+v", text, fields)
		}
	}
	fields := inputErrors(t, jsontext.Value(`{"options":["A"],"scores":{"A":{"c":"x"}},"criteria":[{"name":"c"}]}`))
	if fields[0].Pointer != "/scores/A/c" || fields[0].Code != "type" {
		t.Errorf("%+v", fields)
	}
	fields = inputErrors(t, jsontext.Value(`{"options":["A"],"scores":{"A":{"c":"x"}},"criteria":[{"name":"c","labels":["x","x"]}]}`))
	if fields[0].Code != "type" {
		t.Errorf("a label twice: %+v", fields)
	}
}

// TestDrawnValues: two overlapping ranges, with weights held fast: A is ahead with
// probability 7/8, as B must be above A in a triangle of 1/8.
func TestDrawnValues(t *testing.T) {
	inputs := jsontext.Value(`{"options":["A","B"],"scores":{"A":{"c":{"low":1,"high":2}},"B":{"c":{"uniform":{"low":0.5,"high":1.5}}}},
		"criteria":[{"name":"c"}],"method":"weighted_sum","normalization":"none","uncertainty":{"weights":0},"draws":100000,"seed":2}`)
	found, _ := run(t, inputs)
	want := 7. / 8
	if got := *found.Stability.WinnerProbability; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/100_000) {
		t.Errorf("probability %v, want %v", got, want)
	}
	// the mean of the larger: E max = E A + E (B-A)+ = 1.5 + ∫ of the triangle = 1.5 + 1/48
	if e := found.EVPI; math.Abs(e.Value-1./48) > 1e-3 || e.Basis != "draws" || e.Choice != "A" {
		t.Errorf("%+v, want %v", e, 1./48)
	}
	if s := found.Stability.Scores[0]; math.Abs(s.Mean-1.5) > .01 || math.Abs(s.Low-1.05) > .02 || math.Abs(s.High-1.95) > .02 {
		t.Errorf("%+v", s)
	}
	if found.Stability.Uncertainty.Distributions != 2 {
		t.Errorf("%+v", found.Stability.Uncertainty)
	}
}

// TestTruncation: what a method cannot take is never drawn.
func TestTruncation(t *testing.T) {
	inputs := jsontext.Value(`{"options":["A","B"],"scores":{"A":{"c":{"normal":{"mean":0.1,"sd":5}}},"B":{"c":1}},
		"criteria":[{"name":"c"}],"method":"weighted_product","draws":2000}`)
	found, _ := run(t, inputs)
	packtest.JSON(t, found) // fails on NaN and infinities
	if low := found.Stability.Scores[1].Low; low <= 0 {
		t.Errorf("a product from %v on", low)
	}
}

// TestScenariosByHand: one of two states, and what it would be worth to know which.
func TestScenariosByHand(t *testing.T) {
	body := func(more string) jsontext.Value {
		return jsontext.Value(`{"alternatives":[{"name":"A","values":{}},{"name":"B","values":{"c":5}}],"criteria":[{"name":"c"}],"method":"weighted_sum","normalization":"none",
			"scenarios":[{"name":"s","probability":0.25,"values":{"A":{"c":16},"B":{"c":4}}},{"name":"t","probability":0.75,"values":{"A":{"c":2}}}]` + more + `}`)
	}
	found, _ := run(t, body(`,"draws":0`))
	// A .25·16 + .75·2 = 5.5, B .25·4 + .75·5 = 4.75; known: .25·16 + .75·5 = 7.75
	if found.Ranking[0].Score != 5.5 || found.Ranking[1].Score != 4.75 {
		t.Errorf("%+v", found.Ranking)
	}
	if e := found.EVPI; e.Basis != "scenarios" || e.Value != 2.25 || e.With != 7.75 || e.Without != 5.5 || e.Choice != "A" {
		t.Errorf("%+v", e)
	}
	found, _ = run(t, body(`,"uncertainty":{"weights":0},"draws":40000`))
	if got := *found.Stability.WinnerProbability; math.Abs(got-.25) > 4*math.Sqrt(.25*.75/40_000) {
		t.Errorf("A leads in %v of the draws, and in the scenario of 0.25", got)
	}
	if found.Stability.Uncertainty.Scenarios != 2 {
		t.Errorf("%+v", found.Stability.Uncertainty)
	}
}

func TestScenariosRefused(t *testing.T) {
	for name, c := range map[string]struct{ scenarios, pointer, code string }{
		"sum":                  {`[{"name":"s","probability":0.5,"values":{}}]`, "/scenarios", "out_of_range"},
		"some without":         {`[{"name":"s","probability":1,"values":{}},{"name":"t","values":{}}]`, "/scenarios", "required"},
		"same name":            {`[{"name":"s","values":{}},{"name":"s","values":{}}]`, "/scenarios/1/name", "duplicate"},
		"unknown alternative":  {`[{"name":"s","values":{"X":{"c":1}}}]`, "/scenarios/0/values/X", "unknown"},
		"unknown criterion":    {`[{"name":"s","values":{"A":{"x":1}}}]`, "/scenarios/0/values/A/x", "unknown"},
		"a distribution":       {`[{"name":"s","values":{"A":{"c":{"low":1,"high":2}}}}]`, "/scenarios/0/values/A/c", "type"},
		"not in every one":     {`[{"name":"s","values":{"B":{"c":1}}},{"name":"t","values":{}}]`, "/alternatives/1/values", "required"},
		"what cannot be taken": {`[{"name":"s","values":{"A":{"c":-1},"B":{"c":9}}}]`, "/scenarios/0/values", "out_of_range"},
	} {
		inputs := `{"alternatives":[{"name":"A","values":{"c":7}},{"name":"B","values":{}}],"criteria":[{"name":"c"}],"scenarios":` + c.scenarios + `}`
		if name == "what cannot be taken" {
			inputs = `{"alternatives":[{"name":"A","values":{"c":7}},{"name":"B","values":{}}],"criteria":[{"name":"c"}],"normalization":"max",
				"scenarios":[{"name":"s","probability":0.1,"values":{"A":{"c":-1},"B":{"c":9}}},{"name":"t","probability":0.9,"values":{"B":{"c":9}}}]}`
		}
		fields := inputErrors(t, jsontext.Value(inputs))
		if fields[0].Pointer != c.pointer || fields[0].Code != c.code {
			t.Errorf("%s: %+v, want %s at %s", name, fields, c.code, c.pointer)
		}
	}
}

// TestInformationIsNeverWorthLessThanNothing, is nothing where one alternative is
// always best, and with one scenario.
func TestInformationIsNeverWorthLessThanNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		least := 1
		if b.rule.accepts(-1, true) && b.rule.accepts(-1, false) {
			least = -50
		}
		var scenarios []any
		n := rapid.IntRange(1, 4).Draw(t, "scenarios")
		for k := range n {
			values := map[string]any{}
			for i := range b.rows {
				values[letter(i)] = map[string]any{"c0": rapid.IntRange(least, 50).Draw(t, "value")}
			}
			scenarios = append(scenarios, map[string]any{"name": letter(k), "values": values})
		}
		found, _ := run(t, b.inputs(t, map[string]any{"draws": 20, "scenarios": scenarios}))
		e := found.EVPI
		if e.Value < 0 || n == 1 && e.Value > 1e-9 || len(b.rows) == 1 && e.Value > 1e-9 {
			t.Fatalf("%+v", e)
		}
		delta := e.With - e.Without
		if b.rule.method == vikor {
			delta = -delta
		}
		if !alike(delta, e.Value, 1e-9) {
			t.Fatalf("%+v", e)
		}
	})
}

// TestReciprocalCosts: costs turned into 1/x first are gains like others.
func TestReciprocalCosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows, turned [][]float64
		for range rapid.IntRange(1, 6).Draw(t, "alternatives") {
			x, y := float64(rapid.IntRange(1, 50).Draw(t, "x")), float64(rapid.IntRange(1, 50).Draw(t, "y"))
			rows, turned = append(rows, []float64{x, y}), append(turned, []float64{1 / x, y})
		}
		for _, m := range methods() {
			r := newRule(m, "")
			r.reciprocal = true
			p := table{rows: rows, weights: []float64{1, 2}, minimised: []int{0}, rule: r}.problem(t, map[string]any{"costs": "reciprocal"})
			q := table{rows: turned, weights: []float64{1, 2}, rule: newRule(m, "")}.problem(t, nil)
			for i, want := range judge(q, q.rule).score {
				if got := judge(p, p.rule).score[i]; !alike(got, want, 1e-9) {
					t.Fatalf("%s: %v, want %v", m, got, want)
				}
			}
		}
	})
}
