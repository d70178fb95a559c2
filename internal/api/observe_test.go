package api_test

import (
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"dpp/internal/api"
)

type observed struct {
	method, route string
	status        int
}

func TestEveryRequestIsObservedWhateverIsLogged(t *testing.T) {
	var mu sync.Mutex
	var seen []observed
	began := time.Now()
	s := newSite(t, options{api: func(c *api.Config) {
		c.Log = slog.New(slog.DiscardHandler)
		c.Observe = func(a api.Answer) {
			mu.Lock()
			defer mu.Unlock()
			if a.Took < 0 || a.Took > time.Since(began) || len(a.Trace) != 32 {
				t.Errorf("%s %s took %s in trace %s", a.Method, a.Route, a.Took, a.Trace)
			}
			seen = append(seen, observed{a.Method, a.Route, a.Status})
		}
	}})
	run := s.accepted("seen-key-0001")
	for _, c := range []call{
		{method: http.MethodGet, path: "/v1/runs/" + string(run.ID)},
		{method: http.MethodHead, path: "/v1/budget"},
		{method: http.MethodPut, path: "/v1/budget"},
		{method: http.MethodGet, path: "/v1/budget", anonymous: true},
		{method: http.MethodGet, path: "/zq7x"},
		{method: "ZQ7X", path: "/health"},
	} {
		s.do(c)
	}
	want := []observed{
		{"POST", "/v1/runs", 202},
		{"GET", "/v1/runs/{id}", 200},
		{"HEAD", "/v1/budget", 200},
		{"PUT", "/v1/budget", 405},
		{"GET", "/v1/budget", 401},
		{"GET", "none", 404},
		{"other", "/health", 405},
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(seen, want) {
		t.Errorf("observed %v, want %v", seen, want)
	}
}
