package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
)

// visit makes one request and reads its answer, or says where it redirects to.
func (t *trip) visit(ctx context.Context, target *Target, addrs []netip.Addr) (*Result, string, error) {
	if !t.impatient {
		release, err := t.wait(ctx, target.Host)
		if err != nil {
			return nil, "", newError(Timeout)
		}
		defer release()
	}
	if len(t.hops) == 0 && t.req.Begin != nil {
		if err := t.req.Begin(); err != nil {
			return nil, "", callbackError{err}
		}
	}
	conn, err := t.fetcher.connect(ctx, target, addrs)
	if err != nil {
		return nil, "", err
	}
	defer closeQuietly(conn)
	transport := t.fetcher.transport(conn)
	defer transport.CloseIdleConnections()

	resp, err := transport.RoundTrip(t.request(ctx, target))
	if err != nil {
		return nil, "", roundTripError(err)
	}
	defer closeQuietly(resp.Body)
	return t.answer(resp)
}

// wait takes one's turn at a host, off the clock.
func (t *trip) wait(ctx context.Context, host string) (release func(), err error) {
	t.clock.hold()
	defer t.clock.resume()
	if t.gap != nil {
		if err := t.gap(ctx); err != nil {
			return nil, err
		}
	}
	return t.fetcher.places.take(ctx, host)
}

// closeQuietly closes what has served its purpose: nothing depends on how the
// other side takes it.
func closeQuietly(c io.Closer) {
	_ = c.Close()
}

func (t *trip) request(ctx context.Context, target *Target) *http.Request {
	req := &http.Request{
		Method: t.req.Method,
		URL:    target.URL,
		Host:   target.URL.Host,
		Header: t.header(),
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if len(t.req.Content) > 0 && t.req.Method != http.MethodGet && t.req.Method != http.MethodHead {
		req.Body = io.NopCloser(bytes.NewReader(t.req.Content))
		req.ContentLength = int64(len(t.req.Content))
	}
	return req.WithContext(ctx)
}

var errConnUsed = errors.New("fetch: the connection serves one request")

// transport speaks HTTP over the one connection it is given, for one request: it
// dials nothing, knows no proxy, keeps nothing alive and follows no Alt-Svc.
func (f *Fetcher) transport(conn net.Conn) *http.Transport {
	given := make(chan net.Conn, 1)
	given <- conn
	take := func(context.Context, string, string) (net.Conn, error) {
		select {
		case conn := <-given:
			return conn, nil
		default:
			return nil, errConnUsed
		}
	}
	return &http.Transport{
		DialContext:            take,
		DialTLSContext:         take,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: f.opts.MaxHeaderBytes,
	}
}

func roundTripError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return newError(Timeout)
	}
	return newError(BadResponse)
}

// answer reads a final answer's body, and of a redirect only its Location.
func (t *trip) answer(resp *http.Response) (*Result, string, error) {
	result := &Result{
		Status:      resp.StatusCode,
		Header:      ofInterest(resp.Header),
		ContentType: resp.Header.Get("Content-Type"),
		TLS:         shownBy(resp.TLS),
	}
	if location, ok, err := redirect(resp); err != nil {
		return nil, "", err
	} else if ok && t.follows() {
		return result, location, nil
	}
	if t.bodyless(resp) {
		return result, "", nil
	}
	limit := t.req.MaxBody
	if t.req.MaxBodyOf != nil {
		limit = min(t.req.MaxBodyOf(result.ContentType), MaxBody)
	}
	reader, err := newBodyReader(resp, limit)
	if err != nil {
		return nil, "", err
	}
	result.Body, result.Truncated, err = reader.readAll(t.req.Keep)
	return result, "", err
}

// bodyless answers have no content, whatever their header says of its encoding.
func (t *trip) bodyless(resp *http.Response) bool {
	return t.req.Method == http.MethodHead || resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified
}

func (t *trip) follows() bool {
	return t.req.Method == http.MethodGet || t.req.Method == http.MethodHead
}

// redirect tells where an answer leads. Two places at once are nowhere.
func redirect(resp *http.Response) (string, bool, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", false, nil
	}
	locations := slices.Compact(slices.Clone(resp.Header["Location"]))
	if len(locations) > 1 {
		return "", false, newError(BadResponse)
	}
	if len(locations) == 0 || locations[0] == "" {
		return "", false, nil
	}
	return locations[0], true, nil
}

var interesting = []string{
	"Content-Type", "Content-Language", "Etag", "Last-Modified", "Link", "Retry-After", "X-Robots-Tag",
}

func ofInterest(all http.Header) http.Header {
	some := make(http.Header)
	for _, name := range interesting {
		if values := all.Values(name); len(values) > 0 {
			some[name] = values
		}
	}
	return some
}
