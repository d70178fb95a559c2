package runs_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

// notes are what an observer heard, in words.
type notes struct {
	mu    sync.Mutex
	heard []string
	lags  map[string][]time.Duration
}

func (n *notes) note(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = append(n.heard, what)
}

func (n *notes) count(what string) (times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, heard := range n.heard {
		if heard == what {
			times++
		}
	}
	return times
}

func (n *notes) Submitted(outcome string)          { n.note("submitted " + outcome) }
func (n *notes) Accepted(time.Duration)            { n.note("accepted") }
func (n *notes) Transitioned(*dpp.Run, dpp.Status) {}
func (n *notes) Batched(string, int)               {}
func (n *notes) Recovered(what string)             { n.note("recovered " + what) }

func (n *notes) BatchWaited(name string, _ time.Duration) { n.note("waited " + name) }

func (n *notes) SettleLagged(by string, lag time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lags == nil {
		n.lags = make(map[string][]time.Duration)
	}
	n.lags[by] = append(n.lags[by], lag)
}

func (n *notes) lagged(by string) []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.lags[by])
}

// observed runs a test on a platform whose observer takes notes.
func observed(t *testing.T, opts platform.Options, test func(t *testing.T, p *platform.Platform, n *notes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		opts.Observer = n
		p := platform.New(t, opts)
		defer p.Close()
		test(t, p, n)
	})
}

// An acceptance is measured where a run was accepted, and neither at a replay nor at a
// refusal.
func TestAcceptanceIsMeasuredOfAcceptedSubmits(t *testing.T) {
	observed(t, platform.Options{}, func(t *testing.T, p *platform.Platform, n *notes) {
		p.Submit("first-key")
		p.Submit("first-key")
		dear := p.Request("dear-key")
		dear.Reservation.MaxCost = 5000 * dpp.USD
		if _, err := p.Service.Submit(t.Context(), dear); err == nil {
			t.Error("more than there is was accepted")
		}
		if n.count("accepted") != 1 || n.count("submitted accepted") != 1 || n.count("submitted replayed") != 1 {
			t.Errorf("heard %q", n.heard)
		}
		if n.count("waited submit") != 3 {
			t.Errorf("three batches of one waited %d times", n.count("waited submit"))
		}
	})
}

// The lag begins when the work has ended, and is told once, by who ended the run.
func TestSettleLagBeginsAtTheEndOfTheWork(t *testing.T) {
	observed(t, platform.Options{}, func(t *testing.T, p *platform.Platform, n *notes) {
		p.Submit("worker-key")
		claimed := p.Claim()
		ending := p.Execute(claimed)
		ending.At = time.Now()
		time.Sleep(3 * time.Second)                // fake time
		for _, want := range []bool{true, false} { // the second one comes too late
			if ended, err := p.Service.Finish(t.Context(), claimed, ending); err != nil || ended != want {
				t.Fatal(ended, err)
			}
		}
		if lags := n.lagged("worker"); !slices.Equal(lags, []time.Duration{3 * time.Second}) {
			t.Errorf("the worker lagged %v, want 3 s", lags)
		}

		p.Submit("reaper-key")
		claimed = p.Claim()
		p.StoreOnly(claimed.Run, p.Execute(claimed))
		time.Sleep(7 * time.Second) // fake time
		p.LoseLeases()
		if _, err := p.Service.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		lags := n.lagged("reaper")
		if len(lags) != 1 || lags[0].Round(time.Second) != 7*time.Second || n.count("recovered rolled_forward") != 1 {
			t.Errorf("the reaper lagged %v, want 7 s; heard %q", lags, n.heard)
		}
	})
}

// What the reaper decided counts once it is committed: here somebody is faster.
func TestARecoveryThatDidNotHappenIsNotCounted(t *testing.T) {
	between := &overtaken{}
	wrap := func(ports runs.Ports) runs.Ports {
		between.Store, ports.Store = ports.Store, between
		return ports
	}
	observed(t, platform.Options{Wrap: wrap}, func(t *testing.T, p *platform.Platform, n *notes) {
		p.Submit("lost-key")
		claimed := p.Claim()
		p.LoseLeases()
		between.act = func() {
			if ended, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil || !ended {
				t.Error(ended, err)
			}
		}
		if _, err := p.Service.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		if between.act != nil {
			t.Error("the reaper did nothing")
		}
		for _, heard := range n.heard {
			if strings.HasPrefix(heard, "recovered") {
				t.Errorf("heard %q of a run that its worker ended", heard)
			}
		}
	})
}

// overtaken is a store in which somebody else acts between a reaper's look and its
// deed.
type overtaken struct {
	store.Store
	act func()
}

func (o *overtaken) Transition(ctx context.Context, batch []store.Transition) ([]store.Transitioned, error) {
	if act := o.act; act != nil {
		o.act = nil
		act()
	}
	return o.Store.Transition(ctx, batch)
}
