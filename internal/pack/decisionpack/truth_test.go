package decisionpack

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

// truthCase is a published decision with what comes out.
type truthCase struct {
	ID     string `json:"id"`
	Method string `json:"method"`
	Input  struct {
		Matrix         [][]float64            `json:"matrix"`
		Weights        []float64              `json:"weights"`
		Types          []int                  `json:"types"`
		Criteria       []string               `json:"criteria"`
		CriteriaMatrix [][]float64            `json:"criteria_matrix"`
		Alternatives   []string               `json:"alternatives"`
		Matrices       map[string][][]float64 `json:"matrices"`
		Payoff         [][]float64            `json:"payoff"`
		Prob           []float64              `json:"prob"`
	} `json:"input"`
	Expected struct {
		Similarity []float64      `json:"similarity"`
		Score      []float64      `json:"score"`
		Q          []float64      `json:"Q"`
		PhiPlus    []float64      `json:"phi_plus"`
		PhiMinus   []float64      `json:"phi_minus"`
		Net        []float64      `json:"net"`
		Rank       []int          `json:"rank"`
		EMV        []float64      `json:"emv"`
		EVPI       *float64       `json:"evpi"`
		Weights    map[string]any `json:"weights"`
	} `json:"expected"`
	Tolerance float64 `json:"abs_tol"`
	Source    string  `json:"source"`
}

// TestPublishedTruth: decisions whose results others have published come out, by the
// pack's own inputs.
func TestPublishedTruth(t *testing.T) {
	dir := os.Getenv("TRUTH_DIR")
	if dir == "" {
		t.Log("TRUTH_DIR is not set: published decisions were not compared")
		return
	}
	raw, err := os.ReadFile(filepath.Join(dir, "mcda.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []truthCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) { c.check(t) })
	}
	if len(cases) == 0 {
		t.Error("there are no cases")
	}
}

// rule is how the pack is asked for a method of a case.
func (c truthCase) rule(t *testing.T) rule {
	known := map[string]rule{
		"topsis (vector norm)": newRule(topsis, vector),
		"topsis (no norm)":     newRule(topsis, none),
		"vikor v=0.5":          newRule(vikor, ""),
		"promethee II usual":   newRule(promethee2, ""),
		"weighted sum; minimise by 1/x; sum-normalised": newRule(weightedSum, bySum),
		"ahp hierarchy (distributive)":                  newRule(ahp, bySum),
		"expected value of perfect information":         newRule(weightedSum, none),
	}
	r, ok := known[c.Method]
	if !ok {
		t.Fatalf("the test does not know the method %q", c.Method)
	}
	return r
}

func (c truthCase) inputs(t *testing.T) jsontext.Value {
	r := c.rule(t)
	switch {
	case c.Input.CriteriaMatrix != nil:
		return c.hierarchy(t)
	case c.Input.Payoff != nil:
		return c.payoff(t)
	}
	b := table{rows: c.Input.Matrix, weights: c.Input.Weights, rule: r}
	for j, direction := range c.Input.Types {
		if direction < 0 {
			b.minimised = append(b.minimised, j)
		}
	}
	return b.inputs(t, map[string]any{"draws": 0})
}

func (c truthCase) hierarchy(t *testing.T) jsontext.Value {
	var alternatives, criteria []any
	for _, name := range c.Input.Alternatives {
		alternatives = append(alternatives, map[string]any{"name": name, "values": map[string]any{}})
	}
	for _, name := range c.Input.Criteria {
		criteria = append(criteria, map[string]any{"name": name})
	}
	return packtest.JSON(t, map[string]any{
		"alternatives": alternatives, "criteria": criteria, "method": "ahp", "draws": 0,
		"pairwise": map[string]any{"criteria": c.Input.CriteriaMatrix, "alternatives": c.Input.Matrices},
	})
}

func (c truthCase) payoff(t *testing.T) jsontext.Value {
	var alternatives, scenarios []any
	for i := range c.Input.Payoff {
		alternatives = append(alternatives, map[string]any{"name": letter(i), "values": map[string]any{}})
	}
	for k, probability := range c.Input.Prob {
		values := map[string]any{}
		for i, row := range c.Input.Payoff {
			values[letter(i)] = map[string]any{"payoff": row[k]}
		}
		scenarios = append(scenarios, map[string]any{"name": fmt.Sprint(k), "probability": probability, "values": values})
	}
	return packtest.JSON(t, map[string]any{
		"alternatives": alternatives, "criteria": []any{map[string]any{"name": "payoff"}}, "scenarios": scenarios,
		"method": "weighted_sum", "normalization": "none", "draws": 0,
	})
}

func (c truthCase) check(t *testing.T) {
	found, _ := run(t, c.inputs(t))
	compared := 0
	each := func(what string, want []float64, got func(name string) float64) {
		for i, x := range want {
			if y := got(letter(i)); math.Abs(x-y) > c.Tolerance {
				t.Errorf("%s of %s is %v, published %v (%s)", what, letter(i), y, x, c.Source)
			}
			compared++
		}
	}
	score := func(name string) float64 { return lineOf(found, name).Score }
	each("similarity", c.Expected.Similarity, score)
	each("score", c.Expected.Score, score)
	each("Q", c.Expected.Q, score)
	each("net flow", c.Expected.Net, score)
	each("phi+", c.Expected.PhiPlus, func(name string) float64 { return flowsIn(found, name).Positive })
	each("phi-", c.Expected.PhiMinus, func(name string) float64 { return flowsIn(found, name).Negative })
	for i, rank := range c.Expected.Rank {
		if got := lineOf(found, letter(i)).Rank; got != rank {
			t.Errorf("rank of %s is %d, published %d", letter(i), got, rank)
		}
	}
	for name, want := range c.Expected.Weights {
		if got := score(name); math.Abs(got-want.(float64)) > c.Tolerance {
			t.Errorf("priority of %s is %v, published %v", name, got, want)
		}
		compared++
	}
	if c.Expected.EVPI != nil {
		if math.Abs(found.EVPI.Value-*c.Expected.EVPI) > c.Tolerance {
			t.Errorf("the expected value of perfect information is %v, published %v", found.EVPI.Value, *c.Expected.EVPI)
		}
		each("expected value", c.Expected.EMV, func(name string) float64 {
			for _, a := range found.EVPI.Alternatives {
				if a.Name == name {
					return a.Score
				}
			}
			return math.NaN()
		})
		each("score", c.Expected.EMV, score)
	}
	if compared == 0 {
		t.Errorf("nothing of %s was compared", c.ID)
	}
}

// lineOf is the line of an alternative in the ranking.
func lineOf(d *data, name string) ranked {
	for _, line := range d.Ranking {
		if line.Name == name {
			return line
		}
	}
	return ranked{}
}

func flowsIn(d *data, name string) flowOf {
	for _, line := range d.Promethee2.Alternatives {
		if line.Name == name {
			return line
		}
	}
	return flowOf{}
}
