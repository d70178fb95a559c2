package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// trip is one fetch under way: hop after hop, each judged as if it were the first.
type trip struct {
	fetcher   *Fetcher
	req       Request
	clock     *budget
	impatient bool // takes no place at a host: for robots.txt, of which one at a time is asked
	hops      []Hop
	gap       turn // what the next hop's robots.txt asks for; nil where it was not asked
}

// turn waits until a request may start, or for ctx to end.
type turn func(ctx context.Context) error

// follow makes the hops under ctx. The caller's own context, which ctx came from,
// tells the caller's end from that of the time for this fetch.
func (t *trip) follow(outer, ctx context.Context) (*Result, error) {
	next, wasTLS := t.req.URL, false
	for {
		target, addrs, err := t.judge(ctx, next, wasTLS)
		if err != nil {
			return nil, t.failed(outer, ctx, next, err)
		}
		at := target.URL.String()
		result, location, err := t.visit(ctx, target, addrs)
		if err != nil {
			return nil, t.failed(outer, ctx, at, err)
		}
		t.hops = append(t.hops, Hop{URL: evidence(at), Status: result.Status})
		if location == "" {
			result.URL, result.Hops = at, t.hops
			return result, nil
		}
		if len(t.hops) > t.req.MaxHops {
			return nil, t.failed(outer, ctx, at, newError(TooManyRedirects))
		}
		if next, err = join(target.URL, location); err != nil {
			return nil, t.failed(outer, ctx, location, err)
		}
		wasTLS = target.URL.Scheme == "https"
	}
}

// judge decides about one hop: its text, its addresses, its site's robots.txt.
func (t *trip) judge(ctx context.Context, raw string, wasTLS bool) (*Target, []netip.Addr, error) {
	target, verdict := t.fetcher.opts.Policy.Target(raw, t.req.AllowHTTP)
	if verdict != nil {
		if wasTLS && verdict.Reason == HTTPNotAllowed {
			verdict = newError(HTTPSDowngrade)
		}
		return nil, nil, verdict
	}
	addrs, err := t.fetcher.resolve(ctx, target)
	if err != nil {
		return nil, nil, err
	}
	if t.req.Robots {
		if t.gap, err = t.fetcher.askRobots(ctx, t, target); err != nil {
			return nil, nil, err
		}
	}
	return target, addrs, nil
}

// join resolves a Location header against the URL that sent it. The result is
// judged as a whole afterwards; here only texts are refused that two readers
// would resolve differently.
func join(base *url.URL, location string) (string, error) {
	location = strings.ReplaceAll(strings.Trim(location, " \t"), " ", "%20")
	if !plainText(location) {
		return "", newError(URLInvalid)
	}
	ref, err := url.Parse(location)
	if err != nil {
		return "", newError(URLInvalid)
	}
	return base.ResolveReference(ref).String(), nil
}

// callbackError marks an error of the request's own callbacks.
type callbackError struct{ error }

// failed completes an error with where it happened. The callbacks' own errors
// pass as they are.
func (t *trip) failed(outer, ctx context.Context, at string, err error) error {
	var own callbackError
	if errors.As(err, &own) {
		return own.error
	}
	var e *Error
	if !errors.As(err, &e) {
		e = newError(BadResponse)
	}
	if outer.Err() != nil {
		e = newError(Canceled)
		e.ended = outer.Err()
	} else if ctx.Err() != nil && !e.Blocked {
		e = newError(Timeout)
	}
	e.URL, e.Hop, e.Hops = evidence(at), len(t.hops)+1, t.hops
	if e.Reason == TooManyRedirects {
		e.Hop = len(t.hops)
	}
	return e
}

// passedOn are the caller's header fields that may follow a redirect: they say
// what kind of answer is wanted, and nothing about who asks.
var passedOn = []string{"Accept", "Accept-Language", "User-Agent"}

func (t *trip) header() http.Header {
	header := make(http.Header)
	if len(t.hops) == 0 {
		header = t.req.Header.Clone()
	}
	if header == nil {
		header = make(http.Header)
	}
	for _, name := range passedOn {
		if values := t.req.Header.Values(name); len(values) > 0 {
			header[name] = values
		}
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", t.fetcher.opts.Agent+"/1.0")
	}
	header.Set("Accept-Encoding", "gzip, deflate")
	return header
}
