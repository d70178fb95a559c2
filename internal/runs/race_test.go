package runs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"dpp"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

// times is how often a race is run: enough to see it in every test, a thousand
// times in a soak.
func times() int {
	if os.Getenv("SOAK") == "1" {
		return 1000
	}
	return 40
}

// TestRaces lets everybody who may end or move a run do so at once: exactly one
// terminal transition happens, and the losers leave no trace.
func TestRaces(t *testing.T) {
	for name, race := range map[string]func(p *platform.Platform, c *store.Claimed) []func() error{
		"worker and reaper": func(p *platform.Platform, c *store.Claimed) []func() error {
			p.LoseLeases()
			return []func() error{finish(p, c), sweep(p)}
		},
		"two workers of one claim": func(p *platform.Platform, c *store.Claimed) []func() error {
			same := finish(p, c) // one execution, whose ending is sent twice
			return []func() error{same, same}
		},
		"cancel and finish": func(p *platform.Platform, c *store.Claimed) []func() error {
			return []func() error{finish(p, c), cancel(p, c.Run.ID)}
		},
		"two reapers": func(p *platform.Platform, _ *store.Claimed) []func() error {
			p.LoseLeases()
			return []func() error{sweep(p), sweep(p)}
		},
		"everybody": func(p *platform.Platform, c *store.Claimed) []func() error {
			p.LoseLeases()
			return []func() error{finish(p, c), cancel(p, c.Run.ID), sweep(p), handBack(p, c), beat(p, c), claimAndFinish(p)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, platform.Options{Credit: 100_000 * dpp.USD})
			for i := range times() {
				id := p.Submit(fmt.Sprintf("race-key-%d", i)).ID
				contest(t, race(p, p.Claim()))
				settle(t, p, id)
			}
			if a := p.Account(p.Key); a.Held != 0 || a.OpenRuns != 0 {
				t.Errorf("account %+v", a)
			}
			p.Audit()
		})
	}
}

// contest starts all at the same moment.
func contest(t *testing.T, all []func() error) {
	t.Helper()
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for _, f := range all {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// settle sees to it that a run that is still open ends, too.
func settle(t *testing.T, p *platform.Platform, id dpp.RunID) {
	t.Helper()
	run := p.Run(id)
	if run.Status.Terminal() {
		return
	}
	if _, err := p.Service.Cancel(t.Context(), p.Key, id); err != nil {
		t.Fatalf("run %s is %s and cannot be cancelled: %v", id, run.Status, err)
	}
}

func finish(p *platform.Platform, c *store.Claimed) func() error {
	ending := p.Execute(c)
	return func() error {
		_, err := p.Service.Finish(context.Background(), c, ending)
		return err
	}
}

func sweep(p *platform.Platform) func() error {
	return func() error {
		_, err := p.Service.Recover(context.Background())
		return err
	}
}

func cancel(p *platform.Platform, id dpp.RunID) func() error {
	return func() error {
		_, err := p.Service.Cancel(context.Background(), p.Key, id)
		if r := (*runs.Refusal)(nil); errors.As(err, &r) && r.Reason == dpp.ReasonRunAlreadyTerminal {
			return nil
		}
		return err
	}
}

func handBack(p *platform.Platform, c *store.Claimed) func() error {
	return func() error { return p.Service.HandBack(context.Background(), c) }
}

func beat(p *platform.Platform, c *store.Claimed) func() error {
	return func() error {
		_, err := p.Service.Heartbeat(context.Background(), []store.Beat{{Run: c.Run.ID, Token: c.Token}})
		return err
	}
}

func claimAndFinish(p *platform.Platform) func() error {
	return func() error {
		claimed, err := p.Service.Claim(context.Background(), 1, nil)
		if err != nil || len(claimed) == 0 {
			return err
		}
		return finish(p, claimed[0])()
	}
}
