package llm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// answered is what a server sent, whatever it was.
type answered struct {
	status int
	body   []byte
	after  time.Duration // when the server wants to be asked again; below zero: it does not say
}

// exchange sends a request once. The error is an [*Error], or ctx's own end.
func (c *Client) exchange(ctx context.Context, content []byte) (answered, error) {
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, http.MethodPost, c.endpoint, bytes.NewReader(content))
	if err != nil {
		return answered{}, &Error{Kind: Unreachable}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "dpp")
	c.authorize(request)
	response, err := c.http.Do(request)
	if err != nil {
		return answered{}, broken(ctx, bounded, 0)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, MaxReply+1))
	if err != nil {
		return answered{}, broken(ctx, bounded, response.StatusCode)
	}
	return answered{status: response.StatusCode, body: text, after: retryAfter(response.Header.Get("Retry-After"), time.Now())}, nil
}

// broken tells why there is no whole answer. What the connection's own error says is
// dropped, as it names the endpoint.
func broken(ctx, bounded context.Context, status int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(bounded.Err(), context.DeadlineExceeded) {
		return &Error{Kind: Timeout, Status: status}
	}
	return &Error{Kind: Unreachable, Status: status}
}

// retryAfter reads when to come again (RFC 9110, 10.2.3): seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return -1
}

// fault is what an answer's status says; nil: it is one.
func (a answered) fault() *Error {
	switch {
	case a.status == http.StatusOK && len(a.body) > MaxReply:
		return &Error{Kind: TooLarge, Status: a.status}
	case a.status == http.StatusOK:
		return nil
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		return &Error{Kind: Busy, Status: a.status}
	case a.status >= 300 && a.status < 400:
		return &Error{Kind: Redirected, Status: a.status}
	default:
		return &Error{Kind: Refused, Status: a.status}
	}
}

// dialectal tells whether a refusal may be about how the request is written, and which
// parameter the server names.
func (a answered) dialectal() (param string, may bool) {
	if a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
		return "", false
	}
	var r refusal
	if json.Unmarshal(a.body, &r) != nil {
		return "", true
	}
	return r.Error.Param, true
}
