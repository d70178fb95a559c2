package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
)

// balancer sends requests to the APIs of a site in turn, and on to the next one
// where a connection is refused. It reports answers that nobody may ever be given.
type balancer struct {
	base   http.RoundTripper
	report func(error)

	mu        sync.Mutex
	addresses []string
	turn      int
	broken    map[string]int // connections that ended without an answer, by what was said
	again     int            // answers that say to come again
}

// anywhere is the URL of a site to its clients: the balancer finds an API.
const anywhere = "http://dpp.invalid"

// replace puts the address of an API in the place of an earlier one, if any.
func (b *balancer) replace(before, now string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, known := range b.addresses {
		if known == before || known == now {
			b.addresses[i] = now
			return
		}
	}
	b.addresses = append(b.addresses, now)
}

// order is the addresses, in the order in which to try them.
func (b *balancer) order() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn++
	first := b.turn % len(b.addresses)
	return append(append([]string(nil), b.addresses[first:]...), b.addresses[:first]...)
}

// RoundTrip implements [http.RoundTripper].
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var answer *http.Response
	var err error
	for _, address := range b.order() {
		if answer, err = b.send(r, address); !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
	}
	if err != nil {
		if !errors.Is(err, syscall.ECONNREFUSED) && r.Context().Err() == nil {
			b.mu.Lock()
			b.broken[err.Error()]++
			b.mu.Unlock()
		}
		return nil, err
	}
	if odd := odd(answer); odd != "" {
		b.report(fmt.Errorf("%s %s: %d %s", r.Method, r.URL.Path, answer.StatusCode, odd))
	}
	if answer.StatusCode == http.StatusServiceUnavailable {
		b.mu.Lock()
		b.again++
		b.mu.Unlock()
	}
	return answer, nil
}

// told is how often clients were told to come again.
func (b *balancer) told() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.again
}

func (b *balancer) send(r *http.Request, address string) (*http.Response, error) {
	there, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.URL.Host, sent.Host = there.Host, there.Host
	if r.GetBody != nil {
		if sent.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	answer, err := b.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", halfway, err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// halfway begins what is said of an answer that was cut off in its middle.
const halfway = "halfway"

// odd says what is wrong with an answer whatever was asked: a server fails only as
// one that says why, and when to come again.
func odd(answer *http.Response) string {
	switch status := answer.StatusCode; {
	case status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
		return ""
	case status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests:
		return "must not happen"
	case !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/problem+json"):
		return "is no problem document"
	case answer.Header.Get("Retry-After") == "":
		return "has no Retry-After"
	default:
		return ""
	}
}

// cutOff tells how connections ended without an answer, beside those refused.
func (b *balancer) cutOff() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}
