package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"time"
)

// TLS is the certificate of a server, which was verified, and how it was reached.
// Its texts are what an authority signed, of bounded length.
type TLS struct {
	// Version is such as "TLS 1.3".
	Version string
	// Issuer is the issuer's organisation, else its common name.
	Issuer string
	// Names are the DNS names that the certificate is for, at most 100.
	Names               []string
	NotBefore, NotAfter time.Time
}

const (
	maxNames  = 100
	maxIssuer = 200 // characters
)

// shownBy tells what a server showed of itself: nothing without TLS.
func shownBy(state *tls.ConnectionState) *TLS {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	leaf := state.PeerCertificates[0]
	return &TLS{
		Version:   tls.VersionName(state.Version),
		Issuer:    issuer(leaf),
		Names:     names(leaf),
		NotBefore: leaf.NotBefore.UTC(),
		NotAfter:  leaf.NotAfter.UTC(),
	}
}

func issuer(leaf *x509.Certificate) string {
	name := leaf.Issuer.CommonName
	if organisation := leaf.Issuer.Organization; len(organisation) > 0 {
		name = organisation[0]
	}
	kept := []rune(strings.Map(printed, strings.ToValidUTF8(name, "\uFFFD")))
	return string(kept[:min(len(kept), maxIssuer)])
}

// names leaves out what is no name: an authority may sign any text.
func names(leaf *x509.Certificate) []string {
	var some []string
	for _, name := range leaf.DNSNames {
		name = strings.ToLower(name)
		if len(some) < maxNames && validName(strings.TrimPrefix(name, "*.")) {
			some = append(some, name)
		}
	}
	return some
}
