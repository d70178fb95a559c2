package servers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo starts a server that says what it hears.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := listenAnywhere()
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			})
		}
	})
	return listener.Addr().String()
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	waitFor(t, conn, patience)
	return conn.(*net.TCPConn)
}

// waitFor bounds how long reads may take from now on.
func waitFor(t *testing.T, conn net.Conn, d time.Duration) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
}

// exchange says something and wants to hear it.
func exchange(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, len(text))
	if _, err := io.ReadFull(conn, heard); err != nil || string(heard) != text {
		t.Fatalf("heard %q (%v)", heard, err)
	}
}

func TestProxyPassesEverythingInOrder(t *testing.T) {
	p := NewProxy(t, echo(t))
	p.Slow(time.Millisecond)
	conn := dial(t, p.Address())
	said := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	var saying sync.WaitGroup
	saying.Go(func() {
		_, err := conn.Write(said)
		if err := errors.Join(err, conn.CloseWrite()); err != nil { // the answer still comes
			t.Error(err)
		}
	})
	heard, err := io.ReadAll(conn)
	saying.Wait()
	if err != nil || !bytes.Equal(heard, said) {
		t.Errorf("heard %d bytes of %d (%v)", len(heard), len(said), err)
	}
}

func TestProxyCutsAndRestores(t *testing.T) {
	p := NewProxy(t, echo(t))
	for range 3 {
		conn := dial(t, p.Address())
		exchange(t, conn, "hello")
		p.Cut()
		if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("the connection goes on: %v", err)
		}
		refuses(t, p.Address())
		p.Cut() // once more does nothing
		p.Restore()
		p.Restore()
	}
	exchange(t, dial(t, p.Address()), "hello")
}

func isTimeout(err error) bool {
	failure, ok := errors.AsType[net.Error](err)
	return ok && failure.Timeout()
}

func TestProxyCutsWhatItHolds(t *testing.T) {
	p := NewProxy(t, echo(t))
	p.Slow(time.Hour)
	conn := dial(t, p.Address())
	if _, err := io.WriteString(conn, "lost"); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	p.Slow(0)
	p.Restore()
	if heard, err := io.ReadAll(conn); len(heard) > 0 || isTimeout(err) {
		t.Errorf("heard %q (%v)", heard, err)
	}
}

func TestProxyHoldsAnswersAndLetsThemGo(t *testing.T) {
	p := NewProxy(t, echo(t))
	conn := dial(t, p.Address())
	exchange(t, conn, "quick")
	p.Slow(time.Hour)
	if _, err := io.WriteString(conn, "slow"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, conn, 100*time.Millisecond)
	if _, err := conn.Read(make([]byte, 1)); !isTimeout(err) {
		t.Fatalf("something came: %v", err)
	}
	p.Slow(0)
	waitFor(t, conn, patience)
	heard := make([]byte, 4)
	if _, err := io.ReadFull(conn, heard); err != nil || string(heard) != "slow" {
		t.Errorf("heard %q (%v)", heard, err)
	}
}

func TestProxyIsSlowInBothDirections(t *testing.T) {
	p := NewProxy(t, echo(t))
	conn := dial(t, p.Address())
	const delay = 30 * time.Millisecond
	p.Slow(delay)
	asked := time.Now()
	exchange(t, conn, "hello")
	if took := time.Since(asked); took < 2*delay { // never more quickly: no upper bound is wanted
		t.Errorf("there and back in %s", took)
	}
}

func TestProxyEndsAConnectionThatItsTargetEnds(t *testing.T) {
	s := Redis(t)
	p := NewProxy(t, s.Address())
	ping(t, p.Address())
	conn := dial(t, p.Address())
	exchangeLine(t, conn)
	s.Kill()
	if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the connection goes on: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if pong, err := redisAsk(ctx, p.Address(), "PING"); err == nil {
		t.Errorf("an answer of a dead server: %s", pong)
	}
	s.Start()
	ping(t, p.Address())
}

func exchangeLine(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, len("+PONG\r\n"))
	if _, err := io.ReadFull(conn, heard); err != nil || !strings.HasPrefix(string(heard), "+PONG") {
		t.Fatalf("heard %q (%v)", heard, err)
	}
}
