package fetch

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Policy says what may be reached. The zero value permits public addresses on
// the ports of web servers (80, 443, 8080 and 8443), and nothing else.
type Policy struct {
	// AllowCIDRs are ranges that may be reached in spite of the rules, on any
	// port, under any name. They are an operator's word and hold for every address
	// in them, cloud metadata included.
	AllowCIDRs []netip.Prefix
	// Deny are the platform's own listeners, refused even inside AllowCIDRs. Port 0
	// stands for every port; an unspecified address for every address that is not
	// public.
	Deny []netip.AddrPort
	// DenyHosts are the platform's own public names, and addresses as text, refused
	// with any port.
	DenyHosts []string
}

// Target is a URL whose text passed the judge.
type Target struct {
	// URL is the cleaned URL: ASCII host in lower case, no user information, no
	// fragment, a path.
	URL *url.URL
	// Host is the name or address without brackets and port.
	Host string
	Port uint16
	// Addr is the address that the URL itself names; invalid where it names a host.
	Addr netip.Addr

	internal Class // set for names that may only stand for allowed addresses
}

// Target judges the text of an absolute URL. Where it says no, not even the name
// is looked up.
func (p *Policy) Target(raw string, allowHTTP bool) (*Target, *Error) {
	if !plainText(raw) {
		return nil, newError(URLInvalid)
	}
	u, parseErr := url.Parse(raw)
	if parseErr != nil {
		return nil, newError(URLInvalid)
	}
	if err := judgeScheme(u.Scheme, allowHTTP); err != nil {
		return nil, err
	}
	if err := judgeAuthority(raw, u); err != nil {
		return nil, err
	}
	target, err := newTarget(u)
	if err != nil {
		return nil, err
	}
	return target, p.judgeName(target)
}

// Addresses judges what a target's name stands for. All of them must be
// permitted: a name with one private address is refused whole, so that no choice
// among them matters.
func (p *Policy) Addresses(t *Target, addrs []netip.Addr) *Error {
	if len(addrs) == 0 {
		return newError(NameNotFound)
	}
	byOperator := true
	for _, addr := range addrs {
		if p.denied(addr, t.Port) {
			return refusedClass(AddressNotAllowed, ClassOwnListener)
		}
		if p.allowed(addr) {
			continue
		}
		byOperator = false
		if class := Classify(addr); class != ClassPublic {
			return refusedClass(AddressNotAllowed, class)
		}
	}
	switch {
	case byOperator:
		return nil
	case t.internal != "":
		return refusedClass(HostNotAllowed, t.internal)
	case !webPort(t.Port):
		return newError(PortNotAllowed)
	}
	return nil
}

func (p *Policy) allowed(addr netip.Addr) bool {
	return slices.ContainsFunc(p.AllowCIDRs, func(c netip.Prefix) bool { return c.Contains(addr) })
}

func (p *Policy) denied(addr netip.Addr, port uint16) bool {
	addr = addr.Unmap()
	if slices.Contains(p.DenyHosts, addr.String()) {
		return true
	}
	return slices.ContainsFunc(p.Deny, func(d netip.AddrPort) bool {
		if d.Port() != 0 && d.Port() != port {
			return false
		}
		return d.Addr().Unmap() == addr || d.Addr().IsUnspecified() && Classify(addr) != ClassPublic
	})
}

// judgeName refuses what no address could make right. Where an operator allows
// ranges, the addresses decide.
func (p *Policy) judgeName(t *Target) *Error {
	if slices.ContainsFunc(p.DenyHosts, func(h string) bool { return strings.EqualFold(h, t.Host) }) {
		return refusedClass(HostNotAllowed, ClassOwnListener)
	}
	if t.Addr.IsValid() || len(p.AllowCIDRs) > 0 {
		return nil
	}
	if t.internal != "" {
		return refusedClass(HostNotAllowed, t.internal)
	}
	if !webPort(t.Port) {
		return newError(PortNotAllowed)
	}
	return nil
}

// webPort: other services speak on other ports, and some of them take a request
// for a command of their own.
func webPort(port uint16) bool {
	return port == 80 || port == 443 || port == 8080 || port == 8443
}

func judgeScheme(scheme string, allowHTTP bool) *Error {
	switch {
	case scheme == "https", scheme == "http" && allowHTTP:
		return nil
	case scheme == "http":
		return newError(HTTPNotAllowed)
	case scheme == "":
		return newError(URLInvalid)
	default:
		return newError(SchemeNotAllowed)
	}
}

// judgeAuthority looks at the text between "//" and the path itself, where
// parsers are known to disagree.
func judgeAuthority(raw string, u *url.URL) *Error {
	text, ok := authority(raw)
	switch {
	case !ok || u.Opaque != "" || u.Host == "":
		return newError(URLInvalid)
	case u.User != nil || strings.Contains(text, "@"):
		return newError(UserinfoNotAllowed)
	case strings.Contains(text, "%"):
		return newError(URLInvalid)
	}
	return nil
}

// authority cuts the authority out of a URL or of a reference that has one.
func authority(raw string) (string, bool) {
	if i := strings.IndexAny(raw, ":/?#"); i >= 0 && raw[i] == ':' {
		raw = raw[i+1:]
	}
	rest, ok := strings.CutPrefix(raw, "//")
	if !ok {
		return "", false
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest, true
}

// plainText refuses what is no URL in any reading, and what readers disagree about.
func plainText(raw string) bool {
	if raw == "" || len(raw) > MaxURL || !utf8.ValidString(raw) {
		return false
	}
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c == 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

func newTarget(u *url.URL) (*Target, *Error) {
	host, err := judgeHost(u.Hostname(), strings.HasPrefix(u.Host, "["))
	if err != nil {
		return nil, err
	}
	port, ok := portOf(u)
	if !ok || strings.ContainsFunc(u.Path, unicode.IsControl) {
		return nil, newError(URLInvalid)
	}
	clean := &url.URL{Scheme: u.Scheme, Host: host.text, Path: u.Path, RawPath: u.RawPath, RawQuery: encodeQuery(u.RawQuery)}
	if host.addr.Is6() {
		clean.Host = "[" + host.text + "]"
	}
	if port != defaultPort(u.Scheme) {
		clean.Host += ":" + strconv.Itoa(int(port))
	}
	if clean.Path == "" {
		clean.Path = "/"
	}
	return &Target{URL: clean, Host: host.text, Port: port, Addr: host.addr, internal: host.internal}, nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

func portOf(u *url.URL) (uint16, bool) {
	text := u.Port()
	if text == "" {
		return defaultPort(u.Scheme), true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return uint16(port), err == nil && port > 0
}

// encodeQuery leaves a query as it is but for bytes that may not stand in a request line.
func encodeQuery(query string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' {
			b.WriteByte(c)
		} else {
			b.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
		}
	}
	return b.String()
}
