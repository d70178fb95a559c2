package fetch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reason says in one word why a fetch did not succeed.
type Reason string

// Reasons of the judge: nothing was sent to what was refused.
const (
	URLInvalid         Reason = "URL_INVALID"
	SchemeNotAllowed   Reason = "SCHEME_NOT_ALLOWED"
	HTTPNotAllowed     Reason = "HTTP_NOT_ALLOWED"
	HTTPSDowngrade     Reason = "HTTPS_DOWNGRADE"
	UserinfoNotAllowed Reason = "USERINFO_NOT_ALLOWED"
	HostNotAllowed     Reason = "HOST_NOT_ALLOWED"
	PortNotAllowed     Reason = "PORT_NOT_ALLOWED"
	AddressNotAllowed  Reason = "ADDRESS_NOT_ALLOWED"
	RobotsDisallowed   Reason = "ROBOTS_DISALLOWED"
)

// Reasons of the network and of the other side.
const (
	RobotsUnavailable   Reason = "ROBOTS_UNAVAILABLE"
	NameNotFound        Reason = "NAME_NOT_FOUND"
	NameLookupFailed    Reason = "NAME_LOOKUP_FAILED"
	ConnectFailed       Reason = "CONNECT_FAILED"
	TLSFailed           Reason = "TLS_FAILED"
	Timeout             Reason = "TIMEOUT"
	BadResponse         Reason = "BAD_RESPONSE"
	TooManyRedirects    Reason = "TOO_MANY_REDIRECTS"
	EncodingUnsupported Reason = "ENCODING_NOT_SUPPORTED"
	DecodingFailed      Reason = "DECODING_FAILED"
	BodyIncomplete      Reason = "BODY_INCOMPLETE"
	Canceled            Reason = "CANCELED"
)

type reasonFacts struct {
	detail    string
	blocked   bool
	retryable bool
}

var reasons = map[Reason]reasonFacts{
	URLInvalid:         {"The URL is not a well-formed absolute URL with a plain host name.", true, false},
	SchemeNotAllowed:   {"Only https and, where allowed, http URLs are fetched.", true, false},
	HTTPNotAllowed:     {"Plain http is not allowed for this request.", true, false},
	HTTPSDowngrade:     {"A redirect leads from https to plain http.", true, false},
	UserinfoNotAllowed: {"The URL carries a user name or password.", true, false},
	HostNotAllowed:     {"The host is no public domain name and no plain public address.", true, false},
	PortNotAllowed:     {"Only ports 80, 443, 8080 and 8443 are reached.", true, false},
	AddressNotAllowed:  {"The host has an address that must not be reached.", true, false},
	RobotsDisallowed:   {"The site's robots.txt does not allow this fetch.", true, false},

	RobotsUnavailable:   {"The site's robots.txt could not be read, so nothing of the site is fetched.", false, true},
	NameNotFound:        {"The host name does not exist.", false, false},
	NameLookupFailed:    {"The host name could not be looked up.", false, true},
	ConnectFailed:       {"No connection to the server could be made.", false, true},
	TLSFailed:           {"The server's TLS or its certificate is not valid.", false, false},
	Timeout:             {"The server did not answer completely in time.", false, true},
	BadResponse:         {"The server's answer is missing, malformed, or its header is too large.", false, true},
	TooManyRedirects:    {"There are more redirects than may be followed.", false, false},
	EncodingUnsupported: {"The answer's content encoding is not gzip, deflate or identity, or is more than one.", false, false},
	DecodingFailed:      {"The answer's content encoding is corrupt.", false, false},
	BodyIncomplete:      {"The answer ended before it was complete.", false, true},
	Canceled:            {"The fetch was stopped.", false, true},
}

// Error tells why a fetch did not succeed. Nothing of it but URL and Hops
// repeats what the caller or the other side sent, and no part of it holds a
// resolved address.
type Error struct {
	Reason Reason
	// URL is the hop that failed, without user information, of bounded length.
	URL string
	// Hop counts requests from 1.
	Hop int
	// AddressClass is what kind of address was refused, for AddressNotAllowed and
	// for names that stand for such addresses.
	AddressClass Class
	// Blocked: the judge, or robots.txt, refused it, and nothing was sent there.
	Blocked bool
	// Retryable: the identical request may succeed later.
	Retryable bool
	// Hops lists the requests that were answered before.
	Hops []Hop

	ended error // why the caller's context did, for Canceled
}

// newError keeps nothing of the error that it stands for: what the network, a
// resolver or a certificate say of themselves names addresses.
func newError(reason Reason) *Error {
	facts := reasons[reason]
	return &Error{Reason: reason, Blocked: facts.blocked, Retryable: facts.retryable}
}

func refusedClass(reason Reason, class Class) *Error {
	e := newError(reason)
	e.AddressClass = class
	return e
}

// Detail is the reason as a sentence for people.
func (e *Error) Detail() string { return reasons[e.Reason].detail }

func (e *Error) Error() string { return "fetch: " + string(e.Reason) }

// Unwrap gives the context's error for [Canceled], and nothing else.
func (e *Error) Unwrap() error { return e.ended }

const maxEvidence = 2048

// evidence is a URL in a form that may be kept: no user information, no fragment,
// nothing that is not seen or that changes how the rest is seen, bounded.
func evidence(raw string) string {
	raw = strings.ToValidUTF8(raw, "\uFFFD")
	raw = strings.Map(printed, raw)
	raw, _, _ = strings.Cut(raw, "#")
	if i := strings.Index(raw, "//"); i >= 0 {
		end := len(raw)
		if j := strings.IndexAny(raw[i+2:], "/?\\"); j >= 0 {
			end = i + 2 + j
		}
		if at := strings.LastIndexByte(raw[i+2:end], '@'); at >= 0 {
			raw = raw[:i+2] + raw[i+2+at+1:]
		}
	}
	if len(raw) > maxEvidence {
		raw = raw[:maxEvidence]
		for !utf8.ValidString(raw) {
			raw = raw[:len(raw)-1]
		}
	}
	return raw
}

// printed drops what is not seen, and what changes how the rest is seen.
func printed(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}
