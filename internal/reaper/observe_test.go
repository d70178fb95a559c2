package reaper_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dpp/internal/reaper"
	"dpp/internal/store"
	"dpp/test/platform"
)

// forgetful is a service one sweep of which always fails.
type forgetful struct{ reaper.Service }

func (forgetful) Forget(context.Context) (int, error) { return 0, errors.New("away") }

func TestEverySweepIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := platform.New(t, platform.Options{Config: short})
		defer p.Close()
		var mu sync.Mutex
		failures, successes := map[string]int{}, map[string]int{}
		sealed := 0
		var sums []store.Totals
		opts := reaper.Options{
			Swept: func(sweep string, items int, err error) {
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failures[sweep]++
					return
				}
				successes[sweep]++
				if sweep == "seal" {
					sealed += items
				}
			},
			Summed: func(t store.Totals) {
				mu.Lock()
				defer mu.Unlock()
				sums = append(sums, t)
			},
		}
		p.Submit("open-key")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			reaper.New(forgetful{p.Service}, opts, p.Log).Run(ctx)
		}()
		time.Sleep(61 * time.Second) // fake time
		cancel()
		<-done
		for _, sweep := range reaper.Sweeps() {
			if (failures[sweep] > 0) != (sweep == "forget") || (successes[sweep] > 0) == (sweep == "forget") {
				t.Errorf("%s succeeded %d times and failed %d times", sweep, successes[sweep], failures[sweep])
			}
		}
		if known := len(successes) + len(failures); known != len(reaper.Sweeps()) {
			t.Errorf("told of %d sweeps, %d have names", known, len(reaper.Sweeps()))
		}
		if sealed < 2 { // the credit and the hold, and what became of the run
			t.Errorf("%d entries were sealed", sealed)
		}
		half := p.Request("").Reservation.MaxCost
		if len(sums) != 2 || sums[0].Accounts != 1 || sums[0].OpenRuns != 1 || sums[0].Held != half || sums[0].Discrepancies != 0 {
			t.Errorf("sums %+v, want one open run for %s", sums, half)
		}
	})
}

// damaged is a service whose books do not add up.
type damaged struct{ reaper.Service }

func (damaged) Totals(context.Context) (store.Totals, error) {
	return store.Totals{Discrepancies: 3}, nil
}

func TestBooksThatDoNotAddUpAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &platform.LogBuffer{}
		p := platform.New(t, platform.Options{LogTo: log, Config: short})
		defer p.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			reaper.New(damaged{p.Service}, reaper.Options{}, p.Log).Run(ctx)
		}()
		synctest.Wait()
		cancel()
		<-done
		if said := log.String(); !strings.Contains(said, "level=ERROR") || !strings.Contains(said, "accounts=3") {
			t.Errorf("the log says %q", said)
		}
	})
}
