package client_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"dpp"
	"dpp/client"
)

const testKey = dpp.Secret("dpp_live_00000000000000000000000000000000_00000000")

// web is a server without sockets, so that time can be the test's own. It answers
// the n-th request (from 0) and keeps what was asked.
type web struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu     sync.Mutex
	asked  []*http.Request
	bodies []string
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	n := len(w.asked)
	w.asked, w.bodies = append(w.asked, r), append(w.bodies, string(body))
	w.mu.Unlock()
	return w.answer(n, r)
}

func (w *web) client() *client.Client {
	return &client.Client{URL: "http://dpp.test", Key: testKey, HTTP: &http.Client{Transport: w}}
}

// says is a response with a JSON body, and headers as "Name: value".
func says(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if status >= 400 {
		h.Set("Content-Type", "application/problem+json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewBufferString(body))}
}

func always(status int, body string, headers ...string) *web {
	return &web{answer: func(int, *http.Request) (*http.Response, error) { return says(status, body, headers...), nil }}
}

const runID = dpp.RunID("run_06d0e0v5xv1zfc3aa8xkm2w7vg")

func runDoc(status dpp.Status, version int, more string) string {
	return fmt.Sprintf(`{"run_id":%q,"pack_type":"decision","status":%q,"terminal":%t,"version":%d,"cost":{"reserved_usd":"0.2500","used_usd":"0.0000","minimum_fee_usd":"0.0050","budget_remaining_usd":"99.7500"}%s}`,
		runID, status, status.Terminal(), version, more)
}

func serve(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &client.Client{URL: server.URL, Key: testKey, HTTP: server.Client()}
}
