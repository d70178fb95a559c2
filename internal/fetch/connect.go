package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// maxDialled is how many of a name's addresses are tried at most.
const maxDialled = 4

// systemResolver asks for the name as it stands: the final dot keeps the machine's
// search domains out of it. Only a name of one label, which none but an operator's
// ranges can make acceptable, is looked up as the machine would. Addresses come
// back in their plain form.
type systemResolver struct{ resolver *net.Resolver }

func (s systemResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if strings.Contains(host, ".") {
		host += "."
	}
	addrs, err := s.resolver.LookupNetIP(ctx, network, host)
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// judgedDialer judges once more what the kernel is about to be asked for.
func judgedDialer(policy Policy) Dial {
	dialer := &net.Dialer{
		KeepAlive: -1,
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return newError(AddressNotAllowed)
			}
			if verdict := policy.Addresses(&Target{Port: at.Port()}, []netip.Addr{at.Addr()}); verdict != nil {
				return verdict
			}
			return nil
		},
	}
	return dialer.DialContext
}

// resolve finds and judges the addresses of a target.
func (f *Fetcher) resolve(ctx context.Context, t *Target) ([]netip.Addr, error) {
	addrs := []netip.Addr{t.Addr}
	if !t.Addr.IsValid() {
		lookup, cancel := context.WithTimeout(ctx, f.opts.ConnectTimeout)
		defer cancel()
		var err error
		if addrs, err = f.opts.Resolver.LookupNetIP(lookup, "ip", t.Host); err != nil {
			return nil, lookupError(err)
		}
	}
	if verdict := f.opts.Policy.Addresses(t, addrs); verdict != nil {
		return nil, verdict
	}
	return addrs[:min(len(addrs), maxDialled)], nil
}

func lookupError(err error) *Error {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return newError(NameNotFound)
	}
	return newError(NameLookupFailed)
}

// connect dials the judged addresses in turn and, for https, shakes hands.
func (f *Fetcher) connect(ctx context.Context, t *Target, addrs []netip.Addr) (net.Conn, error) {
	dialling, cancel := context.WithTimeout(ctx, f.opts.ConnectTimeout)
	defer cancel()
	conn, err := f.dialFirst(dialling, t.Port, addrs)
	if err != nil || t.URL.Scheme != "https" {
		return conn, err
	}
	secured := tls.Client(conn, &tls.Config{
		ServerName: t.Host,
		RootCAs:    f.opts.RootCAs,
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
	})
	shaking, done := context.WithTimeout(ctx, f.opts.ConnectTimeout)
	defer done()
	if err := secured.HandshakeContext(shaking); err != nil {
		return nil, errors.Join(handshakeError(shaking, err), conn.Close())
	}
	return secured, nil
}

func handshakeError(ctx context.Context, err error) *Error {
	if ctx.Err() != nil {
		return newError(Timeout)
	}
	var lost *net.OpError
	if errors.Is(err, io.EOF) || errors.As(err, &lost) && lost.Op != "remote error" { // that one is a TLS alert
		return newError(ConnectFailed)
	}
	return newError(TLSFailed)
}

// shareOf is a context with an equal part of the time that is left.
func shareOf(ctx context.Context, parts int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(parts))
}

// dialFirst shares the time that is left among the addresses that are left.
func (f *Fetcher) dialFirst(ctx context.Context, port uint16, addrs []netip.Addr) (net.Conn, error) {
	for i, addr := range addrs {
		each, cancel := shareOf(ctx, len(addrs)-i)
		conn, err := f.opts.Dial(each, "tcp", netip.AddrPortFrom(addr, port).String())
		cancel()
		if err == nil {
			return conn, nil
		}
		var verdict *Error
		if errors.As(err, &verdict) {
			return nil, verdict
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, newError(ConnectFailed)
}
