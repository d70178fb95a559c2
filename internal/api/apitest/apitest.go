// Package apitest checks what the API answers against the API's own OpenAPI
// document, with a validator that knows nothing of this project. Tests put its
// transport into their HTTP client, and no answer goes unchecked.
package apitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
)

// Checker checks exchanges against an OpenAPI document. It is safe for concurrent
// use.
type Checker struct {
	validator validator.Validator
	known     func(method, path string) bool
}

// plainHeaders are part of HTTP rather than of the API.
var plainHeaders = []string{
	"Accept", "Accept-Encoding", "Access-Control-Request-Method", "Allow", "Authorization", "Cache-Control", "Connection", "Content-Encoding",
	"Content-Length", "Content-Security-Policy", "Content-Type", "Date", "Origin", "Referrer-Policy", "Traceparent", "Transfer-Encoding", "User-Agent", "Vary",
	"X-Content-Type-Options", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Idempotency-Key", "If-None-Match", "Prefer",
}

// New makes a checker. It fails where the document itself is not valid.
func New(document []byte) (*Checker, error) {
	parsed, err := libopenapi.NewDocument(document)
	if err != nil {
		return nil, fmt.Errorf("apitest: document: %w", err)
	}
	v, errs := validator.NewValidator(parsed, config.WithFormatAssertions(), config.WithStrictMode(), config.WithStrictIgnoredHeaders(plainHeaders...))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("apitest: document: %w", err)
	}
	if ok, findings := v.ValidateDocument(); !ok {
		return nil, fmt.Errorf("apitest: document: %w", join(findings))
	}
	model, err := parsed.BuildV3Model()
	if err != nil {
		return nil, fmt.Errorf("apitest: document: %w", err)
	}
	known := map[string]bool{}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method := range item.GetOperations().FromOldest() {
			known[strings.ToUpper(method)+" "+shape(path)] = true
		}
	}
	return &Checker{validator: v, known: func(method, path string) bool { return matches(known, method, path) }}, nil
}

// shape makes every parameter of a path template the same.
func shape(template string) string {
	parts := strings.Split(template, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

func matches(known map[string]bool, method, path string) bool {
	for template := range known {
		m, pattern, _ := strings.Cut(template, " ")
		want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
		if m != method || len(want) != len(got) {
			continue
		}
		same := true
		for i := range want {
			same = same && (want[i] == got[i] || want[i] == "*" && got[i] != "")
		}
		if same {
			return true
		}
	}
	return false
}

// Exchange is a request and its answer, both with their whole bodies.
type Exchange struct {
	Request      *http.Request
	RequestBody  []byte
	Response     *http.Response
	ResponseBody []byte
}

// Check tells what is wrong with an exchange. A request that was done must itself
// be as the document says; one that was refused need not be. An answer to what is
// not in the document must be a problem.
func (c *Checker) Check(e Exchange) error {
	status := e.Response.StatusCode
	switch {
	case e.Response.Header.Get("X-Trace-Id") == "":
		return errors.New("apitest: the answer has no X-Trace-Id")
	case e.Request.Method == http.MethodHead || e.Request.Method == http.MethodOptions:
		return nil
	case status >= http.StatusBadRequest && e.Response.Header.Get("Content-Type") != "application/problem+json":
		return fmt.Errorf("apitest: %d is no problem document", status)
	}
	body, err := plain(e)
	if err != nil {
		return fmt.Errorf("apitest: %w", err)
	}
	if !c.known(e.Request.Method, e.Request.URL.EscapedPath()) {
		return c.unknown(e, body)
	}
	if status < http.StatusBadRequest {
		if ok, findings := c.validator.ValidateHttpRequestSync(request(e.Request, e.RequestBody)); !ok {
			return fmt.Errorf("apitest: request: %w", join(findings))
		}
	}
	return c.answer(request(e.Request, e.RequestBody), response(e.Response, status, body))
}

// unknown checks the answer to a path or method that the document does not have: it
// is a problem in the form in which every operation answers its own.
func (c *Checker) unknown(e Exchange, body []byte) error {
	if s := e.Response.StatusCode; s < http.StatusBadRequest {
		return fmt.Errorf("apitest: the document does not have what was answered with %d", s)
	}
	anything, err := http.NewRequestWithContext(e.Request.Context(), http.MethodGet, "http://"+e.Request.URL.Host+"/health", nil)
	if err != nil {
		return fmt.Errorf("apitest: %w", err)
	}
	return c.answer(anything, response(e.Response, http.StatusInternalServerError, body))
}

func (c *Checker) answer(req *http.Request, resp *http.Response) error {
	if ok, findings := c.validator.ValidateHttpResponse(req, resp); !ok {
		return fmt.Errorf("apitest: answer: %w", join(findings))
	}
	return nil
}

// plain is the answer's body as it was before compression.
func plain(e Exchange) ([]byte, error) {
	if e.Response.Header.Get("Content-Encoding") != "gzip" {
		return e.ResponseBody, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(e.ResponseBody))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func request(r *http.Request, body []byte) *http.Request {
	clone := r.Clone(r.Context())
	clone.Body = io.NopCloser(bytes.NewReader(body))
	return clone
}

func response(r *http.Response, status int, body []byte) *http.Response {
	header := r.Header.Clone()
	header.Del("Content-Encoding")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body))}
}

func join(findings []*validation.ValidationError) error {
	errs := make([]error, len(findings))
	for i, f := range findings {
		errs[i] = f
	}
	return errors.Join(errs...)
}
