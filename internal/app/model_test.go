package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/app"
	"dpp/internal/cli"
	"dpp/internal/config"
	"dpp/internal/llm"
	"dpp/internal/llm/llmtest"
	"dpp/internal/pack"
)

// scoring is a model that finds North best, and judges all texts alike.
func scoring(_ int, r llmtest.Request) llmtest.Reply {
	var data struct {
		Options  []string `json:"options"`
		Criteria []any    `json:"criteria"`
	}
	switch err := json.Unmarshal([]byte(r.Data()), &data); {
	case err != nil:
		return llmtest.Reply{Status: 400, Raw: "-"}
	case data.Options == nil:
		return llmtest.JSON(map[string]any{"score": 4})
	case data.Criteria == nil:
		return llmtest.JSON(map[string]any{"criteria": []string{"reach", "calm"}})
	}
	var scores [][]int
	for _, option := range data.Options {
		scores = append(scores, []int{map[string]int{"North": 9, "Mill": 3}[option], 5})
	}
	return llmtest.JSON(map[string]any{"weights": []int{5, 5}, "scores": scores})
}

const modelKey = "sk-never-to-be-seen"

// withModel are settings of a server with such a model.
func withModel(t *testing.T, url string) config.Config {
	t.Helper()
	return settings(t, "llm-url", url, "llm-key", modelKey, "llm-model", "m", "llm-price-input", "2.5000", "llm-price-output", "10", "log-level", "debug")
}

// submitted is a run of a pack that has ended, and its envelope.
func submitted(t *testing.T, server *app.Server, cfg config.Config, packType, inputs string) (dpp.RunView, pack.Envelope) {
	t.Helper()
	var out, messages bytes.Buffer
	code := cli.Main(t.Context(), cli.Platform{}, []string{
		"run", "submit", "--data", cfg.Data, "--pack", packType, "--max-cost", "1", "--wait", "--json", "--inputs", inputs,
	}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &messages})
	var run dpp.RunView
	if err := json.Unmarshal(out.Bytes(), &run); err != nil || code != 0 {
		t.Fatalf("exit %d: %s%s", code, out.String(), messages.String())
	}
	c := client.Client{URL: "http://" + server.Address(), Key: keyIn(t, cfg.DevKeyPath())}
	stored, err := c.Result(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := pack.ReadEnvelope(stored)
	if err != nil || strings.Contains(string(stored), modelKey) {
		t.Fatalf("%s, %v", stored, err)
	}
	return run, *envelope
}

// A run that asks the configured model is charged for exactly the tokens that the model's
// server counted, at the operator's prices.
func TestTokensOfAModelAreCharged(t *testing.T) {
	model := llmtest.New(scoring)
	cfg := withModel(t, model.Start(t))
	var logs bytes.Buffer
	server, err := app.Start(t.Context(), cfg, &logs, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for packType, inputs := range map[string]string{
		"decision": `{"question":"Which?","options":["Mill","North"],"draws":250}`,
		"eval":     `{"rows":[{"prediction":"x","reference":"y"}],"metrics":[{"name":"llm_judge","params":{"rubric":"Is it kind?"}}],"bootstrap":{"samples":0}}`,
	} {
		before := len(model.Requests())
		run, envelope := submitted(t, server, cfg, packType, inputs)
		asked := model.Requests()[before:]
		var input int64
		for _, r := range asked {
			input += llmtest.InputTokens(r)
			if r.Authorization != "Bearer "+modelKey {
				t.Errorf("%s: asked with %q", packType, r.Authorization)
			}
		}
		var sum dpp.Cost
		var charged dpp.Money
		prices := map[string]dpp.Price{
			llm.UnitInput: {Per: llm.PricePer, Amount: 2_500_000}, llm.UnitOutput: {Per: llm.PricePer, Amount: 10 * dpp.USD},
			"decision": {Per: 1, Amount: 5_000}, "evaluation": {Per: 1_000_000, Amount: 5_000}, "eval": {Per: 1, Amount: 2_000},
		}
		if packType == "eval" {
			prices["evaluation"] = dpp.Price{Per: 1_000, Amount: 500}
		}
		for _, line := range envelope.Usage {
			if line.Unit == llm.UnitInput && line.Quantity != input || line.Unit == llm.UnitOutput && line.Quantity == 0 {
				t.Errorf("%s: %+v, the server counted %d", packType, line, input)
			}
			if sum, err = sum.Add(prices[line.Unit], line.Quantity); err != nil {
				t.Fatal(err)
			}
			charged += line.Cost
		}
		if !slices.ContainsFunc(envelope.Usage, func(u pack.Usage) bool { return u.Unit == llm.UnitInput }) || len(asked) == 0 {
			t.Errorf("%s: the usage is %v after %d requests", packType, envelope.Usage, len(asked))
		}
		if total, err := sum.Total(); err != nil || run.Cost.Used != total || charged != total {
			t.Errorf("%s: charged %s, the units cost %s", packType, run.Cost.Used, total)
		}
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if strings.Contains(logs.String(), modelKey) {
		t.Error("the key is in the log")
	}
}

// Without a model everything else works, and its prices and units are nowhere.
func TestWithoutAModel(t *testing.T) {
	server := start(t, settings(t))
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	answer, err := http.Get("http://" + server.Address() + "/v1/packs")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || strings.Contains(string(text), "llm_") {
		t.Errorf("%s, %v", text, err)
	}
}

// The doctor tells whether the model answers, and no key.
func TestTheDoctorAsksTheModel(t *testing.T) {
	for name, c := range map[string]struct {
		reply llmtest.Reply
		good  bool
	}{"an answer": {llmtest.Text("I am here."), true}, "a wrong key": {llmtest.Reply{Status: 401, Raw: "-"}, false}} {
		model := llmtest.New(llmtest.Repeated(c.reply))
		for _, f := range app.Doctor(t.Context(), withModel(t, model.Start(t))) {
			if f.Name == "language model" && f.OK != c.good || strings.Contains(f.Detail+f.Remedy, modelKey) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if len(model.Requests()) != 1 {
			t.Errorf("%s: asked %d times", name, len(model.Requests()))
		}
	}
}
