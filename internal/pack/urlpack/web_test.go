package urlpack

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/fetch"
	"dpp/internal/pack"
)

// web is a server that is reached through memory under any public name, so that
// a bubble's time is its time too.
type web struct {
	conns  chan net.Conn
	closed chan struct{}
}

// newWeb serves until the test ends.
func newWeb(t *testing.T, handler http.HandlerFunc) *web {
	t.Helper()
	w := &web{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(w) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return w
}

func (w *web) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *web) Close() error   { close(w.closed); return nil }
func (w *web) Addr() net.Addr { return &net.TCPAddr{} }

func (w *web) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case w.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// LookupNetIP knows every name but "gone.…", and where "trap.…" leads.
func (w *web) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	switch {
	case strings.HasPrefix(host, "gone."):
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	case strings.HasPrefix(host, "trap."):
		return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
	default:
		return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
	}
}

func (w *web) pack() *Pack {
	return New(fetch.New(fetch.Options{Resolver: w, Dial: w.dial}), Options{})
}

// site answers "/SECONDS/…" with an article after that time, "/status/N" with
// that status, "/bytes/N" with so much text, "/pdf/N" with a document that is so much
// longer than nothing, "/to/URL" with a redirect.
func site(w http.ResponseWriter, r *http.Request) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	number, _ := strconv.Atoi(rest)
	switch first {
	case "status":
		w.WriteHeader(number)
	case "bytes":
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(strings.Repeat("x", number)))
	case "tagged":
		w.Header().Set("Etag", `W/"v1"`)
		w.Header().Set("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
		w.Header().Set("Content-Type", "text/plain")
		if strings.HasSuffix(r.Header.Get("If-None-Match"), `"v1"`) || r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("high water at noon"))
	case "pdf":
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write([]byte("%PDF-1.7" + strings.Repeat(" ", number)))
	case "to":
		w.Header().Set("Location", rest)
		w.WriteHeader(http.StatusFound)
	default:
		seconds, _ := strconv.Atoi(first)
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, tidePage("", "<nav>menu</nav>", ""))
	}
}

// job is a run of some URLs over plain http, with further inputs as JSON members.
func job(limit dpp.Money, more string, urls ...string) (pack.Job, *pack.Meter) {
	list, err := json.Marshal(urls)
	if err != nil {
		panic(err)
	}
	meter := pack.NewMeter(newManifest().Prices, limit, nil)
	return pack.Job{Inputs: jsontext.Value(`{"allow_http":true` + more + `,"urls":` + string(list) + `}`), Meter: meter}, meter
}

func resultsOf(t *testing.T, outcome *pack.Outcome) []*Result {
	t.Helper()
	data, ok := outcome.Data.(*Data)
	if !ok {
		t.Fatalf("data is a %T", outcome.Data)
	}
	return data.Results
}

func used(m *pack.Meter) map[string]int64 {
	quantities := make(map[string]int64)
	for _, line := range m.Usage() {
		quantities[line.Unit] = line.Quantity
	}
	return quantities
}
