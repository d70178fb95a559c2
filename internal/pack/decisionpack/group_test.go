package decisionpack

import (
	"math"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// TestRankOrderCentroids: the table of Barron and Barrett (1996), and shared ranks.
func TestRankOrderCentroids(t *testing.T) {
	for _, c := range []struct {
		ranks, want []float64
	}{
		{[]float64{1}, []float64{1}},
		{[]float64{1, 2}, []float64{.75, .25}},
		{[]float64{3, 1, 2}, []float64{1. / 9, 11. / 18, 5. / 18}},
		{[]float64{1, 2, 3, 4}, []float64{25. / 48, 13. / 48, 7. / 48, 3. / 48}},
		{[]float64{1, 1, 2}, []float64{16. / 36, 16. / 36, 1. / 9}},
		{[]float64{2, 2, 2}, []float64{1. / 3, 1. / 3, 1. / 3}},
	} {
		var found findings
		ranks := make([]*float64, len(c.ranks))
		for j := range ranks {
			ranks[j] = &c.ranks[j]
		}
		near(t, "centroids", byRanks("", ranks, func(int) string { return "" }, &found), c.want)
	}
}

// TestKendall: concordance and correlation on rankings worked out by hand.
func TestKendall(t *testing.T) {
	if w, ok := kendallW([][]float64{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}}); !ok || w != 1 {
		t.Errorf("all alike: %v", w)
	}
	if w, ok := kendallW([][]float64{{1, 2, 3}, {3, 2, 1}}); !ok || w != 0 {
		t.Errorf("reversed: %v", w)
	}
	// sums 4, 5, 9 about 6: squares 4+1+9 = 14; 12·14/(9·24) = 7/9
	if w, _ := kendallW([][]float64{{1, 2, 3}, {1, 2, 3}, {2, 1, 3}}); math.Abs(w-7./9) > 1e-15 {
		t.Errorf("W is %v", w)
	}
	// with ties: sums 2.5, 3.5, 6 about 4: 2.25+.25+4; 12·6.5/(4·24 - 2·6)
	if w, _ := kendallW([][]float64{{1.5, 1.5, 3}, {1, 2, 3}}); math.Abs(w-78./84) > 1e-15 {
		t.Errorf("W with ties is %v", w)
	}
	for _, votes := range [][][]float64{{{1, 2}}, {{1}, {1}}, {{1.5, 1.5}, {1.5, 1.5}}} {
		if w, ok := kendallW(votes); ok {
			t.Errorf("%v has W %v", votes, w)
		}
	}
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 2, 3, 4}, []float64{1, 2, 4, 3}, 4. / 6},
		{[]float64{1.5, 1.5, 3}, []float64{1, 2, 3}, 2 / math.Sqrt(6)},
		{[]float64{2, 2, 2}, []float64{1, 2, 3}, 0},
		{[]float64{2, 2, 2}, []float64{2, 2, 2}, 1},
		{[]float64{1}, []float64{1}, 1},
	} {
		if got := kendallTau(c.a, c.b); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("tau of %v and %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// TestGroup: three stakeholders in the three ways, weighed by importance.
func TestGroup(t *testing.T) {
	body := func(more string) jsontext.Value {
		return jsontext.Value(`{"alternatives":[{"name":"A","values":{"c":9,"d":1}},{"name":"B","values":{"c":1,"d":9}},{"name":"C","values":{"c":5,"d":4}}],
			"criteria":[{"name":"c"},{"name":"d"}],"method":"weighted_sum","normalization":"none","draws":100,
			"stakeholders":[{"name":"X","importance":2,"weights":{"c":3,"d":1}},{"name":"Y","ranks":{"c":2,"d":1}},{"name":"Z","pairwise":[[1,4],[0.25,1]]}]` + more + `}`)
	}
	found, outcome := run(t, body(""))
	// weights of c: X .75, Y .25, Z .8; (2·.75 + .25 + .8)/4
	if math.Abs(found.Criteria[0].Weight-.6375) > 1e-11 || found.WeightsFrom != "stakeholders" {
		t.Errorf("%+v", found.Criteria)
	}
	g := found.Group
	if g.Aggregation != meanWeights || len(g.Stakeholders) != 3 || g.Stakeholders[0].Importance != .5 {
		t.Fatalf("%+v", g)
	}
	for k, want := range []string{"A", "B", "A"} {
		if got := g.Stakeholders[k].Ranking[0].Name; got != want {
			t.Errorf("%s prefers %s, want %s", g.Stakeholders[k].Name, got, want)
		}
	}
	// ranks: X A C B, Y B C A, Z A C B; sums 5, 7, 6
	if math.Abs(*g.Agreement-12*2/(9*24.)) > 1e-11 || g.Stakeholders[1].AgreesWith != -1 {
		t.Errorf("W %v, %+v", *g.Agreement, g.Stakeholders)
	}
	// points: A 2·3/4, B 2·1/4, C 1
	if g.Borda[0] != (points{"A", 1, 1.5}) || g.Borda[1] != (points{"C", 2, 1}) || g.Borda[2] != (points{"B", 3, .5}) {
		t.Errorf("%+v", g.Borda)
	}
	if outcome.Reliability == 0 || found.Winner != "A" {
		t.Errorf("winner %s", found.Winner)
	}
	found, _ = run(t, body(`,"aggregation":"geometric_mean"`))
	c, d := math.Pow(.75*.75*.25*.8, .25), math.Pow(.25*.25*.75*.2, .25)
	if math.Abs(found.Criteria[0].Weight-c/(c+d)) > 1e-11 {
		t.Errorf("geometric %+v, want %v", found.Criteria, c/(c+d))
	}
}

// TestGroupRefused: each mistake is told at its place.
func TestGroupRefused(t *testing.T) {
	for name, c := range map[string]struct{ stakeholders, pointer, code string }{
		"no weights":        {`[{"name":"X"}]`, "/stakeholders/0", "required"},
		"two forms":         {`[{"name":"X","weights":{"c":1},"ranks":{"c":1}}]`, "/stakeholders/0", "required"},
		"unknown criterion": {`[{"name":"X","weights":{"c":1,"x":1}}]`, "/stakeholders/0/weights/x", "unknown"},
		"criterion missing": {`[{"name":"X","weights":{"c":1}}]`, "/stakeholders/0/weights", "required"},
		"all zero":          {`[{"name":"X","weights":{"c":0,"d":0}}]`, "/stakeholders/0/weights", "out_of_range"},
		"rank too large":    {`[{"name":"X","ranks":{"c":1,"d":3}}]`, "/stakeholders/0/ranks/d", "out_of_range"},
		"same name":         {`[{"name":"X","ranks":{"c":1,"d":2}},{"name":"X","ranks":{"c":1,"d":2}}]`, "/stakeholders/1/name", "duplicate"},
		"nobody counts":     {`[{"name":"X","importance":0,"ranks":{"c":1,"d":2}}]`, "/stakeholders", "out_of_range"},
	} {
		fields := inputErrors(t, jsontext.Value(`{"alternatives":[{"name":"A","values":{"c":1,"d":1}}],"criteria":[{"name":"c"},{"name":"d"}],"stakeholders":`+c.stakeholders+`}`))
		if fields[0].Pointer != c.pointer || fields[0].Code != c.code {
			t.Errorf("%s: %+v, want %s at %s", name, fields, c.code, c.pointer)
		}
	}
	fields := inputErrors(t, jsontext.Value(`{"alternatives":[{"name":"A","values":{"c":1}}],"criteria":[{"name":"c","weight":1,"rank":1}]}`))
	if fields[0].Pointer != "/criteria" || fields[0].Code != "conflict" {
		t.Errorf("%+v", fields)
	}
}

// TestGroupOfOneMind: where all weigh alike the group does, too, and all agree.
func TestGroupOfOneMind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		weights := map[string]any{}
		for j, w := range b.weights {
			weights["c"+string(rune('0'+j))] = w
		}
		alone, _ := run(t, b.inputs(t, map[string]any{"draws": 0}))
		inputs := b.inputs(t, map[string]any{"draws": 0})
		var stakeholders []any
		for k := range rapid.IntRange(2, 5).Draw(t, "stakeholders") {
			stakeholders = append(stakeholders, map[string]any{"name": letter(k), "importance": k + 1, "weights": weights})
		}
		inputs = withoutWeights(t, inputs, stakeholders)
		found, _ := run(t, inputs)
		for k := range alone.Ranking {
			a, b := alone.Ranking[k], found.Ranking[k]
			if a.Name != b.Name || !alike(a.Score, b.Score, 1e-9) {
				t.Fatalf("%+v, in a group %+v", a, b)
			}
		}
		if w := found.Group.Agreement; w != nil && !alike(*w, 1, 1e-9) {
			t.Fatalf("W is %v", *w)
		}
	})
}
