package urlpack

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/fetch"
	"dpp/internal/pack"
)

func TestOneFailingURLNeverFailsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cases := []struct {
			url     string
			reason  string // empty: a page
			status  int
			retry   bool
			blocked string // address class, or "-" where refused without one
			hop     int
		}{
			{"http://a.example/3/slowest", "", 200, false, "", 0},
			{"http://a.example/status/404", "HTTP_STATUS", 404, false, "", 0},
			{"http://a.example/status/503", "HTTP_STATUS", 503, true, "", 0},
			{"http://a.example/status/429", "HTTP_STATUS", 429, true, "", 0},
			{"http://a.example/status/204", "CONTENT_EMPTY", 204, false, "", 0},
			{"http://a.example/pdf", "CONTENT_TYPE_NOT_SUPPORTED", 200, false, "", 0},
			{"http://gone.example/", "NAME_NOT_FOUND", 0, false, "", 0},
			{"http://a.example/20/too-slow", "TIMEOUT", 0, true, "", 0},
			{"http://127.0.0.1/", "ADDRESS_NOT_ALLOWED", 0, false, "loopback", 1},
			{"http://trap.example/", "ADDRESS_NOT_ALLOWED", 0, false, "private", 1},
			{"http://a.example/to/http://169.254.169.254/", "ADDRESS_NOT_ALLOWED", 0, false, "metadata", 2},
			{"http://a.example/to/file:///etc/passwd", "SCHEME_NOT_ALLOWED", 0, false, "-", 2},
			{"ftp://a.example/", "SCHEME_NOT_ALLOWED", 0, false, "-", 1},
			{"http://user:pw@a.example/", "USERINFO_NOT_ALLOWED", 0, false, "-", 1},
			{"not a url", "URL_INVALID", 0, false, "-", 1},
			{"http://a.example/to/http://b.example/0/moved", "", 200, false, "", 0},
			{"http://a.example/0/fast", "", 200, false, "", 0},
		}
		var urls []string
		for _, c := range cases {
			urls = append(urls, c.url)
		}
		j, meter := job(dpp.USD, `,"fetch_timeout_sec":10`, urls...)
		outcome, err := newWeb(t, site).pack().Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		blocks, dropped := 0, 0
		for i, r := range resultsOf(t, outcome) {
			c := cases[i]
			if r.URL != c.url || r.OK != (c.reason == "") || r.StatusCode != c.status {
				t.Errorf("%s: %+v", c.url, r)
			}
			if c.reason == "" {
				if r.Error != nil || r.Reliability != articleScore || r.Title != "Tide tables" || len(r.Hops) == 0 || r.FinalURL == "" {
					t.Errorf("%s: %+v", c.url, r)
				}
				continue
			}
			if r.Error.Reason != c.reason || r.Error.Retryable != c.retry || r.Error.Detail == "" || r.Page != nil || r.Reliability != 0 {
				t.Errorf("%s: %+v %+v", c.url, r, r.Error)
			}
			if d := outcome.Discarded[dropped]; d.URL != c.url || d.Reason != c.reason || d.Detail == "" {
				t.Errorf("%s is discarded as %+v", c.url, d)
			}
			dropped++
			if c.blocked != "" {
				b := outcome.Blocked[blocks]
				if class := strings.TrimPrefix(c.blocked, "-"); b.AddressClass != class || b.Hop != c.hop || b.Reason != c.reason || strings.Contains(b.URL, "pw") {
					t.Errorf("%s is blocked as %+v", c.url, b)
				}
				blocks++
			}
		}
		if len(outcome.Blocked) != blocks || len(outcome.Discarded) != dropped || outcome.Stopped != "" || outcome.Remaining != nil {
			t.Errorf("%d blocked, %d discarded, stopped %q", len(outcome.Blocked), len(outcome.Discarded), outcome.Stopped)
		}
		if want := dpp.Score(3 * int64(articleScore) / int64(len(cases))); outcome.Reliability != want || len(outcome.Reasons) != dropped {
			t.Errorf("reliability %s, want %s: %q", outcome.Reliability, want, outcome.Reasons)
		}
		// Charged: what was dialled. Free: what was refused or not found before.
		if got := used(meter); !maps.Equal(got, map[string]int64{unitURL: 11, unitMiB: 1}) {
			t.Errorf("used %v", got)
		}
		if p := meter.Progress(); p.Done != int64(len(cases)) || p.Total != p.Done || p.Unit != unitURL {
			t.Errorf("progress %+v", p)
		}
	})
}

func TestRunsThatFindNothing(t *testing.T) {
	for name, c := range map[string]struct {
		urls      []string
		reason    dpp.Reason
		retryable bool
		blocked   int
		cost      dpp.Money
	}{
		"all refused":             {[]string{"http://127.0.0.1/", "http://localhost/", "x"}, dpp.ReasonInputRejected, false, 3, 0},
		"refused after a hop":     {[]string{"http://a.example/to/http://10.0.0.1/"}, dpp.ReasonInputRejected, false, 1, 1500},
		"all unreachable":         {[]string{"http://gone.example/", "http://gone.example/x"}, dpp.ReasonPackError, false, 0, 0},
		"unreachable and refused": {[]string{"http://gone.example/", "http://127.0.0.1/"}, dpp.ReasonPackError, false, 1, 0},
		"may work later":          {[]string{"http://a.example/status/503", "http://127.0.0.1/"}, dpp.ReasonPackError, true, 1, 1500},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, meter := job(dpp.USD, "", c.urls...)
				outcome, err := newWeb(t, site).pack().Run(t.Context(), j)
				var f *pack.Failure
				if !errors.As(err, &f) || outcome != nil {
					t.Fatalf("%+v, %v", outcome, err)
				}
				if f.Reason != c.reason || f.Retryable != c.retryable || len(f.Blocked) != c.blocked || len(f.Discarded) != len(c.urls) || f.Hint == "" {
					t.Errorf("%+v", f)
				}
				if strings.Contains(f.Detail+f.Hint, "example") || strings.Contains(f.Detail, "127") {
					t.Errorf("the detail repeats the inputs: %s", f.Detail)
				}
				if meter.Total() != c.cost {
					t.Errorf("cost %s, want %s", meter.Total(), c.cost)
				}
			})
		})
	}
}

func TestTimebox(t *testing.T) {
	for name, c := range map[string]struct {
		urls []string
		rest []string // nil: the run ends without result
		took time.Duration
	}{
		"two of three":      {[]string{"http://a.example/0/1", "http://a.example/0/2", "http://a.example/9/3"}, []string{"http://a.example/9/3"}, 6 * time.Second},
		"the first is slow": {[]string{"http://a.example/9/1", "http://a.example/0/2", "http://a.example/9/3"}, []string{"http://a.example/9/1", "http://a.example/9/3"}, 6 * time.Second},
		"none":              {[]string{"http://a.example/9/1", "http://a.example/status/404"}, nil, 6 * time.Second},
		"all in time":       {[]string{"http://a.example/5/1", "http://a.example/0/2"}, []string{}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, _ := job(dpp.USD, `,"fetch_timeout_sec":10,"max_redirect_hops":0,"formats":["text"]`, c.urls...)
				w := newWeb(t, site)
				ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
				defer cancel()
				started := time.Now()
				outcome, err := w.pack().Run(ctx, j)
				if took := time.Since(started); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if c.rest == nil {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%+v %v", outcome, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				checkRest(t, outcome, c.urls, c.rest, dpp.StopTimebox)
			})
		})
	}
}

// checkRest compares what is left with what must be, and that it is in the form of inputs.
func checkRest(t *testing.T, outcome *pack.Outcome, urls, rest []string, stop dpp.StopReason) {
	t.Helper()
	for i, r := range resultsOf(t, outcome) {
		unfinished := slices.Contains(rest, urls[i])
		if r.URL != urls[i] || unfinished == r.OK || unfinished && r.Error.Reason != notFetched {
			t.Errorf("%s: %+v %+v", urls[i], r, r.Error)
		}
	}
	if outcome.Reliability != articleScore && outcome.Reliability != scoreVerbatim {
		t.Errorf("what was left undone changed the reliability to %s", outcome.Reliability)
	}
	if len(rest) == 0 {
		if outcome.Stopped != "" || outcome.Remaining != nil {
			t.Errorf("a whole run was stopped by %q with %v left", outcome.Stopped, outcome.Remaining)
		}
		return
	}
	text, err := json.Marshal(outcome.Remaining)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := json.Marshal(rest)
	want := `{"urls":` + string(list) + `,"formats":["text"],"fetch_timeout_sec":10,"max_redirect_hops":0,"allow_http":true}`
	if outcome.Stopped != stop || string(text) != want {
		t.Errorf("stopped by %q with %s left, want %s", outcome.Stopped, text, want)
	}
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _ := job(dpp.USD, "", "http://a.example/0/1", "http://a.example/9/2")
		w := newWeb(t, site)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		started := time.Now()
		outcome, err := w.pack().Run(ctx, j)
		if !errors.Is(err, context.Canceled) || outcome != nil || time.Since(started) != 3*time.Second {
			t.Errorf("%+v %v after %s", outcome, err, time.Since(started))
		}
	})
}

func TestCostLimit(t *testing.T) {
	small := []string{"http://a.example/bytes/10", "http://b.example/bytes/10", "http://c.example/bytes/10"}
	for name, c := range map[string]struct {
		limit dpp.Money
		urls  []string
		rest  int // how many are left; -1: the run ends without result
		cost  dpp.Money
	}{
		"enough for all":         {3500, small, 0, 3500},
		"enough for two":         {2500, small, 1, 2500},
		"not for another URL":    {2400, small, 2, 1500},
		"not for one":            {900, small, -1, 500},
		"a URL, but not its MiB": {1400, small, -1, 500},
		"not for a byte":         {400, small, -1, 0},
		"the second MiB":         {2500, []string{"http://a.example/bytes/10", "http://b.example/bytes/1048570"}, 1, 2500},
		"both MiB":               {3000, []string{"http://a.example/bytes/10", "http://b.example/bytes/1048570"}, 0, 3000},
		"exactly a MiB":          {2500, []string{"http://a.example/bytes/6", "http://b.example/bytes/1048570"}, 0, 2500},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, meter := job(c.limit, `,"fetch_timeout_sec":10,"max_redirect_hops":0,"formats":["text"]`, c.urls...)
				p := newWeb(t, oneByOne(site)).pack()
				outcome, err := p.Run(t.Context(), j)
				if meter.Total() != c.cost {
					t.Errorf("cost %s, want %s", meter.Total(), c.cost)
				}
				if c.rest < 0 {
					if !errors.Is(err, pack.ErrCostLimit) {
						t.Errorf("%+v %v", outcome, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				rest := []string{} // which URL gets the money is a matter of who is first
				for _, r := range resultsOf(t, outcome) {
					if !r.OK {
						rest = append(rest, r.URL)
					}
				}
				if len(rest) != c.rest {
					t.Errorf("%d URLs are left, want %d", len(rest), c.rest)
				}
				checkRest(t, outcome, c.urls, rest, dpp.StopCostLimit)
			})
		})
	}
}

// Pages under way that cannot all be afforded make room for one that can.
func TestCostLimitLeavesRoomForOnePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		urls := []string{"http://a.example/bytes/900000", "http://a.example/bytes/900001", "http://a.example/bytes/900002", "http://a.example/bytes/900003"}
		j, meter := job(4500, "", urls...)
		var all sync.WaitGroup // is under way before the first one is answered
		all.Add(len(urls))
		w := newWeb(t, func(w http.ResponseWriter, r *http.Request) {
			all.Done()
			all.Wait()
			site(w, r)
		})
		outcome, err := w.pack().Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		done := 0
		for _, r := range resultsOf(t, outcome) {
			if r.OK {
				done++
			}
		}
		if done != 1 || outcome.Stopped != dpp.StopCostLimit || meter.Total() != 4500 {
			t.Errorf("%d pages done, stopped by %q at %s", done, outcome.Stopped, meter.Total())
		}
	})
}

// oneByOne lets each site answer a second after the one before it.
func oneByOne(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(r.Host[0]-'a') * time.Second)
		handler(w, r)
	}
}

func TestManyURLsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		host string // with the number of the URL
		took time.Duration
	}{
		"of many sites": {"http://site%d.example/1/", 4 * time.Second}, // 30 in eights
		"of one site":   {"http://one.example/1/%d", 8 * time.Second},  // 30 in fours, out of politeness
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int64
				w := newWeb(t, func(w http.ResponseWriter, r *http.Request) {
					most.Store(max(most.Load(), now.Add(1)))
					defer now.Add(-1)
					site(w, r)
				})
				var urls []string
				for i := range maxURLs {
					urls = append(urls, fmt.Sprintf(c.host, i))
				}
				j, _ := job(dpp.USD, "", urls...)
				started := time.Now()
				outcome, err := w.pack().Run(t.Context(), j)
				if err != nil || !resultsOf(t, outcome)[maxURLs-1].OK {
					t.Fatalf("%v", err)
				}
				if took := time.Since(started); took != c.took || most.Load() > atOnce {
					t.Errorf("took %s, want %s, with %d at once", took, c.took, most.Load())
				}
			})
		})
	}
}

func TestAMistakeOfThePackEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _ := job(dpp.USD, "", "http://a.example/0/1")
		j.Meter = pack.NewMeter(nil, dpp.USD, nil) // knows no unit
		if outcome, err := newWeb(t, site).pack().Run(t.Context(), j); err == nil || errors.Is(err, pack.ErrCostLimit) {
			t.Errorf("%+v %v", outcome, err)
		}
		j.Inputs = []byte(`{"urls":5}`)
		if _, err := newWeb(t, site).pack().Run(t.Context(), j); err == nil {
			t.Error("inputs that are none were run")
		}
	})
}

func TestAFaultInReadingIsOnePagesError(t *testing.T) {
	page, err := safely(func() (*Page, error) { panic("a page that nobody thought of") })
	if page != nil || !errors.Is(err, errReading) {
		t.Fatalf("%v %v", page, err)
	}
	if r := readError("u", err); r.OK || r.Error.Reason != "CONTENT_UNREADABLE" {
		t.Errorf("%+v", r.Error)
	}
}

// Over real sockets, as an operator allows them.
func TestOverLoopback(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(site))
	defer server.Close()
	j, _ := job(dpp.USD, `,"formats":["markdown","links"]`, server.URL+"/0/a", server.URL+"/to/"+server.URL+"/0/b", "http://169.254.169.254/")
	allowed := fetch.Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	outcome, err := New(fetch.New(fetch.Options{Policy: allowed}), Options{}).Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	results := resultsOf(t, outcome)
	if r := results[0]; !r.OK || r.Title != "Tide tables" || strings.Contains(*r.Markdown, "menu") || !strings.Contains(*r.Markdown, "twelve minutes") {
		t.Errorf("%+v", r)
	}
	if r := results[1]; !r.OK || len(r.Hops) != 2 || r.FinalURL != server.URL+"/0/b" || r.Hops[0].Status != 302 {
		t.Errorf("%+v", r)
	}
	if r := results[2]; r.OK || r.Error.Reason != "ADDRESS_NOT_ALLOWED" || outcome.Blocked[0].AddressClass != "metadata" {
		t.Errorf("%+v %+v", r, outcome.Blocked)
	}
	if outcome, err = New(fetch.New(fetch.Options{}), Options{}).Run(t.Context(), j); err == nil {
		t.Errorf("loopback that nobody allowed: %+v", outcome)
	}
}

// The certificate of a server is in the result.
func TestOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(site))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	policy := fetch.Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	j, _ := job(dpp.USD, "", server.URL+"/0/a")
	outcome, err := New(fetch.New(fetch.Options{Policy: policy, RootCAs: roots}), Options{}).Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	r := resultsOf(t, outcome)[0]
	if shown := r.TLS; shown == nil || shown.Version != "TLS 1.3" || shown.Issuer == "" || !slices.Contains(shown.Names, "example.com") || shown.NotAfter <= shown.NotBefore {
		t.Errorf("%+v", r.TLS)
	}
	if got := codesOf(r.Risks); !slices.Equal(got, []string{"ip_host:medium"}) {
		t.Errorf("risks %v", got)
	}
}
