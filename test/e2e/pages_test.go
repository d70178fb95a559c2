package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

// pages are a web site on loopback. Pages under /hang/NAME/ come only once they are
// let go by that name, or just before whoever reads them would lose patience; all
// others come at once.
type pages struct {
	*httptest.Server
	mu   sync.Mutex
	held map[string]chan struct{} // by name; closed to let go
}

func newPages(t *testing.T) *pages {
	s := &pages{held: map[string]chan struct{}{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// hold is what pages of a name wait for.
func (s *pages) hold(name string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[name] == nil {
		s.held[name] = make(chan struct{})
	}
	return s.held[name]
}

// letGo sends the pages of a name, also those asked for later. It is called once.
func (s *pages) letGo(name string) { close(s.hold(name)) }

// How long pages are waited for, and how long they hang.
const fetchTimeout, longestHang = 30 * time.Second, 25 * time.Second

const page = `<!doctype html><html lang="en"><head><title>Tide tables</title></head><body><nav>menu</nav><article><h1>Tide tables</h1>` +
	`<p>High water at the north quay comes twelve minutes after the harbour mouth, and the stream runs hardest an hour before it.</p></article></body></html>`

func (s *pages) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if path, ok := strings.CutPrefix(r.URL.Path, "/hang/"); ok {
		if http.NewResponseController(w).Flush() != nil { // the header is not waited for as long
			return
		}
		name, _, _ := strings.Cut(path, "/")
		tired := time.NewTimer(longestHang)
		defer tired.Stop()
		select {
		case <-s.hold(name):
		case <-tired.C:
		case <-r.Context().Done():
			return
		}
	}
	_, _ = w.Write([]byte(page))
}

// read is a run that reads pages of the site.
func (s *pages) read(maxCost dpp.Money, paths ...string) client.Submission {
	urls := make([]string, len(paths))
	for i, path := range paths {
		urls[i] = s.URL + path
	}
	return client.Submission{
		PackType: "url", MaxCost: maxCost, Timebox: 60 * time.Second,
		Inputs: map[string]any{"urls": urls, "allow_http": true, "fetch_timeout_sec": int(fetchTimeout / time.Second)},
	}
}
