package fetch

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRobotsRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		allowed    []string
		refused    []string
	}{
		{"empty", "", []string{"/", "/a"}, nil},
		{"everything", "User-agent: *\nDisallow: /", []string{"/robots.txt"}, []string{"/", "/a?b"}},
		{"nothing", "User-agent: *\nDisallow:", []string{"/"}, nil},
		{"prefix", "User-agent: *\nDisallow: /a/b", []string{"/", "/a/", "/a/c"}, []string{"/a/b", "/a/bc", "/a/b/c?d"}},
		{"our group wins", "User-agent: *\nDisallow: /\n\nUser-agent: DPP-Fetch/2.0\nDisallow: /x", []string{"/", "/y"}, []string{"/x"}},
		{"others' groups do not count", "User-agent: evilbot\nDisallow: /", []string{"/"}, nil},
		{"no prefix of a name", "User-agent: dpp\nDisallow: /", []string{"/"}, nil},
		{"several agents in a group", "User-agent: a\nUser-agent: dpp-fetch\nUser-agent: b\nDisallow: /x", []string{"/"}, []string{"/x"}},
		{"groups are merged", "User-agent: dpp-fetch\nDisallow: /x\n\nUser-agent: b\nDisallow: /\n\nuser-agent: dpp-fetch\nDisallow: /y", []string{"/z"}, []string{"/x", "/y"}},
		{"longest match", "User-agent: *\nAllow: /p\nDisallow: /\nDisallow: /page.html\nAllow: /page", []string{"/p", "/pages"}, []string{"/", "/page.html"}},
		{"allow wins a tie", "User-agent: *\nDisallow: /same\nAllow: /same", []string{"/same"}, nil},
		{"stars", "User-agent: *\nDisallow: /*.gif\nDisallow: /a*b*c", []string{"/gif", "/acb", "/a/b"}, []string{"/x/y.gif?z", "/abc", "/a/x/b/y/c/z"}},
		{"end", "User-agent: *\nDisallow: /*.gif$\nDisallow: /exact$", []string{"/x.gif?z", "/exactly"}, []string{"/x.gif", "/exact", "/a.gif/b.gif"}},
		{"star at the end", "User-agent: *\nDisallow: /x*", []string{"/y"}, []string{"/x", "/xy"}},
		{"no greed too far", "User-agent: *\nDisallow: /a*aa$", []string{"/a", "/aa"}, []string{"/aaa", "/axaa"}},
		{"escapes", "User-agent: *\nDisallow: /a%3cd\nDisallow: /%7euser\nDisallow: /ü", []string{"/a"}, []string{"/a%3Cd", "/~user", "/%C3%BC"}},
		{"comments and spaces", "# hi\n  User-Agent : * # all\n\tDISALLOW:\t/x # no\nnonsense\nSitemap: /x", []string{"/"}, []string{"/x"}},
		{"carriage returns", "User-agent: *\r\nDisallow: /x\rDisallow: /y", []string{"/"}, []string{"/x", "/y"}},
		{"byte order mark", "\ufeffUser-agent: *\nDisallow: /x", nil, []string{"/x"}},
		{"rules before a group", "Disallow: /\nUser-agent: *\nDisallow: /x", []string{"/"}, []string{"/x"}},
		{"other lines keep a group together", "User-agent: dpp-fetch\nCrawl-delay: 5\nUser-agent: b\nDisallow: /x", nil, []string{"/x"}},
		{"HTML", "<!doctype html><p>User-agent: *<p>Disallow: /", []string{"/"}, nil},
		{"beyond 500 KiB", strings.Repeat("# filler\n", maxRobots/9) + strings.Repeat("#", maxRobots%9) + "\nUser-agent: *\nDisallow: /", []string{"/"}, nil},
		{"within 500 KiB", strings.Repeat("# filler\n", 1000) + "User-agent: *\nDisallow: /", nil, []string{"/"}},
	} {
		rules := parseRobots([]byte(c.text), "dpp-fetch")
		for _, path := range c.allowed {
			if !rules.allows(path) {
				t.Errorf("%s: %s is refused", c.name, path)
			}
		}
		for _, path := range c.refused {
			if rules.allows(path) {
				t.Errorf("%s: %s is allowed", c.name, path)
			}
		}
	}
}

func TestCrawlDelays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                                  0,
		"User-agent: *\nDisallow: /x":       0,
		"User-agent: *\nCrawl-delay: 2":     2 * time.Second,
		"User-agent: *\nCRAWL-DELAY : 0.5 ": 500 * time.Millisecond,
		"User-agent: *\nCrawl-delay: 1\nCrawl-delay: 3\nCrawl-delay: 2":          3 * time.Second,
		"User-agent: *\nCrawl-delay: 86400":                                      maxCrawlDelay,
		"User-agent: *\nCrawl-delay: 1e300":                                      maxCrawlDelay,
		"User-agent: *\nCrawl-delay: Inf":                                        maxCrawlDelay,
		"User-agent: *\nCrawl-delay: NaN":                                        0,
		"User-agent: *\nCrawl-delay: -5":                                         0,
		"User-agent: *\nCrawl-delay: soon":                                       0,
		"User-agent: *\nCrawl-delay:":                                            0,
		"Crawl-delay: 5\nUser-agent: *":                                          0,
		"User-agent: b\nCrawl-delay: 5":                                          0,
		"User-agent: *\nCrawl-delay: 5\n\nUser-agent: dpp-fetch\nCrawl-delay: 1": time.Second,
		"User-agent: *\nCrawl-delay: 5\n\nUser-agent: dpp-fetch\nAllow: /":       0,
	} {
		if got := parseRobots([]byte(text), "dpp-fetch").delay; got != want {
			t.Errorf("%q asks for %s, want %s", text, got, want)
		}
	}
}

// siteWith serves a robots.txt by status and text, and pages.
func siteWith(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			if status/100 == 3 {
				w.Header().Set("Location", text)
			}
			w.WriteHeader(status)
			reply(text)(w, r)
			return
		}
		reply("page")(w, r)
	}
}

func TestRobotsByStatus(t *testing.T) {
	for _, c := range []struct {
		status  int
		text    string
		reason  Reason
		blocked bool
	}{
		{200, "User-agent: *\nDisallow: /private", "", false},
		{200, "User-agent: *\nDisallow: /", RobotsDisallowed, true},
		{401, "User-agent: *\nDisallow: /", "", false},
		{404, "", "", false},
		{410, "", "", false},
		{500, "", RobotsUnavailable, false},
		{429, "", RobotsUnavailable, false},
		{503, "", RobotsUnavailable, false},
		{302, "http://127.0.0.1/robots.txt", RobotsUnavailable, true},
		{301, "http://169.254.169.254/", RobotsUnavailable, true},
		{302, "/robots.txt", RobotsUnavailable, false}, // a loop
		{302, "/elsewhere", "", false},                 // "page" holds no rule
	} {
		w := newWorld(t, siteWith(c.status, c.text))
		req := Request{URL: "http://example.com/page", AllowHTTP: true, Robots: true}
		if c.reason == "" {
			if r := arrival(t, w.fetcher(), req); string(r.Body) != "page" {
				t.Errorf("%d %q: %q", c.status, c.text, r.Body)
			}
			continue
		}
		e := refusal(t, w.fetcher(), req)
		if e.Reason != c.reason || e.Blocked != c.blocked || e.Hop != 1 || (c.status/100 == 3 && c.blocked && e.AddressClass == "") {
			t.Errorf("%d %q: %+v, want %s blocked %t", c.status, c.text, e, c.reason, c.blocked)
		}
		for _, r := range w.requests() {
			if r.URL.Path == "/page" {
				t.Errorf("%d %q: the page was fetched", c.status, c.text)
			}
		}
	}
}

func TestRobotsOfEveryHop(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == "example.com" && r.URL.Path == "/":
			http.Redirect(w, r, "http://other.org/x", 302)
		case r.Host == "other.org" && r.URL.Path == "/robots.txt":
			reply("User-agent: *\nDisallow: /x")(w, r)
		case r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		default:
			t.Errorf("%s%s was fetched", r.Host, r.URL)
		}
	})
	e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 5, Robots: true})
	if e.Reason != RobotsDisallowed || e.Hop != 2 || !e.Blocked {
		t.Errorf("%+v", e)
	}
}

func TestRobotsAreAskedOnce(t *testing.T) {
	w := newWorld(t, siteWith(200, "User-agent: *\nDisallow: /no"))
	f := w.fetcher()
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			r, err := f.Fetch(t.Context(), Request{URL: fmt.Sprintf("http://example.com/%d", i), AllowHTTP: true, Robots: true})
			if err != nil || string(r.Body) != "page" {
				t.Errorf("%v", err)
			}
		})
	}
	group.Wait()
	asked := 0
	for _, r := range w.requests() {
		if r.URL.Path == "/robots.txt" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("robots.txt was asked for %d times", asked)
	}
	before := len(w.requests())
	if e := refusal(t, f, Request{URL: "http://example.com/no", AllowHTTP: true, Robots: true}); e.Reason != RobotsDisallowed || len(w.requests()) != before {
		t.Errorf("%+v after %d requests", e, len(w.requests())-before)
	}
}

func TestRobotsCacheForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRobotsCache()
		for i := range maxRobotsSites * 2 {
			c.site(fmt.Sprint(i)).until = time.Now().Add(robotsKept)
		}
		if len(c.sites) > maxRobotsSites {
			t.Errorf("%d sites are kept", len(c.sites))
		}
	})
}

// A slow robots.txt is the site's fault for a while, not for good.
func TestRobotsFaultsAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healthy := false
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, scripted(func() string {
			if !healthy {
				return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
			}
			return "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n"
		}))})
		req := Request{URL: "http://example.com/", AllowHTTP: true, Robots: true}
		if e := refusal(t, f, req); e.Reason != RobotsUnavailable || !e.Retryable {
			t.Errorf("%+v", e)
		}
		healthy = true
		if e := refusal(t, f, req); e.Reason != RobotsUnavailable {
			t.Errorf("asked again at once: %+v", e)
		}
		time.Sleep(robotsFaultsKept)
		if r := arrival(t, f, req); r.Status != 404 {
			t.Errorf("%+v", r)
		}
	})
}

func TestRobotsAddressesOfTheTargetAreJudgedFirst(t *testing.T) {
	w := newWorld(t, siteWith(404, ""))
	w.names["trap.example"] = [][]netip.Addr{addrs("10.0.0.1")}
	refusal(t, w.fetcher(), Request{URL: "http://trap.example/", AllowHTTP: true, Robots: true})
	if len(w.dials()) != 0 {
		t.Errorf("dialled %v", w.dials())
	}
}

// FuzzRobots: whatever the file says, it is read without a fault, the robots.txt
// itself stays allowed, and a path's spelling does not matter.
func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$\nAllow: /%61", "/ab")
	f.Add("user-agent: dpp-fetch\r\ndisallow: /%zz\n*$*$", "/%zz?*")
	f.Add("Disallow: *\nUser-agent:\nAllow:$", "")
	f.Fuzz(func(t *testing.T, text, path string) {
		rules := parseRobots([]byte(text), "dpp-fetch")
		if !rules.allows("/robots.txt") {
			t.Fatal("robots.txt is refused")
		}
		if normal := normalisePath(path); normal != "/robots.txt" && rules.allows(path) != rules.allows(normal) {
			t.Fatalf("%q and %q are decided differently", path, normal)
		}
		if len(rules.rules) > len(text) {
			t.Fatalf("%d rules of %d bytes", len(rules.rules), len(text))
		}
	})
}
