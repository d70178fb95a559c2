package fetch

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"
)

// gauge counts what is read from the network, and looks at the heap at each read.
type gauge struct {
	mu               sync.Mutex
	base, peak, read int64
}

func (g *gauge) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	runtime.GC()
	g.base = heapInUse()
	g.peak = g.base
}

func (g *gauge) look(read int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.read += int64(read)
	g.peak = max(g.peak, heapInUse())
}

// heapInUse is what live objects take, and dead ones that were not swept yet.
func heapInUse() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

type gaugedConn struct {
	net.Conn
	gauge *gauge
}

func (c gaugedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.gauge.look(n)
	return n, err
}

// dripping sends a byte every ten milliseconds, for ever.
func dripping(w http.ResponseWriter, r *http.Request) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			reply("x")(w, r)
			_ = http.NewResponseController(w).Flush() // the request's context tells when nobody listens
		case <-r.Context().Done():
			return
		}
	}
}

// tenGB writes 10 GB without saying so before.
func tenGB(w http.ResponseWriter, _ *http.Request) {
	for range 10_000_000_000 / chunk {
		if _, err := w.Write(zeros[:]); err != nil {
			return
		}
	}
}

var zeros [chunk]byte

// BenchmarkBounds measures what the worst servers cost a fetch of 2 s at most that is
// otherwise left to its defaults: time, bytes read, and how far the heap grew, the
// server's share included. docs/packs/url.md shows the figures of
//
//	go test -run '^$' -bench Bounds -benchtime 5x ./internal/fetch
func BenchmarkBounds(b *testing.B) {
	folded := bytes.Repeat(bomb(), 640) // 10 GiB in 10 MiB
	unfold := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(folded)
	}
	header := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Filler", strings.Repeat("x", 1_000_000))
		reply("page")(w, r)
	}
	flood := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.WriteHeader(http.StatusEarlyHints)
		}
	}
	for _, c := range []struct {
		name, url string
		handler   http.HandlerFunc
		atOnce    int
		reason    Reason
	}{
		{"10 GB", "http://example.com/", tenGB, 1, ""},
		{"10 GB over TLS", "https://example.com/", tenGB, 1, ""},
		{"10 GB eight times at once", "https://example.com/", tenGB, 8, ""},
		{"gzip bomb", "http://example.com/", unfold, 1, ""},
		{"trickle", "http://example.com/", dripping, 1, Timeout}, // until the time is up
		{"redirect loop", "http://example.com/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", 302) }, 1, TooManyRedirects},
		{"1 MB header", "http://example.com/", header, 1, BadResponse},
		{"1 MB header over TLS", "https://example.com/", header, 1, BadResponse},
		{"endless 103", "http://example.com/", flood, 1, BadResponse},
	} {
		b.Run(c.name, func(b *testing.B) {
			w, g := newWorld(b, c.handler), new(gauge)
			f := w.fetcher(func(o *Options) {
				o.PerHost = c.atOnce
				o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := w.dial(ctx, network, address)
					return gaugedConn{conn, g}, err
				}
			})
			peak := int64(0)
			for b.Loop() {
				b.StopTimer()
				g.reset()
				b.StartTimer()
				var fetches sync.WaitGroup
				for range c.atOnce {
					fetches.Go(func() {
						result, err := f.Fetch(b.Context(), Request{URL: c.url, AllowHTTP: true, MaxHops: MaxHops, Timeout: 2 * time.Second})
						var e *Error
						if errors.As(err, &e) && e.Reason != c.reason || err == nil && (c.reason != "" || !result.Truncated) {
							b.Errorf("%+v, %v, want %q", result, err, c.reason)
						}
					})
				}
				fetches.Wait()
				g.look(0)
				peak = max(peak, g.peak-g.base)
			}
			b.ReportMetric(float64(g.read)/float64(b.N), "read-B/op")
			b.ReportMetric(float64(peak), "peak-heap-B")
		})
	}
}
