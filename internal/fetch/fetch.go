// Package fetch reaches foreign servers over HTTP without letting a foreign URL
// choose what it reaches. Every URL, and every hop of a redirect, is judged twice:
// its text by [Policy.Target] and the addresses behind its name by
// [Policy.Addresses]; then exactly the judged addresses are dialled. Both
// judgements are pure, so they can be tested without a network.
//
// Everything is bounded: hops, headers, decoded bytes, connections per host and
// time. Nothing is reused between hosts, no proxy of the environment is used, no
// cookie is kept, and at most one content encoding is undone.
package fetch

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// The bounds of a fetch that a [Request] may tighten and never widen.
const (
	// MaxHops is the most redirects that are followed.
	MaxHops = 5
	// MaxTimeout is the longest time that one fetch may take.
	MaxTimeout = 60 * time.Second
	// MaxBody is the most decoded bytes that are kept of one answer.
	MaxBody = 64 << 20
	// MaxURL is the longest URL, in bytes.
	MaxURL = 8192
)

const (
	defaultTimeout        = 15 * time.Second
	defaultBody           = 4 << 20
	defaultPerHost        = 4
	defaultConnectTimeout = 5 * time.Second
	defaultHeaderBytes    = 64 << 10
	defaultAgent          = "dpp-fetch"
)

// Resolver finds the addresses of a name. [net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dial connects to an address of the form "ip:port".
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options of a [Fetcher]. The zero value is strict and useful.
type Options struct {
	// Policy says what may be reached beyond public web servers, and what not.
	Policy Policy
	// Resolver defaults to the system's; Dial to one that judges the address again.
	Resolver Resolver
	Dial     Dial
	// RootCAs defaults to the system's.
	RootCAs *x509.CertPool
	// Agent is the product token of the User-Agent header and for robots.txt;
	// default "dpp-fetch".
	Agent string
	// PerHost is the most simultaneous requests to one host, default 4.
	PerHost int
	// ConnectTimeout bounds the lookup, the TCP connection and the TLS handshake,
	// each; default 5 s.
	ConnectTimeout time.Duration
	// MaxHeaderBytes bounds an answer's header, informational answers included;
	// default 64 KiB.
	MaxHeaderBytes int64
}

func (o Options) withDefaults() Options {
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = defaultConnectTimeout
	}
	if o.PerHost <= 0 {
		o.PerHost = defaultPerHost
	}
	if o.MaxHeaderBytes <= 0 {
		o.MaxHeaderBytes = defaultHeaderBytes
	}
	if o.Agent == "" {
		o.Agent = defaultAgent
	}
	if o.Resolver == nil {
		o.Resolver = systemResolver{&net.Resolver{PreferGo: true}}
	}
	if o.Dial == nil {
		o.Dial = judgedDialer(o.Policy)
	}
	return o
}

// Request is one fetch.
type Request struct {
	URL string
	// Method is GET unless set. Only GET and HEAD follow redirects.
	Method string
	// Header is sent with the first hop. Only Accept, Accept-Language and
	// User-Agent go on to where a redirect leads: a condition like If-None-Match is
	// about the URL that it was learned at.
	Header http.Header
	// Content is the body of a POST or PUT.
	Content []byte
	// AllowHTTP permits plain http, at the start and after a redirect.
	AllowHTTP bool
	// MaxHops is the number of redirects to follow: 0 follows none.
	MaxHops int
	// Timeout bounds everything, the wait for an answer's header included, but the
	// wait for one's turn at a busy host; default 15 s.
	Timeout time.Duration
	// MaxBody is the most decoded bytes to keep; default 4 MiB.
	MaxBody int64
	// MaxBodyOf, where set, gives MaxBody for an answer of that Content-Type.
	MaxBodyOf func(contentType string) int64
	// Robots asks each hop's robots.txt for permission, and keeps the gap between
	// requests that it asks for.
	Robots bool
	// Begin, where set, is called once, when the first hop was judged, had its turn,
	// and is about to be dialled. Keep, where set, is called with the number of decoded bytes
	// that were read and are about to be kept. An error of either ends the fetch
	// and is returned as it is.
	Begin func() error
	Keep  func(n int) error
}

func (r Request) bounded() Request {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Timeout <= 0 {
		r.Timeout = defaultTimeout
	}
	if r.MaxBody <= 0 {
		r.MaxBody = defaultBody
	}
	r.Timeout = min(r.Timeout, MaxTimeout)
	r.MaxBody = min(r.MaxBody, MaxBody)
	r.MaxHops = max(0, min(r.MaxHops, MaxHops))
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		r.MaxHops = 0
	}
	return r
}

// Hop is one request that was answered.
type Hop struct {
	URL    string `json:"url"`
	Status int    `json:"status_code"`
}

// Result is the last answer of a fetch.
type Result struct {
	// URL is where the answer came from.
	URL string
	// Hops lists every answered request, the last one included: hop n of an
	// [Error] stands at index n-1.
	Hops   []Hop
	Status int
	// Header holds the few fields that tell something about the content.
	Header http.Header
	// ContentType is the Content-Type header as it was sent.
	ContentType string
	// Body is what was left after undoing the content encoding, up to the bound;
	// Truncated tells that there was more.
	Body      []byte
	Truncated bool
	// TLS is what the last answer's server showed of itself; nil without https.
	TLS *TLS
	// FetchedAt is when the fetch began, Took how long it lasted.
	FetchedAt time.Time
	Took      time.Duration
}

// Fetcher fetches. It is safe for concurrent use, and owns no goroutine.
type Fetcher struct {
	opts   Options
	places *places
	robots *robotsCache
}

// New returns a fetcher that reaches what the options' policy permits.
func New(opts Options) *Fetcher {
	opts = opts.withDefaults()
	return &Fetcher{opts: opts, places: newPlaces(opts.PerHost), robots: newRobotsCache()}
}

// Fetch asks for a URL and follows its redirects. It returns an [*Error], an
// error of the request's own callbacks, or nothing but a result: any status of
// the last answer is a result, a 304 to a condition in the header included, and so
// is a redirect that Method forbids to follow. It returns soon after ctx ends.
func (f *Fetcher) Fetch(ctx context.Context, req Request) (*Result, error) {
	req = req.bounded()
	started := time.Now()
	inner, clock := startBudget(ctx, req.Timeout)
	defer clock.stop()
	trip := &trip{fetcher: f, req: req, clock: clock}
	result, err := trip.follow(ctx, inner)
	if err != nil {
		return nil, err
	}
	result.FetchedAt, result.Took = started, time.Since(started)
	return result, nil
}
