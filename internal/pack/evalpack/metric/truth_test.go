package metric

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// truthCase is a published or recomputed value.
type truthCase struct {
	ID        string          `json:"id"`
	Metric    string          `json:"metric"`
	Input     json.RawMessage `json:"input"`
	Expected  json.RawMessage `json:"expected"`
	Tolerance float64         `json:"abs_tol"`
}

func (c truthCase) input(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(c.Input, into); err != nil {
		t.Fatal(err)
	}
}

// want reads a number, or numbers by name, of what is expected.
func (c truthCase) want(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(c.Expected, into); err != nil {
		t.Fatal(err)
	}
}

func (c truthCase) near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !near(got, want, max(c.Tolerance, 1e-12)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestTruth: every value that is known from outside, within its tolerance. Those that are
// marked as from memory there are derived in TestLabelsByHand, TestRankingsByHand and
// TestBradleyTerry.
func TestTruth(t *testing.T) {
	dir := os.Getenv("TRUTH_DIR")
	if dir == "" {
		t.Log("TRUTH_DIR is not set: published values of metrics were not compared")
		return
	}
	content, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []truthCase
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			for prefix, check := range truthChecks() {
				if strings.HasPrefix(strings.ToLower(c.Metric), prefix) {
					check(t, c)
					return
				}
			}
			t.Errorf("no check knows %s", c.Metric)
		})
	}
	if len(cases) == 0 {
		t.Error("there are no cases")
	}
}

func truthChecks() map[string]func(*testing.T, truthCase) {
	return map[string]func(*testing.T, truthCase){
		"corpus bleu": truthBLEU, "chrf": truthChrF, "wer/": truthErrorRates, "cer": truthCER, "rouge": truthROUGE,
		"em/f1": truthAnswers, "mcc": truthLabels("mcc", ""), "cohen kappa": truthLabels("cohen_kappa", ""),
		"balanced": truthLabels("balanced_accuracy", ""), "classification report": truthReport, "f1 macro": truthAverages,
		"roc auc": truthRanking, "pass@k": truthPass, "bt strengths": truthStrengths,
	}
}

// option is what follows a name in a signature.
func option(signature, name, usual string) string {
	if m := regexp.MustCompile(`(?:^|[ |])` + name + `:([^| ]+)`).FindStringSubmatch(signature); m != nil {
		return m[1]
	}
	return usual
}

// corpus reads predictions and references, which are one list or lists of one for each row.
func corpus(t *testing.T, c truthCase) []Row {
	t.Helper()
	var in struct {
		Hyps []string        `json:"hyps"`
		Refs json.RawMessage `json:"refs"`
	}
	c.input(t, &in)
	var lists [][]string
	if json.Unmarshal(in.Refs, &lists) != nil {
		lists = [][]string{nil}
		if err := json.Unmarshal(in.Refs, &lists[0]); err != nil {
			t.Fatal(err)
		}
	}
	rows := make([]Row, len(in.Hyps))
	for i, hyp := range in.Hyps {
		var references []string
		for _, list := range lists {
			references = append(references, list[i])
		}
		rows[i] = texts(t, hyp, references...)
	}
	return rows
}

func truthBLEU(t *testing.T, c truthCase) {
	params := fmt.Sprintf(`{"tokenize":%q,"smooth":%q,"lowercase":%t,"effective_order":%t}`, option(c.Metric, "tok", "13a"),
		option(c.Metric, "smooth", "exp"), option(c.Metric, "case", "mixed") == "lc", option(c.Metric, "eff", "no") == "yes")
	var want float64
	c.want(t, &want)
	c.near(t, "BLEU", value(t, build(t, "bleu", params), corpus(t, c)...), want)
}

func truthChrF(t *testing.T, c truthCase) {
	words := option(c.Metric, "nw", "0")
	if strings.HasPrefix(strings.ToLower(c.Metric), "chrf++") {
		words = option(c.Metric, "nw", "2")
	}
	params := fmt.Sprintf(`{"char_order":%s,"word_order":%s,"beta":%s,"eps_smoothing":%t,"whitespace":%t,"lowercase":%t}`,
		option(c.Metric, "nc", "6"), words, option(c.Metric, "beta", "2"), strings.Contains(c.Metric, "eps"),
		option(c.Metric, "space", "no") == "yes", option(c.Metric, "case", "mixed") == "lc")
	var want float64
	c.want(t, &want)
	c.near(t, "chrF", value(t, build(t, "chrf", params), corpus(t, c)...), want)
}

func pair(t *testing.T, c truthCase) Row {
	t.Helper()
	var in struct{ Ref, Hyp string }
	c.input(t, &in)
	return texts(t, in.Hyp, in.Ref)
}

func truthErrorRates(t *testing.T, c truthCase) {
	var want map[string]float64
	c.want(t, &want)
	for name, want := range want {
		c.near(t, name, value(t, build(t, name, ""), pair(t, c)), want)
	}
}

func truthCER(t *testing.T, c truthCase) {
	var want float64
	c.want(t, &want)
	c.near(t, "CER", value(t, build(t, "cer", ""), pair(t, c)), want)
}

func truthROUGE(t *testing.T, c truthCase) {
	var in struct{ Target, Prediction string }
	c.input(t, &in)
	var want map[string]float64
	c.want(t, &want)
	variant := strings.Fields(strings.TrimPrefix(strings.ToLower(c.Metric), "rouge"))[0]
	variant = strings.Replace(variant, "l", "L", 1)
	for measure, want := range want {
		if measure == "f" || measure == "fmeasure" {
			measure = "f1"
		}
		m := build(t, "rouge", fmt.Sprintf(`{"variant":%q,"measure":%q,"stemmer":%t}`, variant, measure, strings.Contains(c.Metric, "stem")))
		c.near(t, measure, value(t, m, texts(t, in.Prediction, in.Target)), want)
	}
}

func truthAnswers(t *testing.T, c truthCase) {
	var in struct {
		Prediction string
		Gold       []string
	}
	c.input(t, &in)
	var want map[string]float64
	c.want(t, &want)
	row := texts(t, in.Prediction, in.Gold...)
	c.near(t, "exact match", value(t, build(t, "exact_match", ""), row), want["em"])
	c.near(t, "F1", value(t, build(t, "token_f1", ""), row), want["f1"])
}

// labelled reads right and predicted labels.
func labelled(t *testing.T, c truthCase) []Row {
	t.Helper()
	var in map[string][]jsontext.Value
	c.input(t, &in)
	right, predicted := in["y_true"], in["y_pred"]
	if right == nil {
		right, predicted = in["y1"], in["y2"]
	}
	rows := make([]Row, len(right))
	for i := range rows {
		rows[i] = Row{Prediction: predicted[i], References: []jsontext.Value{right[i]}}
	}
	return rows
}

func truthLabels(name, params string) func(*testing.T, truthCase) {
	return func(t *testing.T, c truthCase) {
		var want float64
		c.want(t, &want)
		c.near(t, name, value(t, build(t, name, params), labelled(t, c)...), want)
	}
}

func truthReport(t *testing.T, c truthCase) {
	var want map[string]json.RawMessage
	c.want(t, &want)
	m := build(t, "classification", "")
	s := observe(t, m, labelled(t, c)...)
	report, ok := m.(Detailer).Detail(s).(*classReport)
	if !ok {
		t.Fatal("there is no report")
	}
	for _, class := range report.PerClass {
		var scores [4]float64
		if err := json.Unmarshal(want[class.Label], &scores); err != nil {
			t.Fatal(err)
		}
		for i, got := range []float64{class.Precision, class.Recall, class.F1, class.Support} {
			c.near(t, class.Label, got, scores[i])
		}
		delete(want, class.Label)
	}
	for name, means := range report.Averages {
		var scores [3]float64
		if text, ok := want[name]; ok && json.Unmarshal(text, &scores) == nil {
			for i, got := range []float64{means.Precision, means.Recall, means.F1} {
				c.near(t, name, got, scores[i])
			}
			delete(want, name)
		}
	}
	accuracy, err := strconv.ParseFloat(string(want["accuracy"]), 64)
	if err != nil || len(want) != 1 {
		t.Fatalf("what was not compared: %v", want)
	}
	c.near(t, "accuracy", report.Accuracy, accuracy)
}

func truthAverages(t *testing.T, c truthCase) {
	var want map[string]json.RawMessage
	c.want(t, &want)
	rows := labelled(t, c)
	for _, average := range []string{"macro", "micro", "weighted"} {
		if text, ok := want[average]; ok {
			x, err := strconv.ParseFloat(string(text), 64)
			if err != nil {
				t.Fatal(err)
			}
			c.near(t, average, value(t, build(t, "classification", `{"measure":"f1","average":"`+average+`"}`), rows...), x)
		}
	}
	var each []float64
	if err := json.Unmarshal(want["per_class"], &each); err != nil {
		t.Fatal(err)
	}
	for label, x := range each {
		m := build(t, "classification", fmt.Sprintf(`{"measure":"f1","average":"binary","positive":%d}`, label))
		c.near(t, fmt.Sprint("class ", label), value(t, m, rows...), x)
	}
}

func truthRanking(t *testing.T, c truthCase) {
	var in struct{ Y, S []jsontext.Value }
	c.input(t, &in)
	var rows []Row
	for i := range in.Y {
		rows = append(rows, Row{Prediction: in.S[i], References: []jsontext.Value{in.Y[i]}})
	}
	var want map[string]float64
	c.want(t, &want)
	names := map[string]string{"auc": "roc_auc", "ap": "average_precision"}
	for short, want := range want {
		c.near(t, short, value(t, build(t, names[short], ""), rows...), want)
	}
}

func truthPass(t *testing.T, c truthCase) {
	var in struct{ N, C, K int }
	c.input(t, &in)
	var want float64
	c.want(t, &want)
	row := Row{Prediction: jsontext.Value(fmt.Sprintf(`{"n":%d,"c":%d}`, in.N, in.C))}
	c.near(t, "pass@k", value(t, build(t, "pass_at_k", fmt.Sprintf(`{"k":%d}`, in.K)), row), want)
}

func truthStrengths(t *testing.T, c truthCase) {
	var in struct{ Wins [][]int }
	c.input(t, &in)
	var want []float64
	c.want(t, &want)
	for i, want := range want {
		m := build(t, "bradley_terry", fmt.Sprintf(`{"system":%d}`, i))
		c.near(t, fmt.Sprint("system ", i), value(t, m, games(in.Wins)...), want)
	}
}

// games are the rows that give the wins of each system against each other.
func games(wins [][]int) []Row {
	var rows []Row
	for i := range wins {
		for j, n := range wins[i] {
			for range n {
				rows = append(rows, Row{Prediction: jsontext.Value(fmt.Sprintf(`{"a":%d,"b":%d,"winner":"a"}`, i, j))})
			}
		}
	}
	return rows
}
