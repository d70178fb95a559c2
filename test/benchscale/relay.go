package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// relay stands between the product and a backend and counts what goes by.
type relay struct {
	url         string // where the product finds the backend
	bytes       atomic.Int64
	stored      atomic.Int64 // bytes of bodies that are put
	mu          sync.Mutex
	requests    map[string]int64
	stop        func() error
	connections sync.WaitGroup
}

func newRelay() *relay { return &relay{requests: map[string]int64{}} }

func (r *relay) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests[what]++
}

func (r *relay) counted() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.requests)
}

func listen(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", "127.0.0.1:0")
}

// relayHTTP counts requests by what they ask for, and the bytes on the wire.
func relayHTTP(ctx context.Context, target string, name func(*http.Request) string) (*relay, error) {
	at, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	r := newRelay()
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(at)
			p.Out.Host = p.In.Host // it is signed
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			r.count(name(q))
			if q.Method == http.MethodPut {
				r.stored.Add(max(q.ContentLength, 0))
			}
			proxy.ServeHTTP(w, q)
		}),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(countedListener{l, &r.bytes}) }() // ends with stop
	r.url = "http://" + l.Addr().String()
	r.stop = func() error {
		err := server.Close()
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		transport.CloseIdleConnections()
		return err
	}
	return r, nil
}

// relayTCP counts the bytes of any protocol.
func relayTCP(ctx context.Context, target string) (*relay, error) {
	l, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	r := newRelay()
	r.url = l.Addr().String()
	ctx, cancel := context.WithCancel(ctx)
	r.connections.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return // closed by stop
			}
			r.connections.Go(func() { r.join(ctx, from, target) })
		}
	})
	r.stop = func() error {
		cancel()
		err := l.Close()
		r.connections.Wait()
		return err
	}
	return r, nil
}

// join hands bytes on in both directions until one side ends or the relay stops.
func (r *relay) join(ctx context.Context, from net.Conn, target string) {
	var dialer net.Dialer
	to, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		_ = from.Close() // the product sees that its backend is away
		return
	}
	one := countedConn{from, &r.bytes}
	closeBoth := func() { _ = from.Close(); _ = to.Close() }
	defer context.AfterFunc(ctx, closeBoth)()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{one, to}, {to, one}} {
		both.Go(func() {
			defer closeBoth()
			_, _ = io.Copy(pair[0], pair[1]) // its end is the end of the connection
		})
	}
	both.Wait()
}

type countedListener struct {
	net.Listener
	n *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c, l.n}, nil
}

type countedConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (c countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// objectRequest names a request to S3.
func objectRequest(q *http.Request) string {
	if strings.Count(strings.Trim(q.URL.Path, "/"), "/") == 0 {
		return "S3 " + q.Method + " bucket"
	}
	return "S3 " + q.Method + " object"
}

// queueRequest names a request to SQS.
func queueRequest(q *http.Request) string {
	_, action, _ := strings.Cut(q.Header.Get("X-Amz-Target"), ".")
	return "SQS " + action
}
