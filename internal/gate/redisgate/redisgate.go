// Package redisgate is the gate of several processes, on Redis 7 or later, single or
// as a cluster. It limits rates by Redis's own clock, and holds what the ledger last
// said of each account, less what it let through since.
//
// It is a cache in every respect. Redis may be down, slow, empty, or come back from an
// old snapshot at any moment: what is lost is unknown, what is unknown is covered, and
// what is wrong lasts until the ledger's next word. A call whose fate is unknown is
// never repeated.
package redisgate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"dpp"
	"dpp/internal/gate"
)

// ErrUnavailable is what all errors wrap but those of a caller's own context: the gate
// cannot say.
var ErrUnavailable = errors.New("redisgate: Redis gives no answer")

// Options change how a [Gate] works. The zero value is a good start.
type Options struct {
	// Prefix begins the name of every key; default "dpp:gate:". Installations that
	// share a Redis need different ones. It holds no braces.
	Prefix string
	// Timeout is how long a call may take; default 100 ms.
	Timeout time.Duration
	// Pause is how long calls fail at once after three of them failed in a row, before
	// Redis is tried again; default 1 s.
	Pause time.Duration
	// Clock is used instead of Redis's own. It is for tests: several processes
	// agree only on Redis's.
	Clock func() time.Time
	// Observer is told what an operator should know.
	Observer Observer
}

// Observer is told what an operator should know. Functions that are nil are not
// called; the others must be fast and safe for concurrent use.
type Observer struct {
	// Breaker is told at every change, and once at the start, whether calls fail at
	// once.
	Breaker func(open bool)
	// Failed is told of each call that could not say: "admit", "word" or "ping".
	Failed func(call string)
	// Drift is told, at each word, how much more the gate believed to be available
	// than the ledger said. It is not told where the gate knew nothing.
	Drift func(micros dpp.Money)
}

// Gate is a [gate.Gate] on Redis. Make it with [Open].
type Gate struct {
	opts   Options
	option rueidis.ClientOption
	link   atomic.Pointer[link] // nil: the breaker is open
	cause  atomic.Pointer[error]

	stop   context.CancelFunc
	keeper sync.WaitGroup
}

var _ gate.Gate = (*Gate)(nil)

// Open makes a gate on the Redis at a URL: redis://user:password@host:port/database,
// or rediss:// for TLS. A cluster is recognised by itself; further nodes to
// begin with are added as ?addr=host:port&addr=host:port.
//
// A Redis that is down is no error: the gate keeps trying to connect, and until then it
// cannot say. Open only waits for the first try. Its errors are a URL or a prefix that
// cannot be used, or that ctx ended; they do not show the URL, which may hold a password.
func Open(ctx context.Context, url string, opts Options) (*Gate, error) {
	opts.fill()
	option, err := clientOption(url)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(opts.Prefix, "{}") {
		return nil, errors.New("redisgate: a prefix of keys holds no braces")
	}
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &Gate{opts: opts, option: option, stop: stop}
	tried := make(chan struct{})
	g.keeper.Go(func() { g.keep(keeping, sync.OnceFunc(func() { close(tried) })) })
	select {
	case <-tried:
		return g, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), g.Close())
	}
}

func (o *Options) fill() {
	if o.Prefix == "" {
		o.Prefix = "dpp:gate:"
	}
	if o.Timeout <= 0 {
		o.Timeout = 100 * time.Millisecond
	}
	if o.Pause <= 0 {
		o.Pause = time.Second
	}
	if o.Observer.Breaker == nil {
		o.Observer.Breaker = func(bool) {}
	}
	if o.Observer.Failed == nil {
		o.Observer.Failed = func(string) {}
	}
	if o.Observer.Drift == nil {
		o.Observer.Drift = func(dpp.Money) {}
	}
}

// keep holds a link to Redis until ctx ends: it makes one, waits until that is
// broken, and makes another after the pause. So whatever is wrong with connections
// heals: those that hang, and those to a node that has become a replica.
func (g *Gate) keep(ctx context.Context, tried func()) {
	var closing sync.WaitGroup
	defer closing.Wait()
	defer tried()
	open := false
	for ctx.Err() == nil {
		l, err := g.connect(ctx)
		if err == nil {
			g.link.Store(l)
			open = false
			g.opts.Observer.Breaker(open)
			tried()
			err = l.wait(ctx)
			closing.Go(l.close) // which may take longer than the pause
		}
		g.cause.Store(&err)
		g.link.Store(nil)
		if !open && ctx.Err() == nil {
			open = true
			g.opts.Observer.Breaker(open)
		}
		tried()
		pause(ctx, g.opts.Pause)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// connect makes a link that has answered once, as fast as calls must be.
func (g *Gate) connect(ctx context.Context) (*link, error) {
	client, err := rueidis.NewClient(g.option)
	if err != nil {
		return nil, err
	}
	l := newLink(client, g.opts.Timeout)
	if _, err := l.ask(ctx, ping); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// ask asks Redis, or fails at once while the breaker is open. It tells the observer of
// every failure but that the caller has left.
func (g *Gate) ask(ctx context.Context, call string, q question) ([]rueidis.RedisMessage, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := g.link.Load()
	if l == nil {
		return nil, g.failed(call, *g.cause.Load())
	}
	answers, err := l.ask(ctx, q)
	switch {
	case err == nil:
		return answers, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	default:
		return nil, g.failed(call, err)
	}
}

func (g *Gate) failed(call string, err error) error {
	g.opts.Observer.Failed(call)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Ping implements [gate.Gate].
func (g *Gate) Ping(ctx context.Context) error {
	_, err := g.ask(ctx, "ping", ping)
	return err
}

// Close implements [gate.Gate]. It waits for everything that the gate started, which
// takes some seconds where Redis hangs.
func (g *Gate) Close() error {
	g.stop()
	g.keeper.Wait()
	return nil
}
