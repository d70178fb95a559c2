package api

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/runs"
)

// query reads the query parameters, which must be among names.
func (x *exchange) query(names ...string) (*intake.Query, error) {
	return intake.NewQuery(x.r.URL.RawQuery, names...)
}

// noQuery refuses every query parameter.
func (x *exchange) noQuery() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	return q.Err()
}

const (
	// drainBytes and drainTime bound what is read of a body that was refused for
	// its size, so that a caller who is still sending it hears the answer.
	drainBytes = 16 << 20
	drainTime  = 5 * time.Second
)

// body reads the request's body: nil where it has none.
func (x *exchange) body() ([]byte, error) {
	r := x.r
	switch {
	case r.ContentLength == 0:
		return nil, nil
	case r.ContentLength > 0 && !plainJSON(r.Header):
		return nil, &runs.Refusal{Reason: dpp.ReasonUnsupportedMediaType}
	case r.ContentLength > MaxBody:
		return nil, &runs.Refusal{Reason: dpp.ReasonBodyTooLarge}
	}
	// The buffer grows with what arrives, not with what was announced.
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(r.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, &runs.Refusal{Reason: dpp.ReasonBadRequest, Detail: "The body did not arrive whole."}
	case n > MaxBody:
		return nil, &runs.Refusal{Reason: dpp.ReasonBodyTooLarge}
	case n > 0 && !plainJSON(r.Header): // of a length that was not announced
		return nil, &runs.Refusal{Reason: dpp.ReasonUnsupportedMediaType}
	}
	return body.Bytes(), nil
}

// plainJSON tells whether a body is declared as JSON in UTF-8 that needs no
// unpacking.
func plainJSON(h http.Header) bool {
	if len(h.Values("Content-Encoding")) > 0 || len(h.Values("Content-Type")) != 1 {
		return false
	}
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// drain reads on for a while after the answer was sent: closing the connection on a
// caller who still sends could lose it.
func (x *exchange) drain() {
	control := http.NewResponseController(x.ResponseWriter)
	if control.Flush() != nil || control.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return // not on a connection
	}
	_, _ = io.CopyN(io.Discard, x.r.Body, drainBytes)
}
