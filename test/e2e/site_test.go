package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

// site is a web site on loopback. Pages under /hang/ come only once they are
// released; all others come at once.
type site struct {
	*httptest.Server
	release chan struct{}
}

func newSite(t *testing.T) *site {
	s := &site{release: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

const page = `<!doctype html><html lang="en"><head><title>Tide tables</title></head><body><nav>menu</nav><article><h1>Tide tables</h1>` +
	`<p>High water at the north quay comes twelve minutes after the harbour mouth, and the stream runs hardest an hour before it.</p></article></body></html>`

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/hang/") {
		select {
		case <-s.release:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page))
}

// read is a run that reads pages of the site.
func (s *site) read(maxCost dpp.Money, paths ...string) client.Submission {
	urls := make([]string, len(paths))
	for i, path := range paths {
		urls[i] = s.URL + path
	}
	return client.Submission{
		PackType: "url", MaxCost: maxCost, Timebox: 60 * time.Second,
		Inputs: map[string]any{"urls": urls, "allow_http": true, "fetch_timeout_sec": 30},
	}
}
