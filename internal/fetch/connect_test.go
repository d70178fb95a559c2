package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
)

func TestTLSIsVerified(t *testing.T) {
	w := newWorld(t, reply("secret"))
	strange := w.fetcher(func(o *Options) { o.RootCAs = nil })
	if e := refusal(t, strange, Request{URL: "https://example.com/"}); e.Reason != TLSFailed || e.Blocked {
		t.Errorf("an unknown authority: %+v", e)
	}
	if e := refusal(t, w.fetcher(), Request{URL: "https://other.org/"}); e.Reason != TLSFailed {
		t.Errorf("another name's certificate: %+v", e)
	}
	if e := refusal(t, w.fetcher(func(o *Options) {
		o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.plain.Listener.Addr().String())
		}
	}), Request{URL: "https://example.com/"}); e.Reason != TLSFailed {
		t.Errorf("no TLS at all: %+v", e)
	}
	w.secure.TLS.MaxVersion = tls.VersionTLS11
	if e := refusal(t, w.fetcher(), Request{URL: "https://example.com/"}); e.Reason != TLSFailed {
		t.Errorf("an old version: %+v", e)
	}
}

func TestTheServerHangsUpInsteadOfTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, func(c net.Conn) { _, _ = c.Read(make([]byte, chunk)) })})
		if e := refusal(t, f, Request{URL: "https://example.com/"}); e.Reason != ConnectFailed || !e.Retryable {
			t.Errorf("%+v", e)
		}
	})
}

func TestTheNextAddressIsTried(t *testing.T) {
	w := newWorld(t, reply("second"))
	w.names["example.com"] = [][]netip.Addr{addrs("1.1.1.1", "1.1.1.2")}
	dead := func(o *Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "1.1.1.1:80" {
				return nil, errors.New("no route")
			}
			return w.dial(ctx, network, address)
		}
	}
	if r := arrival(t, w.fetcher(dead), Request{URL: "http://example.com/", AllowHTTP: true}); string(r.Body) != "second" {
		t.Errorf("%q", r.Body)
	}
}

func TestNames(t *testing.T) {
	w := newWorld(t, reply(""))
	if e := refusal(t, w.fetcher(), Request{URL: "https://missing.example/"}); e.Reason != NameNotFound || e.Retryable || e.Blocked {
		t.Errorf("an unknown name: %+v", e)
	}
	broken := func(o *Options) { o.Resolver = failing{} }
	if e := refusal(t, w.fetcher(broken), Request{URL: "https://example.com/"}); e.Reason != NameLookupFailed || !e.Retryable {
		t.Errorf("a broken resolver: %+v", e)
	}
	if len(w.dials()) != 0 {
		t.Errorf("dialled %v", w.dials())
	}
}

type failing struct{}

func (failing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
}

// The default dialer judges what the kernel is asked for, whoever asks it.
func TestTheDialerJudgesToo(t *testing.T) {
	w := newWorld(t, reply(""))
	address := w.plain.Listener.Addr().String()
	_, err := judgedDialer(Policy{})(t.Context(), "tcp", address)
	var e *Error
	if !errors.As(err, &e) || e.Reason != AddressNotAllowed || e.AddressClass != ClassLoopback {
		t.Errorf("loopback through the dialer: %v", err)
	}
	conn, err := judgedDialer(loopbackAllowed)(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	closeQuietly(conn)
}

var loopbackAllowed = Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// With nothing injected: the system's resolver and the real dialer.
func TestAsItIsDeployed(t *testing.T) {
	w := newWorld(t, reply("page"))
	f := New(Options{Policy: loopbackAllowed})
	if r := arrival(t, f, Request{URL: w.plain.URL, AllowHTTP: true}); string(r.Body) != "page" {
		t.Errorf("%q", r.Body)
	}
	if e := refusal(t, New(Options{}), Request{URL: w.plain.URL, AllowHTTP: true}); e.Reason != AddressNotAllowed || e.AddressClass != ClassLoopback {
		t.Errorf("loopback that nobody allowed: %+v", e)
	}
	local := Policy{AllowCIDRs: append([]netip.Prefix{netip.MustParsePrefix("::1/128")}, loopbackAllowed.AllowCIDRs...)}
	byName := strings.Replace(w.plain.URL, "127.0.0.1", "localhost", 1)
	if r := arrival(t, New(Options{Policy: local}), Request{URL: byName, AllowHTTP: true}); string(r.Body) != "page" {
		t.Errorf("%q", r.Body)
	}
	own := loopbackAllowed
	own.Deny = []netip.AddrPort{w.plain.Listener.Addr().(*net.TCPAddr).AddrPort()}
	if e := refusal(t, New(Options{Policy: own}), Request{URL: w.plain.URL, AllowHTTP: true}); e.AddressClass != ClassOwnListener {
		t.Errorf("our own listener: %+v", e)
	}
	if got := len(w.requests()); got != 2 {
		t.Errorf("%d requests arrived, want 2", got)
	}
}

func TestClosedPort(t *testing.T) {
	w := newWorld(t, reply(""))
	address := w.plain.URL
	w.plain.Close()
	if e := refusal(t, New(Options{Policy: loopbackAllowed}), Request{URL: address, AllowHTTP: true}); e.Reason != ConnectFailed || !e.Retryable || e.Blocked {
		t.Errorf("%+v", e)
	}
}

func TestRequestsCarryOurName(t *testing.T) {
	w := newWorld(t, reply(""))
	arrival(t, w.fetcher(func(o *Options) { o.Agent = "tester" }), Request{URL: "http://example.com/", AllowHTTP: true})
	r := w.requests()[0]
	if r.UserAgent() != "tester/1.0" || r.Host != "example.com" || r.Header.Get("Accept-Encoding") != "gzip, deflate" || r.Method != http.MethodGet {
		t.Errorf("%s %s %v", r.Method, r.Host, r.Header)
	}
}
