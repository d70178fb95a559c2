package decisionpack

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

var write = flag.Bool("write", false, "write the golden files anew")

// goldens are decisions of each kind that every machine must decide alike, to the
// byte: all methods with moved values, and what else there is.
func goldens(t packtest.TB) map[string]jsontext.Value {
	forms := everyForm(t)
	b := table{rows: randomTable(40, 7).rows, weights: randomTable(1, 7).weights, minimised: []int{1, 4}}
	for _, m := range methods() {
		b.rule = newRule(m, "")
		forms[string(m)+"-moved"] = b.inputs(t, map[string]any{"draws": 300, "seed": 11, "uncertainty": map[string]any{"values": .07}})
	}
	forms["promethee2-shapes"] = jsontext.Value(`{"method":"promethee2","draws":200,"seed":3,"uncertainty":{"values":0.1},
		"options":["A","B","C","D"],"scores":[[3,70,5,1.5,0.2,9],[4,55,7,2.5,0.7,3],[2,90,6,0.5,0.9,8],[5,60,2,3.5,0.4,1]],
		"criteria":[{"name":"a","weight":1,"preference":{"function":"usual"}},{"name":"b","weight":2,"direction":"min","preference":{"function":"u_shape","q":9}},
			{"name":"c","weight":3,"preference":{"function":"v_shape","p":4}},{"name":"d","weight":1.5,"preference":{"function":"level","q":0.5,"p":2}},
			{"name":"e","weight":2.5,"preference":{"function":"linear","q":0.1,"p":0.6}},{"name":"f","weight":0.7,"preference":{"function":"gaussian","s":3}}]}`)
	forms["distributions"] = jsontext.Value(`{"method":"weighted_product","draws":400,"seed":5,"options":["A","B"],
		"scores":{"A":{"c":{"normal":{"mean":4,"sd":1.5}},"d":{"triangular":{"low":1,"mode":2,"high":7}}},"B":{"c":{"low":2,"high":5},"d":{"uniform":{"low":2,"high":4}}}},
		"criteria":[{"name":"c","rank":2},{"name":"d","rank":1}]}`)
	forms["pairwise"] = jsontext.Value(`{"method":"ahp","draws":100,"options":["A","B","C"],"scores":{"A":{"d":1},"B":{"d":2},"C":{"d":5}},"criteria":[{"name":"c"},{"name":"d","direction":"min"},{"name":"e"}],
		"pairwise":{"criteria":[{"a":"c","b":"d","ratio":3},{"a":"d","b":"e","ratio":2}],"priorities":"geometric_mean","alternatives":{"c":[[1,3,5],[0.33,1,2],[0.2,0.5,1]],"e":[{"a":"A","b":"B","ratio":0.5},{"a":"B","b":"C","ratio":4}]}}}`)
	return forms
}

// TestGoldenDecisions: the same inputs and seed give the same bytes of data, charts
// and reliability on every machine, until they are changed on purpose (go test -write).
func TestGoldenDecisions(t *testing.T) {
	for name, inputs := range goldens(t) {
		_, outcome := runAny(t, inputs)
		golden(t, name+".json", append(packtest.JSON(t, map[string]any{
			"data": outcome.Data, "reliability": outcome.Reliability, "reasons": outcome.Reasons, "discarded": outcome.Discarded,
		}), '\n'))
		for _, a := range outcome.Artifacts {
			if name == "topsis-moved" || name == "vikor" {
				golden(t, name+"."+a.Name, a.Content)
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *write {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is otherwise:\n%.2000s\nwant\n%.2000s", name, got, want)
	}
}
