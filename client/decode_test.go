package client

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"dpp"
)

func TestEveryAmountThatTheServerWritesIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := dpp.Money(rapid.Int64Range(0, 1<<62).Draw(t, "micros"))
		want -= want % dpp.Quantum
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got dpp.Money
		if err := decode(text, &got); err != nil || got != want {
			t.Fatalf("%s was read as %d, %v", text, int64(got), err)
		}
	})
}

func FuzzReadAmount(f *testing.F) {
	for _, seed := range []string{`"0.0000"`, `"2000000.1234"`, `"1.5"`, `1`, `"-1.0000"`, `"1e5.0000"`, `"92233720368547.7580"`, `".0000"`, `"१.0000"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got dpp.Money
		if decode(text, &got) != nil {
			return
		}
		if got < 0 || !got.Whole() {
			t.Fatalf("%q was read as %d", text, int64(got))
		}
		if plain := strings.TrimLeft(strings.Trim(strings.TrimSpace(string(text)), `"`), "0"); !strings.Contains(string(text), `\`) && plain != strings.TrimLeft(got.String(), "0") {
			t.Fatalf("%q was read as %s", text, got)
		}
	})
}

func FuzzRefusal(f *testing.F) {
	f.Add("application/problem+json", "5", []byte(`{"status":402,"reason_code":"BUDGET_DRAINED","remedy":{"action":"top_up","set":{"/a":1}},"required_usd":"1.0000","errors":[{"pointer":"/a","code":"X","message":"m"}]}`))
	f.Add("text/html", "-1", []byte("<html>"))
	f.Fuzz(func(t *testing.T, media, after string, body []byte) {
		answer := &http.Response{StatusCode: 429, Header: http.Header{"Content-Type": {media}, "Retry-After": {after}}, Body: io.NopCloser(bytes.NewReader(body))}
		e := refusal(answer, body)
		if e.Problem.Status != 429 || e.RetryAfter < 0 || e.RetryAfter > maxRetryAfter || e.Error() == "" {
			t.Fatalf("read as %+v", e)
		}
	})
}
