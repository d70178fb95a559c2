package recognise

import (
	"net/netip"
	"strings"
)

// isPrinted tells whether a value is one that manuals print as an example, or that is reserved
// so that it can be nobody's.
func (s *scanner) isPrinted(kind int, value, detail string) bool {
	switch kind {
	case email:
		return isReservedHost(value[strings.LastIndexByte(value, '@')+1:])
	case creditCard:
		return contains(testCards(), compact(value))
	case iban:
		return contains(printedAccounts(), strings.ToUpper(compact(value)))
	case phone:
		return isFictional(compact(value), detail)
	case ip:
		return isNoHost(value)
	case mac: // RFC 7042, section 2.1.2
		return strings.HasPrefix(strings.ToLower(compact(value)), "00005e0053")
	case passportMRZ: // the state of Utopia, in ICAO's specimens
		return strings.HasPrefix(value[10:], "UTO")
	}
	return false
}

// compact leaves out what stands between the characters of a number.
func compact(value string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -.:()/+", c) {
			return -1
		}
		return c
	}, value)
}

func contains(list, value string) bool { return strings.Contains(list, " "+value+" ") }

// isReservedHost: RFC 2606, as far as mail could go there.
func isReservedHost(host string) bool {
	host = "." + strings.ToLower(host)
	for _, reserved := range [...]string{".example.com", ".example.net", ".example.org"} {
		if strings.HasSuffix(host, reserved) {
			return true
		}
	}
	return false
}

// testCards are those that issuers and payment providers print for tests.
func testCards() string {
	return " 4111111111111111 4012888888881881 4222222222222 4242424242424242 4000000000000002 4000056655665556 4000000000000077 " +
		"5555555555554444 5105105105105100 5200828282828210 2223003122003222 378282246310005 371449635398431 378734493671000 " +
		"6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 3566002020360505 6200000000000005 "
}

// printedAccounts are those of many a page about account numbers.
func printedAccounts() string {
	return " DE89370400440532013000 GB82WEST12345698765432 GB29NWBK60161331926819 FR1420041010050500013M02606 " +
		"NL91ABNA0417164300 CH9300762011623852957 AT611904300234573201 BE68539007547034 ES9121000418450200051332 IT60X0542811101000000123456 "
}

// isFictional: numbers that authorities keep for films and books: 555-0100 to 555-0199, and
// those of Ofcom's list.
func isFictional(digits, region string) bool {
	switch region {
	case "US", "CA":
		return len(digits) >= 7 && strings.HasPrefix(digits[len(digits)-7:], "55501")
	case "GB":
		for _, block := range [...]string{"2079460", "7700900", "1632960", "1174960", "1214960", "1314960", "1414960", "1614960"} {
			if strings.HasPrefix(digits[max(0, len(digits)-10):], block) {
				return true
			}
		}
	}
	return false
}

// isNoHost: loopback, unspecified, masks, and what is kept for documentation (RFC 5737,
// RFC 3849).
func isNoHost(value string) bool {
	text, _, _ := strings.Cut(value, "/")
	address, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	first := address.AsSlice()[0]
	if address.IsLoopback() || address.IsUnspecified() || address.Is4() && first == 255 {
		return true
	}
	for _, network := range [...]string{"192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"} {
		if strings.HasPrefix(address.String(), network) {
			return true
		}
	}
	return false
}
