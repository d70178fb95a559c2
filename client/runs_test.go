package client_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
)

func TestTheBodyOfASubmit(t *testing.T) {
	for name, c := range map[string]struct {
		submission client.Submission
		body       string
	}{
		"the least": {
			client.Submission{PackType: "url", Inputs: jsontext.Value(`{"urls":[]}`), MaxCost: 5000},
			`{"pack_type":"url","inputs":{"urls":[]},"reservation":{"max_cost_usd":"0.0050"}}`,
		},
		"everything": {
			client.Submission{
				PackType: "decision", Inputs: map[string]int{"seed": 1}, MaxCost: 250_000, Timebox: 1500 * time.Millisecond, MinReliability: 800_000,
				Inline: true, RefusePartial: true, TraceID: "t", ExternalID: "e", Tags: []string{"a", "b"},
			},
			`{"pack_type":"decision","inputs":{"seed":1},"reservation":{"max_cost_usd":"0.2500","timebox_sec":2,"min_reliability_score":0.8},` +
				`"options":{"inline":true,"allow_partial":false},"meta":{"trace_id":"t","external_id":"e","tags":["a","b"]}}`,
		},
	} {
		w := always(202, runDoc("QUEUED", 1, ""))
		if _, err := w.client().Submit(t.Context(), c.submission); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if w.bodies[0] != c.body {
			t.Errorf("%s: sent\n%s\nwant\n%s", name, w.bodies[0], c.body)
		}
		if r := w.asked[0]; r.Method != http.MethodPost || r.URL.Path != "/v1/runs" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Prefer") != "" {
			t.Errorf("%s: sent as %s %s %v", name, r.Method, r.URL.Path, r.Header)
		}
	}
}

func TestASubmitWithOwnKeyThatWaits(t *testing.T) {
	s := submission()
	s.IdempotencyKey, s.Wait = "my-own-key", time.Hour
	w := always(200, runDoc("COMPLETED", 3, ""))
	got, err := w.client().Submit(t.Context(), s)
	if err != nil || got.IdempotencyKey != "my-own-key" || got.Replayed || !got.Run.Terminal {
		t.Errorf("got %+v, %v", got, err)
	}
	if h := w.asked[0].Header; h.Get("Prefer") != "wait=55" || h.Get("Idempotency-Key") != "my-own-key" {
		t.Errorf("sent %v", h)
	}
}

func TestInputsThatAreNoJSONAreNotSent(t *testing.T) {
	s := submission()
	s.Inputs = jsontext.Value(`{"a":`)
	w := always(202, "{}")
	if _, err := w.client().Submit(t.Context(), s); err == nil || len(w.asked) > 0 {
		t.Errorf("got %v after %d requests", err, len(w.asked))
	}
	s = submission()
	s.IdempotencyKey = "two\nlines"
	if _, err := w.client().Submit(t.Context(), s); !errors.Is(err, client.ErrHeader) {
		t.Errorf("got %v, want ErrHeader", err)
	}
}

func TestCancelAndGet(t *testing.T) {
	w := always(200, runDoc("CANCELED", 2, ""))
	run, err := w.client().Cancel(t.Context(), runID)
	if err != nil || run.Status != dpp.StatusCanceled || run.Cost.BudgetRemaining != 99_750_000 {
		t.Errorf("got %+v, %v", run, err)
	}
	if _, err := w.client().Get(t.Context(), "a/b?c"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"POST /v1/runs/" + string(runID) + "/cancel", "GET /v1/runs/a%2Fb%3Fc"} {
		if got := w.asked[i].Method + " " + w.asked[i].URL.EscapedPath(); got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	}
}

func TestAResultIsItsExactBytes(t *testing.T) {
	envelope := "{ \"schema_version\": 1 }\n"
	sum := sha256.Sum256([]byte(envelope))
	result := func(sha string) string {
		return runDoc("COMPLETED", 3, `,"result":{"sha256":"`+sha+`","size_bytes":24,"partial":false,"reliability":1,"artifacts":[]}`)
	}
	for name, c := range map[string]struct {
		run  string
		want error
	}{
		"as it is":     {result(hex.EncodeToString(sum[:])), nil},
		"changed":      {result(strings.Repeat("0", 64)), client.ErrDigest},
		"not finished": {runDoc("PROCESSING", 2, ""), client.ErrNoResult},
	} {
		w := &web{answer: func(_ int, r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/result") {
				return says(200, envelope), nil
			}
			return says(200, c.run), nil
		}}
		got, err := w.client().Result(t.Context(), runID)
		if !errors.Is(err, c.want) || c.want == nil && string(got) != envelope || c.want != nil && got != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
