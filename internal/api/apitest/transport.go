package apitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Transport checks every exchange that goes through it, and reports what is wrong.
// It reads the whole answer before it hands it on.
func (c *Checker) Transport(base http.RoundTripper, report func(error)) http.RoundTripper {
	return &transport{checker: c, base: base, report: report}
}

type transport struct {
	checker *Checker
	base    http.RoundTripper
	report  func(error)
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := drain(&r.Body)
	if err != nil {
		return nil, err
	}
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got, err := drain(&resp.Body)
	if err != nil {
		return nil, err
	}
	if err := t.checker.Check(Exchange{Request: r, RequestBody: sent, Response: resp, ResponseBody: got}); err != nil {
		t.report(fmt.Errorf("%s %s: %d: %w", r.Method, r.URL.Path, resp.StatusCode, err))
	}
	return resp, nil
}

// drain reads a body whole and puts a copy in its place.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil || *body == http.NoBody {
		return nil, nil
	}
	content, err := io.ReadAll(*body)
	if closeErr := (*body).Close(); err == nil {
		err = closeErr
	}
	*body = io.NopCloser(bytes.NewReader(content))
	return content, err
}
