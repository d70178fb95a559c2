package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// site is a server in memory that answers with this robots.txt and, otherwise, with
// pages; it notes when it was asked for them.
type site struct {
	robots string
	mu     sync.Mutex
	asked  []time.Time
}

func (s *site) serve(conn net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body := "page"
	if req.URL.Path == "/robots.txt" {
		body = s.robots
	} else {
		s.mu.Lock()
		s.asked = append(s.asked, time.Now())
		s.mu.Unlock()
	}
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// Whoever respects robots.txt keeps the gap that it asks for, together with all
// others who do; the wait is nobody's slowness.
func TestTheGapThatASiteAsksForIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{robots: "User-agent: *\nCrawl-delay: 4"}
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, s.serve)})
		req := Request{URL: "http://example.com/", AllowHTTP: true, Robots: true, Timeout: 5 * time.Second}
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if _, err := f.Fetch(t.Context(), req); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for i, at := range s.asked[1:] {
			if gap := at.Sub(s.asked[i]); gap != 4*time.Second {
				t.Errorf("request %d came %s after the one before", i+2, gap)
			}
		}
		started := time.Now()
		req.Robots = false
		arrival(t, f, req)
		req.URL, req.Robots = "http://other.org/", true
		arrival(t, f, req)
		if took := time.Since(started); took != 0 {
			t.Errorf("who does not ask, and who asks elsewhere, waited for %s", took)
		}
	})
}

// Those who give up while they wait cost nothing, and the others no time.
func TestGivingUpBeforeOnesTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{robots: "User-agent: *\nCrawl-delay: 10"}
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, s.serve)})
		begun := 0
		req := Request{URL: "http://example.com/", AllowHTTP: true, Robots: true, Begin: func() error { begun++; return nil }}
		arrival(t, f, req)
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				var e *Error
				if _, err := f.Fetch(ctx, req); !errors.As(err, &e) || e.Reason != Canceled {
					t.Errorf("gave up with %v", err)
				}
			})
		}
		group.Wait()
		started := time.Now()
		arrival(t, f, req)
		if took := time.Since(started); took != time.Second || begun != 2 {
			t.Errorf("waited for %s, begun %d", took, begun)
		}
	})
}

// crowd answers nobody before a number of requests are there at the same time, or
// the last one is.
type crowd struct {
	together, all int

	mu    sync.Mutex
	now   int // under way
	most  int
	seen  int
	group chan struct{} // closed when those who wait for each other are complete
}

func newCrowd(together, all int) *crowd {
	return &crowd{together: together, all: all, group: make(chan struct{})}
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-c.enter():
	case <-r.Context().Done():
	}
	c.leave()
	reply("page")(w, r)
}

func (c *crowd) enter() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	c.seen++
	c.most = max(c.most, c.now)
	mine := c.group
	if c.seen%c.together == 0 || c.seen == c.all {
		close(mine)
		c.group = make(chan struct{})
	}
	return mine
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
}

// Thirty slow pages are waited for together: all of them, where they stand on
// thirty hosts; four at a time, and never more, where they stand on one. Over real
// sockets, so what is counted is requests and not time.
func TestThirtyURLsAreUnderWayTogether(t *testing.T) {
	for name, c := range map[string]struct {
		host     string
		together int
	}{"of thirty hosts": {"http://site%d.example", 30}, "of one host": {"http://one.example", defaultPerHost}} {
		t.Run(name, func(t *testing.T) {
			crowd := newCrowd(c.together, 30)
			server := httptest.NewServer(crowd)
			defer server.Close()
			_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
			f := New(Options{Policy: loopbackAllowed, Resolver: fixed(addrs("127.0.0.1"))})
			var group sync.WaitGroup
			for i := range 30 {
				url := c.host
				if strings.Contains(url, "%d") {
					url = fmt.Sprintf(url, i)
				}
				group.Go(func() {
					r, err := f.Fetch(t.Context(), Request{URL: url + ":" + port + "/", AllowHTTP: true})
					if err != nil || string(r.Body) != "page" {
						t.Errorf("%s: %v", url, err)
					}
				})
			}
			group.Wait()
			if crowd.seen != 30 || crowd.most != c.together {
				t.Errorf("%d requests, at most %d together, want %d", crowd.seen, crowd.most, c.together)
			}
		})
	}
}
