package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// A shape draws rows that a metric takes, and makes of a row one with the best prediction
// there is; perfect is nil where that is nothing that a row alone can have.
type shape struct {
	draw    func(t *rapid.T) Row
	perfect func(Row) Row
	params  []string
}

func asJSON(v any) jsontext.Value {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func drawTexts(t *rapid.T) Row {
	row := Row{Prediction: asJSON(drawText(t, "prediction"))}
	for range rapid.IntRange(1, 3).Draw(t, "references") {
		row.References = append(row.References, asJSON(drawText(t, "reference")))
	}
	return row
}

// copied predicts the first reference.
func copied(row Row) Row { return Row{Prediction: row.References[0], References: row.References[:1]} }

func drawLabels(t *rapid.T) Row {
	label := func(name string) jsontext.Value {
		return asJSON(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, name))
	}
	return Row{Prediction: label("prediction"), References: []jsontext.Value{label("reference")}}
}

func drawScore(t *rapid.T) Row {
	return Row{
		Prediction: asJSON(float64(rapid.IntRange(0, 20).Draw(t, "score")) / 20),
		References: []jsontext.Value{asJSON(rapid.Bool().Draw(t, "right"))},
	}
}

// certain gives the right label probability 1.
func certain(row Row) Row {
	p := "0"
	if string(row.References[0]) == "true" {
		p = "1"
	}
	return Row{Prediction: jsontext.Value(p), References: row.References}
}

func drawRanking(t *rapid.T) Row {
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 0, 5, rapid.ID).Draw(t, "ids")
	relevances := map[string]int{"a": rapid.IntRange(1, 3).Draw(t, "a"), "b": rapid.IntRange(0, 3).Draw(t, "b"), "x": rapid.IntRange(0, 1).Draw(t, "x")}
	return Row{Prediction: asJSON(ids), References: []jsontext.Value{asJSON(relevances)}}
}

// sortedByRelevance ranks what is relevant, the most first.
func sortedByRelevance(row Row) Row {
	var relevances map[string]int
	if err := json.Unmarshal(row.References[0], &relevances); err != nil {
		panic(err)
	}
	var ids []string
	for _, id := range []string{"a", "b", "x"} {
		if relevances[id] > 0 {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return relevances[b] - relevances[a] })
	return Row{Prediction: asJSON(ids), References: row.References}
}

func drawGame(t *rapid.T) Row {
	sides := rapid.Permutation([]string{"x", "y", "z"}).Draw(t, "sides")
	return game3(sides[0], sides[1], rapid.SampledFrom([]string{"a", "b", "tie"}).Draw(t, "winner"))
}

// shapes has one for every metric.
func shapes() map[string]shape {
	text := func(params ...string) shape {
		return shape{draw: drawTexts, perfect: copied, params: append(params, "{}")}
	}
	labels := func(params ...string) shape {
		return shape{draw: drawLabels, perfect: copied, params: append(params, "{}")}
	}
	ranking := func(params ...string) shape {
		return shape{draw: drawRanking, perfect: sortedByRelevance, params: append(params, "{}")}
	}
	games := func(params ...string) shape { return shape{draw: drawGame, params: params} }
	structure := shape{
		draw: func(t *rapid.T) Row {
			return Row{Prediction: asJSON(rapid.SampledFrom([]string{"{}", "[1]", "{", `{"a":1}`, "```json\n{}\n```"}).Draw(t, "text"))}
		},
		perfect: func(Row) Row { return Row{Prediction: jsontext.Value(`{"a":1}`)} },
	}
	valid, conforms := structure, structure
	valid.params, conforms.params = []string{`{"type":"object"}`, `{"fences":true}`}, []string{`{"schema":{"required":["a"]}}`}
	probabilities := shape{draw: drawScore, perfect: certain, params: []string{"{}"}}
	return map[string]shape{
		"accuracy": labels(), "mcc": labels(), "balanced_accuracy": labels(), "cohen_kappa": labels(`{"weights":"linear"}`, `{"weights":"quadratic"}`),
		"classification": labels(`{"measure":"f1"}`, `{"measure":"precision","average":"weighted"}`, `{"measure":"recall","average":"micro"}`),
		"bleu":           text(`{"effective_order":true}`, `{"tokenize":"zh","smooth":"add-k"}`, `{"tokenize":"intl","smooth":"floor"}`, `{"tokenize":"char","smooth":"none"}`),
		"chrf":           text(`{"word_order":2}`, `{"eps_smoothing":true}`), "rouge": text(`{"variant":"Lsum"}`, `{"variant":"2","measure":"recall"}`, `{"variant":"1","stemmer":true,"tokenizer":"unicode"}`),
		"wer": text(`{"lowercase":true}`), "mer": text(), "wil": text(), "cer": text(`{"remove_punctuation":true}`), "edit_similarity": text(),
		"exact_match": text(`{"normalize":"none"}`), "token_f1": text(`{"squad":"2.0"}`),
		"numeric": {draw: drawScore, params: []string{`{"abs_tol":0.5,"find":"last"}`}, perfect: nil},
		"regex":   {draw: drawTexts, params: []string{`{"pattern":"[a-c].*"}`}}, "json_valid": valid, "json_schema": conforms,
		"roc_auc": {draw: drawScore, perfect: certain, params: []string{"{}"}}, "average_precision": {draw: drawScore, perfect: certain, params: []string{"{}"}},
		"brier": probabilities, "log_loss": probabilities, "ece": {draw: drawScore, perfect: certain, params: []string{"{}", `{"scheme":"mass","bins":3}`, `{"norm":"max"}`}},
		"ndcg": ranking(`{"gain":"exponential"}`, `{"k":2}`), "mrr": ranking(), "map": ranking(`{"k":2}`), "recall_at_k": ranking(), "hit_rate": ranking(),
		"precision_at_k": {draw: drawRanking, params: []string{`{"k":3}`}},
		"pass_at_k": {
			draw: func(t *rapid.T) Row {
				n := rapid.IntRange(3, 9).Draw(t, "n")
				return raw(fmt.Sprintf(`{"n":%d,"c":%d}`, n, rapid.IntRange(0, n).Draw(t, "c")))
			},
			perfect: func(Row) Row { return raw(`{"n":5,"c":5}`) }, params: []string{`{"k":3}`},
		},
		"win_rate": games(`{"system":"x"}`, `{"system":"x","ties":"ignore"}`), "bradley_terry": games(`{"prior":1}`, `{"system":"y"}`), "elo": games("{}"),
	}
}

// drawMetric draws a metric and some rows that it takes. Rows that it refuses, such as a
// number that is no boolean, are not drawn again: the shape is wrong then.
func drawMetric(t *rapid.T) (name string, m Metric, kind shape, rows []Row) {
	all := Catalog()
	name = all[rapid.IntRange(0, len(all)-1).Draw(t, "metric")].Name
	kind, ok := shapes()[name]
	if !ok {
		t.Fatalf("%s has no shape", name)
	}
	m = drawn(t, name, rapid.SampledFrom(kind.params).Draw(t, "params"))
	for range rapid.IntRange(1, 8).Draw(t, "rows") {
		row := kind.draw(t)
		if name == "numeric" {
			row.References[0] = asJSON(map[string]float64{"true": 1, "false": 0}[string(row.References[0])])
		}
		rows = append(rows, row)
	}
	return name, m, kind, rows
}

func drawn(t *rapid.T, name, params string) Metric {
	m, err := New(name, jsontext.Value(params))
	if err != nil {
		t.Fatalf("%s %s: %v", name, params, err)
	}
	return m
}

func sampled(t *rapid.T, m Metric, rows []Row) Sample {
	s := Sample{Width: m.Width()}
	for _, row := range rows {
		into := slices.Repeat([]float64{math.NaN()}, m.Width()) // whatever was there before
		if err := m.Observe(t.Context(), row, into); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		s.Data = append(s.Data, into...)
	}
	return s
}

func within(x float64, info Info) bool {
	return x >= info.Low-1e-9 && x <= info.High+1e-9 && !math.IsNaN(x)
}

func alike(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, m, _, rows := drawMetric(t)
		s := sampled(t, m, rows)
		if v, ok := m.Value(s); ok && !within(v, m.Info()) {
			t.Fatalf("%s is %v of %+v", name, v, m.Info())
		}
		if scorer, ok := m.(Scorer); ok {
			for i := range rows {
				if v, ok := scorer.RowValue(s.row(i)); ok && !within(v, m.Info()) {
					t.Fatalf("%s of a row is %v", name, v)
				}
			}
		}
		if d, ok := m.(Detailer); ok {
			if _, err := json.Marshal(d.Detail(s)); err != nil {
				t.Fatalf("the detail of %s: %v", name, err)
			}
		}
	})
}

// The best prediction has the best value, but for texts that have nothing to compare.
func TestPerfectPredictions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, m, kind, rows := drawMetric(t)
		if kind.perfect == nil {
			return
		}
		for i := range rows {
			rows[i] = kind.perfect(rows[i])
		}
		s := sampled(t, m, rows)
		v, ok := m.Value(s)
		info := m.Info()
		best := info.High
		if !info.HigherIsBetter {
			best = info.Low
		}
		if ok && !alike(v, best) && !poor(name, m, rows, s) {
			t.Fatalf("%s is %v of the best prediction, not %v", name, v, best)
		}
	})
}

// poor tells where the published definitions do not call a copy of the reference right: no
// n-grams long enough, no words after normalisation, no positive row, one label alone.
func poor(name string, m Metric, rows []Row, s Sample) bool {
	switch name {
	case "bleu", "chrf":
		sum, _ := sums(s)
		return slices.Contains(sum, 0)
	case "rouge", "token_f1":
		return slices.ContainsFunc(rows, func(row Row) bool {
			v, ok := m.(Scorer).RowValue(sampledAlone(m, row))
			return !ok || v == 0
		})
	case "mcc":
		return !slices.ContainsFunc(rows, func(row Row) bool { return string(row.Prediction) != string(rows[0].Prediction) })
	default:
		return false
	}
}

func sampledAlone(m Metric, row Row) []float64 {
	into := make([]float64, m.Width())
	if err := m.Observe(context.Background(), row, into); err != nil {
		panic(err)
	}
	return into
}

// The order of rows moves no value but that of Elo, which says so.
func TestOrderOfRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, m, _, rows := drawMetric(t)
		if name == "elo" {
			return
		}
		before, ok := m.Value(sampled(t, m, rows))
		mixed := rapid.Permutation(rows).Draw(t, "mixed")
		if after, okAfter := m.Value(sampled(t, m, mixed)); ok != okAfter || !alike(before, after) {
			t.Fatalf("%s was %v, is %v", name, before, after)
		}
	})
}

// A row taken several times is several rows, and a row taken no time is none.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, m, _, rows := drawMetric(t)
		s := sampled(t, m, rows)
		repeated := Sample{Width: s.Width}
		for i := range rows {
			n := rapid.IntRange(0, 3).Draw(t, "times")
			s.Times = append(s.Times, int32(n))
			for range n {
				repeated.Data = append(repeated.Data, s.row(i)...)
			}
		}
		weighted, ok := m.Value(s)
		plain, okPlain := m.Value(repeated)
		if ok != okPlain || !alike(weighted, plain) {
			t.Fatalf("%s: %v %v by weight, %v %v by rows", name, weighted, ok, plain, okPlain)
		}
	})
}

func TestSumsAreEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, m, _, rows := drawMetric(t)
		additive, ok := m.(Additive)
		if !ok {
			return
		}
		s := sampled(t, m, rows)
		sum := make([]float64, s.Width)
		for i := range rows {
			for j, x := range s.row(i) {
				sum[j] += x
			}
		}
		value, ok := m.Value(s)
		fromSum, okSum := additive.FromSum(sum, len(rows))
		if ok != okSum || !alike(value, fromSum) {
			t.Fatalf("%s: %v, of sums %v", name, value, fromSum)
		}
	})
}

// Whether scores are doubled and shifted moves no ranking; other names for labels move
// nothing that compares labels.
func TestScalesAndNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows, scaled, labels, named []Row
		for range rapid.IntRange(1, 10).Draw(t, "rows") {
			row := drawScore(t)
			rows = append(rows, row)
			score, err := finite(row.Prediction)
			if err != nil {
				t.Fatal(err)
			}
			scaled = append(scaled, Row{Prediction: asJSON(2*score - 7), References: row.References})
			row = drawLabels(t)
			labels = append(labels, row)
			rename := func(v jsontext.Value) jsontext.Value {
				return jsontext.Value(strings.NewReplacer("a", "third", "b", "first", "c", "second").Replace(string(v)))
			}
			named = append(named, Row{Prediction: rename(row.Prediction), References: []jsontext.Value{rename(row.References[0])}})
		}
		for _, name := range []string{"roc_auc", "average_precision"} {
			a, okA := drawn(t, name, "").Value(sampled(t, drawn(t, name, ""), rows))
			b, okB := drawn(t, name, "").Value(sampled(t, drawn(t, name, ""), scaled))
			if okA != okB || a != b {
				t.Fatalf("%s was %v, is %v", name, a, b)
			}
		}
		for _, name := range []string{"accuracy", "mcc", "balanced_accuracy", "cohen_kappa", "classification"} {
			before, after := drawn(t, name, ""), drawn(t, name, "")
			a, okA := before.Value(sampled(t, before, labels))
			b, okB := after.Value(sampled(t, after, named))
			if okA != okB || !alike(a, b) {
				t.Fatalf("%s was %v, is %v", name, a, b)
			}
		}
	})
}
