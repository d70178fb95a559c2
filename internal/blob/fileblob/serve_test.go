package fileblob_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

// serve answers a request without a socket.
func serve(s *fileblob.Store, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.Handler(deny).ServeHTTP(w, r)
	return w.Result()
}

// deny stands for the problem documents of a server.
func deny(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, blob.ErrBadSignature):
		status = http.StatusForbidden
	case errors.Is(err, blob.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, fileblob.ErrMethod):
		status = http.StatusMethodNotAllowed
	case errors.Is(err, fileblob.ErrRange):
		status = http.StatusRequestedRangeNotSatisfiable
	case errors.Is(err, blob.ErrMediaType):
		status = http.StatusUnsupportedMediaType
	case errors.Is(err, blob.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, blob.ErrTooSmall), errors.Is(err, blob.ErrIncomplete):
		status = http.StatusBadRequest
	case errors.Is(err, blob.ErrSum):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, blob.ErrExists):
		status = http.StatusConflict
	case errors.Is(err, blob.ErrBusy):
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("denied"))
}

func TestHandler(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{})
	defer closeStore(t, s)
	small, large := strings.Repeat("0123456789", 10), strings.Repeat("0123456789", 10_000)
	put(t, s, blob.Object{Key: "a/small.json", MediaType: "application/json", Content: []byte(small)})
	put(t, s, blob.Object{Key: "a/large", MediaType: "text/html", Content: []byte(large)})
	put(t, s, blob.Object{Key: "a/untyped", Content: []byte(small)})
	info, err := s.Head(t.Context(), "a/small.json")
	if err != nil {
		t.Fatal(err)
	}
	etag := `"` + info.SHA256 + `"`

	tests := []struct {
		name, method, key string
		header            http.Header
		status            int
		body              string
		want              map[string]string // headers; "": absent
	}{
		{
			"small", "GET", "a/small.json", nil, 200, small, map[string]string{
				"Content-Type": "application/json", "Content-Length": "100", "ETag": etag, "Cache-Control": "private",
				"Content-Disposition": `attachment; filename="small.json"`, "X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "sandbox; default-src 'none'", "Accept-Ranges": "bytes",
			},
		},
		{"large", "GET", "a/large", nil, 200, large, map[string]string{"Content-Type": "text/html", "Content-Length": "100000"}},
		{"no media type", "GET", "a/untyped", nil, 200, small, map[string]string{"Content-Type": "application/octet-stream"}},
		{"HEAD", "HEAD", "a/large", nil, 200, "", map[string]string{"Content-Length": "100000"}},
		{
			"a range", "GET", "a/large",
			http.Header{"Range": {"bytes=99995-"}},
			206, "56789",
			map[string]string{"Content-Range": "bytes 99995-99999/100000"},
		},
		{
			"the end", "GET", "a/small.json",
			http.Header{"Range": {"bytes=-3"}},
			206, "789",
			map[string]string{"Content-Range": "bytes 97-99/100", "ETag": etag},
		},
		{"known to the caller", "GET", "a/small.json", http.Header{"If-None-Match": {etag}}, 304, "", nil},
		{"a range of another version", "GET", "a/small.json", http.Header{"Range": {"bytes=0-1"}, "If-Range": {`"x"`}}, 200, small, nil},
		{
			"a range behind the end", "GET", "a/small.json",
			http.Header{"Range": {"bytes=100-"}},
			416, "denied",
			map[string]string{
				"Content-Range": "bytes */100", "Content-Type": "application/problem+json", "ETag": "",
				"Content-Disposition": "", "Content-Security-Policy": "", "Last-Modified": "",
			},
		},
		{"a range that is none", "GET", "a/small.json", http.Header{"Range": {"bytes=x"}}, 416, "denied", nil},
		{"not there", "GET", "a/none", nil, 404, "denied", map[string]string{"Content-Disposition": "", "ETag": ""}},
		{"POST", "POST", "a/small.json", nil, 405, "denied", map[string]string{"Allow": "GET, HEAD, PUT"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signed, err := s.SignGet(t.Context(), test.key, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			request := httptest.NewRequestWithContext(t.Context(), test.method, signed, nil)
			for name, values := range test.header {
				request.Header[name] = values
			}
			response := serve(s, request)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.status || string(body) != test.body {
				t.Errorf("status %d with %d bytes, %v; want %d with %d", response.StatusCode, len(body), err, test.status, len(test.body))
			}
			for name, want := range test.want {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestHandlerDeniesWhatIsNotSigned(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{})
	defer closeStore(t, s)
	put(t, s, blob.Object{Key: "a/b", Content: []byte("secret")})
	for _, target := range []string{"/blobs/a/b", "/blobs/", "/blobs/a/b?expires=99999999999&sig=00", "/blobs/..%2furl.key?expires=99999999999&sig=00"} {
		response := serve(s, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusForbidden || strings.Contains(string(body), "secret") {
			t.Errorf("%s: status %d, %q, %v", target, response.StatusCode, body, err)
		}
	}
}
