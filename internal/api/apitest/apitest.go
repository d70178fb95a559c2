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

	"github.com/klauspost/compress/gzip"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
)

// Checker checks exchanges against an OpenAPI document. It is safe for concurrent
// use.
type Checker struct {
	validator  validator.Validator
	operations []operation
}

// New makes a checker. It fails where the document itself is not valid.
func New(text []byte) (*Checker, error) {
	published, err := newValidator(text)
	if err != nil {
		return nil, err
	}
	if ok, findings := published.ValidateDocument(); !ok {
		return nil, fmt.Errorf("apitest: document: %w", join(findings))
	}
	doc, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	c := &Checker{operations: doc.operations()}
	if text, err = doc.closed(); err != nil {
		return nil, err
	}
	c.validator, err = newValidator(text)
	return c, err
}

func newValidator(text []byte) (validator.Validator, error) {
	parsed, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, fmt.Errorf("apitest: document: %w", err)
	}
	v, errs := validator.NewValidator(parsed, config.WithFormatAssertions())
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("apitest: document: %w", err)
	}
	return v, nil
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
	op := c.find(e.Request.Method, e.Request.URL.EscapedPath())
	if op == nil {
		return c.unknown(e, body)
	}
	if err := op.headers(e.Response); err != nil {
		return err
	}
	if status < http.StatusBadRequest {
		if ok, findings := c.validator.ValidateHttpRequestSync(request(e.Request, e.RequestBody)); !ok {
			return fmt.Errorf("apitest: request: %w", join(findings))
		}
	}
	return c.answer(request(e.Request, e.RequestBody), e.Response, status, body)
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
	return c.answer(anything, e.Response, http.StatusInternalServerError, body)
}

// answer checks an answer as if it had a status and a body.
func (c *Checker) answer(req *http.Request, resp *http.Response, status int, body []byte) error {
	header := resp.Header.Clone()
	header.Del("Content-Encoding")
	as := http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body))}
	if ok, findings := c.validator.ValidateHttpResponse(req, &as); !ok {
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

func join(findings []*validation.ValidationError) error {
	errs := make([]error, len(findings))
	for i, f := range findings {
		errs[i] = f
	}
	return errors.Join(errs...)
}
