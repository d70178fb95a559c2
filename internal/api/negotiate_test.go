package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// deadlines notes the read deadline that is set on a connection.
type deadlines struct {
	http.ResponseWriter
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A wait may be longer than a request may take to arrive: the deadline for reading
// must not end it.
func TestWaitingLiftsTheReadDeadline(t *testing.T) {
	w := &deadlines{ResponseWriter: httptest.NewRecorder()}
	x := &exchange{ResponseWriter: w, r: httptest.NewRequest(http.MethodGet, "/", nil)}
	ctx, cancel := x.patience(55)
	defer cancel()
	if len(w.set) != 1 || !w.set[0].IsZero() {
		t.Errorf("%v", w.set)
	}
	if until, ok := ctx.Deadline(); !ok || time.Until(until) > 55*time.Second {
		t.Errorf("%v %t", until, ok)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "*": true, "deflate, *;q=0.1": true, "x-gzip": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "*;q=0": false, "gzip;q=0, *": false, "identity": false,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}

func TestCleanPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/v1/runs": true, "/v1/runs/": true, "/a.b/..c": true,
		"": false, "v1": false, "//v1/runs": false, "/v1//runs": false, "/v1/./runs": false, "/v1/../runs": false, "/v1/runs/..": false, "/v1/runs//": false,
	} {
		if got := clean(path); got != want {
			t.Errorf("%q: %t", path, got)
		}
	}
}

func TestPrefersJSON(t *testing.T) {
	for header, want := range map[string]bool{
		"application/json": true, "application/problem+json": true, "application/json, text/html": true, "text/html,application/json": false,
		"text/html,application/xhtml+xml,*/*;q=0.8": false, "*/*": false, "": false,
	} {
		if got := prefersJSON([]string{header}); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}
