package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

func packed(t *testing.T, text string, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zlibbed(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func deflated(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.BestSpeed) // fails only for unknown levels
	return f
}

func TestContentEncodings(t *testing.T) {
	text := strings.Repeat("tide tables ", 1000)
	for name, c := range map[string]struct {
		encoding []string
		body     []byte
		reason   Reason
	}{
		"none":            {nil, []byte(text), ""},
		"identity":        {[]string{"identity"}, []byte(text), ""},
		"gzip":            {[]string{"gzip"}, packed(t, text, gzipped), ""},
		"GZIP with space": {[]string{" GZip "}, packed(t, text, gzipped), ""},
		"x-gzip":          {[]string{"x-gzip"}, packed(t, text, gzipped), ""},
		"deflate":         {[]string{"deflate"}, packed(t, text, zlibbed), ""},
		"bare deflate":    {[]string{"deflate"}, packed(t, text, deflated), ""},
		"two members":     {[]string{"gzip"}, append(packed(t, text[:60], gzipped), packed(t, text[60:], gzipped)...), ""},
		"nested":          {[]string{"gzip, gzip"}, packed(t, text, gzipped), EncodingUnsupported},
		"nested, two":     {[]string{"gzip", "gzip"}, packed(t, text, gzipped), EncodingUnsupported},
		"brotli":          {[]string{"br"}, []byte(text), EncodingUnsupported},
		"zstd":            {[]string{"zstd"}, []byte(text), EncodingUnsupported},
		"unknown":         {[]string{"rot13"}, []byte(text), EncodingUnsupported},
		"not gzip":        {[]string{"gzip"}, []byte(text), DecodingFailed},
		"not deflate":     {[]string{"deflate"}, []byte("\xff\xff\xff\xff"), DecodingFailed},
		"half":            {[]string{"gzip"}, packed(t, text, gzipped)[:40], BodyIncomplete},
	} {
		w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"] = c.encoding
			_, _ = w.Write(c.body)
		})
		req := Request{URL: "http://example.com/", AllowHTTP: true}
		if c.reason != "" {
			if e := refusal(t, w.fetcher(), req); e.Reason != c.reason || e.Blocked {
				t.Errorf("%s: %+v, want %s", name, e, c.reason)
			}
		} else if r := arrival(t, w.fetcher(), req); string(r.Body) != text || r.Truncated {
			t.Errorf("%s: %d bytes, truncated %t", name, len(r.Body), r.Truncated)
		}
	}
}

func TestBodiesEndAtTheLimit(t *testing.T) {
	for _, c := range []struct {
		size      int
		limit     int64
		kept      int
		truncated bool
	}{
		{0, 100, 0, false},
		{99, 100, 99, false},
		{100, 100, 100, false},
		{101, 100, 100, true},
		{chunk * 3, chunk * 3, chunk * 3, false},
		{chunk*3 + 1, chunk * 3, chunk * 3, true},
	} {
		for _, encoded := range []bool{false, true} {
			w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) {
				body := []byte(strings.Repeat("x", c.size))
				if encoded {
					w.Header().Set("Content-Encoding", "gzip")
					body = packed(t, string(body), gzipped)
				}
				_, _ = w.Write(body)
			})
			counted := 0
			r := arrival(t, w.fetcher(), Request{
				URL: "http://example.com/", AllowHTTP: true, MaxBody: c.limit,
				Keep: func(n int) error { counted += n; return nil },
			})
			if len(r.Body) != c.kept || r.Truncated != c.truncated || counted != c.kept {
				t.Errorf("%d of %d (gzip %t): kept %d, counted %d, truncated %t", c.size, c.limit, encoded, len(r.Body), counted, r.Truncated)
			}
		}
	}
}

// forever writes until the other side has had enough.
func forever(piece []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}
}

func TestEndlessBodies(t *testing.T) {
	var zeros bytes.Buffer // a bomb: each piece of it is a thousand times as large
	z := gzip.NewWriter(&zeros)
	for range 16 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	empty := bytes.Repeat(packed(t, "", gzipped), 1000) // many members that hold nothing
	for name, c := range map[string]struct {
		encoding string
		handler  http.HandlerFunc
		kept     int
	}{
		"plain":         {"", forever(make([]byte, chunk)), 1 << 20},
		"gzip bomb":     {"gzip", forever(zeros.Bytes()), 1 << 20},
		"empty members": {"gzip", forever(empty), 0},
	} {
		w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Encoding"] = []string{c.encoding}
			c.handler(w, r)
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxBody: 1 << 20})
		runtime.ReadMemStats(&after)
		if len(r.Body) != c.kept || !r.Truncated {
			t.Errorf("%s: kept %d, truncated %t", name, len(r.Body), r.Truncated)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("%s: took %d MiB for 1 MiB", name, grown>>20)
		}
	}
}

func TestLyingLengths(t *testing.T) {
	answer := func(text string) *world { return newWorld(t, raw(text)) }
	req := Request{URL: "http://example.com/", AllowHTTP: true}
	if r := arrival(t, answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntide tables").fetcher(), req); string(r.Body) != "tide" {
		t.Errorf("more than promised: %q", r.Body)
	}
	for name, c := range map[string]struct {
		raw    string
		reason Reason
	}{
		"less than promised": {"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\ntide", BodyIncomplete},
		"broken chunk":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\ntide", BodyIncomplete},
		"two lengths":        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ntides", BadResponse},
		"negative length":    {"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\ntide", BadResponse},
		"nothing":            {"", BadResponse},
		"no HTTP":            {"SSH-2.0-OpenSSH_9.2\r\n", BadResponse},
		"half a header":      {"HTTP/1.1 200 OK\r\nContent-Le", BadResponse},
		"huge header":        {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10<<20) + "\r\n\r\n", BadResponse},
		"many headers":       {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: x\r\n", 1<<20) + "\r\n", BadResponse},
		"1xx flood":          {strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 1<<16), BadResponse},
	} {
		if e := refusal(t, answer(c.raw).fetcher(), req); e.Reason != c.reason || !e.Retryable || e.Blocked {
			t.Errorf("%s: %+v, want %s", name, e, c.reason)
		}
	}
}
