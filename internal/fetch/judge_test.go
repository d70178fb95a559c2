package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func addrs(texts ...string) []netip.Addr {
	list := make([]netip.Addr, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParseAddr(text)
	}
	return list
}

var public = addrs("93.184.215.14")

// decide is the whole decision about a URL and the addresses that its host has:
// nil, or why it must not be fetched. A URL that names an address needs none.
func decide(p *Policy, raw string, allowHTTP bool, addrs []netip.Addr) *Error {
	target, err := p.Target(raw, allowHTTP)
	if err != nil {
		return err
	}
	if target.Addr.IsValid() {
		addrs = []netip.Addr{target.Addr}
	}
	return p.Addresses(target, addrs)
}

func TestDecideRefuses(t *testing.T) {
	for _, c := range refused {
		err := decide(new(Policy), c.url, true, public)
		if err == nil {
			t.Errorf("%q is allowed", c.url)
		} else if err.Reason != c.reason || err.AddressClass != c.class || !err.Blocked || err.Retryable {
			t.Errorf("%q: %s %q blocked %t, want %s %q", c.url, err.Reason, err.AddressClass, err.Blocked, c.reason, c.class)
		}
	}
}

// sealed is a network that answers every name with a public address and connects
// nowhere: what it is asked for is only noted. So no filter, however incomplete,
// lets a hostile URL reach anything.
type sealed struct{ dialled []string }

func (s *sealed) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return public, nil
}

func (s *sealed) dial(_ context.Context, _, address string) (net.Conn, error) {
	s.dialled = append(s.dialled, address)
	return nil, errors.New("sealed")
}

// fetchSealed fetches a URL and tells why it came to nothing, and whether
// anything would have been dialled.
func fetchSealed(t *testing.T, url string) (e *Error, dialled bool) {
	t.Helper()
	s := new(sealed)
	e = refusal(t, New(Options{Resolver: s, Dial: s.dial}), Request{URL: url, AllowHTTP: true})
	return e, len(s.dialled) > 0
}

func TestWhatIsRefusedIsNeverDialled(t *testing.T) {
	for _, c := range refused {
		if e, dialled := fetchSealed(t, c.url); dialled || e.Reason != c.reason || !e.Blocked || e.Hop != 1 {
			t.Errorf("%q: dialled %t, %+v", c.url, dialled, *e)
		}
	}
	if e, dialled := fetchSealed(t, "https://example.com/"); !dialled || e.Reason != ConnectFailed {
		t.Errorf("what is allowed: dialled %t, %+v", dialled, *e)
	}
}

func TestDecideAllows(t *testing.T) {
	for raw, clean := range map[string]string{
		"https://example.com":                      "https://example.com/",
		"HTTPS://EXAMPLE.com:443/a?b=c#frag":       "https://example.com/a?b=c",
		"http://example.com:80/":                   "http://example.com/",
		"http://example.com:443/":                  "http://example.com:443/",
		"http://example.com:8080/":                 "http://example.com:8080/",
		"https://1.1.1.1:8443/":                    "https://1.1.1.1:8443/",
		"https://example.com:/":                    "https://example.com/",
		"https://under_score.example.com/":         "https://under_score.example.com/",
		"https://bücher.example/straße?q=ü":        "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC",
		"https://xn--bcher-kva.example/":           "https://xn--bcher-kva.example/",
		"https://example.com/?text=a%0Ab":          "https://example.com/?text=a%0Ab",
		"https://example.com/a@b:c//d":             "https://example.com/a@b:c//d",
		"https://example.com/?u=http://127.0.0.1/": "https://example.com/?u=http://127.0.0.1/",
		"https://1.1.1.1/":                         "https://1.1.1.1/",
		"https://[2606:4700:4700:0::1111]/":        "https://[2606:4700:4700::1111]/",
		"https://1e100.net/":                       "https://1e100.net/",
		"https://0xcafe.com/":                      "https://0xcafe.com/",
	} {
		if err := decide(new(Policy), raw, true, public); err != nil {
			t.Errorf("%q: %s", raw, err.Reason)
			continue
		}
		target, _ := new(Policy).Target(raw, true)
		if got := target.URL.String(); got != clean {
			t.Errorf("%q became %q, want %q", raw, got, clean)
		}
	}
}

func TestDecideHTTPOnlyWhereAllowed(t *testing.T) {
	if err := decide(new(Policy), "http://example.com/", false, public); err == nil || err.Reason != HTTPNotAllowed {
		t.Errorf("plain http: %v", err)
	}
	if err := decide(new(Policy), "https://example.com/", false, public); err != nil {
		t.Errorf("https: %v", err)
	}
}

// One bad address among good ones refuses the name: which one would be dialled
// must not matter.
func TestDecideAllAddressesCount(t *testing.T) {
	for _, c := range []struct {
		addrs []netip.Addr
		class Class
	}{
		{addrs("93.184.215.14", "127.0.0.1"), ClassLoopback},
		{addrs("10.0.0.1", "93.184.215.14"), ClassPrivate},
		{addrs("93.184.215.14", "::ffff:169.254.169.254"), ClassMetadata},
		{addrs("64:ff9b::a9fe:a9fe"), ClassMetadata},
		{addrs("fe80::1%eth0"), ClassScoped},
	} {
		err := decide(new(Policy), "https://example.com/", false, c.addrs)
		if err == nil || err.Reason != AddressNotAllowed || err.AddressClass != c.class {
			t.Errorf("%v: %+v, want class %s", c.addrs, err, c.class)
		}
	}
	if err := decide(new(Policy), "https://example.com/", false, nil); err == nil || err.Reason != NameNotFound {
		t.Errorf("a name without addresses: %v", err)
	}
}

func TestDecideOperatorsRanges(t *testing.T) {
	p := &Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16")}}
	for _, c := range []struct {
		url    string
		addrs  []netip.Addr
		reason Reason
	}{
		{"http://127.0.0.1:9000/", nil, ""},
		{"http://127.0.0.1/", nil, ""},
		{"http://localhost:9000/", addrs("127.0.0.1"), ""},
		{"http://wiki/", addrs("10.1.2.3"), ""},
		{"http://wiki.internal:8080/", addrs("10.1.2.3"), ""},
		{"http://wiki.internal:8080/", addrs("10.2.2.3"), AddressNotAllowed},
		{"http://localhost/", addrs("127.0.0.1", "::1"), AddressNotAllowed},
		{"http://wiki/", addrs("93.184.215.14"), HostNotAllowed},
		{"http://example.com:9090/", addrs("93.184.215.14"), PortNotAllowed},
		{"http://example.com:9090/", addrs("93.184.215.14", "127.0.0.1"), PortNotAllowed},
		{"http://example.com/", addrs("93.184.215.14", "127.0.0.1"), ""},
		{"http://[::ffff:127.0.0.1]/", nil, AddressNotAllowed},
		{"http://169.254.169.254/", nil, AddressNotAllowed},
		{"http://2130706433/", nil, HostNotAllowed},
		{"ftp://127.0.0.1/", nil, SchemeNotAllowed},
	} {
		err := decide(p, c.url, true, c.addrs)
		if (err == nil) != (c.reason == "") || err != nil && err.Reason != c.reason {
			t.Errorf("%s at %v: %v, want %q", c.url, c.addrs, err, c.reason)
		}
	}
}

func TestDecideOwnListeners(t *testing.T) {
	p := &Policy{
		AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Deny:       []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8000"), netip.MustParseAddrPort("[::]:9000"), netip.MustParseAddrPort("198.41.0.4:0")},
		DenyHosts:  []string{"Api.Example.com", "198.41.0.10"},
	}
	for _, c := range []struct {
		url   string
		addrs []netip.Addr
		own   bool
	}{
		{"http://127.0.0.1:8000/", nil, true},
		{"http://127.0.0.1:8001/", nil, false},
		{"http://127.0.0.9:9000/", nil, true},
		{"http://example.com/", addrs("198.41.0.4"), true},
		{"http://rebound.example/", addrs("127.0.0.1"), false},
		{"http://rebound.example:8000/", addrs("127.0.0.1"), true},
		{"https://api.example.com/", public, true},
		{"https://198.41.0.10/", nil, true},
		{"https://rebound.example:8443/", addrs("198.41.0.10"), true},
		{"https://example.com/", public, false},
	} {
		err := decide(p, c.url, true, c.addrs)
		if own := err != nil && err.AddressClass == ClassOwnListener; own != c.own || !own && err != nil {
			t.Errorf("%s at %v: %v, want own listener %t", c.url, c.addrs, err, c.own)
		}
	}
}

func TestEvidenceHoldsNoSecretsAndIsBounded(t *testing.T) {
	for raw, want := range map[string]string{
		"https://user:secret@example.com/a@b":     "https://example.com/a@b",
		"https://u@h@example.com/":                "https://example.com/",
		"https://example.com/a#secret":            "https://example.com/a",
		"https://exa\r\nmple.com/":                "https://example.com/",
		"nonsense":                                "nonsense",
		"https://example.com/\u202efdp.\u200bexe": "https://example.com/fdp.exe",
		"https://example.com/\u009b\xff":          "https://example.com/\uFFFD",
	} {
		if got := evidence(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	if got := evidence("https://example.com/" + strings.Repeat("é", 4000)); len(got) > maxEvidence || !strings.HasPrefix(got, "https://example.com/é") {
		t.Errorf("%d bytes kept", len(got))
	}
}

// FuzzDecide: what is allowed is a clean URL of a web scheme that is allowed
// again as it stands, names no address but a public one, and hides nothing.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{
		"https://example.com/a?b#c", "http://127.0.0.1:80/", "https://[::ffff:1.2.3.4]/", "https://user@host/",
		"https://１２７.0.0.1/", "http://0x7f.1/", `https://a\@b/`, "https://xn--a/", "//a", "https:a", "https://a.b:99999/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p := new(Policy)
		target, err := p.Target(raw, true)
		if err != nil {
			if !err.Blocked || err.Detail() == "" {
				t.Fatalf("refused as %q", err.Reason)
			}
			return
		}
		if target.Addr.IsValid() {
			if p.Addresses(target, []netip.Addr{target.Addr}) != nil {
				return
			}
			if Classify(target.Addr) != ClassPublic || !target.Addr.IsGlobalUnicast() {
				t.Fatalf("%q reaches %s", raw, target.Addr)
			}
		}
		clean := target.URL.String()
		again, err := p.Target(clean, true)
		if err != nil && len(clean) <= MaxURL {
			t.Fatalf("%q became %q, which is refused: %s", raw, clean, err.Reason)
		}
		if err == nil && (again.Host != target.Host || again.Port != target.Port || again.URL.String() != clean) {
			t.Fatalf("%q became %q, then %q", raw, clean, again.URL)
		}
		if target.URL.User != nil || target.URL.Fragment != "" || !isASCII(target.URL.Host) || !isASCII(target.URL.RequestURI()) {
			t.Fatalf("%q is not clean: %q", raw, clean)
		}
	})
}
