package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
)

// everythingOf is all that an error could show to anybody: its text, its fields,
// and the same of each error behind it.
func everythingOf(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v %#v\n", err, err)
		var e *Error
		if errors.As(err, &e) {
			b.WriteString(e.Detail())
		}
	}
	return b.String()
}

// saying answers each lookup and each connection with one address and one error.
type saying struct {
	addr netip.Addr
	err  error
}

func (s saying) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	if s.addr.IsValid() {
		return []netip.Addr{s.addr}, nil
	}
	return nil, s.err
}

func (s saying) dial(context.Context, string, string) (net.Conn, error) { return nil, s.err }

// Where a name leads is told by class alone, whatever goes wrong on the way: an
// error that names addresses maps a network for whoever may ask.
func TestErrorsNameNoAddress(t *testing.T) {
	const secret = "10.20.30.40"
	refused := &net.OpError{
		Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.ParseIP(secret), Port: 443},
		Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}
	public := netip.MustParseAddr("93.184.215.14")
	for name, c := range map[string]struct {
		network saying
		reason  Reason
	}{
		"private":         {saying{netip.MustParseAddr(secret), nil}, AddressNotAllowed},
		"private, mapped": {saying{netip.MustParseAddr("::ffff:" + secret), nil}, AddressNotAllowed},
		"private, NAT64":  {saying{netip.MustParseAddr("64:ff9b::" + secret), nil}, AddressNotAllowed},
		"closed port":     {saying{public, refused}, ConnectFailed},
		"name server":     {saying{err: &net.DNSError{Err: "server misbehaving", Name: "example.com", Server: secret + ":53"}}, NameLookupFailed},
		"no such name":    {saying{err: &net.DNSError{Err: "no such host", Server: secret + ":53", IsNotFound: true}}, NameNotFound},
		"bad answer":      {saying{public, errors.New("malformed HTTP response from " + secret)}, ConnectFailed},
		"certificate":     {saying{public, &tls.CertificateVerificationError{Err: errors.New("valid for " + secret)}}, ConnectFailed},
	} {
		e := refusal(t, New(Options{Resolver: c.network, Dial: c.network.dial}), Request{URL: "https://example.com/"})
		if e.Reason != c.reason || e.URL != "https://example.com/" || e.Hop != 1 {
			t.Errorf("%s: %+v, want %s", name, *e, c.reason)
		}
		said := everythingOf(e)
		for _, part := range []string{secret, "a14:1e28", public.String()} { // the second is the first in IPv6's spelling
			if strings.Contains(said, part) {
				t.Errorf("%s: the error says %s: %s", name, part, said)
			}
		}
	}
}

// What the other side sends is no part of an error, whatever it breaks.
func TestErrorsRepeatNothingOfAnAnswer(t *testing.T) {
	for name, answer := range map[string]string{
		"no HTTP":        "s3cret\r\n\r\n",
		"bad header":     "HTTP/1.1 200 OK\r\ns3cret\r\n\r\n",
		"bad length":     "HTTP/1.1 200 OK\r\nContent-Length: s3cret\r\n\r\n",
		"bad encoding":   "HTTP/1.1 200 OK\r\nContent-Encoding: s3cret\r\nContent-Length: 1\r\n\r\nx",
		"bad chunk":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ns3cret",
		"bad status":     "HTTP/1.1 s3cret\r\n\r\n",
		"two places":     "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /s3cret\r\nContent-Length: 0\r\n\r\n",
		"user in a hop":  "HTTP/1.1 302 Found\r\nLocation: https://s3cret:s3cret@other.org/\r\nContent-Length: 0\r\n\r\n",
		"fragment":       "HTTP/1.1 302 Found\r\nLocation: ftp://other.org/#s3cret\r\nContent-Length: 0\r\n\r\n",
		"fragment, user": "HTTP/1.1 302 Found\r\nLocation: //s3cret@other.org#s3cret\r\nContent-Length: 0\r\n\r\n",
	} {
		w := newWorld(t, raw(answer))
		e := refusal(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: MaxHops})
		if said := everythingOf(e); strings.Contains(said, "s3cret") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
