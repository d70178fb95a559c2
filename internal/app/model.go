package app

import (
	"context"
	"errors"
	"net/url"
	"time"

	"dpp/internal/config"
	"dpp/internal/llm"
	"dpp/internal/ops"
)

// newModel makes the client of the language model that is configured; nil where none is.
func newModel(cfg config.Config) (*llm.Client, error) {
	if cfg.LLM.URL == "" {
		return nil, nil //nolint:nilnil // no model is no mistake
	}
	return llm.New(llm.Options{
		URL: cfg.LLM.URL, Key: cfg.LLM.Key, Model: cfg.LLM.Model,
		PriceInput: cfg.LLM.PriceInput, PriceOutput: cfg.LLM.PriceOutput,
	})
}

func (s *Server) closeModel() error {
	if s.model == nil {
		return nil
	}
	return s.model.Close()
}

// modelTimeout is how long the doctor waits for the language model.
const modelTimeout = 20 * time.Second

// checkModel asks the language model a question of a few tokens: nothing else tells
// whether the key is good and the model there.
func checkModel(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "language model"
	model, err := newModel(cfg)
	if err != nil {
		return bad(name, err, "Correct DPP_LLM_URL.")
	}
	if model == nil {
		return good(name, "none: packs work without it")
	}
	ctx, cancel := context.WithTimeout(ctx, modelTimeout)
	defer cancel()
	err = errors.Join(model.Ping(ctx), model.Close())
	var fault *llm.Error
	switch {
	case err == nil && plain(cfg.LLM.URL):
		return good(name, "it answers, over a connection that is not encrypted")
	case err == nil:
		return good(name, "it answers")
	case errors.As(err, &fault) && !fault.Transient():
		return bad(name, err, "Correct DPP_LLM_URL, DPP_LLM_KEY or DPP_LLM_MODEL.")
	default:
		return bad(name, err, "Start the server at DPP_LLM_URL, or correct the address. What needs no model goes on without it.")
	}
}

// plain tells whether what is sent to a URL can be read on the way.
func plain(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "http"
}
