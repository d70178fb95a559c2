package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/config"
)

func TestLanguageModel(t *testing.T) {
	got := load(t, map[string]string{"llm-model": "org/model:7b"},
		"DPP_LLM_URL=https://m.example/v1/", "DPP_LLM_KEY=sk-hush_1", "DPP_LLM_PRICE_INPUT=2.5", "DPP_LLM_PRICE_OUTPUT=10").LLM
	want := config.LLM{URL: "https://m.example/v1", Key: "sk-hush_1", Model: "org/model:7b", PriceInput: 2_500_000, PriceOutput: 10 * dpp.USD}
	if got != want {
		t.Errorf("got %s", got)
	}
	local := load(t, nil, "DPP_LLM_URL=http://127.0.0.1:8080/v1", "DPP_LLM_MODEL=m").LLM
	if local.URL != "http://127.0.0.1:8080/v1" || local.Key != "" || local.PriceInput != 150_000 || local.PriceOutput != 600_000 {
		t.Errorf("a model nearby: %s", local)
	}
}

// Whoever prints or logs a configuration prints no key.
func TestTheKeyOfTheModelIsNeverShown(t *testing.T) {
	c := load(t, nil, "DPP_LLM_URL=https://m.example/v1", "DPP_LLM_KEY=sk-hush", "DPP_LLM_MODEL=m")
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).InfoContext(t.Context(), "x", "llm", c.LLM, "pointer", &c.LLM)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		fmt.Fprintf(&out, verb+verb, c, &c.LLM)
	}
	if strings.Contains(out.String(), "hush") {
		t.Errorf("it is in %s", out.String())
	}
}
