package runs_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

func TestOwnersOnly(t *testing.T) {
	p := open(t, platform.Options{})
	id := p.Submit("owner-key").ID
	stranger := p.Tenant(dpp.USD)
	sandbox := p.Key
	sandbox.Live = false
	for name, ask := range map[string]func(dpp.Key, dpp.RunID) error{
		"get":    func(k dpp.Key, id dpp.RunID) error { _, err := p.Service.Get(t.Context(), k, id); return err },
		"wait":   func(k dpp.Key, id dpp.RunID) error { _, err := p.Service.Wait(t.Context(), k, id, 0); return err },
		"cancel": func(k dpp.Key, id dpp.RunID) error { _, err := p.Service.Cancel(t.Context(), k, id); return err },
	} {
		for who, err := range map[string]error{
			"stranger": ask(stranger, id), "the other mode": ask(sandbox, id),
			"unknown id": ask(p.Key, dpp.NewRunID()), "malformed id": ask(p.Key, "../x"),
		} {
			if r := refusal(t, err); r.Reason != dpp.ReasonNotFound || r.Detail != "" || r.RunID != "" {
				t.Errorf("%s by %s: %+v", name, who, r)
			}
		}
	}
	many, err := p.Service.GetMany(t.Context(), p.Key, []dpp.RunID{dpp.NewRunID(), id, "x", id})
	if err != nil || len(many) != 1 || many[0].Run.ID != id {
		t.Errorf("of four ids %d came back, %v", len(many), err)
	}
}

func TestCancel(t *testing.T) {
	p := open(t, platform.Options{})
	queued := p.Submit("queued-key")
	state, err := p.Service.Cancel(t.Context(), p.Key, queued.ID)
	if err != nil || state.Run.Status != dpp.StatusCanceled || state.Run.Used != 0 || state.Run.Money != dpp.MoneyRefunded {
		t.Errorf("in the queue: %s, used %s, %v", state.Run.Status, state.Run.Used, err)
	}
	if again, err := p.Service.Cancel(t.Context(), p.Key, queued.ID); err != nil || again.Run.Version != state.Run.Version {
		t.Errorf("again: version %d after %d, %v", again.Run.Version, state.Run.Version, err)
	}
	processing := p.Submit("processing-key")
	p.Claim()
	state, err = p.Service.Cancel(t.Context(), p.Key, processing.ID)
	if err != nil || state.Run.Status != dpp.StatusCanceled || state.Run.Used != dpp.MinimumFee(dpp.USD/2) {
		t.Errorf("while processing: %s, used %s, %v", state.Run.Status, state.Run.Used, err)
	}
	p.Submit("done-key")
	claimed := p.Claim()
	if _, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil {
		t.Fatal(err)
	}
	_, err = p.Service.Cancel(t.Context(), p.Key, claimed.Run.ID)
	if r := refusal(t, err); r.Reason != dpp.ReasonRunAlreadyTerminal || r.RunID != claimed.Run.ID {
		t.Errorf("once it is done: %+v", r)
	}
	p.Audit()
}

// waiting starts a wait and returns once it is on its way, with its answer to come.
func waiting(t *testing.T, wait func(ctx context.Context) (store.RunState, error)) <-chan store.RunState {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	answer := make(chan store.RunState, 1)
	go func() {
		defer cancel()
		run, err := wait(ctx)
		if err != nil {
			t.Error(err)
		}
		answer <- run
	}()
	return answer
}

func TestWaitHearsOfEveryKindOfChange(t *testing.T) {
	for name, elsewhere := range map[string]bool{"of this process": false, "of another process": true} {
		t.Run(name, func(t *testing.T) {
			p := open(t, platform.Options{Config: func(c *runs.Config) { c.HubInterval = 5 * time.Millisecond }})
			run := p.Submit("wait-key")
			next := waiting(t, func(ctx context.Context) (store.RunState, error) {
				return p.Service.Wait(ctx, p.Key, run.ID, run.Version)
			})
			end := waiting(t, func(ctx context.Context) (store.RunState, error) { return p.Service.Wait(ctx, p.Key, run.ID, 0) })
			var claimed *store.Claimed
			if elsewhere {
				slot := []store.Slot{{Token: "other", TTL: time.Minute}}
				out, err := p.Ports.Store.Claim(t.Context(), slot)
				if err != nil {
					t.Fatal(err)
				}
				claimed = out[0]
			} else {
				claimed = p.Claim()
			}
			if got := <-next; got.Run.Version < 2 {
				t.Errorf("the next version is %d", got.Run.Version)
			}
			if _, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil {
				t.Fatal(err)
			}
			if got := <-end; got.Run.Status != dpp.StatusCompleted {
				t.Errorf("the wait ended at %s", got.Run.Status)
			}
		})
	}
}

func TestTimeUpIsAnOrdinaryAnswer(t *testing.T) {
	p := open(t, platform.Options{})
	run := p.Submit("time-key")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := p.Service.Wait(ctx, p.Key, run.ID, 0); err != nil || got.Run.ID != run.ID || got.Run.Status != dpp.StatusQueued {
		t.Errorf("time up: %s, %v", got.Run.Status, err)
	}
}

func TestWaitAnyReturnsAtTheFirstEnd(t *testing.T) {
	p := open(t, platform.Options{})
	first, second := p.Submit("any-key-1"), p.Submit("any-key-2")
	answer := make(chan []store.RunState, 1)
	go func() {
		found, err := p.Service.WaitAny(t.Context(), p.Key, []dpp.RunID{first.ID, second.ID})
		if err != nil {
			t.Error(err)
		}
		answer <- found
	}()
	if _, err := p.Service.Cancel(t.Context(), p.Key, second.ID); err != nil {
		t.Fatal(err)
	}
	found := <-answer
	if len(found) != 2 || found[0].Run.ID != first.ID || found[0].Run.Status != dpp.StatusQueued || found[1].Run.Status != dpp.StatusCanceled {
		t.Errorf("found %+v", found)
	}
}

func TestShutdownEndsWaits(t *testing.T) {
	p := open(t, platform.Options{})
	run := p.Submit("shutdown-key")
	before := waiting(t, func(ctx context.Context) (store.RunState, error) { return p.Service.Wait(ctx, p.Key, run.ID, 0) })
	p.Service.EndWaits()
	if got := <-before; got.Run.Status != dpp.StatusQueued {
		t.Errorf("ended with %s", got.Run.Status)
	}
	if got, err := p.Service.Wait(t.Context(), p.Key, run.ID, 0); err != nil || got.Run.Status != dpp.StatusQueued {
		t.Errorf("a wait after the end: %s, %v", got.Run.Status, err)
	}
}

func TestView(t *testing.T) {
	p := open(t, platform.Options{})
	run := p.Submit("view-key")
	v, err := p.Service.View(t.Context(), &run, 7*dpp.USD, runs.ViewOptions{URLs: true})
	if err != nil {
		t.Fatal(err)
	}
	timing := p.Service.Config().Timing
	longest := int64((timing.DeadlineIn(time.Minute) + timing.AttemptBound(time.Minute)) / time.Second)
	if v.Poll.Href != "/v1/runs/"+string(run.ID) || v.Poll.RecommendedIntervalMS != 1500 || v.Poll.MaxWaitSec > longest || v.Poll.MaxWaitSec < longest-60 {
		t.Errorf("poll %+v, want a wait of about %d", v.Poll, longest)
	}
	if v.Terminal || v.Result != nil || v.Error != nil || v.Meta.CompletedAt != nil || v.Cost.BudgetRemaining != 7*dpp.USD || v.Cost.MinimumFee != 10_000 {
		t.Errorf("view %+v", v)
	}
	claimed := p.Claim()
	if _, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil {
		t.Fatal(err)
	}
	done := p.Run(run.ID)
	plain, err := p.Service.View(t.Context(), &done, 0, runs.ViewOptions{})
	if err != nil || plain.Result.URL != "" || plain.Result.ExpiresAt != nil || plain.Result.Envelope != nil || plain.Poll.MaxWaitSec != 0 {
		t.Errorf("without URLs: %+v, %v", plain.Result, err)
	}
	full, err := p.Service.View(t.Context(), &done, 0, runs.ViewOptions{URLs: true, Inline: true})
	if err != nil || full.Result.URL == "" || full.Result.ExpiresAt == nil || len(full.Result.Envelope) != int(full.Result.Size) {
		t.Errorf("with URLs and inline: %+v, %v", full.Result, err)
	}
}

// counting counts what is asked of awaited and polled runs.
type counting struct {
	store.Store
	asked atomic.Int64
}

func (c *counting) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	c.asked.Add(1)
	return c.Store.RunStates(ctx, above)
}

// However many wait, the store is asked as often as for one of them.
func TestAllWaitersShareOneLookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{}
		p := platform.New(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
			c.Store, ports.Store = ports.Store, c
			return ports
		}})
		defer p.Close()
		var ids []dpp.RunID
		for i := range 10 {
			ids = append(ids, p.Submit(fmt.Sprintf("share-key-%d", i)).ID)
		}
		before := c.asked.Load()
		var waiters sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		const each = 20
		for i := range each * len(ids) {
			waiters.Go(func() {
				if _, err := p.Service.Wait(ctx, p.Key, ids[i%len(ids)], 0); err != nil {
					t.Error(err)
				}
			})
		}
		waiters.Wait()
		// ten look-ups a second, one at the start, and each waiter's own first read
		if asked, most := c.asked.Load()-before, int64(100+1+each*len(ids)); asked < 100 || asked > most {
			t.Errorf("asked %d times, want 100 to %d", asked, most)
		}
	})
}
