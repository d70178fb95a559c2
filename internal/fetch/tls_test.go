package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestResultsShowTheLastServersCertificate(t *testing.T) {
	w := newWorld(t, leadsTo(302, "http://example.com/plain"))
	if r := arrival(t, w.fetcher(), Request{URL: "https://example.com/", AllowHTTP: true, MaxHops: 1}); r.TLS != nil {
		t.Errorf("after a downgrade: %+v", r.TLS)
	}
	w = newWorld(t, leadsTo(302, "https://www.example.com/safe"))
	leaf := w.secure.Certificate()
	for _, versions := range []struct {
		most uint16
		name string
	}{{tls.VersionTLS13, "TLS 1.3"}, {tls.VersionTLS12, "TLS 1.2"}} {
		w.secure.TLS.MaxVersion = versions.most
		got := arrival(t, w.fetcher(), Request{URL: "http://example.com/", AllowHTTP: true, MaxHops: 1}).TLS
		if got == nil || got.Version != versions.name || got.Issuer != leaf.Issuer.Organization[0] || !slices.Equal(got.Names, leaf.DNSNames) {
			t.Errorf("%s: %+v", versions.name, got)
		} else if !got.NotBefore.Equal(leaf.NotBefore) || !got.NotAfter.Equal(leaf.NotAfter) || got.NotAfter.Location() != time.UTC {
			t.Errorf("%s: valid from %s to %s", versions.name, got.NotBefore, got.NotAfter)
		}
	}
}

func TestCertificatesAreBounded(t *testing.T) {
	shown := func(leaf *x509.Certificate) *TLS {
		return shownBy(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}})
	}
	many := &x509.Certificate{Issuer: pkix.Name{CommonName: strings.Repeat("ü", 10_000)}}
	for i := range 10_000 {
		many.DNSNames = append(many.DNSNames, fmt.Sprintf("site%d.example", i))
	}
	got := shown(many)
	if len(got.Names) != maxNames || got.Names[99] != "site99.example" || utf8.RuneCountInString(got.Issuer) != maxIssuer {
		t.Errorf("%d names, issuer of %d bytes", len(got.Names), len(got.Issuer))
	}
	got = shown(&x509.Certificate{
		Issuer:   pkix.Name{CommonName: "root", Organization: []string{"A\u202eB\n\xffC", "D"}},
		DNSNames: []string{"*.Example.com", "*.*.example.com", "a\nb.example", "", strings.Repeat("a", 300), "xn--bcher-kva.example", "[::1]"},
	})
	if got.Issuer != "AB\uFFFDC" || !slices.Equal(got.Names, []string{"*.example.com", "xn--bcher-kva.example"}) {
		t.Errorf("%q %q", got.Issuer, got.Names)
	}
	if shownBy(nil) != nil || shownBy(&tls.ConnectionState{}) != nil {
		t.Error("a certificate out of nothing")
	}
}
