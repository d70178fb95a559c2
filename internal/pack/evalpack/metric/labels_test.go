package metric

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// judged are rows of the predicted and the right label.
func judged(predicted, right []string) []Row {
	rows := make([]Row, len(right))
	for i := range rows {
		rows[i] = Row{Prediction: jsontext.Value(predicted[i]), References: []jsontext.Value{jsontext.Value(right[i])}}
	}
	return rows
}

func split(s string) []string {
	out := make([]string, len(s))
	for i := range s {
		out[i] = `"` + s[i:i+1] + `"`
	}
	return out
}

// TestLabelsByHand derives values from the counts.
func TestLabelsByHand(t *testing.T) {
	for _, c := range []struct {
		why, name, params, predicted, right string
		want                                float64
	}{
		// Right p p p n, predicted p n p p: TP 2, FN 1, FP 1, TN 0, so that
		// (2·0-1·1)/√(3·3·1·1) = -1/3.
		{"the four counts", "mcc", ``, "pnpp", "pppn", -1.0 / 3},
		{"one label on one side", "mcc", ``, "pppp", "ppnn", 0},
		{"all right", "mcc", ``, "abc", "abc", 1},
		{"all wrong", "mcc", ``, "ab", "ba", -1},
		// Agreed are 4 of 5. Right: n 2, u 1, p 2; predicted: n 3, u 1, p 1, so that chance agrees
		// in (2·3+1·1+2·1)/25 = 9/25 and kappa is (4/5-9/25)/(1-9/25) = 11/16.
		{"agreement beyond chance", "cohen_kappa", ``, "npnun", "npnup", 11.0 / 16},
		{"agreement, the other way", "cohen_kappa", ``, "npnup", "npnun", 11.0 / 16},
		// Disagreements by distance: 1 (c for b), 2 (a for c); expected: predicted a 2, b 1, c 1, right a
		// 1, b 2, c 1: (2·2·1+2·1·2+1·1·1+1·1·1+1·1·2+1·2·1)/4 = 14/4. 1 - 3/(14/4) = 1/7.
		{"linear weights", "cohen_kappa", `{"weights":"linear"}`, "abca", "abbc", 1.0 / 7},
		// Squares: 1+4; expected (2·2·1+2·1·4+1·1·1+1·1·1+1·1·4+1·2·1)/4 = 20/4.
		{"quadratic weights", "cohen_kappa", `{"weights":"quadratic"}`, "abca", "abbc", 0},
		// With b first, a and c are the neighbours: 2 (c for b) and 1 (a for c); 1 - 3/((2·2·1+2·1·1+1·1·1+1·1·2+1·1·1+1·2·2)/4).
		{"a given order", "cohen_kappa", `{"weights":"linear","labels":["b","a","c"]}`, "abca", "abbc", 1 - 3.0*4/14},
		// Recalls 3/4 of a, 1/2 of b.
		{"mean recall", "balanced_accuracy", ``, "abaaab", "abaaba", 0.625},
		{"a label that is never right", "balanced_accuracy", ``, "xa", "aa", 0.5},
		{"share right", "accuracy", ``, "abc", "abd", 2.0 / 3},
		{"share right, by the report", "classification", ``, "abc", "abd", 2.0 / 3},
		// a: TP 2, FP 1, so 2/3 and 1; b: TP 0; c: TP 0. F1 4/5, 0, 0.
		{"macro", "classification", `{"measure":"f1","average":"macro"}`, "acbaab", "abcabc", 4.0 / 15},
		{"micro", "classification", `{"measure":"f1","average":"micro"}`, "acbaab", "abcabc", 1.0 / 3},
		{"weighted", "classification", `{"measure":"f1","average":"weighted"}`, "acbaab", "abcabc", 4.0 / 15},
		{"binary", "classification", `{"measure":"precision","average":"binary","positive":"a"}`, "acbaab", "abcabc", 2.0 / 3},
		// Right a b c c c, predicted a a c c b: precision 1/2, 0, 1; recall 1, 0, 2/3; F1 2/3, 0, 4/5.
		{"macro precision", "classification", `{"measure":"precision"}`, "aaccb", "abccc", 0.5},
		{"macro recall", "classification", `{"measure":"recall"}`, "aaccb", "abccc", 5.0 / 9},
		{"macro F1", "classification", `{"measure":"f1"}`, "aaccb", "abccc", (2.0/3 + 4.0/5) / 3},
		{"weighted precision", "classification", `{"measure":"precision","average":"weighted"}`, "aaccb", "abccc", 0.7},
		{"weighted F1", "classification", `{"measure":"f1","average":"weighted"}`, "aaccb", "abccc", (2.0/3 + 3*4.0/5) / 5},
		{"chosen labels", "classification", `{"measure":"f1","labels":["a","c"]}`, "aaccb", "abccc", (2.0/3 + 4.0/5) / 2},
		{"chosen labels, micro", "classification", `{"measure":"precision","average":"micro","labels":["a","c"]}`, "aaccb", "abccc", 3.0 / 4},
		{"a share of nothing", "classification", `{"measure":"precision","labels":["z"]}`, "a", "a", 0},
		{"a share of nothing as 1", "classification", `{"measure":"precision","labels":["z"],"zero_division":1}`, "a", "a", 1},
		{"F1 of what is not there as 1", "classification", `{"measure":"f1","labels":["z"],"zero_division":1}`, "a", "a", 1},
		{"F1 of what was only predicted", "classification", `{"measure":"f1","labels":["z"],"zero_division":1}`, "z", "a", 0},
		{"weights of nothing", "classification", `{"measure":"recall","average":"weighted","labels":["z"],"zero_division":1}`, "a", "a", 1},
	} {
		if got := value(t, build(t, c.name, c.params), judged(split(c.predicted), split(c.right))...); !near(got, c.want, 1e-12) {
			t.Errorf("%s: %s is %v, want %v", c.why, c.name, got, c.want)
		}
	}
}

func TestWhatHasNoValue(t *testing.T) {
	for _, c := range []struct {
		name, params string
		rows         []Row
	}{
		{"cohen_kappa", "", judged(split("aa"), split("aa"))}, // chance agrees always
		{"roc_auc", "", judged([]string{"0.5", "0.6"}, []string{"1", "1"})},
		{"roc_auc", "", judged([]string{"0.5", "0.6"}, []string{"0", "0"})},
		{"average_precision", "", judged([]string{"0.5"}, []string{"0"})},
		{"win_rate", `{"ties":"ignore"}`, []Row{{Prediction: jsontext.Value(`"tie"`)}}},
		{"win_rate", `{"system":"z"}`, games([][]int{{0, 1}, {1, 0}})},
		{"bradley_terry", "", games([][]int{{0, 1}, {0, 0}})},                             // who never lost is infinitely strong
		{"bradley_terry", "", games([][]int{{0, 1, 0}, {1, 0, 1}, {0, 0, 0}})},            // nothing leads to the first two
		{"bradley_terry", "", games([][]int{{0, 1, 0, 0}, {1}, {0, 0, 0, 1}, {0, 0, 1}})}, // two groups that never met
		{"bradley_terry", `{"system":"z"}`, games([][]int{{0, 1}, {1, 0}})},
		{"elo", `{"system":"z"}`, games([][]int{{0, 1}, {1, 0}})},
	} {
		m := build(t, c.name, c.params)
		if got, ok := m.Value(observe(t, m, c.rows...)); ok {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, e := range Catalog() { // and none has one of no rows
		m := build(t, e.Name, "")
		if got, ok := m.Value(Sample{Width: m.Width()}); ok {
			t.Errorf("%s of nothing: %v", e.Name, got)
		}
		if d, ok := m.(Detailer); ok {
			d.Detail(Sample{Width: m.Width()})
		}
	}
}

// A number is the same label however it is written, and as a text.
func TestWhatIsTheSameLabel(t *testing.T) {
	same := judged([]string{"1.0", `"1"`, "1e0", "true", `"true"`, "-0.0", "12345678901234567890", "0.5"}, []string{"1", "1", "1", `"true"`, "true", "0", `"12345678901234567890"`, "5e-1"})
	if got := value(t, build(t, "accuracy", ""), same...); got != 1 {
		t.Errorf("accuracy %v", got)
	}
	for _, row := range []Row{
		{Prediction: jsontext.Value("null"), References: []jsontext.Value{jsontext.Value("1")}},
		{Prediction: jsontext.Value("1"), References: []jsontext.Value{jsontext.Value("[]")}},
		{Prediction: jsontext.Value("1")},
		{Prediction: jsontext.Value("1"), References: []jsontext.Value{jsontext.Value("1"), jsontext.Value("2")}},
		{References: []jsontext.Value{jsontext.Value("1")}},
	} {
		for _, name := range []string{"accuracy", "mcc", "classification", "roc_auc", "brier", "ece"} {
			m := build(t, name, "")
			var refused *RowError
			if err := m.Observe(t.Context(), row, make([]float64, m.Width())); !errors.As(err, &refused) || refused.Detail == "" {
				t.Errorf("%s of %s: %v", name, row, err)
			}
		}
	}
}

func TestTooManyLabels(t *testing.T) {
	m := build(t, "mcc", "")
	into := make([]float64, 2)
	for i := range maxLabels {
		label := jsontext.Value(fmt.Sprint(i))
		if err := m.Observe(t.Context(), Row{Prediction: label, References: []jsontext.Value{label}}, into); err != nil {
			t.Fatal(err)
		}
	}
	var refused *RowError
	row := judged([]string{`"one more"`}, []string{"1"})[0]
	if err := m.Observe(t.Context(), row, into); !errors.As(err, &refused) || refused.Code != "TOO_MANY_LABELS" {
		t.Error(err)
	}
	known := judged([]string{"2"}, []string{"1"})[0]
	if err := m.Observe(t.Context(), known, into); err != nil {
		t.Errorf("what is known is refused: %v", err)
	}
}

func TestReportOfManyLabels(t *testing.T) {
	m := build(t, "classification", "")
	var predicted, right []string
	for i := range 60 {
		for range 1 + i%2 {
			predicted, right = append(predicted, fmt.Sprint(i)), append(right, fmt.Sprint(i))
		}
	}
	r, ok := m.(Detailer).Detail(observe(t, m, judged(predicted, right)...)).(*classReport)
	if !ok || r.Classes != 60 || r.Omitted != 10 || len(r.PerClass) != 50 || len(r.Confusion.Counts) != 50 {
		t.Fatalf("%+v", r)
	}
	for i, class := range r.PerClass {
		if class.F1 != 1 || r.Confusion.Counts[i][i] != class.Support || r.Confusion.Labels[i] != class.Label {
			t.Errorf("%+v", class)
		}
	}
	if first, last := r.PerClass[0].Label, r.PerClass[49].Label; first != "0" || last != "59" {
		t.Errorf("from %s to %s", first, last)
	}
}

// drawJudged draws labels of which some are only ever predicted or only right.
func drawJudged(t *rapid.T) (predicted, right []string) {
	n := rapid.IntRange(1, 30).Draw(t, "rows")
	for range n {
		predicted = append(predicted, fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "predicted")))
		right = append(right, fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "right")))
	}
	return predicted, right
}

// TestKappaByItsDefinition compares weighted kappa with sums over the whole matrix.
func TestKappaByItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		predicted, right := drawJudged(t)
		weigh := rapid.SampledFrom([]string{"none", "linear", "quadratic"}).Draw(t, "weights")
		m, err := New("cohen_kappa", jsontext.Value(`{"weights":"`+weigh+`","labels":[0,1,2,3,4,5]}`))
		if err != nil {
			t.Fatal(err)
		}
		s := Sample{Width: 2}
		var counts [6][6]float64
		for i, row := range judged(predicted, right) {
			into := make([]float64, 2)
			if err := m.Observe(t.Context(), row, into); err != nil {
				t.Fatal(err)
			}
			s.Data = append(s.Data, into...)
			counts[predicted[i][0]-'0'][right[i][0]-'0']++
		}
		observed, expected, n := 0.0, 0.0, float64(len(right))
		for i := range counts {
			for j := range counts {
				w := map[string]float64{"none": zeroOne(i != j), "linear": math.Abs(float64(i - j)), "quadratic": float64((i - j) * (i - j))}[weigh]
				rows, columns := 0.0, 0.0
				for k := range counts {
					rows += counts[i][k]
					columns += counts[k][j]
				}
				observed += w * counts[i][j]
				expected += w * rows * columns / n
			}
		}
		got, ok := m.Value(s)
		if ok != (expected > 0) || ok && !near(got, 1-observed/expected, 1e-9) {
			t.Fatalf("%v %v, want %v", got, ok, 1-observed/expected)
		}
	})
}
