package client_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

func TestARefusalIsTheProblemThatTheServerTold(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		w.WriteHeader(http.StatusPaymentRequired)
		_, _ = io.WriteString(w, `{"type":"http://x/problems/BUDGET_DRAINED","title":"Not enough","status":402,"detail":"too little","reason_code":"BUDGET_DRAINED",
			"retryable":true,"hint":"Top up.","remedy":{"action":"top_up"},"required_usd":"0.5000","available_usd":"0.1000","unknown":1}`)
	})
	_, err := c.Budget(t.Context())
	var refused *client.Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a *client.Error", err)
	}
	p := refused.Problem
	if p.Status != 402 || p.Reason != dpp.ReasonBudgetDrained || p.Hint != "Top up." || *p.Required != 500_000 || p.Remedy.Action != dpp.RemedyTopUp {
		t.Errorf("problem read as %+v", p)
	}
	if got := err.Error(); got != "BUDGET_DRAINED: too little" {
		t.Errorf("said %q", got)
	}
}

func TestAnAnswerThatIsNoProblemDocumentKeepsItsStatusOnly(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"a proxy's page":    says(404, "<html>secret", "Content-Type: text/html"),
		"broken document":   says(404, `{"type":`),
		"no content type":   says(404, `{"title":"x"}`, "Content-Type: "),
		"a document of 200": says(404, `{"status":200}`),
	} {
		w := &web{answer: func(int, *http.Request) (*http.Response, error) { return answer, nil }}
		_, err := w.client().Budget(t.Context())
		var refused *client.Error
		if !errors.As(err, &refused) || refused.Problem.Status != 404 || refused.Problem.Reason != "" {
			t.Errorf("%s: got %#v", name, err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the foreign page shows through: %v", name, err)
		}
	}
}

func TestRequestsCarryTheKey(t *testing.T) {
	w := always(200, `{"available_usd":"1.0000"}`)
	if _, err := w.client().Budget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.asked[0].Header.Get("Authorization"); got != "Bearer "+string(testKey) {
		t.Errorf("Authorization is %q", got)
	}
	if w.asked[0].Header.Get("Content-Type") != "" {
		t.Error("a request without a body names its type")
	}
}

func TestWhatCannotBeSentIsNotTried(t *testing.T) {
	for name, c := range map[string]struct {
		url, key string
		want     error
	}{
		"no scheme":    {"127.0.0.1:8000", "k", client.ErrURL},
		"no host":      {"http://", "k", client.ErrURL},
		"other scheme": {"ftp://x", "k", client.ErrURL},
		"empty":        {"", "k", client.ErrURL},
		"key in lines": {"http://x", "k\r\nEvil: 1", client.ErrHeader},
		"key in greek": {"http://x", "κ", client.ErrHeader},
	} {
		w := always(200, "{}")
		cl := client.Client{URL: c.url, Key: dpp.Secret(c.key), HTTP: &http.Client{Transport: w}}
		if _, err := cl.Budget(t.Context()); !errors.Is(err, c.want) || strings.Contains(err.Error(), "Evil") {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if len(w.asked) > 0 {
			t.Errorf("%s: something was sent", name)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	endless := &web{answer: func(int, *http.Request) (*http.Response, error) {
		r := says(200, "")
		r.Body = io.NopCloser(zeros{})
		return r, nil
	}}
	if _, err := endless.client().Budget(t.Context()); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestDocumentsOfTheServer(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, map[string]string{
			"/v1/budget":         `{"available_usd":"99.7500","held_usd":"0.2500","spent_usd":"0.0000","limits":[]}`,
			"/health":            `{"status":"healthy","version":"0.4.2.2","services":{"database":"up"},"backends":{"database":"sqlite"},"build":{"version":"dev"}}`,
			"/v1/packs":          `{"data":[{"pack_type":"decision"},{"pack_type":"url"}]}`,
			"/v1/packs/decision": `{"pack_type":"decision","prices":[{"unit":"decision","per":1,"price_usd":"0.0050"}],"example":{"pack_type":"decision"},"limits":{"max_draws":5}}`,
			"/v1/usage":          `{"data":[{"day":"2025-01-02","pack_type":"url","charged_usd":"1.0000"}]}`,
		}[r.URL.Path])
		if r.URL.Path == "/v1/usage" && r.URL.RawQuery != "from=2025-01-01&to=2025-02-01" {
			t.Errorf("usage was asked for with %q", r.URL.RawQuery)
		}
	})
	ctx := t.Context()
	if b, err := c.Budget(ctx); err != nil || b.Available != 99_750_000 || b.Held != 250_000 {
		t.Errorf("budget %+v, %v", b, err)
	}
	if h, err := c.Health(ctx); err != nil || h.Status != "healthy" || h.Backends["database"] != "sqlite" {
		t.Errorf("health %+v, %v", h, err)
	}
	if p, err := c.Packs(ctx); err != nil || len(p) != 2 || p[1].Type != "url" {
		t.Errorf("packs %+v, %v", p, err)
	}
	if p, err := c.Pack(ctx, "decision"); err != nil || p.Prices[0].Amount != 5_000 || string(p.Example) != `{"pack_type":"decision"}` {
		t.Errorf("pack %+v, %v", p, err)
	}
	from := time.Date(2025, 1, 1, 3, 0, 0, 0, time.UTC)
	if u, err := c.Usage(ctx, from, from.AddDate(0, 1, 0)); err != nil || len(u) != 1 || u[0].Charged != dpp.USD {
		t.Errorf("usage %+v, %v", u, err)
	}
}

func TestAnAnswerThatIsNoDocumentIsMalformed(t *testing.T) {
	for _, body := range []string{"", "[]", `{"available_usd":1}`, `{"available_usd":"1.5"}`, `{"available_usd":"1.0000"`} {
		if _, err := always(200, body).client().Budget(t.Context()); !errors.Is(err, client.ErrMalformed) {
			t.Errorf("%q: got %v, want ErrMalformed", body, err)
		}
	}
}
