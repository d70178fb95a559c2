package fetch

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// internalZones are names that never stand for a public server, with everything
// below them: RFC 6761, RFC 6762, RFC 8375, ICANN's reserved "internal", and what
// networks use at home.
var internalZones = []string{
	"localhost", "local", "localdomain", "internal", "intranet", "private", "corp",
	"home", "lan", "home.arpa", "onion", "alt", "test", "invalid",
}

// maxHost bounds what is mapped to ASCII: 253 characters of four bytes.
const maxHost = 4 * 253

type host struct {
	text     string
	addr     netip.Addr
	internal Class
}

// judgeHost brings a host to its one form. An address must be written in full
// and plainly: the many other spellings of IPv4 are refused, whoever would
// understand them.
func judgeHost(text string, bracketed bool) (host, *Error) {
	if bracketed {
		return judgeIPv6(text)
	}
	if len(text) > maxHost {
		return host{}, newError(URLInvalid)
	}
	ascii := strings.ToLower(text)
	if !isASCII(text) {
		var err error
		if ascii, err = idna.Lookup.ToASCII(text); err != nil {
			return host{}, newError(URLInvalid)
		}
		if endsInNumber(ascii) {
			return host{}, newError(HostNotAllowed)
		}
	}
	if endsInNumber(strings.TrimSuffix(ascii, ".")) {
		addr, err := netip.ParseAddr(ascii)
		if err != nil {
			return host{}, newError(HostNotAllowed)
		}
		return host{text: addr.String(), addr: addr}, nil
	}
	if !validName(ascii) {
		return host{}, newError(HostNotAllowed)
	}
	return host{text: ascii, internal: internalClass(ascii)}, nil
}

func judgeIPv6(text string) (host, *Error) {
	addr, err := netip.ParseAddr(text)
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return host{}, newError(URLInvalid)
	}
	return host{text: addr.String(), addr: addr}, nil
}

// endsInNumber tells whether browsers would read the host as an IPv4 address: its
// last label is a decimal or hexadecimal number.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if hex, ok := strings.CutPrefix(strings.ToLower(last), "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// validName is a lower-case domain name without a trailing dot. Underscores are
// no host name by the book, but real servers have them.
func validName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

func internalClass(name string) Class {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return ClassLoopback
	}
	inZone := func(zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }
	if !strings.Contains(name, ".") || slices.ContainsFunc(internalZones, inZone) {
		return ClassInternalName
	}
	return ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
