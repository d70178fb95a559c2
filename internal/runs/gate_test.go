package runs_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/runs"
	"dpp/test/platform"
)

// toldGate keeps what it is told, and cannot say anything while it is down.
type toldGate struct {
	gate.Gate
	down  atomic.Bool
	hold  chan struct{} // nil: words are heard at once
	mu    sync.Mutex
	words []gate.Word
	calls int
	heard chan struct{}
}

var errGateDown = errors.New("the gate is down")

func (g *toldGate) Admit(ctx context.Context, requests []gate.Request) ([]gate.Answer, error) {
	if g.down.Load() {
		return nil, errGateDown
	}
	return g.Gate.Admit(ctx, requests)
}

func (g *toldGate) Word(ctx context.Context, words []gate.Word) error {
	if g.hold != nil {
		select {
		case <-g.hold:
		case <-ctx.Done():
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.words = append(g.words, words...)
	g.calls++
	select {
	case g.heard <- struct{}{}:
	default:
	}
	return nil
}

// last is what the gate heard last of an account, once it has heard of a version.
func (g *toldGate) last(t *testing.T, account dpp.AccountID, version int64) gate.Word {
	t.Helper()
	for deadline := time.After(10 * time.Second); ; {
		g.mu.Lock()
		for _, word := range g.words {
			if word.Account == account && word.Version >= version {
				g.mu.Unlock()
				return word
			}
		}
		g.mu.Unlock()
		select {
		case <-g.heard:
		case <-deadline:
			t.Fatalf("the gate never heard of version %d", version)
		}
	}
}

func openTold(t *testing.T, g *toldGate, opts platform.Options) *platform.Platform {
	t.Helper()
	g.heard = make(chan struct{}, 1)
	opts.Wrap = func(p runs.Ports) runs.Ports {
		g.Gate = p.Gate
		p.Gate = g
		return p
	}
	return open(t, opts)
}

func TestTheGateHearsOfEveryOutcome(t *testing.T) {
	g := new(toldGate)
	p := openTold(t, g, platform.Options{Credit: dpp.USD / 2, Config: func(c *runs.Config) { c.Epoch = 7 }})
	receipt, err := p.Service.Submit(t.Context(), p.Request("a-key-0001"))
	if err != nil {
		t.Fatal(err)
	}
	held := g.last(t, p.Key.Account(), receipt.Account.Version)
	if held.Available != 0 || held.Epoch != 7 {
		t.Errorf("%+v", held)
	}
	// a refusal changes nothing, and is told all the same
	g.mu.Lock()
	g.words = nil
	g.mu.Unlock()
	if _, err := p.Service.Submit(t.Context(), p.Request("a-key-0002")); refusal(t, err).Reason != dpp.ReasonBudgetDrained {
		t.Fatal(err)
	}
	if again := g.last(t, p.Key.Account(), receipt.Account.Version); again != held {
		t.Errorf("%+v, want %+v", again, held)
	}
	if _, err := p.Service.Cancel(t.Context(), p.Key, receipt.Run.ID); err != nil {
		t.Fatal(err)
	}
	if back := g.last(t, p.Key.Account(), receipt.Account.Version+1); back.Available != dpp.USD/2 {
		t.Errorf("%+v", back)
	}
}

// Callers wait for no word, and what gathers meanwhile is told in one call, the newest
// of each account.
func TestASlowGateHoldsNobodyUp(t *testing.T) {
	g := &toldGate{hold: make(chan struct{})}
	p := openTold(t, g, platform.Options{})
	var last int64
	for i := range 20 {
		receipt, err := p.Service.Submit(t.Context(), p.Request("slow-key-"+strings.Repeat("x", i)))
		if err != nil {
			t.Fatal(err)
		}
		last = receipt.Account.Version
	}
	close(g.hold)
	g.last(t, p.Key.Account(), last)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.calls > 2 || len(g.words) != g.calls {
		t.Errorf("%d words in %d calls; want at most one that was under way, and the newest", len(g.words), g.calls)
	}
}

func TestSubmitsWithoutAGate(t *testing.T) {
	g := new(toldGate)
	var logs platform.LogBuffer
	p := openTold(t, g, platform.Options{LogTo: &logs})
	g.down.Store(true)
	for _, key := range []string{"down-key-1", "down-key-2", "down-key-3"} {
		receipt, err := p.Service.Submit(t.Context(), p.Request(key))
		if err != nil || !receipt.Rate.Allowed {
			t.Errorf("%s: %+v, %v", key, receipt.Rate, err)
		}
	}
	if rate := p.Service.Admit(t.Context(), p.Key.Account(), gate.Policy{Name: "read", Quota: 5}); !rate.Allowed || rate.Remaining != 5 {
		t.Errorf("%+v", rate)
	}
	g.down.Store(false)
	if _, err := p.Service.Submit(t.Context(), p.Request("down-key-4")); err != nil {
		t.Error(err)
	}
	if said := strings.Count(logs.String(), "the gate does not answer"); said != 1 {
		t.Errorf("said %d times that it is down", said)
	}
	if !strings.Contains(logs.String(), "the gate answers again") {
		t.Error("not said that it is back")
	}
}

func TestAGateThatIsRequired(t *testing.T) {
	g := new(toldGate)
	p := openTold(t, g, platform.Options{Config: func(c *runs.Config) { c.GateRequired = true }})
	g.down.Store(true)
	before := p.Account(p.Key)
	_, err := p.Service.Submit(t.Context(), p.Request("needs-gate-1"))
	if r := refusal(t, err); r.Reason != dpp.ReasonDependencyDown {
		t.Errorf("%+v", r)
	}
	if after := p.Account(p.Key); after != before {
		t.Errorf("%+v, was %+v", after, before)
	}
	g.down.Store(false)
	if _, err := p.Service.Submit(t.Context(), p.Request("needs-gate-1")); err != nil {
		t.Errorf("the key was used up: %v", err)
	}
}
