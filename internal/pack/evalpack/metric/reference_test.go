package metric

import (
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// TestReferenceImplementations: values for texts made of random words, among them white
// space, punctuation, entities and letters that each implementation treats in its own way.
// sacrebleu 2.6.0 gave those of bleu and chrf, jiwer 4.0 with RapidFuzz in Python those of
// wer, mer, wil and cer, the Porter stemmer of NLTK the stems. Those of rouge, token_f1 and
// exact_match are from scripts in Python that follow rouge_score and the scripts of SQuAD
// step by step, the former with that stemmer.
func TestReferenceImplementations(t *testing.T) {
	content, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			Metric string         `json:"metric"`
			Params jsontext.Value `json:"params"`
			Rows   []struct {
				Prediction jsontext.Value   `json:"prediction"`
				References []jsontext.Value `json:"references"`
			} `json:"rows"`
			Want float64 `json:"want"`
		} `json:"cases"`
		Stems map[string]string `json:"stems"`
	}
	if err := json.Unmarshal(content, &reference); err != nil {
		t.Fatal(err)
	}
	for i, c := range reference.Cases {
		m := build(t, c.Metric, string(c.Params))
		rows := make([]Row, len(c.Rows))
		for j, row := range c.Rows {
			rows[j] = Row{Prediction: row.Prediction, References: row.References}
		}
		if got := value(t, m, rows...); !near(got, c.Want, 1e-9*max(1, c.Want)) {
			t.Errorf("case %d, %s %s: %v, want %v", i, c.Metric, c.Params, got, c.Want)
		}
	}
	for word, want := range reference.Stems {
		if got := porter(word); got != want {
			t.Errorf("%s becomes %s, want %s", word, got, want)
		}
	}
	if len(reference.Cases) < 300 || len(reference.Stems) < 500 {
		t.Errorf("%d cases, %d stems", len(reference.Cases), len(reference.Stems))
	}
}
