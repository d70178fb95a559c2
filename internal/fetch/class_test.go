package fetch

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestClassify(t *testing.T) {
	for text, want := range map[string]Class{
		"1.1.1.1":                  ClassPublic,
		"100.63.255.255":           ClassPublic,
		"100.128.0.0":              ClassPublic,
		"172.15.255.255":           ClassPublic,
		"172.32.0.0":               ClassPublic,
		"223.255.255.255":          ClassPublic,
		"2606:4700:4700::1111":     ClassPublic,
		"2001:4860:4860::8888":     ClassPublic,
		"0.0.0.0":                  ClassUnspecified,
		"0.1.2.3":                  ClassThisNetwork,
		"10.255.255.255":           ClassPrivate,
		"172.16.0.1":               ClassPrivate,
		"172.31.255.255":           ClassPrivate,
		"192.168.255.1":            ClassPrivate,
		"100.64.0.1":               ClassShared,
		"100.127.255.255":          ClassShared,
		"127.0.0.1":                ClassLoopback,
		"127.255.255.254":          ClassLoopback,
		"169.254.1.1":              ClassLinkLocal,
		"169.254.169.254":          ClassMetadata,
		"169.254.170.2":            ClassMetadata,
		"168.63.129.16":            ClassMetadata,
		"100.100.100.200":          ClassMetadata,
		"192.0.0.8":                ClassProtocol,
		"192.0.0.192":              ClassMetadata,
		"192.0.2.1":                ClassDocumentation,
		"198.51.100.7":             ClassDocumentation,
		"203.0.113.9":              ClassDocumentation,
		"198.18.0.1":               ClassBenchmark,
		"198.19.255.255":           ClassBenchmark,
		"192.88.99.1":              ClassTranslated,
		"224.0.0.1":                ClassMulticast,
		"239.255.255.250":          ClassMulticast,
		"240.0.0.1":                ClassReserved,
		"255.255.255.255":          ClassBroadcast,
		"::":                       ClassUnspecified,
		"::1":                      ClassLoopback,
		"::2":                      ClassThisNetwork, // compatible 0.0.0.2
		"::127.0.0.1":              ClassLoopback,
		"::8.8.8.8":                ClassTranslated,
		"::ffff:127.0.0.1":         ClassLoopback,
		"::ffff:8.8.8.8":           ClassTranslated,
		"::ffff:169.254.169.254":   ClassMetadata,
		"::ffff:0:10.0.0.1":        ClassPrivate,
		"::ffff:0:8.8.8.8":         ClassTranslated,
		"64:ff9b::169.254.169.254": ClassMetadata,
		"64:ff9b::8.8.8.8":         ClassTranslated,
		"64:ff9b:1::10.0.0.1":      ClassPrivate,
		"64:ff9b:1:ffff::1":        ClassThisNetwork,
		"2002:7f00:1::":            ClassLoopback,
		"2002:808:808::1":          ClassTranslated,
		"2001:0:7f00:1::":          ClassTranslated,
		"2001:2::1":                ClassBenchmark,
		"2001:20::1":               ClassProtocol,
		"2001:db8::1":              ClassDocumentation,
		"3fff:fff::1":              ClassDocumentation,
		"2620:4f:8000::1":          ClassProtocol,
		"fe80::1":                  ClassLinkLocal,
		"fe80::1%eth0":             ClassScoped,
		"febf::1":                  ClassLinkLocal,
		"fec0::1":                  ClassSiteLocal,
		"fc00::1":                  ClassPrivate,
		"fd12:3456::1":             ClassPrivate,
		"fd00:ec2::254":            ClassMetadata,
		"fd00:ec2::23":             ClassMetadata,
		"fd00:ec2::123":            ClassMetadata,
		"fd20:ce::254":             ClassMetadata,
		"fd00:c1::a9fe:a9fe":       ClassMetadata,
		"fd00:a9fe:a9fe::1":        ClassMetadata,
		"fd00:100::100:200":        ClassMetadata,
		"161.25.255.255":           ClassPublic,
		"161.26.0.10":              ClassMetadata,
		"161.27.0.0":               ClassPublic,
		"166.7.255.255":            ClassPublic,
		"166.9.1.1":                ClassMetadata,
		"166.12.0.0":               ClassPublic,
		"ff02::1":                  ClassMulticast,
		"100::1":                   ClassReserved,
		"5f00::1":                  ClassReserved,
		"4000::1":                  ClassReserved,
		"8000::1":                  ClassReserved,
		"1fff:ffff::1":             ClassReserved,
	} {
		if got := Classify(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if got := Classify(netip.Addr{}); got == ClassPublic {
		t.Error("the zero address is public")
	}
}

// What the standard library calls private, loopback, link-local, multicast or
// unspecified is never public here, however it is wrapped.
func TestClassifyIsNeverMilderThanTheStandardLibrary(t *testing.T) {
	wraps := []func([4]byte) netip.Addr{
		netip.AddrFrom4,
		func(b [4]byte) netip.Addr { return netip.AddrFrom16(netip.AddrFrom4(b).As16()) },
		func(b [4]byte) netip.Addr { return netip.AddrFrom16([16]byte{12: b[0], 13: b[1], 14: b[2], 15: b[3]}) },
		func(b [4]byte) netip.Addr {
			return netip.AddrFrom16([16]byte{1: 0x64, 2: 0xff, 3: 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]})
		},
		func(b [4]byte) netip.Addr {
			return netip.AddrFrom16([16]byte{0: 0x20, 1: 0x02, 2: b[0], 3: b[1], 4: b[2], 5: b[3]})
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		var b [4]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes"))
		plain := netip.AddrFrom4(b)
		special := plain.IsPrivate() || plain.IsLoopback() || plain.IsLinkLocalUnicast() || plain.IsMulticast() || plain.IsUnspecified()
		for i, wrap := range wraps {
			class := Classify(wrap(b))
			if (special || i > 0) && class == ClassPublic {
				t.Fatalf("%s is public", wrap(b))
			}
			if i == 0 && class == ClassPublic && !plain.IsGlobalUnicast() {
				t.Fatalf("%s is public but no global unicast address", plain)
			}
		}
	})
}

// FuzzClassify: no address is public that the standard library knows to be special,
// that lies outside of what was ever given out, or that carries another address; and
// the whole judge says of the address as a URL what its class says.
func FuzzClassify(f *testing.F) {
	for _, seed := range []string{
		"1.1.1.1", "10.0.0.1", "169.254.169.254", "168.63.129.16", "2606:4700::1", "::1", "::ffff:8.8.8.8", "::8.8.8.8",
		"64:ff9b::808:808", "64:ff9b:1::1", "2002:808:808::1", "2001::1", "fec0::1", "fe80::1", "fd00:ec2::254", "ff02::1", "3fff::1", "5f00::1",
	} {
		f.Add(netip.MustParseAddr(seed).AsSlice())
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		addr, ok := netip.AddrFromSlice(bytes)
		if !ok {
			return
		}
		class := Classify(addr)
		url := "https://" + netip.AddrPortFrom(addr, 443).String() + "/"
		verdict := decide(new(Policy), url, false, nil)
		if verdict == nil != (class == ClassPublic) || verdict != nil && verdict.AddressClass != class {
			t.Fatalf("%s is %s, but %s is decided as %+v", addr, class, url, verdict)
		}
		if Classify(addr.WithZone("eth0")) == ClassPublic && addr.Is6() {
			t.Fatalf("%s is public with a zone", addr)
		}
		if class != ClassPublic {
			return
		}
		if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Is4In6() || addr.Is6() && !allocatedV6.Contains(addr) {
			t.Fatalf("%s is public", addr)
		}
		for _, c := range carriers {
			if c.prefix.Contains(addr) {
				t.Fatalf("%s is public and carries an address", addr)
			}
		}
	})
}
