package fetch

import (
	"net/http"
	"testing"
)

// conditional serves one version of a page to those who do not have it.
func conditional(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Last-Modified", "Tue, 01 Sep 2026 10:00:00 GMT")
	switch {
	case r.URL.Path == "/moved":
		http.Redirect(w, r, "/page", http.StatusFound)
	case r.Header.Get("If-None-Match") == `"v1"` || r.Header.Get("If-Modified-Since") == "Tue, 01 Sep 2026 10:00:00 GMT":
		w.Header().Set("Content-Encoding", "br") // of what is not sent
		w.WriteHeader(http.StatusNotModified)
	default:
		reply("page")(w, r)
	}
}

func TestWhatIsNotModifiedIsAResult(t *testing.T) {
	w := newWorld(t, conditional)
	f := w.fetcher()
	for _, url := range []string{"http://example.com/page", "https://example.com/page"} {
		first := arrival(t, f, Request{URL: url, AllowHTTP: true})
		if first.Status != 200 || first.Header.Get("ETag") == "" || first.Header.Get("Last-Modified") == "" {
			t.Fatalf("%s: %+v", url, first)
		}
		for asked, value := range map[string]string{
			"If-None-Match":     first.Header.Get("ETag"),
			"If-Modified-Since": first.Header.Get("Last-Modified"),
		} {
			kept := 0
			again := arrival(t, f, Request{
				URL: url, AllowHTTP: true, MaxHops: MaxHops, Header: http.Header{asked: {value}},
				Keep: func(n int) error { kept += n; return nil },
			})
			if again.Status != 304 || len(again.Body) != 0 || kept != 0 || again.Truncated || len(again.Hops) != 1 {
				t.Errorf("%s %s: %+v", url, asked, again)
			}
			if again.Header.Get("ETag") != first.Header.Get("ETag") || again.Header.Get("Last-Modified") != first.Header.Get("Last-Modified") {
				t.Errorf("%s %s: header %v", url, asked, again.Header)
			}
		}
		other := arrival(t, f, Request{URL: url, AllowHTTP: true, Header: http.Header{"If-None-Match": {`"v0"`}}})
		if other.Status != 200 || string(other.Body) != "page" {
			t.Errorf("%s has changed: %+v", url, other)
		}
	}
}

// A condition is about one URL: where that leads, nobody asked yet.
func TestConditionsStayAtTheFirstHop(t *testing.T) {
	w := newWorld(t, conditional)
	r := arrival(t, w.fetcher(), Request{
		URL: "http://example.com/moved", AllowHTTP: true, MaxHops: 1,
		Header: http.Header{"If-None-Match": {`"v1"`}, "If-Modified-Since": {"Tue, 01 Sep 2026 10:00:00 GMT"}},
	})
	if r.Status != 200 || string(r.Body) != "page" {
		t.Errorf("%+v", r)
	}
}

func TestAnswersWithoutContentHaveNoEncoding(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		status int
	}{"no content": {"GET", 204}, "head": {"HEAD", 200}} {
		w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			w.WriteHeader(c.status)
		})
		if r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, Method: c.method}); r.Status != c.status || r.Body != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
