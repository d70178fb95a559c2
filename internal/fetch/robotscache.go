package fetch

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	maxRobotsSites   = 512
	robotsTimeout    = 10 * time.Second
	robotsKept       = 10 * time.Minute
	robotsFaultsKept = 30 * time.Second
)

// robotsCache keeps what sites' robots.txt said, of a bounded number of sites,
// for minutes. A site is asked by one fetch at a time.
type robotsCache struct {
	mu    sync.Mutex
	sites map[string]*robotsSite
}

type robotsSite struct {
	asking chan struct{} // holds a token while somebody asks, and guards the rest
	known  robotsAnswer
	until  time.Time
	pace   pace
}

// robotsAnswer is what became of asking: rules, or why there are none.
type robotsAnswer struct {
	rules robotsRules
	fault *Error
}

func newRobotsCache() *robotsCache {
	return &robotsCache{sites: make(map[string]*robotsSite)}
}

func (c *robotsCache) site(origin string) *robotsSite {
	c.mu.Lock()
	defer c.mu.Unlock()
	site := c.sites[origin]
	if site == nil {
		if len(c.sites) >= maxRobotsSites {
			clear(c.sites) // who asks now keeps what he holds; the rest is asked again
		}
		site = &robotsSite{asking: make(chan struct{}, 1), pace: newPace()}
		c.sites[origin] = site
	}
	return site
}

// askRobots refuses a target that its site's robots.txt forbids, or whose
// robots.txt cannot be read. Otherwise it says how to wait for the gap between
// requests that the site asks for.
func (f *Fetcher) askRobots(ctx context.Context, t *trip, target *Target) (turn, error) {
	origin := target.URL.Scheme + "://" + target.URL.Host
	site := f.robots.site(origin)
	answer, err := f.robotsOf(ctx, t, site, origin)
	if err != nil {
		return nil, err
	}
	if answer.fault != nil {
		fault := *answer.fault
		return nil, &fault
	}
	if !answer.rules.allows(target.URL.RequestURI()) {
		return nil, newError(RobotsDisallowed)
	}
	return func(ctx context.Context) error { return site.pace.wait(ctx, answer.rules.delay) }, nil
}

func (f *Fetcher) robotsOf(ctx context.Context, t *trip, site *robotsSite, origin string) (robotsAnswer, error) {
	select {
	case site.asking <- struct{}{}:
		defer func() { <-site.asking }()
	case <-ctx.Done():
		return robotsAnswer{}, newError(Timeout)
	}
	if time.Now().Before(site.until) {
		return site.known, nil
	}
	answer := f.fetchRobots(ctx, t, origin)
	if ctx.Err() != nil { // says nothing about the site
		return robotsAnswer{}, newError(Timeout)
	}
	kept := robotsKept
	if answer.fault != nil {
		kept = robotsFaultsKept
	}
	site.known, site.until = answer, time.Now().Add(kept)
	return answer, nil
}

// fetchRobots reads a robots.txt as RFC 9309 says: no such file allows all, a
// file that cannot be had allows nothing. Its redirects are judged like any other.
func (f *Fetcher) fetchRobots(ctx context.Context, t *trip, origin string) robotsAnswer {
	req := Request{
		URL:       origin + "/robots.txt",
		AllowHTTP: t.req.AllowHTTP,
		MaxHops:   MaxHops,
		Timeout:   robotsTimeout,
		MaxBody:   maxRobots,
	}.bounded()
	inner, clock := startBudget(ctx, req.Timeout)
	defer clock.stop()
	result, err := (&trip{fetcher: f, req: req, clock: clock, impatient: true}).follow(ctx, inner)
	if err != nil {
		return robotsAnswer{fault: robotsFault(err)}
	}
	switch {
	case result.Status >= 500, result.Status == http.StatusTooManyRequests: // too busy to say
		return robotsAnswer{fault: newError(RobotsUnavailable)}
	case result.Status < 200 || result.Status >= 300:
		return robotsAnswer{}
	}
	return robotsAnswer{rules: parseRobots(result.Body, f.opts.Agent)}
}

// robotsFault keeps the evidence of a refused redirect.
func robotsFault(err error) *Error {
	fault := newError(RobotsUnavailable)
	var e *Error
	if errors.As(err, &e) && e.Blocked {
		fault.Blocked, fault.Retryable, fault.AddressClass = true, false, e.AddressClass
	}
	return fault
}
