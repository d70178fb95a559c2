package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// behaviour is something that hostile servers and name servers are known to do.
type behaviour struct {
	id   string
	test func(*testing.T)
}

// hostile lists them by the names that the ground truth has for them; where a
// behaviour has many forms, the test that is named beside it has more of them.
var hostile = []behaviour{
	{"redir-meta", testRedirectToMetadata},                // TestRedirectsIntoTheNetworkAreRefused
	{"redir-scheme", testRedirectToOtherSchemes},          // the same
	{"redir-relative-userinfo", testRedirectInOddForms},   // the same
	{"redir-loop", testRedirectLoop},                      // TestRedirectsEnd
	{"redir-long-chain", testRedirectChain},               // the same
	{"redir-header-leak", testHeadersDoNotLeak},           // TestSecretsStayAtTheFirstHop
	{"https-downgrade", testDowngrade},                    // TestHTTPSDowngrade
	{"meta-refresh", testMetaRefreshIsContent},            // the pack url reports it
	{"rebind-ttl0", testRebinding},                        // TestRebindingFindsNoGap
	{"multi-a", testOneOfManyAddresses},                   // TestDecideAllAddressesCount
	{"cname-internal", testAliasOfLocalhost},              // TestNamesWithAPrivateAddressAreNeverDialled
	{"aaaa-mapped", testMappedAddress},                    // TestClassify
	{"aaaa-nat64", testNAT64Address},                      // the same
	{"proxy-env", TestTheEnvironmentsProxyIsNotUsed},      //
	{"alt-svc", testAltSvc},                               // TestNothingIsKeptBetweenFetches
	{"keepalive-reuse", testConnectionsServeOneRequest},   //
	{"gzip-bomb", testGzipBomb},                           // TestEndlessBodies
	{"gzip-nested", testNestedEncodings},                  // TestContentEncodings
	{"endless-body", testEndlessBody},                     // TestEndlessBodies
	{"slow-headers", testSlowHeader},                      // TestSlownessEndsAtTheDeadline
	{"slow-body", testSlowBody},                           // the same
	{"huge-header", testHugeHeader},                       // TestLyingLengths
	{"1xx-flood", testInformationalFlood},                 //
	{"lying-length", testLyingLength},                     // TestLyingLengths
	{"content-type-lie", testContentTypeLie},              // the pack url tells a picture from a page
	{"html-depth-bomb", testDeepPage},                     // the pack url bounds what it reads
	{"robots-5xx", testRobotsServerError},                 // TestRobotsByStatus
	{"robots-4xx", testRobotsMissing},                     // the same
	{"robots-huge", testRobotsHuge},                       // TestRobotsRules
	{"robots-redirect", testRobotsRedirectIntoTheNetwork}, // TestRobotsByStatus
	{"self", testOwnListeners},                            // TestDecideOwnListeners
}

func TestHostile(t *testing.T) {
	for _, b := range hostile {
		t.Run(b.id, b.test)
	}
}

// refusedAtTheSecondHop: the page that redirects is all that is asked for.
func refusedAtTheSecondHop(t *testing.T, status int, location string) *Error {
	t.Helper()
	w := newWorld(t, leadsTo(status, location))
	e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: MaxHops})
	if !e.Blocked || e.Hop != 2 || len(e.Hops) != 1 || e.Hops[0] != (Hop{"http://example.com/", status}) || len(w.dials()) != 1 {
		t.Errorf("%d to %q: %+v, dialled %v", status, location, *e, w.dials())
	}
	return e
}

func testRedirectToMetadata(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{"http://169.254.169.254/", "http://168.63.129.16/", "http://[fd00:ec2::254]/"} {
			if e := refusedAtTheSecondHop(t, status, location); e.AddressClass != ClassMetadata || e.URL != location {
				t.Errorf("%d to %s: %+v", status, location, *e)
			}
		}
	}
}

func testRedirectToOtherSchemes(t *testing.T) {
	for _, location := range []string{"file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "data:text/html,x", "ftp://example.com/", "javascript:0"} {
		if e := refusedAtTheSecondHop(t, 302, location); e.Reason != SchemeNotAllowed {
			t.Errorf("%s: %+v", location, *e)
		}
	}
}

func testRedirectInOddForms(t *testing.T) {
	for _, location := range []string{
		"//127.0.0.1/", `/\127.0.0.1/`, `\\127.0.0.1\`, `//example.com\@127.0.0.1/`, "http:127.0.0.1", "http:/127.0.0.1/", "http:///127.0.0.1/",
		"//user@127.0.0.1/", "//example.com@127.0.0.1/", "//2130706433/", "//0x7f.1/", "//0177.0.0.1/", "//127.1/",
		"//[::ffff:127.0.0.1]/", "//%31%32%37.0.0.1/", "//localhost/", "//127.0.0.1#@example.com/", "//127.0.0.1?@example.com/", "//127.0.0.1:8080/",
	} {
		refusedAtTheSecondHop(t, 302, location)
	}
}

func testRedirectLoop(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, 302) })
	e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: MaxHops})
	if e.Reason != TooManyRedirects || len(e.Hops) != MaxHops+1 || len(w.dials()) != MaxHops+1 {
		t.Errorf("%+v, dialled %v", *e, w.dials())
	}
}

func testRedirectChain(t *testing.T) {
	chain := func(length int) *world {
		return newWorld(t, func(w http.ResponseWriter, r *http.Request) {
			if n := len(r.URL.Path) - 1; n < length {
				http.Redirect(w, r, r.URL.Path+"x", 302)
				return
			}
			reply("end")(w, r)
		})
	}
	req := Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: MaxHops}
	if r := arrival(t, chain(MaxHops).fetcher(), req); string(r.Body) != "end" {
		t.Errorf("as long as may be: %+v", r)
	}
	if e := refusal(t, chain(MaxHops+1).fetcher(), req); e.Reason != TooManyRedirects {
		t.Errorf("one longer: %+v", *e)
	}
}

func testHeadersDoNotLeak(t *testing.T) {
	w := newWorld(t, leadsTo(302, "http://other.org/x"))
	arrival(t, w.fetcher(), Request{
		URL: "http://example.com/", AllowHTTP: true, MaxHops: 1,
		Header: http.Header{"Authorization": {"s3cret"}, "Cookie": {"s3cret"}, "X-Token": {"s3cret"}, "If-None-Match": {"s3cret"}},
	})
	if got := fmt.Sprint(w.requests()[1].Header); strings.Contains(got, "s3cret") {
		t.Errorf("the second host got %s", got)
	}
}

func testDowngrade(t *testing.T) {
	w := newWorld(t, leadsTo(302, "http://other.org/"))
	e := refusal(t, w.fetcher(), Request{URL: "https://example.com/", MaxHops: MaxHops})
	if e.Reason != HTTPSDowngrade || !e.Blocked || e.Hop != 2 || len(w.dials()) != 1 {
		t.Errorf("%+v, dialled %v", *e, w.dials())
	}
}

func testMetaRefreshIsContent(t *testing.T) {
	const page = `<meta http-equiv="refresh" content="0; url=http://127.0.0.1/">`
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Refresh", "0; url=http://127.0.0.1/")
		reply(page)(w, r)
	})
	r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: MaxHops})
	if string(r.Body) != page || len(r.Hops) != 1 || len(w.dials()) != 1 {
		t.Errorf("%+v, dialled %v", r, w.dials())
	}
}

// A name is asked once for a hop, and what it said is what is dialled.
func testRebinding(t *testing.T) {
	w := newWorld(t, leadsTo(302, "/again"))
	w.names["example.com"] = [][]netip.Addr{public, addrs("127.0.0.1")}
	e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: MaxHops})
	if e.AddressClass != ClassLoopback || e.Hop != 2 || !slices.Equal(w.dials(), []string{"93.184.215.14:80"}) {
		t.Errorf("%+v, dialled %v", *e, w.dials())
	}
}

// neverDialled: a name with such addresses is refused before anything is sent.
func neverDialled(t *testing.T, class Class, answer ...string) {
	t.Helper()
	w := newWorld(t, reply("never"))
	w.names["trap.example"] = [][]netip.Addr{addrs(answer...)}
	for _, url := range []string{"http://trap.example/", "https://trap.example/", "http://trap.example:8080/"} {
		e := refusal(t, w.fetcher(), Request{URL: url, AllowHTTP: true})
		if e.Reason != AddressNotAllowed || e.AddressClass != class || !e.Blocked || len(w.dials()) != 0 {
			t.Errorf("%v: %+v, dialled %v", answer, *e, w.dials())
		}
	}
}

// The good address is not dialled either: were it, a refused connection would make
// the other one the next.
func testOneOfManyAddresses(t *testing.T) {
	neverDialled(t, ClassLoopback, "93.184.215.14", "127.0.0.1")
	neverDialled(t, ClassPrivate, "192.168.0.1", "93.184.215.14", "2606:2800:220::1")
	neverDialled(t, ClassMetadata, "93.184.215.14", "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "169.254.169.254") // beyond what is tried
}

func testAliasOfLocalhost(t *testing.T) { neverDialled(t, ClassLoopback, "127.0.0.1", "::1") }

func testMappedAddress(t *testing.T) {
	neverDialled(t, ClassMetadata, "::ffff:169.254.169.254")
	neverDialled(t, ClassTranslated, "::ffff:1.1.1.1")
	neverDialled(t, ClassLoopback, "::7f00:1")
}

func testNAT64Address(t *testing.T) {
	neverDialled(t, ClassMetadata, "64:ff9b::a9fe:a9fe")
	neverDialled(t, ClassPrivate, "64:ff9b:1::a00:1")
	neverDialled(t, ClassTranslated, "64:ff9b::101:101")
}

func testAltSvc(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Alt-Svc", `h3="127.0.0.1:443"; ma=86400, h2="127.0.0.1:8443"`)
		reply("page")(w, r)
	})
	f := w.fetcher()
	for range 2 {
		if r := arrival(t, f, Request{URL: "https://example.com/"}); r.Header.Get("Alt-Svc") != "" {
			t.Errorf("told on: %v", r.Header)
		}
	}
	if got := w.dials(); !slices.Equal(got, []string{"93.184.215.14:443", "93.184.215.14:443"}) {
		t.Errorf("dialled %v", got)
	}
}

// Two hosts at one address, one after the other and by a redirect, over both
// protocols: each request has a connection of its own, so none can reach a host
// that it was not judged for.
func testConnectionsServeOneRequest(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		w := newWorld(t, leadsTo(302, scheme+"://www.example.com/next"))
		w.names["www.example.com"] = w.names["example.com"]
		f := w.fetcher()
		for range 2 {
			arrival(t, f, Request{URL: scheme + "://example.com/", AllowHTTP: true, MaxHops: 1})
		}
		from := make(map[string]bool)
		for _, r := range w.requests() {
			from[r.RemoteAddr] = true
		}
		if len(from) != 4 || len(w.dials()) != 4 {
			t.Errorf("%s: four requests over %d connections, %d dials", scheme, len(from), len(w.dials()))
		}
	}
}

// bomb is gzip that unfolds to a thousand times its size: 16 MiB of nothing, as
// one member of as many as are wanted.
func bomb() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 16<<20)) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func testGzipBomb(t *testing.T) {
	tenGiB := bytes.Repeat(bomb(), 640)
	w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(tenGiB)
	})
	r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true})
	if len(r.Body) != defaultBody || !r.Truncated {
		t.Errorf("%d bytes, truncated %t", len(r.Body), r.Truncated)
	}
}

func testNestedEncodings(t *testing.T) {
	body := packed(t, "page", gzipped)
	for _, encodings := range [][]string{
		{"gzip, gzip"}, {"gzip", "gzip"}, {"gzip,deflate"}, {"identity, gzip"}, {"gzip, identity, gzip"}, {"br"}, {"zstd"}, {"gzip, br"}, {"compress"}, {"aes128gcm"},
	} {
		w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"] = encodings
			_, _ = w.Write(body)
		})
		kept := 0
		e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, Keep: func(n int) error { kept += n; return nil }})
		if e.Reason != EncodingUnsupported || e.Blocked || kept != 0 {
			t.Errorf("%q: %+v, kept %d bytes", encodings, *e, kept)
		}
	}
}

func testEndlessBody(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		w := newWorld(t, forever(make([]byte, chunk)))
		r := arrival(t, w.fetcher(), Request{URL: scheme + "://example.com/", AllowHTTP: true})
		if len(r.Body) != defaultBody || !r.Truncated {
			t.Errorf("%s: %d bytes, truncated %t", scheme, len(r.Body), r.Truncated)
		}
	}
}

// endsInTime: a byte a second, for ever, is read until the time is up.
func endsInTime(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		e := refusal(t, New(Options{Resolver: fixed(public), Dial: pipes(t, serve)}), Request{URL: "http://example.com/", AllowHTTP: true, Timeout: 30 * time.Second})
		if took := time.Since(started); e.Reason != Timeout || took != 30*time.Second {
			t.Errorf("%+v after %s", *e, took)
		}
	})
}

func testSlowHeader(t *testing.T) {
	endsInTime(t, func(c net.Conn) { readRequest(c); trickle(c, "HTTP/1.1 200 OK\r\nX: ", 'x') })
}

func testSlowBody(t *testing.T) { endsInTime(t, slowBody) }

func testHugeHeader(t *testing.T) {
	for _, size := range []int{2 * defaultHeaderBytes, 10 << 20} {
		w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Filler", strings.Repeat("x", size))
			reply("page")(w, r)
		})
		for _, scheme := range []string{"http", "https"} {
			if e := refusal(t, w.fetcher(), Request{URL: scheme + "://example.com/", AllowHTTP: true}); e.Reason != BadResponse {
				t.Errorf("%d bytes by %s: %+v", size, scheme, *e)
			}
		}
	}
}

func testInformationalFlood(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</"+strings.Repeat("a", 1000)+">; rel=preload")
		for r.Context().Err() == nil {
			w.WriteHeader(http.StatusEarlyHints)
		}
	})
	for _, scheme := range []string{"http", "https"} {
		if e := refusal(t, w.fetcher(), Request{URL: scheme + "://example.com/", AllowHTTP: true}); e.Reason != BadResponse {
			t.Errorf("%s: %+v", scheme, *e)
		}
	}
}

func testLyingLength(t *testing.T) {
	const page = "high water at noon"
	req := Request{URL: "http://example.com/", AllowHTTP: true}
	more := newWorld(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"+page))
	if r := arrival(t, more.fetcher(), req); string(r.Body) != page[:10] {
		t.Errorf("more than promised: %q", r.Body)
	}
	less := newWorld(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"+page))
	if e := refusal(t, less.fetcher(), req); e.Reason != BodyIncomplete {
		t.Errorf("less than promised: %+v", *e)
	}
}

// What the content is, and not what it is called, is for its reader to find out:
// a fetch gives both as they were sent.
func testContentTypeLie(t *testing.T) {
	const picture = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe"
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-16")
		reply(picture)(w, r)
	})
	r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true})
	if string(r.Body) != picture || r.ContentType != "text/html; charset=utf-16" {
		t.Errorf("%q as %q", r.Body, r.ContentType)
	}
}

func testDeepPage(t *testing.T) {
	w := newWorld(t, reply(strings.Repeat("<div>", 1_000_000)))
	r := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true})
	if len(r.Body) != defaultBody || !r.Truncated {
		t.Errorf("%d bytes, truncated %t", len(r.Body), r.Truncated)
	}
}

func robotsVerdict(t *testing.T, status int, text string) error {
	t.Helper()
	w := newWorld(t, siteWith(status, text))
	_, err := w.fetcher().Fetch(t.Context(), Request{URL: "http://example.com/page", AllowHTTP: true, Robots: true})
	asked := slices.ContainsFunc(w.requests(), func(r *http.Request) bool { return r.URL.Path == "/page" })
	if asked == (err != nil) {
		t.Errorf("%d: the page was asked for: %t, %v", status, asked, err)
	}
	return err
}

func testRobotsServerError(t *testing.T) {
	for _, status := range []int{500, 502, 503, 599} {
		var e *Error
		if err := robotsVerdict(t, status, ""); !errors.As(err, &e) || e.Reason != RobotsUnavailable || e.Blocked {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func testRobotsMissing(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 410} {
		if err := robotsVerdict(t, status, "User-agent: *\nDisallow: /"); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func testRobotsHuge(t *testing.T) {
	filler := strings.Repeat("# nothing here\n", maxRobots/15+1)
	if err := robotsVerdict(t, 200, filler+"User-agent: *\nDisallow: /"); err != nil {
		t.Errorf("a rule beyond what is read: %v", err)
	}
	var e *Error
	if err := robotsVerdict(t, 200, "User-agent: *\nDisallow: /\n"+filler); !errors.As(err, &e) || e.Reason != RobotsDisallowed {
		t.Errorf("a rule before the end of what is read: %v", err)
	}
	endless := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			forever([]byte(filler))(w, r)
			return
		}
		reply("page")(w, r)
	})
	arrival(t, endless.fetcher(), Request{URL: "http://example.com/page", AllowHTTP: true, Robots: true})
}

func testRobotsRedirectIntoTheNetwork(t *testing.T) {
	for location, class := range map[string]Class{
		"http://127.0.0.1/robots.txt": ClassLoopback, "//169.254.169.254/": ClassMetadata, "file:///etc/robots.txt": "",
	} {
		var e *Error
		if err := robotsVerdict(t, 302, location); !errors.As(err, &e) || e.Reason != RobotsUnavailable || !e.Blocked || e.AddressClass != class {
			t.Errorf("%s: %v", location, err)
		}
	}
}

// The platform reaches itself under no name, not even where an operator allows the
// range that it stands in.
func testOwnListeners(t *testing.T) {
	policy := loopbackAllowed
	policy.Deny = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8000"), netip.MustParseAddrPort("[::]:8001"), netip.MustParseAddrPort("198.41.0.4:443")}
	policy.DenyHosts = []string{"api.example.com"}
	s := new(sealed)
	for url, answer := range map[string]string{
		"http://127.0.0.1:8000/":       "127.0.0.1",
		"http://127.0.0.1:8001/":       "127.0.0.1",
		"http://localhost:8000/":       "127.0.0.1",
		"http://ours.example:8000/":    "127.0.0.1",
		"https://198.41.0.4/v1/runs":   "198.41.0.4",
		"https://ours.example/":        "198.41.0.4",
		"https://API.example.com/":     "93.184.215.14",
		"http://api.example.com:8080/": "93.184.215.14",
	} {
		f := New(Options{Policy: policy, Resolver: fixed(addrs(answer)), Dial: s.dial})
		if e := refusal(t, f, Request{URL: url, AllowHTTP: true}); e.AddressClass != ClassOwnListener || !e.Blocked || len(s.dialled) != 0 {
			t.Errorf("%s: %+v, dialled %v", url, *e, s.dialled)
		}
	}
}
