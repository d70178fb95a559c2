package llm_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/llm"
	"dpp/internal/llm/llmtest"
	"dpp/internal/pack"
)

const key = "sk-very-secret-1234"

// client asks a model in memory.
func client(t testing.TB, model http.RoundTripper) *llm.Client {
	t.Helper()
	c, err := llm.New(llm.Options{
		URL: "https://model.test/v1", Key: key, Model: "m", PriceInput: 150_000, PriceOutput: 600_000, Transport: model,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func form(t testing.TB) *llm.Form {
	t.Helper()
	f, err := llm.NewForm("score", jsontext.Value(`{"type":"object","required":["score"],"additionalProperties":false,
		"properties":{"score":{"type":"number","minimum":0,"maximum":10}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func question(t testing.TB) llm.Request {
	t.Helper()
	return llm.Request{Rules: "Give a score.", Data: "words to judge", Form: form(t), MaxTokens: 100, LeastTokens: 20, Seed: 7}
}

// prices are those of tokens, and of other work beside them.
var prices = []dpp.Price{
	{Unit: llm.UnitInput, Per: llm.PricePer, Amount: 150_000},
	{Unit: llm.UnitOutput, Per: llm.PricePer, Amount: 600_000},
	{Unit: "row", Per: 1, Amount: 100},
}

func meter(limit dpp.Money) *pack.Meter { return pack.NewMeter(prices, limit, nil) }

// used is how much of a unit was counted.
func used(m *pack.Meter, unit string) int64 {
	usage := m.Usage()
	i := slices.IndexFunc(usage, func(u pack.Usage) bool { return u.Unit == unit })
	if i < 0 {
		return 0
	}
	return usage[i].Quantity
}

func fixed(replies ...llmtest.Reply) *llmtest.Model { return llmtest.New(llmtest.Repeated(replies...)) }
