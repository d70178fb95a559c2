package redisgate_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/gate/redisgate"
	"dpp/test/servers"
)

// Calls of a cluster's client may be waiting for it to find the other nodes.
func testHangingCluster(t *testing.T, nodes []string) {
	g, client := watch(t, urlOf(nodes...), redisgate.Options{Prefix: newPrefix(), Pause: 100 * time.Millisecond}), connect(t, nodes...)
	g.recovers(t)
	g.underLoad(t, func() {
		command(t, client, "CLIENT", "PAUSE", "3600000", "WRITE") // scripts wait, PING does not
		g.await(t, true)
		g.await(t, false)
		g.await(t, true)
	})
	command(t, client, "CLIENT", "UNPAUSE")
	g.recovers(t)
}

// A batch that asks all nodes cannot be answered when one is missing.
func testLostNode(t *testing.T, nodes []string) {
	g, client := watch(t, urlOf(nodes...), redisgate.Options{Prefix: newPrefix(), Pause: 100 * time.Millisecond}), connect(t, nodes...)
	g.recovers(t)
	lost := client.Nodes()[nodes[1]]
	_ = lost.Do(t.Context(), lost.B().Arbitrary("SHUTDOWN", "NOSAVE").Build()) // whose answer is the end of the connection
	var all []gate.Request
	for i := range 30 {
		all = append(all, spend(tenant(i), dpp.Quantum))
	}
	for range 10 {
		if _, err := g.Admit(t.Context(), all); !errors.Is(err, redisgate.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	}
}

// watched is a gate with the usual deadlines, and what its breaker does.
type watched struct {
	*redisgate.Gate
	breaker chan bool
	asked   int64 // how often recovers has
}

func watch(t *testing.T, url string, opts redisgate.Options) *watched {
	t.Helper()
	breaker := make(chan bool, 1000)
	opts.Observer.Breaker = func(open bool) { breaker <- open }
	if opts.Timeout == 0 {
		opts.Timeout = 100 * time.Millisecond
	}
	return &watched{Gate: open(t, url, opts), breaker: breaker}
}

// await waits until the breaker opens or closes.
func (w *watched) await(t *testing.T, open bool) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case is := <-w.breaker:
			if is == open {
				return
			}
		case <-late:
			t.Fatalf("the breaker did not become open: %t", open)
		}
	}
}

// recovers asks until there is an answer.
func (w *watched) recovers(t *testing.T) gate.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		w.asked++
		answers, err := w.Admit(ctx, []gate.Request{spend("ten_a", dpp.Quantum)})
		if err == nil {
			return answers[0]
		}
		if !errors.Is(err, redisgate.ErrUnavailable) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the gate did not recover: %v", err)
		}
	}
}

// cannotSay makes calls of each kind, all of which must fail.
func (w *watched) cannotSay(t *testing.T) {
	t.Helper()
	for range 3 {
		_, err := w.Admit(t.Context(), []gate.Request{spend("ten_a", dpp.Quantum), spend("ten_b", dpp.Quantum)})
		for call, err := range map[string]error{
			"Admit": err,
			"Word":  w.Word(t.Context(), []gate.Word{{Account: "ten_a"}}),
			"Ping":  w.Ping(t.Context()),
		} {
			if !errors.Is(err, redisgate.ErrUnavailable) {
				t.Errorf("%s: error %v", call, err)
			}
		}
	}
}

func TestStartsWithoutRedis(t *testing.T) {
	s := servers.Redis(t)
	s.Kill()
	g := watch(t, urlOf(s.Address()), redisgate.Options{Pause: 10 * time.Millisecond})
	g.await(t, true)
	g.cannotSay(t)
	if err := g.Ping(t.Context()); !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the reason is not told: %v", err)
	}
	s.Start()
	g.await(t, false)
	g.recovers(t)
}

// While the breaker is open Redis is not asked, however well it is.
func TestAnOpenBreakerAsksNobody(t *testing.T) {
	proxy := servers.NewProxy(t, servers.Redis(t).Address())
	proxy.Cut()
	g := watch(t, urlOf(proxy.Address()), redisgate.Options{Pause: time.Hour})
	proxy.Restore()
	g.cannotSay(t)
	if len(g.breaker) != 1 {
		t.Errorf("the breaker changed %d times, want once", len(g.breaker))
	}
}

// underLoad lets many callers ask while something is done to Redis. Every call
// ends, with an answer or without.
func (w *watched) underLoad(t *testing.T, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			tick := time.NewTicker(time.Millisecond) // most fail at once, and the machine has other work
			defer tick.Stop()
			for ; ctx.Err() == nil; <-tick.C {
				answers, err := w.Admit(t.Context(), []gate.Request{spend("ten_a", dpp.Quantum), spend("ten_b", dpp.Quantum)})
				if err == nil && len(answers) != 2 || err != nil && !errors.Is(err, redisgate.ErrUnavailable) {
					t.Errorf("%v, %v", answers, err)
				}
			}
		})
	}
	do()
	cancel()
	callers.Wait()
}

func TestKilledUnderLoad(t *testing.T) {
	s := servers.Redis(t)
	g := watch(t, urlOf(s.Address()), redisgate.Options{Pause: 100 * time.Millisecond})
	g.recovers(t)
	word(t, g, "ten_a", 0, 1)
	g.underLoad(t, func() {
		s.Kill()
		g.await(t, true)
		s.Start()
		g.await(t, false)
	})
	if a := g.recovers(t); !a.Covered {
		t.Error("an empty Redis knows what an account can spend")
	}
}

func TestCutUnderLoad(t *testing.T) {
	proxy := servers.NewProxy(t, servers.Redis(t).Address())
	g := watch(t, urlOf(proxy.Address()), redisgate.Options{Pause: 100 * time.Millisecond})
	g.recovers(t)
	g.underLoad(t, func() {
		proxy.Cut()
		g.await(t, true)
		proxy.Restore()
		g.await(t, false)
	})
	g.recovers(t)
}

// Slowed by more than a call may take, and without an end.
func TestSlowedUnderLoad(t *testing.T) {
	for _, delay := range []time.Duration{500 * time.Millisecond, time.Hour} {
		t.Run(delay.String(), func(t *testing.T) {
			proxy := servers.NewProxy(t, servers.Redis(t).Address())
			g := watch(t, urlOf(proxy.Address()), redisgate.Options{Pause: 100 * time.Millisecond})
			g.recovers(t)
			g.underLoad(t, func() {
				proxy.Slow(delay)
				g.await(t, true)
			})
			g.cannotSay(t) // also once the breaker has been tried again
			proxy.Slow(0)
			g.await(t, false)
			g.recovers(t)
		})
	}
}

// More callers than the client has room for.
func TestACrowdBeforeARedisThatHangs(t *testing.T) {
	proxy := servers.NewProxy(t, servers.Redis(t).Address())
	g := watch(t, urlOf(proxy.Address()), redisgate.Options{})
	g.recovers(t)
	proxy.Slow(time.Hour)
	var crowd sync.WaitGroup
	for range 3000 {
		crowd.Go(func() {
			if _, err := g.Admit(t.Context(), []gate.Request{spend("ten_a", dpp.Quantum)}); !errors.Is(err, redisgate.ErrUnavailable) {
				t.Errorf("error %v", err)
			}
		})
	}
	crowd.Wait()
	proxy.Slow(0)
	g.recovers(t)
}

// A call whose fate is unknown is not made again: it takes once, or not at all.
func TestNothingIsTakenTwice(t *testing.T) {
	s := servers.Redis(t)
	proxy := servers.NewProxy(t, s.Address())
	g := watch(t, urlOf(proxy.Address()), redisgate.Options{Pause: 10 * time.Millisecond})
	direct := open(t, "redis://"+s.Address(), redisgate.Options{})
	const there = 1000
	word(t, direct, "ten_a", there*dpp.Quantum, 1)
	for range 5 {
		proxy.Slow(500 * time.Millisecond) // Redis does what it is asked, when nobody waits for it any more
		for range 2 {
			g.asked++
			_, _ = g.Admit(t.Context(), []gate.Request{spend("ten_a", dpp.Quantum)})
		}
		proxy.Slow(0)
		g.recovers(t)
	}
	left := int64(0)
	for admit(t, direct, spend("ten_a", dpp.Quantum))[0].Covered {
		left++
	}
	if left < there-g.asked || left == there {
		t.Errorf("%d are left of %d after %d were asked for", left, there, g.asked)
	}
}

func TestPasswords(t *testing.T) {
	s := servers.NewRedis(t, "--requirepass", "letmein", "--user", "app", "on", ">opensesame", "~*", "+@all")
	for user, works := range map[string]bool{":letmein@": true, "app:opensesame@": true, "": false, ":wrongone@": false, "app:letmein@": false} {
		g := open(t, "redis://"+user+s.Address()+"/3", redisgate.Options{})
		err := g.Ping(t.Context())
		switch {
		case works && err != nil:
			t.Errorf("%q: %v", user, err)
		case works:
			admit(t, g, spend("ten_a", dpp.USD))
		case !errors.Is(err, redisgate.ErrUnavailable):
			t.Errorf("%q: error %v", user, err)
		case strings.Contains(err.Error(), "wrongone") || strings.Contains(err.Error(), "letmein"):
			t.Errorf("the error holds the password: %v", err)
		}
	}
}

func TestTLS(t *testing.T) {
	port := freePort(t)
	certificate, key := newCertificate(t)
	servers.NewRedis(t, "--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no")
	address := net.JoinHostPort("127.0.0.1", port)
	trusting := open(t, "rediss://"+address+"?skip_verify=true", redisgate.Options{})
	admit(t, trusting, spend("ten_a", dpp.USD))
	for what, url := range map[string]string{"a certificate that nobody knows": "rediss://" + address, "no TLS": "redis://" + address} {
		if err := open(t, url, redisgate.Options{}).Ping(t.Context()); !errors.Is(err, redisgate.ErrUnavailable) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err = errors.Join(err, listener.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

// newCertificate makes a certificate that signs itself.
func newCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "CERTIFICATE", signed), writePEM(t, "EC PRIVATE KEY", text)
}

func writePEM(t *testing.T, kind string, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
