package llm_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/llm"
	"dpp/internal/llm/llmtest"
)

var score = func() *llm.Form {
	f, err := llm.NewForm("score", jsontext.Value(`{"type":"object","required":["score"]}`))
	if err != nil {
		panic(err)
	}
	return f
}()

func TestEndpoints(t *testing.T) {
	for url, path := range map[string]string{
		"https://h.test": "/chat/completions", "https://h.test/v1/": "/v1/chat/completions", "http://127.0.0.1:8080/v1": "/v1/chat/completions",
		"https://h.test/openai/v1/chat/completions": "/openai/v1/chat/completions",
	} {
		model := fixed(llmtest.Text("{}"))
		c, err := llm.New(llm.Options{URL: url, Model: "m", Transport: model})
		if err != nil || c.Ping(t.Context()) != nil || model.Requests()[0].Path != path {
			t.Errorf("%s: %v, %v", url, err, model.Requests())
		}
	}
	for _, o := range []llm.Options{
		{Model: "m"},
		{URL: "hush", Model: "m"},
		{URL: "ftp://hush", Model: "m"},
		{URL: "https://u:hush@h", Model: "m"},
		{URL: "https://h?key=hush", Model: "m"},
		{URL: "https://h"},
	} {
		if c, err := llm.New(o); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, %v", o.URL, c, err)
		}
	}
}

// The key shows nowhere, whoever prints what holds it.
func TestTheKeyIsNeverShown(t *testing.T) {
	o := llm.Options{URL: "https://u.test", Key: dpp.Secret(key), Model: "m"}
	c, err := llm.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).InfoContext(t.Context(), "x", "options", o, "client", c, "pointer", &o)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, o, &o, c)
	}
	hidden := []string{key, fmt.Sprintf("%x", key)}
	for _, text := range hidden {
		if strings.Contains(out.String(), text) {
			t.Errorf("it is in %s", out.String())
		}
	}
}

// Over a real connection: what is said in memory holds there, too, and the key goes to
// nobody but the endpoint.
func TestOverAConnection(t *testing.T) {
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer elsewhere.Close()
	for name, c := range map[string]struct {
		reply llmtest.Reply
		kind  llm.Kind
	}{
		"an answer":           {llmtest.Text(`{"score": 7}`), ""},
		"a redirect":          {llmtest.Reply{Status: http.StatusTemporaryRedirect, Header: map[string]string{"Location": elsewhere.URL}, Raw: "-"}, llm.Redirected},
		"a huge answer":       {llmtest.Text(llmtest.Long(3 * llm.MaxReply)), llm.TooLarge},
		"a huge header":       {llmtest.Reply{Content: "x", Header: map[string]string{"X": llmtest.Long(1 << 20)}}, llm.Unreachable},
		"a broken connection": {llmtest.Reply{Content: `{"score": 7}`, Broken: true}, llm.Unreachable},
	} {
		client, err := llm.New(llm.Options{URL: fixed(c.reply).Start(t), Key: key, Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Ask(t.Context(), meter(dpp.USD), question(t))
		if (c.kind == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), "llm: "+string(c.kind)) {
			t.Errorf("%s: %s, %v", name, answer.Document, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if asked > 0 {
		t.Error("a redirect was followed")
	}
}

// A prompt's bound is above what a server can count, and prompts above it are not sent.
func TestPromptsAreBounded(t *testing.T) {
	model := fixed(llmtest.Text(`{"score": 7}`))
	c, r := client(t, model), question(t)
	if bound := c.Bound(r); bound < int64(len(r.Data)+len(r.Rules)) || bound > 2_000 {
		t.Errorf("the bound is %d", bound)
	}
	r.Data = strings.Repeat("\x01", llm.MaxPrompt/5) // six bytes each, as JSON
	m := meter(dpp.USD)
	_, err := c.Ask(t.Context(), m, r)
	if err == nil || !strings.Contains(err.Error(), string(llm.Oversized)) || len(model.Requests()) > 0 || m.Total() > 0 || c.Bound(r) != llm.MaxPrompt {
		t.Errorf("%v after %d requests", err, len(model.Requests()))
	}
}

func TestHashes(t *testing.T) {
	a := question(t)
	b, other := a, a
	b.Data, other.Rules = "other data", "Other rules."
	if a.RulesHash() != b.RulesHash() || a.Hash() == b.Hash() || a.RulesHash() == other.RulesHash() || a.Hash() == other.Hash() || len(a.Hash()) != 64 {
		t.Error("hashes do not tell what differs")
	}
}

func TestForms(t *testing.T) {
	for _, schema := range []string{`{`, `{"type":5}`, `{"$ref":"file:///etc/passwd"}`, `{"$ref":"https://h.test/x"}`} {
		if _, err := llm.NewForm("f", jsontext.Value(schema)); err == nil {
			t.Errorf("%s is a form", schema)
		}
	}
}
