package config

import (
	"errors"
	"log/slog"
	"regexp"
	"strings"

	"dpp"
)

// LLM is the language model that packs may ask. None where URL is empty.
type LLM struct {
	// URL is where the API of its server begins.
	URL string
	// Key is the server's; empty: it wants none.
	Key dpp.Secret
	// Model is the model's name there.
	Model string
	// PriceInput and PriceOutput are what a million tokens cost callers.
	PriceInput, PriceOutput dpp.Money
}

// String tells nothing of the key.
func (l LLM) String() string {
	if l.URL == "" {
		return "none"
	}
	return "model " + l.Model
}

// LogValue is [LLM.String] for logs.
func (l LLM) LogValue() slog.Value { return slog.StringValue(l.String()) }

var (
	errModelURL   = errors.New("is no URL of an API: write https://HOST/v1, or http://HOST:PORT/v1, without query or user")
	errModelKey   = errors.New("is no key: write 1 to 1000 visible ASCII characters")
	errModelName  = errors.New("is no name of a model: write 1 to 200 visible ASCII characters")
	errModelPrice = errors.New("is no price of 1,000,000 tokens: at most 4 decimal places, up to 1000000.0000")
)

var (
	keyForm  = regexp.MustCompile(`^[!-~]{1,1000}$`)
	nameForm = regexp.MustCompile(`^[!-~]{1,200}$`)
)

func models() []Setting {
	return []Setting{
		{"llm-url", "", "Language model that packs may ask: where its OpenAI-compatible API begins, https://HOST/v1; unset, none is.", false, setModelURL},
		{"llm-key", "", "Key of that API, where it wants one. A flag shows in lists of processes: use the variable.", false, setModelKey},
		{"llm-model", "", "Name of the model there.", false, setModelName},
		{"llm-price-input", "0.1500", "Price of 1,000,000 tokens of its prompts.", false, modelPrice(func(c *Config) *dpp.Money { return &c.LLM.PriceInput })},
		{"llm-price-output", "0.6000", "Price of 1,000,000 tokens of its answers.", false, modelPrice(func(c *Config) *dpp.Money { return &c.LLM.PriceOutput })},
	}
}

func setModelURL(c *Config, text string) error {
	u, ok := webURL(text)
	if !ok {
		return errModelURL
	}
	c.LLM.URL = strings.TrimRight(u.String(), "/")
	return nil
}

func setModelKey(c *Config, text string) error {
	if !keyForm.MatchString(text) {
		return errModelKey
	}
	c.LLM.Key = dpp.Secret(text)
	return nil
}

func setModelName(c *Config, text string) error {
	if !nameForm.MatchString(text) {
		return errModelName
	}
	c.LLM.Model = text
	return nil
}

func modelPrice(field func(*Config) *dpp.Money) setter {
	return func(c *Config, text string) error {
		price, err := dpp.ParseMoney(text)
		if err != nil {
			return errModelPrice
		}
		*field(c) = price
		return nil
	}
}
