package client

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dpp"
)

const (
	// patience bounds one attempt beyond what the server was asked to wait.
	patience = 30 * time.Second
	// maxAnswer bounds an answer: a page of a hundred runs stays far below it.
	maxAnswer = 16 << 20
	// maxRetryAfter bounds what a server's Retry-After is believed.
	maxRetryAfter = time.Hour

	idempotencyKey = "Idempotency-Key"
)

// request is one call. The zero method is GET.
type request struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   []byte
	wait   time.Duration // how long the server was asked to hold the answer back
}

func (r *request) set(name, value string) {
	if r.query == nil {
		r.query = url.Values{}
	}
	r.query.Set(name, value)
}

func (r *request) setHeader(name, value string) {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
}

type response struct {
	status int
	header http.Header
	body   []byte
}

// once makes one attempt. Its error is a [*Error], an [*UnreachableError], or one
// that no other attempt would change.
func (c *Client) once(ctx context.Context, r request) (*response, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+r.wait)
	defer cancel()
	hr, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	answer, err := c.web().Do(hr)
	if err != nil {
		return nil, &UnreachableError{Err: err}
	}
	defer answer.Body.Close() //nolint:errcheck // it was read to its end or is given up
	body, err := read(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return nil, refusal(answer, body)
	}
	return &response{status: answer.StatusCode, header: answer.Header, body: body}, nil
}

func (c *Client) web() *http.Client {
	if c.HTTP == nil {
		return http.DefaultClient
	}
	return c.HTTP
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, ErrURL
	}
	if !visible(string(c.Key)) || !visible(r.header.Get(idempotencyKey)) {
		return nil, ErrHeader
	}
	method := cmp.Or(r.method, http.MethodGet)
	target := base.JoinPath(r.path)
	target.RawQuery = r.query.Encode()
	hr, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	if r.header != nil {
		hr.Header = r.header.Clone()
	}
	if r.body != nil {
		hr.Header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		hr.Header.Set("Authorization", "Bearer "+string(c.Key))
	}
	hr.Header.Set("User-Agent", "dpp-client")
	return hr, nil
}

func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x21 || r > 0x7E })
}

func read(body io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return nil, &UnreachableError{Err: err}
	}
	if len(content) > maxAnswer {
		return nil, ErrTooLarge
	}
	return content, nil
}

func refusal(answer *http.Response, body []byte) *Error {
	e := &Error{RetryAfter: retryAfter(answer.Header)}
	media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" || decode(body, &e.Problem) != nil {
		e.Problem = dpp.Problem{Title: http.StatusText(answer.StatusCode)}
	}
	e.Problem.Status = answer.StatusCode
	return e
}

// retryAfter reads whole seconds, the form that the contract promises.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("Retry-After")), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
