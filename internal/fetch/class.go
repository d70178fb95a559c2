package fetch

import (
	"net/netip"
	"slices"
)

// Class is a kind of address. It is the evidence of a refusal, in place of the
// address itself.
type Class string

// The classes. Only [ClassPublic] may be reached without an operator's word.
const (
	ClassPublic        Class = "public"
	ClassUnspecified   Class = "unspecified"
	ClassThisNetwork   Class = "this_network"
	ClassLoopback      Class = "loopback"
	ClassPrivate       Class = "private"
	ClassLinkLocal     Class = "link_local"
	ClassSiteLocal     Class = "site_local"
	ClassShared        Class = "shared"
	ClassMetadata      Class = "metadata"
	ClassMulticast     Class = "multicast"
	ClassBroadcast     Class = "broadcast"
	ClassDocumentation Class = "documentation"
	ClassBenchmark     Class = "benchmark"
	ClassProtocol      Class = "protocol"
	ClassTranslated    Class = "translated"
	ClassReserved      Class = "reserved"
	ClassScoped        Class = "scoped"
	// ClassInternalName: the name alone is one that never stands for a public server.
	ClassInternalName Class = "internal_name"
	// ClassOwnListener: the platform itself listens there.
	ClassOwnListener Class = "own_listener"
)

type block struct {
	prefix netip.Prefix
	class  Class
}

func blockOf(prefix string, class Class) block { return block{netip.MustParsePrefix(prefix), class} }

// specialV4 is the IANA registry of special-purpose IPv4 addresses, and what
// clouds serve to their own machines. The first match counts.
var specialV4 = []block{
	blockOf("169.254.169.254/32", ClassMetadata), // most clouds
	blockOf("169.254.169.253/32", ClassMetadata), // AWS name server
	blockOf("169.254.169.123/32", ClassMetadata), // AWS time
	blockOf("169.254.170.2/32", ClassMetadata),   // AWS containers
	blockOf("169.254.170.23/32", ClassMetadata),  // AWS pod identity
	blockOf("169.254.0.23/32", ClassMetadata),    // Tencent
	blockOf("168.63.129.16/32", ClassMetadata),   // Azure wire server, in a public range
	blockOf("100.100.100.200/32", ClassMetadata), // Alibaba
	blockOf("192.0.0.192/32", ClassMetadata),     // Oracle, classic
	blockOf("161.26.0.0/16", ClassMetadata),      // IBM, in a public range: name servers, mirrors
	blockOf("166.8.0.0/14", ClassMetadata),       // IBM, in a public range: endpoints of its services
	blockOf("0.0.0.0/32", ClassUnspecified),
	blockOf("0.0.0.0/8", ClassThisNetwork),
	blockOf("10.0.0.0/8", ClassPrivate),
	blockOf("100.64.0.0/10", ClassShared),
	blockOf("127.0.0.0/8", ClassLoopback),
	blockOf("169.254.0.0/16", ClassLinkLocal),
	blockOf("172.16.0.0/12", ClassPrivate),
	blockOf("192.0.0.0/24", ClassProtocol),
	blockOf("192.0.2.0/24", ClassDocumentation),
	blockOf("192.31.196.0/24", ClassProtocol),
	blockOf("192.52.193.0/24", ClassProtocol),
	blockOf("192.88.99.0/24", ClassTranslated),
	blockOf("192.168.0.0/16", ClassPrivate),
	blockOf("192.175.48.0/24", ClassProtocol),
	blockOf("198.18.0.0/15", ClassBenchmark),
	blockOf("198.51.100.0/24", ClassDocumentation),
	blockOf("203.0.113.0/24", ClassDocumentation),
	blockOf("224.0.0.0/4", ClassMulticast),
	blockOf("255.255.255.255/32", ClassBroadcast),
	blockOf("240.0.0.0/4", ClassReserved),
}

// specialV6 is the same for IPv6. What it does not name is public only inside
// 2000::/3, the one range that was ever given out.
var specialV6 = []block{
	blockOf("fd00:ec2::/32", ClassMetadata),          // AWS: metadata, pod identity, names, time
	blockOf("fd20:ce::254/128", ClassMetadata),       // Google
	blockOf("fd00:c1::a9fe:a9fe/128", ClassMetadata), // Oracle
	blockOf("fd00:a9fe:a9fe::1/128", ClassMetadata),  // Linode
	blockOf("fd00:100::100:200/128", ClassMetadata),  // Alibaba
	blockOf("fd00:42::42/128", ClassMetadata),        // Scaleway
	blockOf("::/128", ClassUnspecified),
	blockOf("::1/128", ClassLoopback),
	blockOf("fe80::/10", ClassLinkLocal),
	blockOf("fec0::/10", ClassSiteLocal),
	blockOf("fc00::/7", ClassPrivate),
	blockOf("ff00::/8", ClassMulticast),
	blockOf("2001::/32", ClassTranslated), // Teredo
	blockOf("2001:2::/48", ClassBenchmark),
	blockOf("2001:db8::/32", ClassDocumentation),
	blockOf("3fff::/20", ClassDocumentation),
	blockOf("2001::/23", ClassProtocol),
	blockOf("2620:4f:8000::/48", ClassProtocol),
	blockOf("3ffe::/16", ClassReserved),
}

var allocatedV6 = netip.MustParsePrefix("2000::/3")

// carrier is a range whose addresses carry an IPv4 address, at a byte offset.
// What it carries is somebody else's to reach: none of them is ever dialled.
type carrier struct {
	prefix netip.Prefix
	offset int
}

var carriers = []carrier{
	{netip.MustParsePrefix("::ffff:0:0/96"), 12},   // IPv4-mapped
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated (SIIT)
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12},  // NAT64, local use
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4
}

// Classify tells what kind of address it is. An IPv6 address that carries an
// IPv4 address is of that address's class, or [ClassTranslated] where that one
// is public: it is never public itself.
func Classify(addr netip.Addr) Class {
	if !addr.IsValid() {
		return ClassReserved
	}
	if addr.Zone() != "" {
		return ClassScoped
	}
	if addr.Is4() {
		return lookup(specialV4, addr, ClassPublic)
	}
	if addr == netip.IPv6Unspecified() || addr == netip.IPv6Loopback() {
		return lookup(specialV6, addr, ClassReserved)
	}
	for _, c := range carriers {
		if contains(c.prefix, addr) {
			return c.class(addr)
		}
	}
	if !allocatedV6.Contains(addr) {
		return lookup(specialV6, addr, ClassReserved)
	}
	return lookup(specialV6, addr, ClassPublic)
}

func (c carrier) class(addr netip.Addr) Class {
	bytes := addr.As16()
	var inner [4]byte
	copy(inner[:], bytes[c.offset:])
	if class := lookup(specialV4, netip.AddrFrom4(inner), ClassPublic); class != ClassPublic {
		return class
	}
	return ClassTranslated
}

// contains is Prefix.Contains, but knows mapped addresses as the IPv6 addresses they are.
func contains(p netip.Prefix, addr netip.Addr) bool {
	if !addr.Is4In6() {
		return p.Contains(addr)
	}
	return p.Addr().Is4In6() && p.Bits() == 96
}

func lookup(blocks []block, addr netip.Addr, otherwise Class) Class {
	i := slices.IndexFunc(blocks, func(b block) bool { return b.prefix.Contains(addr) })
	if i < 0 {
		return otherwise
	}
	return blocks[i].class
}
