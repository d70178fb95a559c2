package decisionpack

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp/internal/pack"
)

// drinks are the judgements about drinks of Saaty (2008): each row's ratios to those
// that follow.
func drinks() ([]string, []comparison) {
	names := []string{"coffee", "wine", "tea", "beer", "soda", "milk", "water"}
	return names, []comparison{
		{"coffee", "wine", 9},
		{"coffee", "tea", 5},
		{"coffee", "beer", 2},
		{"coffee", "soda", 1},
		{"coffee", "milk", 1},
		{"water", "coffee", 2},
		{"tea", "wine", 3},
		{"beer", "wine", 9},
		{"soda", "wine", 9},
		{"milk", "wine", 9},
		{"water", "wine", 9},
		{"beer", "tea", 3},
		{"soda", "tea", 4},
		{"milk", "tea", 3},
		{"water", "tea", 9},
		{"soda", "beer", 2},
		{"beer", "milk", 1},
		{"water", "beer", 3},
		{"soda", "milk", 2},
		{"water", "soda", 2},
		{"water", "milk", 3},
	}
}

// TestPublishedPriorities: Saaty, Decision making with the analytic hierarchy process,
// Int. J. Services Sciences 1(1), 2008.
func TestPublishedPriorities(t *testing.T) {
	names, list := drinks()
	var found findings
	p := judgements{list: list}.priorities("", names, false, &found)
	if p == nil || found.count > 0 {
		t.Fatalf("%+v", found.fields)
	}
	for i, want := range []float64{.177, .019, .042, .116, .190, .129, .327} {
		if math.Abs(p.weights[i]-want) > 5e-4 {
			t.Errorf("%s weighs %v, published %v", names[i], p.weights[i], want)
		}
	}
	if math.Abs(p.consistency.Ratio-.022) > 5e-4 {
		t.Errorf("consistency ratio %v, published 0.022", p.consistency.Ratio)
	}
}

// TestPublishedCompletion: Bozóki, Fülöp and Rónyai, Mathematical and Computer
// Modelling 52, 2010, as recomputed to ten digits by others.
func TestPublishedCompletion(t *testing.T) {
	m := [][]float64{{1, 1, 5, 2}, {1, 1, 3, 4}, {1. / 5, 1. / 3, 1, 0}, {1. / 2, 1. / 4, 0, 1}}
	full := complete(m)
	if math.Abs(full[2][3]-0.730297106886979) > 1e-6 {
		t.Errorf("the missing ratio is %v, published 0.7302971", full[2][3])
	}
	p := weigh(m, false)
	for i, want := range []float64{.3738, .3920, .0985, .1357} {
		if math.Abs(p.weights[i]-want) > 5e-5 {
			t.Errorf("%d weighs %v, published %v", i, p.weights[i], want)
		}
	}
	if p.consistency.Missing != 1 {
		t.Errorf("%d missing", p.consistency.Missing)
	}
}

// randomMatrix is one of consistent judgements, disturbed by some factor.
func randomMatrix(t *rapid.T, disturbed float64) ([][]float64, []float64) {
	n := rapid.IntRange(1, 12).Draw(t, "n")
	weights := make([]float64, n)
	m := make([][]float64, n)
	for i := range weights {
		weights[i] = rapid.Float64Range(1, 9).Draw(t, "weight")
		m[i] = make([]float64, n)
		m[i][i] = 1
		for k := range i {
			m[i][k] = weights[i] / weights[k] * rapid.Float64Range(1/disturbed, disturbed).Draw(t, "factor")
			m[k][i] = 1 / m[i][k]
		}
	}
	divide(weights, sum(weights))
	return m, weights
}

// TestConsistentJudgements give their weights back, by both ways, with index 0, and
// also where all but a tree of them are missing.
func TestConsistentJudgements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, weights := randomMatrix(t, 1)
		for _, byMean := range []bool{false, true} {
			p := weigh(m, byMean)
			for i, want := range weights {
				if !alike(p.weights[i], want, 1e-9) {
					t.Fatalf("%v, want %v", p.weights, weights)
				}
			}
			if p.consistency.Ratio > 1e-9 || p.consistency.Missing != 0 {
				t.Fatalf("%+v", p.consistency)
			}
		}
		tree := make([][]float64, len(m))
		for i := range m {
			tree[i] = make([]float64, len(m))
			tree[i][i] = 1
			if i > 0 {
				k := rapid.IntRange(0, i-1).Draw(t, "parent")
				tree[i][k], tree[k][i] = m[i][k], m[k][i]
			}
		}
		p := weigh(tree, false)
		for i, want := range weights {
			if !alike(p.weights[i], want, 1e-6) {
				t.Fatalf("of a tree %v, want %v", p.weights, weights)
			}
		}
	})
}

// TestPriorities: of any judgements they are an eigenvector, positive and sum to 1;
// the eigenvalue is at least n.
func TestPriorities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, _ := randomMatrix(t, 9)
		p := weigh(m, false)
		if !alike(sum(p.weights), 1, 1e-12) || p.consistency.LambdaMax < float64(len(m))-1e-9 {
			t.Fatalf("%+v", p)
		}
		for i, x := range apply(m, p.weights) {
			if p.weights[i] <= 0 || !alike(x, p.consistency.LambdaMax*p.weights[i], 1e-9) {
				t.Fatalf("%v is no eigenvector", p.weights)
			}
		}
	})
}

// TestAHPIsWeightedSumOfPriorities: of numbers the priorities are their shares.
func TestAHPIsWeightedSumOfPriorities(t *testing.T) {
	b := table{rows: [][]float64{{34, 2}, {27, 4}, {24, 4}, {28, 8}}, weights: []float64{1, 0}, minimised: []int{1}, rule: newRule(ahp, "")}
	p := b.problem(t, nil)
	near(t, "shares", judge(p, p.rule).score, []float64{34. / 113, 27. / 113, 24. / 113, 28. / 113})
	b.weights = []float64{0, 1}
	p = b.problem(t, nil)
	near(t, "shares of reciprocals", judge(p, p.rule).score, []float64{4. / 9, 2. / 9, 2. / 9, 1. / 9})
	b.rule.by = byMax
	p = b.problem(t, nil)
	near(t, "ideal", judge(p, p.rule).score, []float64{1, .5, .5, .25})
}

// TestJudgementsRefused: each mistake is told at its place.
func TestJudgementsRefused(t *testing.T) {
	const rest = `"alternatives":[{"name":"A","values":{"c":1,"d":2,"e":3}}],"criteria":[{"name":"c"},{"name":"d"},{"name":"e"}]`
	for name, c := range map[string]struct{ body, pointer, code string }{
		"not square":      {`[[1,2,3],[0.5,1,2]]`, "/pairwise/criteria", "size"},
		"short row":       {`[[1,2,3],[0.5,1],[0.33,0.5,1]]`, "/pairwise/criteria/1", "size"},
		"not reciprocal":  {`[[1,2,3],[2,1,2],[0.33,0.5,1]]`, "/pairwise/criteria/0/1", "not_reciprocal"},
		"diagonal":        {`[[2,2,3],[0.5,1,2],[0.33,0.5,1]]`, "/pairwise/criteria/0/0", "not_reciprocal"},
		"ratio too large": {`[{"a":"c","b":"d","ratio":101}]`, "/pairwise/criteria/0/ratio", "out_of_range"},
		"unknown thing":   {`[{"a":"c","b":"x","ratio":2}]`, "/pairwise/criteria/0/b", "unknown"},
		"itself":          {`[{"a":"c","b":"c","ratio":2}]`, "/pairwise/criteria/0", "conflict"},
		"twice":           {`[{"a":"c","b":"d","ratio":2},{"a":"d","b":"c","ratio":2}]`, "/pairwise/criteria/1", "duplicate"},
		"not connected":   {`[{"a":"c","b":"d","ratio":2}]`, "/pairwise/criteria", "incomplete"},
	} {
		fields := inputErrors(t, jsontext.Value(`{`+rest+`,"pairwise":{"criteria":`+c.body+`}}`))
		if fields[0].Pointer != c.pointer || fields[0].Code != c.code {
			t.Errorf("%s: %+v, want %s at %s", name, fields, c.code, c.pointer)
		}
	}
}

// TestJudgedAlternatives: judgements about alternatives stand for values, and lower
// the reliability by their inconsistency.
func TestJudgedAlternatives(t *testing.T) {
	body := func(matrix string) jsontext.Value {
		return jsontext.Value(`{"alternatives":[{"name":"A","values":{"d":1}},{"name":"B","values":{"d":1}},{"name":"C","values":{"d":1}}],
			"criteria":[{"name":"c","weight":3},{"name":"d","weight":1}],"method":"ahp","draws":0,"pairwise":{"alternatives":{"c":` + matrix + `}}}`)
	}
	found, outcome := run(t, body(`[[1,2,4],[0.5,1,2],[0.25,0.5,1]]`))
	if found.Winner != "A" || outcome.Reliability != 1_000_000 || found.Consistency[0].Of != "c" || found.Consistency[0].Ratio > 1e-9 {
		t.Errorf("winner %s, reliability %v, %+v", found.Winner, outcome.Reliability, found.Consistency)
	}
	if want := .75*4/7 + .25/3; math.Abs(found.Ranking[0].Score-want) > 1e-9 {
		t.Errorf("score %v, want %v", found.Ranking[0].Score, want)
	}
	found, outcome = run(t, body(`[[1,2,0.25],[0.5,1,2],[4,0.5,1]]`))
	ratio := found.Consistency[0].Ratio
	if want := scoreOf(1 - .75*min(ratio, 1)); ratio < .1 || outcome.Reliability != want || len(outcome.Reasons) != 1 {
		t.Errorf("ratio %v, reliability %v, want %v, %q", ratio, outcome.Reliability, want, outcome.Reasons)
	}
	for name, c := range map[string]struct{ body, pointer, code string }{
		"value given":       {`{"alternatives":[{"name":"A","values":{"c":1}},{"name":"B","values":{}}],"criteria":[{"name":"c"}],"pairwise":{"alternatives":{"c":[[1,2],[0.5,1]]}}}`, "/alternatives/0/values/c", "conflict"},
		"unknown criterion": {`{"alternatives":[{"name":"A","values":{"c":1}}],"criteria":[{"name":"c"}],"pairwise":{"alternatives":{"x":[[1]]}}}`, "/pairwise/alternatives/x", "unknown"},
		"less is better":    {`{"alternatives":[{"name":"A","values":{}}],"criteria":[{"name":"c","direction":"min"}],"pairwise":{"alternatives":{"c":[[1]]}}}`, "/pairwise/alternatives/c", "conflict"},
	} {
		fields := inputErrors(t, jsontext.Value(c.body))
		if !slices.ContainsFunc(fields, func(f pack.FieldError) bool { return f.Pointer == c.pointer && f.Code == c.code }) {
			t.Errorf("%s: %+v, want %s at %s", name, fields, c.code, c.pointer)
		}
	}
}

// TestLargestJudgements: fifty things can be compared, and no more.
func TestLargestJudgements(t *testing.T) {
	names := make([]string, maxJudged+1)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	var chain []comparison
	for i := range maxJudged - 1 {
		chain = append(chain, comparison{names[i], names[i+1], 1.5})
	}
	var found findings
	p := judgements{list: chain}.priorities("", names[:maxJudged], false, &found)
	if p == nil || !alike(p.weights[0]/p.weights[1], 1.5, 1e-6) {
		t.Errorf("%+v %+v", p, found.fields)
	}
	if p := (judgements{list: chain}).priorities("", names, false, &found); p != nil || found.fields[0].Code != "too_many" {
		t.Errorf("%+v %+v", p, found.fields)
	}
	for i := range chain {
		chain[i].Ratio = 100
	}
	found = findings{}
	if p := (judgements{list: chain}).priorities("", names[:maxJudged], false, &found); p != nil || found.fields[0].Code != "out_of_range" {
		t.Errorf("%+v %+v", p, found.fields)
	}
}
