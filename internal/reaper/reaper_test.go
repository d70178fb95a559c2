package reaper_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/reaper"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

func inBubble(t *testing.T, opts platform.Options, test func(t *testing.T, p *platform.Platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := platform.New(t, opts)
		defer p.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			reaper.New(p.Service, reaper.Options{}, p.Log).Run(ctx)
		}()
		defer func() {
			cancel()
			<-done
		}()
		test(t, p)
	})
}

// short makes leases of 4 s and a reaper that looks every second.
func short(c *runs.Config) {
	c.Timing.LeaseTTL, c.Timing.Heartbeat, c.Timing.ReaperInterval, c.Timing.ReservationTTL = 4*time.Second, time.Second, time.Second, time.Minute
}

func TestTheSweepsOfALifetime(t *testing.T) {
	inBubble(t, platform.Options{Config: short}, func(t *testing.T, p *platform.Platform) {
		lost := p.Submit("lost-key").ID
		p.Claim()
		waiting := p.Submit("waiting-key").ID
		time.Sleep(6 * time.Second) // fake time: the lease is over, and was looked at
		if run := p.Run(lost); run.Status != dpp.StatusQueued || run.Losses != 1 {
			t.Errorf("the lost run is %s with %d losses", run.Status, run.Losses)
		}
		time.Sleep(2 * time.Minute)
		for _, id := range []dpp.RunID{lost, waiting} {
			if run := p.Run(id); run.Status != dpp.StatusExpired || run.Used != 0 {
				t.Errorf("a run that nobody took is %s and used %s", run.Status, run.Used)
			}
		}
		p.Audit() // sealed entries included
		p.Age(31 * 24 * time.Hour)
		time.Sleep(2 * time.Minute)
		if run := p.Run(lost); run.PurgedAt.IsZero() {
			t.Error("a run past its retention was not purged")
		}
	})
}

func TestEntriesAreSealedWithinFiveSeconds(t *testing.T) {
	inBubble(t, platform.Options{}, func(t *testing.T, p *platform.Platform) {
		p.Submit("sealed-key")
		time.Sleep(5 * time.Second) // fake time
		err := p.Ports.Store.Snapshot(t.Context(), func(s store.Snapshot) error {
			seq, digest, err := s.Sealed(t.Context(), p.Key.Account())
			if seq != 2 || digest == [32]byte{} {
				t.Errorf("sealed up to %d, want 2", seq)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// watched is a service that counts and may fail.
type watched struct {
	reaper.Service
	mu        sync.Mutex
	recovered []time.Time
	err       error
	backlog   int
}

func (w *watched) Recover(context.Context) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recovered = append(w.recovered, time.Now())
	if w.backlog > 0 {
		w.backlog--
		return runs.SweepLimit, nil
	}
	return 0, w.err
}

func (w *watched) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

func (w *watched) times() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Time(nil), w.recovered...)
}

func withWatched(t *testing.T, w *watched, test func(begin time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := platform.New(t, platform.Options{Config: func(c *runs.Config) { c.Timing.Heartbeat, c.Timing.ReaperInterval = 30*time.Second, time.Second }})
		defer p.Close()
		w.Service = p.Service
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		begin := time.Now()
		go func() {
			defer close(done)
			reaper.New(w, reaper.Options{}, p.Log).Run(ctx)
		}()
		test(begin)
		cancel()
		<-done
	})
}

func TestPatienceAtTheStartAndAfterTheStoreWasAway(t *testing.T) {
	w := &watched{}
	withWatched(t, w, func(begin time.Time) {
		time.Sleep(31*time.Second + time.Millisecond) // fake time
		first := w.times()
		if len(first) != 2 || first[0].Sub(begin) != 30*time.Second || first[1].Sub(first[0]) != time.Second {
			t.Fatalf("looked at %v after the start at %v", first, begin)
		}
		w.fail(errors.New("away"))
		time.Sleep(time.Second)
		failed := len(w.times())
		w.fail(nil)
		time.Sleep(29 * time.Second)
		if n := len(w.times()); n != failed {
			t.Errorf("looked %d times within a heartbeat after a failure", n-failed)
		}
		time.Sleep(2 * time.Second)
		if n := len(w.times()); n == failed {
			t.Error("never looked again")
		}
	})
}

func TestABacklogIsWorkedOffAtOnce(t *testing.T) {
	w := &watched{backlog: 7}
	withWatched(t, w, func(time.Time) {
		time.Sleep(30*time.Second + time.Millisecond) // fake time
		if n := len(w.times()); n != 8 {
			t.Errorf("looked %d times, want 8", n)
		}
	})
}
