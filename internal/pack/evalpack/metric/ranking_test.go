package metric

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

func raw(prediction string, references ...string) Row {
	row := Row{Prediction: jsontext.Value(prediction)}
	for _, r := range references {
		row.References = append(row.References, jsontext.Value(r))
	}
	return row
}

// TestRankingsByHand derives values from the orders.
func TestRankingsByHand(t *testing.T) {
	for _, c := range []struct {
		why, name string
		scores    []string
		right     []string
		params    string
		want      float64
	}{
		// From the top: + - + -. Of four pairs three are in order; precision 1 at recall 1/2, then 2/3.
		{why: "one pair upside down", name: "roc_auc", scores: []string{"0.1", "0.4", "0.35", "0.8"}, right: []string{"0", "0", "1", "1"}, want: 3.0 / 4},
		{why: "two steps of recall", name: "average_precision", scores: []string{"0.1", "0.4", "0.35", "0.8"}, right: []string{"0", "0", "1", "1"}, want: (1 + 2.0/3) / 2},
		{why: "all tied", name: "roc_auc", scores: []string{"1", "1", "1"}, right: []string{"0", "1", "1"}, want: 0.5},
		{why: "all tied", name: "average_precision", scores: []string{"1", "1", "1"}, right: []string{"0", "1", "1"}, want: 2.0 / 3},
		{why: "scores as texts", name: "roc_auc", scores: []string{`"-1e3"`, `"2"`}, right: []string{"false", "true"}, want: 1},
		{why: "a label that counts", name: "roc_auc", scores: []string{"1", "2"}, right: []string{`"spam"`, `"ham"`}, params: `{"positive":"spam"}`, want: 0},
		{why: "only positive rows", name: "average_precision", scores: []string{"1", "2"}, right: []string{"1", "1"}, want: 1},
	} {
		if got := value(t, build(t, c.name, c.params), judged(c.scores, c.right)...); !near(got, c.want, 1e-12) {
			t.Errorf("%s: %s is %v, want %v", c.why, c.name, got, c.want)
		}
	}
}

func TestRetrievalByHand(t *testing.T) {
	list := `["x","a","y","b","a"]` // a and b are relevant, at ranks 2 and 4; the second a counts nothing
	for _, c := range []struct {
		name, params string
		row          Row
		want         float64
	}{
		{"mrr", ``, raw(list, `"a"`, `"b"`), 1.0 / 2},
		{"mrr", `{"k":1}`, raw(list, `["a","b"]`), 0},
		{"map", ``, raw(list, `["a","b"]`), (1.0/2 + 2.0/4) / 2},
		{"map", ``, raw(list, `{"a":1,"b":3,"c":2,"x":0}`), (1.0/2 + 2.0/4) / 3},
		{"map", `{"k":2}`, raw(list, `["a","b","c"]`), (1.0 / 2) / 2},
		{"recall_at_k", `{"k":3}`, raw(list, `["a","b"]`), 1.0 / 2},
		{"recall_at_k", ``, raw(list, `["a","b"]`), 1},
		{"precision_at_k", `{"k":4}`, raw(list, `["a","b"]`), 2.0 / 4},
		{"precision_at_k", `{"k":10}`, raw(list, `["a","b"]`), 2.0 / 10},
		{"hit_rate", `{"k":1}`, raw(list, `["a","b"]`), 0},
		{"hit_rate", `{"k":2}`, raw(list, `["a","b"]`), 1},
		{"hit_rate", ``, raw(`[]`, `"a"`), 0},
		{"mrr", ``, raw(`[3,1,2]`, `[1,9]`), 1.0 / 2},
		// 3/log2(3) + 2/log2(5) by 3/log2(2) + 2/log2(3).
		{"ndcg", ``, raw(list, `{"a":3,"b":2}`), (3/math.Log2(3) + 2/math.Log2(5)) / (3 + 2/math.Log2(3))},
		{"ndcg", `{"gain":"exponential"}`, raw(list, `{"a":3,"b":2}`), (7/math.Log2(3) + 3/math.Log2(5)) / (7 + 3/math.Log2(3))},
		{"ndcg", `{"k":2}`, raw(list, `{"a":3,"b":2}`), (3 / math.Log2(3)) / (3 + 2/math.Log2(3))},
		{"ndcg", ``, raw(list, `{"a":0}`), 0},
		// Scores and relevances of the same items: the order is 5, 1, 10 and two without, which are tied.
		{"ndcg", ``, raw(`[0.3,0,0,4,70]`, `[10,0,0,1,5]`), (5 + 1/math.Log2(3) + 10/math.Log2(4)) / (10 + 5/math.Log2(3) + 1/math.Log2(4))},
		// Of two tied at the top the mean counts: (10+5)/2 by 10.
		{"ndcg", `{"k":1}`, raw(`[1,0,0,0,1]`, `[10,0,0,1,5]`), 7.5 / 10},
	} {
		if got := value(t, build(t, c.name, c.params), c.row); !near(got, c.want, 1e-12) {
			t.Errorf("%s %s: %v, want %v", c.name, c.params, got, c.want)
		}
	}
	for code, row := range map[string]Row{
		"NO_RELEVANT": raw(`["a"]`, `{"a":0}`), "NO_REFERENCE": raw(`["a"]`), "NOT_RANKING": raw(`"a"`, `"a"`), "NOT_RELEVANCES": raw(`["a"]`, `{"a":-1}`),
	} {
		var refused *RowError
		if err := build(t, "map", "").Observe(t.Context(), row, make([]float64, 1)); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestCalibrationByHand(t *testing.T) {
	three := `{"a":0.5,"b":0.3,"c":0.2}`
	for _, c := range []struct {
		why, name, params string
		rows              []Row
		want              float64
	}{
		{"squares", "brier", ``, []Row{raw(`0.8`, `1`), raw(`0.4`, `0`)}, (0.04 + 0.16) / 2},
		{"all labels", "brier", ``, []Row{raw(three, `"b"`)}, 0.25 + 0.49 + 0.04},
		{"half of it", "brier", `{"half":true}`, []Row{raw(three, `"b"`)}, 0.78 / 2},
		{"a label without probability", "brier", ``, []Row{raw(three, `"d"`)}, 0.25 + 0.09 + 0.04 + 1},
		{"logarithms", "log_loss", ``, []Row{raw(`0.8`, `true`), raw(`0.4`, `false`)}, -(math.Log(0.8) + math.Log(0.6)) / 2},
		{"of the right label", "log_loss", ``, []Row{raw(three, `"b"`)}, -math.Log(0.3)},
		{"clipped", "log_loss", `{"clip":0.01}`, []Row{raw(`0`, `1`), raw(`1`, `1`)}, -(math.Log(0.01) + math.Log(0.99)) / 2},
		{"clipped as usual", "log_loss", ``, []Row{raw(`0`, `1`)}, 52 * math.Ln2},
		// Two bins: 0.1 and 0.5, none right, mean 0.3; 0.6 and 0.8, one right, mean 0.7. (2·0.3+2·0.2)/4.
		{"two bins", "ece", `{"bins":2}`, []Row{raw(`0.1`, `0`), raw(`0.5`, `0`), raw(`0.6`, `1`), raw(`0.8`, `0`)}, 0.25},
		{"the larger gap", "ece", `{"bins":2,"norm":"max"}`, []Row{raw(`0.1`, `0`), raw(`0.5`, `0`), raw(`0.6`, `1`), raw(`0.8`, `0`)}, 0.3},
		// Equal mass: the median of 0.1, 0.2, 0.3, 0.9 is 0.25. Gaps 0.15 and |0.6-0.5|.
		{"equal mass", "ece", `{"bins":2,"scheme":"mass"}`, []Row{raw(`0.9`, `1`), raw(`0.1`, `0`), raw(`0.3`, `0`), raw(`0.2`, `0`)}, 0.125},
		{"the most probable label", "ece", `{"bins":1}`, []Row{raw(three, `"a"`), raw(three, `"b"`)}, 0},
	} {
		if got := value(t, build(t, c.name, c.params), c.rows...); !near(got, c.want, 1e-12) {
			t.Errorf("%s: %s is %v, want %v", c.why, c.name, got, c.want)
		}
	}
	for code, row := range map[string]Row{
		"NOT_PROBABILITY": raw(`1.5`, `1`), "NOT_SUM_ONE": raw(`{"a":0.5}`, `"a"`), "NOT_BINARY": raw(`0.5`, `"a"`), "AMBIGUOUS_REFERENCE": raw(`0.5`, `1`, `0`),
	} {
		for _, name := range []string{"brier", "log_loss", "ece"} {
			var refused *RowError
			if err := build(t, name, "").Observe(t.Context(), row, make([]float64, 2)); !errors.As(err, &refused) || refused.Code != code {
				t.Errorf("%s %s: %v", name, code, err)
			}
		}
	}
}

func TestReliabilityTable(t *testing.T) {
	m := build(t, "ece", `{"bins":4}`)
	table := m.(Detailer).Detail(observe(t, m, raw(`0.25`, `1`), raw(`0.2`, `0`), raw(`1`, `1`), raw(`0`, `0`)))
	got, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"bins":[{"low":0,"high":0.25,"rows":3,"mean_probability":0.15,"share_right":0.333333333333},{"low":0.75,"high":1,"rows":1,"mean_probability":1,"share_right":1}]}`
	if string(got) != want {
		t.Errorf("%s", got)
	}
}

// TestPassAtK: of 10 attempts 3 passed; none of 5 chosen does in C(7,5)/C(10,5) = 21/252 of the
// choices.
func TestPassAtK(t *testing.T) {
	for _, c := range []struct {
		params, prediction string
		want               float64
	}{
		{`{"k":5}`, `{"n":10,"c":3}`, 1 - 21.0/252},
		{`{"k":5}`, `{"n":10,"c":6}`, 1},
		{`{"k":5}`, `{"n":10,"c":0}`, 0},
		{``, `[true,false,0,1,"false"]`, 2.0 / 5},
		{`{"k":1000}`, `{"n":1000000,"c":1}`, 0.001},
	} {
		if got := value(t, build(t, "pass_at_k", c.params), raw(c.prediction)); !near(got, c.want, 1e-12) {
			t.Errorf("%s %s: %v, want %v", c.params, c.prediction, got, c.want)
		}
	}
	for _, prediction := range []string{`{"n":2,"c":3}`, `{"n":2}`, `{"n":2,"c":1,"k":1}`, `[2]`, `1`, `{"n":0,"c":0}`, `[]`, `{"n":2000000,"c":1}`} {
		if err := build(t, "pass_at_k", "").Observe(t.Context(), raw(prediction), make([]float64, 1)); err == nil {
			t.Errorf("%s is taken", prediction)
		}
	}
}

func game3(a, b, winner string) Row {
	return raw(fmt.Sprintf(`{"a":%q,"b":%q,"winner":%q}`, a, b, winner))
}

func TestWinRate(t *testing.T) {
	rows := []Row{game3("x", "y", "a"), game3("y", "x", "tie"), game3("y", "x", "a"), game3("y", "z", "a"), game3("z", "x", "b")}
	for params, want := range map[string]float64{
		`{"system":"x"}`: 2.5 / 4, `{"system":"x","ties":"ignore"}`: 2.0 / 3, `{"system":"x","ties":"loss"}`: 2.0 / 4, `{"system":"z"}`: 0,
	} {
		if got := value(t, build(t, "win_rate", params), rows...); !near(got, want, 1e-12) {
			t.Errorf("%s: %v, want %v", params, got, want)
		}
	}
	if got := value(t, build(t, "win_rate", ""), raw(`"win"`), raw(`"tie"`), raw(`"loss"`), raw(`"loss"`)); got != 1.5/4 {
		t.Errorf("outcomes: %v", got)
	}
	for _, row := range []Row{raw(`"won"`), raw(`1`), game3("x", "x", "a"), game3("x", "y", "x"), raw(`{"a":"x","b":"y"}`), raw(`{"a":"x","b":"y","winner":"a","by":1}`), game3("x", "y", "a")} {
		var refused *RowError
		if err := build(t, "win_rate", "").Observe(t.Context(), row, make([]float64, 2)); !errors.As(err, &refused) {
			t.Errorf("%s: %v", row.Prediction, err)
		}
	}
}

// TestBradleyTerry: the strengths of maximum likelihood are the only ones, up to a factor, with
// which each system's wins are as many as are expected of it: w_i = Σ_j n_ij·p_i/(p_i+p_j). So
// they are checked by that, which also confirms the example of four systems whose strengths
// are given as 0.139, 0.226, 0.143 and 0.492.
func TestBradleyTerry(t *testing.T) {
	wins := [][]int{{0, 2, 0, 1}, {3, 0, 5, 0}, {0, 3, 0, 1}, {4, 0, 3, 0}}
	var p []float64
	for i := range wins {
		p = append(p, value(t, build(t, "bradley_terry", fmt.Sprintf(`{"system":%d}`, i)), games(wins)...))
	}
	for i := range wins {
		won, expected := 0.0, 0.0
		for j := range wins {
			won += float64(wins[i][j])
			expected += float64(wins[i][j]+wins[j][i]) * p[i] / (p[i] + p[j])
		}
		if !near(won, expected, 1e-9) {
			t.Errorf("system %d won %v, expected are %v", i, won, expected)
		}
	}
	if sum := p[0] + p[1] + p[2] + p[3]; !near(sum, 1, 1e-12) {
		t.Errorf("the sum is %v", sum)
	}
	for i, want := range []float64{0.139, 0.226, 0.143, 0.492} {
		if !near(p[i], want, 0.001) {
			t.Errorf("system %d: %v, want %v", i, p[i], want)
		}
	}
	// Two systems: the odds are those of the wins; 400 points are a factor of ten.
	two := games([][]int{{0, 10}, {1, 0}})
	if got := value(t, build(t, "bradley_terry", ""), two...); !near(got, 10.0/11, 1e-9) {
		t.Errorf("two systems: %v", got)
	}
	if got := value(t, build(t, "bradley_terry", `{"scale":"elo","system":1}`), two...); !near(got, 800, 1e-6) {
		t.Errorf("a rating: %v", got)
	}
	// A tie is half a win of each: 1.5 by 0.5. A prior of 2 is a win of each.
	if got := value(t, build(t, "bradley_terry", `{"system":"x"}`), game3("x", "y", "a"), game3("x", "y", "tie")); !near(got, 0.75, 1e-9) {
		t.Errorf("a tie: %v", got)
	}
	if got := value(t, build(t, "bradley_terry", `{"prior":2}`), game3("x", "y", "a")); !near(got, 2.0/3, 1e-9) {
		t.Errorf("a prior: %v", got)
	}
}

func TestTablesOfSystems(t *testing.T) {
	rows := []Row{game3("x", "y", "b"), game3("y", "x", "tie"), game3("x", "y", "a")}
	for name, want := range map[string]string{
		"bradley_terry": `{"connected":true,"converged":true,"systems":[{"system":"x","rating":1000,"strength":0.5,"games":3,"points":1.5},{"system":"y","rating":1000,"strength":0.5,"games":3,"points":1.5}]}`,
		"elo":           "",
	} {
		m := build(t, name, "")
		got, err := json.Marshal(m.(Detailer).Detail(observe(t, m, rows...)))
		if err != nil || want != "" && string(got) != want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// TestElo: after the first game of equals, half of K is moved; after the second, K times what
// was scored beyond 1/(1+10^(32/400)).
func TestElo(t *testing.T) {
	first := 1000 + 16.0
	second := first + 32*(0-1/(1+math.Pow(10, (984-first)/400)))
	rows := []Row{game3("x", "y", "a"), game3("x", "y", "b")}
	if got := value(t, build(t, "elo", `{"system":"x"}`), rows...); !near(got, second, 1e-9) {
		t.Errorf("%v, want %v", got, second)
	}
	if got := value(t, build(t, "elo", `{"k":10,"start":0}`), rows[0]); got != 5 {
		t.Errorf("the best: %v", got)
	}
	if got := value(t, build(t, "elo", ""), game3("x", "y", "tie")); got != 1000 {
		t.Errorf("a tie of equals: %v", got)
	}
}

func TestTooManySystems(t *testing.T) {
	m := build(t, "elo", "")
	into := make([]float64, 3)
	for i := 1; i < maxSystems; i++ {
		if err := m.Observe(t.Context(), game3("0", fmt.Sprint(i), "a"), into); err != nil {
			t.Fatal(err)
		}
	}
	var refused *RowError
	if err := m.Observe(t.Context(), game3("0", "more", "a"), into); !errors.As(err, &refused) || refused.Code != "TOO_MANY_SYSTEMS" {
		t.Error(err)
	}
	if err := m.Observe(t.Context(), game3("1", "2", "a"), into); err != nil {
		t.Error(err)
	}
}

// TestRankingsByTheirDefinitions: the area as the share of ordered pairs, the average
// precision threshold by threshold, both with scores that are often tied and any Times.
func TestRankingsByTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "rows")
		s := Sample{Width: 2}
		for range n {
			s.Data = append(s.Data, float64(rapid.IntRange(0, 5).Draw(t, "score")), float64(rapid.IntRange(0, 1).Draw(t, "right")))
			s.Times = append(s.Times, int32(rapid.IntRange(0, 2).Draw(t, "times")))
		}
		ordered, pairs, positive := 0.0, 0.0, 0.0
		for i, a := range s.all() {
			if i[1] == 1 {
				positive += float64(a)
				for j, b := range s.all() {
					if j[1] == 0 {
						pairs += float64(a * b)
						ordered += float64(a*b) * (zeroOne(i[0] > j[0]) + zeroOne(i[0] == j[0])/2)
					}
				}
			}
		}
		precision, last := 0.0, 0.0
		for threshold := 5.0; threshold >= 0; threshold-- {
			hits, all := 0.0, 0.0
			for row, times := range s.all() {
				if row[0] >= threshold {
					all += float64(times)
					hits += float64(times) * row[1]
				}
			}
			if all > 0 && positive > 0 {
				precision += (hits - last) / positive * hits / all
				last = hits
			}
		}
		for name, want := range map[string]float64{"roc_auc": ordered / pairs, "average_precision": precision} {
			m, err := New(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := m.Value(s)
			if has := positive > 0 && (name != "roc_auc" || pairs > 0); ok != has || ok && !near(got, want, 1e-9) {
				t.Fatalf("%s: %v %v, want %v %v", name, got, ok, want, has)
			}
		}
	})
}

// The order that is remembered of other rows is not believed.
func TestOrdersOfOtherRows(t *testing.T) {
	m := build(t, "roc_auc", "")
	data := []float64{0.1, 0, 0.9, 1, 0.5, 0}
	if got, _ := m.Value(Sample{Width: 2, Data: data}); got != 1 {
		t.Fatal(got)
	}
	copy(data, []float64{0.9, 0, 0.1, 1, 0.5, 0})
	if got, _ := m.Value(Sample{Width: 2, Data: data}); got != 0 {
		t.Error(got)
	}
	if got, _ := m.Value(Sample{Width: 2, Data: slices.Clone(data[:4])}); got != 0 {
		t.Error(got)
	}
}
