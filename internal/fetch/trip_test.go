package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

var quiet = log.New(io.Discard, "", 0)

// leadsTo answers "/" with a redirect and everything else with a page.
func leadsTo(status int, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header()["Location"] = []string{location}
			w.WriteHeader(status)
			return
		}
		reply("arrived")(w, r)
	}
}

func TestFetchReadsAPage(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Set-Cookie", "a=b")
		reply("over "+r.Proto)(w, r)
	})
	for url, proto := range map[string]string{"http://example.com/": "HTTP/1.1", "https://example.com/": "HTTP/2.0"} {
		r := arrival(t, w.fetcher(), Request{URL: url, AllowHTTP: true})
		if r.Status != 200 || string(r.Body) != "over "+proto || r.ContentType != "text/plain" || r.Truncated || r.URL != url || r.FetchedAt.IsZero() {
			t.Errorf("%s: %+v %s", url, r, r.Body)
		}
		if len(r.Hops) != 1 || r.Hops[0] != (Hop{url, 200}) || r.Header.Get("ETag") != `"v1"` || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: hops %v header %v", url, r.Hops, r.Header)
		}
	}
}

func TestRedirectsIntoTheNetworkAreRefused(t *testing.T) {
	for i, c := range []struct {
		location string
		reason   Reason
		class    Class
	}{
		{"http://169.254.169.254/latest/", AddressNotAllowed, ClassMetadata},
		{"http://127.0.0.1/", AddressNotAllowed, ClassLoopback},
		{"//127.0.0.1/", AddressNotAllowed, ClassLoopback},
		{"//[::1]/", AddressNotAllowed, ClassLoopback},
		{"http://rebound.example/", AddressNotAllowed, ClassPrivate},
		{"https://2130706433/", HostNotAllowed, ""},
		{"http://localhost/", HostNotAllowed, ClassLoopback},
		{`/\127.0.0.1/`, URLInvalid, ""},
		{`\\127.0.0.1\`, URLInvalid, ""},
		{"http:127.0.0.1", URLInvalid, ""},
		{"http:///127.0.0.1/", URLInvalid, ""},
		{"//%31%32%37.0.0.1/", URLInvalid, ""},
		{"//user@127.0.0.1/", UserinfoNotAllowed, ""},
		{"https://example.com@127.0.0.1/", UserinfoNotAllowed, ""},
		{"file:///etc/passwd", SchemeNotAllowed, ""},
		{"gopher://127.0.0.1:6379/_INFO", SchemeNotAllowed, ""},
		{"data:text/html,hello", SchemeNotAllowed, ""},
		{"javascript:alert(1)", SchemeNotAllowed, ""},
		{"http://example.com:6379/", PortNotAllowed, ""},
	} {
		statuses := []int{302, 301, 303, 307, 308}
		if i > 0 {
			statuses = statuses[:1] // what the status is makes no difference to where it leads
		}
		for _, status := range statuses {
			w := newWorld(t, leadsTo(status, c.location))
			w.names["rebound.example"] = [][]netip.Addr{addrs("10.0.0.1")}
			e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 5})
			if e.Reason != c.reason || e.AddressClass != c.class || e.Hop != 2 || !e.Blocked || len(e.Hops) != 1 || e.Hops[0].Status != status {
				t.Errorf("%d to %q: %+v, want %s %q at hop 2", status, c.location, e, c.reason, c.class)
			}
			if got := w.dials(); len(got) != 1 {
				t.Errorf("%d to %q dialled %v", status, c.location, got)
			}
		}
	}
}

func TestRedirectsAreFollowed(t *testing.T) {
	for location, want := range map[string]string{
		"/there":         "http://example.com/there",
		"there?a=b#c":    "http://example.com/there?a=b",
		"//other.org/x":  "http://other.org/x",
		"a b":            "http://example.com/a%20b",
		"/ünïcode":       "http://example.com/%C3%BCn%C3%AFcode",
		"///127.0.0.1/x": "http://example.com///127.0.0.1/x",
	} {
		w := newWorld(t, leadsTo(302, location))
		r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 1})
		if r.URL != want || string(r.Body) != "arrived" || len(r.Hops) != 2 {
			t.Errorf("%q led to %s (%s), want %s", location, r.URL, r.Body, want)
		}
	}
}

func TestRedirectsThatLeadNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		reason Reason
	}{
		"no location":      {nil, ""},
		"empty location":   {http.Header{"Location": {""}}, ""},
		"two locations":    {http.Header{"Location": {"/a", "/b"}}, BadResponse},
		"one of two kinds": {http.Header{"Location": {"/a", "/a"}}, ""},
	} {
		w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				for k, v := range c.header {
					w.Header()[k] = v
				}
				w.WriteHeader(302)
			}
		})
		_, err := w.fetcher().Fetch(t.Context(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 5})
		var e *Error
		if errors.As(err, &e); (err == nil) != (c.reason == "") || err != nil && e.Reason != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRedirectsEnd(t *testing.T) {
	loop := newWorld(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", 302) })
	chain := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		n := len(r.URL.Path) // "/", "/a", "/aa" …
		http.Redirect(w, r, "/"+strings.Repeat("a", n), 302)
	})
	for _, w := range []*world{loop, chain} {
		for _, asked := range []int{0, 1, 5, 99} {
			before := len(w.dials())
			e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: asked})
			most := min(asked, MaxHops) + 1
			if e.Reason != TooManyRedirects || e.Blocked || e.Hop != most || len(e.Hops) != most || len(w.dials())-before != most {
				t.Errorf("max %d: %+v after %d dials", asked, e, len(w.dials())-before)
			}
		}
	}
	exact := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) < 6 {
			http.Redirect(w, r, r.URL.Path+"a", 302)
			return
		}
		reply("arrived")(w, r)
	})
	if r := arrival(t, exact.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 5}); len(r.Hops) != 6 {
		t.Errorf("five redirects: %v", r.Hops)
	}
}

func TestSecretsStayAtTheFirstHop(t *testing.T) {
	for _, location := range []string{"http://other.org/x", "http://www.example.com/x", "/x"} {
		w := newWorld(t, leadsTo(307, location))
		header := http.Header{
			"Authorization": {"Bearer s3cret"}, "Cookie": {"id=s3cret"}, "X-Api-Key": {"s3cret"}, "Proxy-Authorization": {"s3cret"},
			"Accept": {"text/html"}, "Accept-Language": {"en"}, "User-Agent": {"mine"},
		}
		arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 5, Header: header})
		first, second := w.requests()[0], w.requests()[1]
		if first.Header.Get("Authorization") == "" || first.Header.Get("X-Api-Key") == "" {
			t.Errorf("%s: the first hop lacks the caller's header: %v", location, first.Header)
		}
		if text := fmt.Sprint(second.Header); strings.Contains(text, "s3cret") || second.Header.Get("Referer") != "" {
			t.Errorf("%s: the second hop got %s", location, text)
		}
		if second.Header.Get("Accept") != "text/html" || second.UserAgent() != "mine" {
			t.Errorf("%s: the second hop lacks what kind of answer is wanted: %v", location, second.Header)
		}
	}
}

func TestHTTPSDowngrade(t *testing.T) {
	w := newWorld(t, leadsTo(302, "http://example.com/plain"))
	e := refusal(t, w.fetcher(), Request{URL: "https://example.com/", MaxHops: 5})
	if e.Reason != HTTPSDowngrade || !e.Blocked || e.Hop != 2 {
		t.Errorf("downgrade: %+v", e)
	}
	r := arrival(t, w.fetcher(), Request{URL: "https://example.com/", MaxHops: 5, AllowHTTP: true})
	if r.URL != "http://example.com/plain" {
		t.Errorf("allowed downgrade ended at %s", r.URL)
	}
}

// The address that was judged is the one that is dialled, and each hop asks anew.
func TestRebindingFindsNoGap(t *testing.T) {
	w := newWorld(t, leadsTo(302, "/again"))
	w.names["example.com"] = [][]netip.Addr{addrs("93.184.215.14"), addrs("127.0.0.1")}
	e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 5})
	if e.Reason != AddressNotAllowed || e.AddressClass != ClassLoopback || e.Hop != 2 {
		t.Errorf("rebound: %+v", e)
	}
	if got := w.dials(); len(got) != 1 || got[0] != "93.184.215.14:80" {
		t.Errorf("dialled %v", got)
	}
}

func TestNamesWithAPrivateAddressAreNeverDialled(t *testing.T) {
	for name, answer := range map[string][]netip.Addr{
		"two of which one is private": addrs("93.184.215.14", "127.0.0.1"),
		"an alias of localhost":       addrs("127.0.0.1", "::1"),
		"mapped":                      addrs("::ffff:169.254.169.254"),
		"through NAT64":               addrs("64:ff9b::a9fe:a9fe"),
	} {
		w := newWorld(t, reply("never"))
		w.names["trap.example"] = [][]netip.Addr{answer}
		e := refusal(t, w.fetcher(), Request{URL: "http://trap.example/", AllowHTTP: true})
		if e.Reason != AddressNotAllowed || e.Hop != 1 || len(w.dials()) != 0 || strings.Contains(fmt.Sprintf("%+v", *e), answer[len(answer)-1].String()) {
			t.Errorf("%s: %+v, dialled %v", name, *e, w.dials())
		}
	}
}

func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	w := newWorld(t, reply("direct"))
	for _, url := range []string{"http://example.com/", "https://example.com/"} {
		if r := arrival(t, w.fetcher(), Request{URL: url, AllowHTTP: true}); string(r.Body) != "direct" {
			t.Errorf("%s: %q", url, r.Body)
		}
	}
}

// Nothing that one answer offers is taken up by the next fetch.
func TestNothingIsKeptBetweenFetches(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Alt-Svc", `h3="127.0.0.1:443", h2="127.0.0.1:443"`)
		w.Header().Set("Strict-Transport-Security", "max-age=1000")
		w.Header().Set("Set-Cookie", "a=b")
		reply(r.RemoteAddr)(w, r)
	})
	f := w.fetcher()
	for range 2 {
		arrival(t, f, Request{URL: "https://example.com/"})
	}
	if got := w.dials(); len(got) != 2 || got[0] != "93.184.215.14:443" || got[1] != got[0] {
		t.Errorf("dialled %v", got)
	}
	if r := w.requests(); r[0].RemoteAddr == r[1].RemoteAddr || r[1].Header.Get("Cookie") != "" {
		t.Error("a connection or a cookie was kept")
	}
}

func TestCallbacks(t *testing.T) {
	w := newWorld(t, leadsTo(302, "/there"))
	mine := errors.New("no money")
	began, kept := 0, 0
	req := Request{
		URL: "http://example.com/", AllowHTTP: true, MaxHops: 5,
		Begin: func() error { began++; return nil },
		Keep:  func(n int) error { kept += n; return nil },
	}
	arrival(t, w.fetcher(), req)
	if began != 1 || kept != len("arrived") {
		t.Errorf("began %d times, kept %d bytes", began, kept)
	}
	req.URL = "http://127.0.0.1/"
	refusal(t, w.fetcher(), req)
	if began != 1 {
		t.Error("Begin was called for what is refused")
	}
	before := len(w.dials())
	req.URL, req.Begin = "http://example.com/", func() error { return mine }
	if _, err := w.fetcher().Fetch(t.Context(), req); !errors.Is(err, mine) || len(w.dials()) != before {
		t.Errorf("Begin's error came back as %v, %d dials", err, len(w.dials())-before)
	}
	req.Begin, req.Keep = nil, func(int) error { return mine }
	if _, err := w.fetcher().Fetch(t.Context(), req); !errors.Is(err, mine) {
		t.Errorf("Keep's error came back as %v", err)
	}
}

func TestPostsAreNotRedirected(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Location", "http://other.org/")
		w.WriteHeader(307)
		reply(r.Method+string(body))(w, r)
	})
	r := arrival(t, w.fetcher(), Request{URL: "https://example.com/hook", Method: "POST", Content: []byte("{}"), MaxHops: 5})
	if r.Status != 307 || string(r.Body) != "POST{}" || len(w.dials()) != 1 {
		t.Errorf("%+v %s", r, r.Body)
	}
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := w.fetcher().Fetch(ctx, Request{URL: "http://example.com/", AllowHTTP: true})
	var e *Error
	if !errors.As(err, &e) || e.Reason != Canceled || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// FuzzLocation: wherever a Location header leads, the judge sees what is asked for,
// and a location that names no host stays at its own.
func FuzzLocation(f *testing.F) {
	for _, seed := range []string{
		"/there", "there?a=b#c", "//other.org/x", "http:127.0.0.1", `/\127.0.0.1/`, "///127.0.0.1/", "?q", "#f", "..", "a b", "/ünïcode",
		"https://example.com:80@127.0.0.1/", "//%31", "a:b", "./a:b", "//[::1]", "\t//x", "http:/x", ";//y",
	} {
		f.Add(seed)
	}
	base, err := new(Policy).Target("https://example.com/dir/page?query", false)
	if err != nil {
		f.Fatal(err)
	}
	names := regexp.MustCompile(`^(//|[A-Za-z][A-Za-z0-9+.-]*:)`)
	f.Fuzz(func(t *testing.T, location string) {
		next, joinErr := join(base.URL, location)
		if joinErr != nil {
			return
		}
		target, verdict := new(Policy).Target(next, true)
		if verdict != nil {
			return
		}
		if target.URL.User != nil || !isASCII(target.URL.Host) || target.URL.Opaque != "" {
			t.Fatalf("%q became %q", location, target.URL)
		}
		if !names.MatchString(strings.Trim(location, " \t")) && (target.Host != base.Host || target.Port != base.Port || target.URL.Scheme != "https") {
			t.Fatalf("%q names no host and became %q", location, target.URL)
		}
	})
}
