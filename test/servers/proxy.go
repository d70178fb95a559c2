package servers

import (
	"context"
	"net"
	"sync"
	"time"
)

// Proxy is a TCP proxy in front of a server, which a test can cut and slow. Its
// methods are for one goroutine at a time.
type Proxy struct {
	t       T
	address string
	target  string

	cut     context.CancelFunc // ends the listener and all connections; nil: it is cut
	running sync.WaitGroup

	mu      sync.Mutex
	delay   time.Duration
	changed chan struct{} // closed when the delay is another
}

// NewProxy starts a proxy to target, host:port, that ends with the test.
func NewProxy(t T, target string) *Proxy {
	t.Helper()
	listener, err := listenAnywhere()
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{t: t, address: listener.Addr().String(), target: target, changed: make(chan struct{})}
	p.open(listener)
	t.Cleanup(p.Cut)
	return p
}

// Address is where the proxy listens, "127.0.0.1:port".
func (p *Proxy) Address() string { return p.address }

// Cut ends all connections and refuses new ones, until [Proxy.Restore]. What is
// under way in them is lost.
func (p *Proxy) Cut() {
	if p.cut != nil {
		p.cut()
		p.running.Wait()
		p.cut = nil
	}
}

// Restore accepts connections again after a [Proxy.Cut].
func (p *Proxy) Restore() {
	p.t.Helper()
	if p.cut != nil {
		return
	}
	listener, err := listen(p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.open(listener)
}

func (p *Proxy) open(listener net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	p.cut = func() {
		_ = listener.Close()
		cancel()
	}
	p.running.Go(func() { p.accept(ctx, listener) })
}

// Slow delays what passes, in either direction, by d: a question and its answer
// take 2d longer. Connections are made at once. An hour makes connections that
// hang; 0 ends it, and lets go of what is held.
func (p *Proxy) Slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
	close(p.changed)
	p.changed = make(chan struct{})
}

// pace returns the present delay, and a channel that is closed when it changes.
func (p *Proxy) pace() (time.Duration, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delay, p.changed
}

func (p *Proxy) accept(ctx context.Context, listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return // it is cut
		}
		p.running.Go(func() { p.join(ctx, client) })
	}
}

// join connects a client with the server, and returns when both have ended.
func (p *Proxy) join(ctx context.Context, client net.Conn) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer closeWith(ctx, client)()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
	if err != nil {
		return
	}
	defer closeWith(ctx, server)()
	var both sync.WaitGroup
	both.Go(func() { p.carry(ctx, end, client, server) })
	both.Go(func() { p.carry(ctx, end, server, client) })
	both.Wait()
}

// closeWith closes a connection when the context ends, or when the returned
// function is called.
func closeWith(ctx context.Context, conn net.Conn) func() {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return func() {
		stop()
		_ = conn.Close()
	}
}

// parcel is what one read gave.
type parcel struct {
	bytes []byte
	read  time.Time
}

// window is how many parcels may be under way in one direction.
const window = 256

// carry takes what one side sends to the other, and then the end of it. A failure
// ends the connection in both directions.
func (p *Proxy) carry(ctx context.Context, end context.CancelFunc, from, to net.Conn) {
	parcels := make(chan parcel, window)
	var receiving sync.WaitGroup
	receiving.Go(func() {
		defer close(parcels)
		receive(ctx, from, parcels)
	})
	if err := p.deliver(ctx, parcels, to); err != nil {
		end()
	}
	receiving.Wait()
}

func receive(ctx context.Context, from net.Conn, parcels chan<- parcel) {
	for {
		buffer := make([]byte, 32<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			select {
			case parcels <- parcel{buffer[:n], time.Now()}:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return // also the end of what it sends
		}
	}
}

func (p *Proxy) deliver(ctx context.Context, parcels <-chan parcel, to net.Conn) error {
	for parcel := range parcels {
		if err := p.hold(ctx, parcel.read); err != nil {
			return err
		}
		if _, err := to.Write(parcel.bytes); err != nil {
			return err
		}
	}
	if tcp, ok := to.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}

// hold waits until what was read then may go on.
func (p *Proxy) hold(ctx context.Context, read time.Time) error {
	for {
		delay, changed := p.pace()
		left := delay - time.Since(read)
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
