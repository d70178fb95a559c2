package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a dialer whose other ends a script serves; inside a bubble its time is
// not the world's.
func pipes(t *testing.T, serve func(net.Conn)) Dial {
	var scripts sync.WaitGroup
	t.Cleanup(scripts.Wait)
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		scripts.Go(func() {
			defer closeQuietly(theirs)
			serve(theirs)
		})
		return ours, nil
	}
}

// readRequest reads up to the blank line that ends a request's header.
func readRequest(conn net.Conn) {
	last := make([]byte, 0, 4)
	one := make([]byte, 1)
	for {
		if _, err := conn.Read(one); err != nil {
			return
		}
		if last = append(last, one[0]); len(last) > 4 {
			last = last[1:]
		}
		if string(last) == "\r\n\r\n" {
			return
		}
	}
}

// trickle sends a text once and then a byte a second until nobody reads it.
func trickle(conn net.Conn, text string, drop byte) {
	if _, err := io.WriteString(conn, text); err != nil {
		return
	}
	for {
		time.Sleep(time.Second)
		if _, err := conn.Write([]byte{drop}); err != nil {
			return
		}
	}
}

type fixed []netip.Addr

func (f fixed) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return f, nil }

type silent struct{}

func (silent) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (silent) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func slowBody(c net.Conn) {
	readRequest(c)
	trickle(c, "HTTP/1.1 200 OK\r\n\r\n", 'x')
}

func TestSlownessEndsAtTheDeadline(t *testing.T) {
	mute := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	slowHeader := func(c net.Conn) { readRequest(c); trickle(c, "HTTP/1.1 200 OK\r\nX: ", 'x') }
	for name, c := range map[string]struct {
		url      string
		resolver Resolver
		serve    func(net.Conn) // nil: no connection comes about
		timeout  time.Duration
		reason   Reason
		after    time.Duration
	}{
		"silent resolver": {"http://example.com/", silent{}, nil, time.Minute, NameLookupFailed, 5 * time.Second},
		"no connection":   {"http://example.com/", fixed(public), nil, time.Minute, ConnectFailed, 5 * time.Second},
		"four addresses":  {"http://example.com/", fixed(addrs("1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5")), nil, time.Minute, ConnectFailed, 5 * time.Second},
		"deadline first":  {"http://example.com/", fixed(public), nil, 3 * time.Second, Timeout, 3 * time.Second},
		"silent TLS":      {"https://example.com/", fixed(public), mute, time.Minute, Timeout, 5 * time.Second},
		"silent server":   {"http://example.com/", fixed(public), mute, 30 * time.Second, Timeout, 30 * time.Second},
		"default timeout": {"http://example.com/", fixed(public), mute, 0, Timeout, 15 * time.Second},
		"slow headers":    {"http://example.com/", fixed(public), slowHeader, 10 * time.Second, Timeout, 10 * time.Second},
		"slower headers":  {"http://example.com/", fixed(public), slowHeader, 30 * time.Second, Timeout, 30 * time.Second},
		"slow body":       {"http://example.com/", fixed(public), slowBody, 20 * time.Second, Timeout, 20 * time.Second},
		"longest timeout": {"http://example.com/", fixed(public), slowBody, time.Hour, Timeout, MaxTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial := Dial(silent{}.dial)
				if c.serve != nil {
					dial = pipes(t, c.serve)
				}
				f := New(Options{Resolver: c.resolver, Dial: dial})
				started := time.Now()
				e := refusal(t, f, Request{URL: c.url, AllowHTTP: true, Timeout: c.timeout})
				if e.Reason != c.reason || !e.Retryable || e.Blocked {
					t.Errorf("%+v, want %s", e, c.reason)
				}
				if took := time.Since(started); took != c.after {
					t.Errorf("ended after %s, want %s", took, c.after)
				}
			})
		})
	}
}

func TestTheCallersDeadlineIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, slowBody)})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := f.Fetch(ctx, Request{URL: "http://example.com/", AllowHTTP: true})
		var e *Error
		if !errors.As(err, &e) || e.Reason != Canceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// Two at a time at one host; waiting one's turn takes nothing of a fetch's own time.
func TestPolitenessDoesNotCountAsSlowness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := func(c net.Conn) {
			readRequest(c)
			time.Sleep(4 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, page), PerHost: 2})
		started := time.Now()
		done := make(chan error)
		for range 6 {
			go func() {
				_, err := f.Fetch(t.Context(), Request{URL: "http://example.com/", AllowHTTP: true, Timeout: 5 * time.Second})
				done <- err
			}()
		}
		go func() {
			_, err := f.Fetch(t.Context(), Request{URL: "http://other.org/", AllowHTTP: true, Timeout: 5 * time.Second})
			done <- err
		}()
		for range 7 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(started); took != 12*time.Second {
			t.Errorf("six pages of 4 s, two at a time, took %s", took)
		}
		if len(f.places.hosts) != 0 {
			t.Errorf("hosts that nobody uses are remembered: %d", len(f.places.hosts))
		}
	})
}

func TestWaitingOnesTurnEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		release, err := p.take(t.Context(), "example.com")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.take(ctx, "example.com"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a taken place was given: %v", err)
		}
		release()
		if release, err = p.take(t.Context(), "example.com"); err != nil {
			t.Fatal(err)
		}
		release()
		if len(p.hosts) != 0 {
			t.Errorf("%d hosts remembered", len(p.hosts))
		}
	})
}

// scripted answers each request with what it is given, and closes.
func scripted(answer func() string) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, answer())
	}
}

// An answer that takes its time is waited for as long as the request allows, and
// no shorter.
func TestSlowAnswersInTimeArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{Resolver: fixed(public), Dial: pipes(t, func(c net.Conn) {
			readRequest(c)
			time.Sleep(29 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		})})
		r := arrival(t, f, Request{URL: "http://example.com/", AllowHTTP: true, Timeout: 30 * time.Second})
		if string(r.Body) != "ok" || r.Took != 29*time.Second {
			t.Errorf("%q after %s", r.Body, r.Took)
		}
	})
}
