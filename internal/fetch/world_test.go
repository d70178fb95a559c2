package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// world stands in for the network: names with their addresses, and one server on
// loopback that answers at every address on every port, in TLS on 443.
type world struct {
	plain, secure *httptest.Server

	mu      sync.Mutex
	names   map[string][][]netip.Addr // answers in turn; the last one stays
	dialled []string
	seen    []*http.Request
}

func newWorld(t testing.TB, handler http.HandlerFunc) *world {
	t.Helper()
	w := &world{names: map[string][][]netip.Addr{
		"example.com":     {addrs("93.184.215.14")},
		"www.example.com": {addrs("93.184.215.15")},
		"other.org":       {addrs("93.184.215.16")},
	}}
	recorded := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.seen = append(w.seen, r)
		w.mu.Unlock()
		handler(rw, r)
	})
	w.plain, w.secure = httptest.NewServer(recorded), httptest.NewUnstartedServer(recorded)
	w.secure.EnableHTTP2 = true
	w.secure.Config.ErrorLog, w.plain.Config.ErrorLog = quiet, quiet
	w.secure.StartTLS()
	t.Cleanup(w.plain.Close)
	t.Cleanup(w.secure.Close)
	return w
}

func (w *world) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answers := w.names[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	if len(answers) > 1 {
		w.names[host] = answers[1:]
	}
	return answers[0], nil
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	w.mu.Unlock()
	server := w.plain
	if strings.HasSuffix(address, ":443") {
		server = w.secure
	}
	return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
}

func (w *world) fetcher(change ...func(*Options)) *Fetcher {
	roots := x509.NewCertPool()
	roots.AddCert(w.secure.Certificate())
	opts := Options{Resolver: w, Dial: w.dial, RootCAs: roots}
	for _, c := range change {
		c(&opts)
	}
	return New(opts)
}

func (w *world) dials() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.dialled...)
}

func (w *world) requests() []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*http.Request(nil), w.seen...)
}

// refusal fetches and returns the error that there must be.
func refusal(t *testing.T, f *Fetcher, req Request) *Error {
	t.Helper()
	result, err := f.Fetch(t.Context(), req)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: result %+v, error %v, want a refusal", req.URL, result, err)
	}
	return e
}

// arrival fetches and returns the result that there must be.
func arrival(t *testing.T, f *Fetcher, req Request) *Result {
	t.Helper()
	result, err := f.Fetch(t.Context(), req)
	if err != nil {
		t.Fatalf("%s: %v", req.URL, err)
	}
	return result
}

func reply(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) }
}

// raw answers with a text that need not be HTTP, and hangs up.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // a server over TLS with HTTP/2 has no such connection
		}
		_, _ = io.WriteString(conn, text)
		closeQuietly(conn)
	}
}
