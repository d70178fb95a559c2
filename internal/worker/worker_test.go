package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/worker"
	"dpp/test/platform"
)

// inBubble runs a test with a platform and a worker in fake time. stop ends the
// worker and waits for it; it is called at the end in any case.
func inBubble(t *testing.T, popts platform.Options, opts worker.Options, test func(t *testing.T, p *platform.Platform, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := platform.New(t, popts)
		defer p.Close()
		ctx, cancel := context.WithCancel(t.Context())
		w := worker.New(p.Service, p.Ports.Queue, opts, p.Log)
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.Run(ctx)
		}()
		stop := func() {
			cancel()
			<-done
		}
		defer stop()
		test(t, p, stop)
	})
}

func ended(t *testing.T, p *platform.Platform, id dpp.RunID) dpp.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	state, err := p.Service.Wait(ctx, p.Key, id, 0)
	if err != nil || !state.Run.Status.Terminal() {
		t.Fatalf("run %s is %s, %v", id, state.Run.Status, err)
	}
	return state.Run
}

func TestRunsAreExecutedAndSettled(t *testing.T) {
	inBubble(t, platform.Options{}, worker.Options{Concurrency: 4}, func(t *testing.T, p *platform.Platform, stop func()) {
		var ids []dpp.RunID
		for i := range 20 {
			ids = append(ids, p.Submit(fmt.Sprintf("run-key-%d", i)).ID)
		}
		for _, id := range ids {
			if run := ended(t, p, id); run.Status != dpp.StatusCompleted || run.Used != platform.StepPrice || run.Attempt != 1 {
				t.Errorf("%s, used %s, attempt %d", run.Status, run.Used, run.Attempt)
			}
		}
		stop()
		p.Audit()
	})
}

func TestAnIdleWorkerPicksUpAtOnce(t *testing.T) {
	inBubble(t, platform.Options{}, worker.Options{IdlePoll: time.Hour}, func(t *testing.T, p *platform.Platform, _ func()) {
		synctest.Wait() // it looked once, and found nothing
		begin := time.Now()
		ended(t, p, p.Submit("idle-key").ID)
		if took := time.Since(begin); took > 10*time.Millisecond {
			t.Errorf("picked up after %s", took)
		}
	})
}

func TestALostDoorbellOnlyCostsTime(t *testing.T) {
	deaf := func(ports runs.Ports) runs.Ports {
		ports.Queue = silent{ports.Queue}
		return ports
	}
	inBubble(t, platform.Options{Wrap: deaf}, worker.Options{IdlePoll: 5 * time.Second}, func(t *testing.T, p *platform.Platform, _ func()) {
		synctest.Wait()
		begin := time.Now()
		ended(t, p, p.Submit("lost-key").ID)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("picked up after %s", took)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	inBubble(t, platform.Options{}, worker.Options{Concurrency: 3}, func(t *testing.T, p *platform.Platform, _ func()) {
		var now, most atomic.Int64
		p.Pack.Do(func(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			rest(ctx, time.Second)
			return platform.OneStep(ctx, job)
		})
		begin := time.Now()
		var ids []dpp.RunID
		for i := range 9 {
			ids = append(ids, p.Submit(fmt.Sprintf("bound-key-%d", i)).ID)
		}
		for _, id := range ids {
			ended(t, p, id)
		}
		if most.Load() != 3 {
			t.Errorf("%d at once, want 3", most.Load())
		}
		if took := time.Since(begin); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("nine runs of 1 s, three at once, took %s", took)
		}
	})
}

func TestLeasesAreKeptAliveForAsLongAsItTakes(t *testing.T) {
	inBubble(t, platform.Options{Config: short}, worker.Options{}, func(t *testing.T, p *platform.Platform, stop func()) {
		p.Pack.Do(func(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
			rest(ctx, 50*time.Second)
			return platform.OneStep(ctx, job)
		})
		id := p.Submit("alive-key").ID
		for range 45 {
			time.Sleep(time.Second) // fake time
			if n, err := p.Service.Recover(t.Context()); err != nil || n != 0 {
				t.Fatalf("a live lease was taken for lost: %d, %v", n, err)
			}
		}
		if run := ended(t, p, id); run.Status != dpp.StatusCompleted {
			t.Errorf("run is %s", run.Status)
		}
		stop()
		p.Audit()
	})
}

// short makes leases of 4 s that are renewed every second.
func short(c *runs.Config) { c.Timing.LeaseTTL, c.Timing.Heartbeat = 4*time.Second, time.Second }

func TestALostLeaseStopsThePack(t *testing.T) {
	inBubble(t, platform.Options{Config: short}, worker.Options{}, func(t *testing.T, p *platform.Platform, stop func()) {
		stopped := make(chan time.Time, 2)
		started := make(chan struct{}, 2)
		p.Pack.Do(func(ctx context.Context, _ pack.Job) (*pack.Outcome, error) {
			started <- struct{}{}
			<-ctx.Done()
			stopped <- time.Now()
			return nil, ctx.Err()
		})
		id := p.Submit("stolen-key").ID
		<-started
		// Another process ends the run: this one hears of it from the store.
		run := p.Run(id)
		steal(t, p, run)
		begin := time.Now()
		if took := (<-stopped).Sub(begin); took > time.Second+hubTime {
			t.Errorf("the pack went on for %s", took)
		}
		stop()
		if after := p.Run(id); after.Status != dpp.StatusCanceled || after.Version != run.Version+1 {
			t.Errorf("run is %s at version %d", after.Status, after.Version)
		}
		p.Audit()
	})
}

const hubTime = 200 * time.Millisecond

// steal cancels a run behind the service's back.
func steal(t *testing.T, p *platform.Platform, run dpp.Run) {
	t.Helper()
	other := runs.New(p.Ports, p.Service.Packs(), p.Service.Config(), p.Log, p.Observer)
	defer other.Close()
	if _, err := other.Cancel(t.Context(), p.Key, run.ID); err != nil {
		t.Fatal(err)
	}
}

// mute is a store whose heartbeats fail while it is told to.
type mute struct {
	store.Store
	down atomic.Bool
}

func (m *mute) Heartbeat(ctx context.Context, beats []store.Beat) ([]bool, error) {
	if m.down.Load() {
		return nil, store.ErrUnavailable
	}
	return m.Store.Heartbeat(ctx, beats)
}

func TestAWorkerThatCannotRenewStopsBeforeItsLeaseIsOver(t *testing.T) {
	var m *mute
	wrap := func(ports runs.Ports) runs.Ports {
		m = &mute{Store: ports.Store}
		ports.Store = m
		return ports
	}
	inBubble(t, platform.Options{Config: short, Wrap: wrap}, worker.Options{}, func(t *testing.T, p *platform.Platform, _ func()) {
		lasted := make(chan time.Duration, 1)
		p.Pack.Do(func(ctx context.Context, _ pack.Job) (*pack.Outcome, error) {
			begin := time.Now()
			<-ctx.Done()
			lasted <- time.Since(begin)
			return nil, ctx.Err()
		})
		m.down.Store(true)
		p.Submit("mute-key")
		if got := <-lasted; got > 3*time.Second { // TTL - heartbeat
			t.Errorf("the pack ran for %s under a lease of 4 s that was never renewed", got)
		}
	})
}

func TestTheTimeboxEndsAPack(t *testing.T) {
	for name, deaf := range map[string]bool{"that listens": false, "that does not listen": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, platform.Options{}, worker.Options{}, func(t *testing.T, p *platform.Platform, _ func()) {
				hang := make(chan struct{})
				defer close(hang)
				p.Pack.Do(func(ctx context.Context, _ pack.Job) (*pack.Outcome, error) {
					if deaf {
						<-hang
					}
					<-ctx.Done()
					return nil, ctx.Err()
				})
				begin := time.Now()
				run := ended(t, p, p.Submit("box-key").ID)
				if run.Status != dpp.StatusFailed || run.Error.Reason != dpp.ReasonTimeboxExceeded || run.Used != run.Reservation.MinimumFee() {
					t.Errorf("%s, %+v, used %s", run.Status, run.Error, run.Used)
				}
				if took := time.Since(begin); took < time.Minute || took > time.Minute+6*time.Second {
					t.Errorf("a timebox of 1 min ended after %s", took)
				}
			})
		})
	}
}

func TestAPanicFailsOneRunAndTellsNothing(t *testing.T) {
	log := &platform.LogBuffer{}
	inBubble(t, platform.Options{LogTo: log}, worker.Options{Concurrency: 1}, func(t *testing.T, p *platform.Platform, stop func()) {
		p.Pack.Do(func(context.Context, pack.Job) (*pack.Outcome, error) { panic("a secret of the inputs") })
		run := ended(t, p, p.Submit("panic-key").ID)
		if run.Status != dpp.StatusFailed || run.Error.Reason != dpp.ReasonInternal {
			t.Errorf("%s, %+v", run.Status, run.Error)
		}
		p.Pack.Do(nil)
		if run := ended(t, p, p.Submit("after-key").ID); run.Status != dpp.StatusCompleted {
			t.Errorf("the run after a panic is %s", run.Status)
		}
		stop()
		if strings.Contains(log.String(), "a secret") {
			t.Error("the log tells the value of the panic")
		}
		if !strings.Contains(log.String(), "a pack panicked") {
			t.Error("the log does not tell of the panic")
		}
		p.Audit()
	})
}

func TestDrainLetsRunsFinish(t *testing.T) {
	inBubble(t, platform.Options{}, worker.Options{DrainGrace: 25 * time.Second}, func(t *testing.T, p *platform.Platform, stop func()) {
		started := make(chan struct{})
		start := sync.OnceFunc(func() { close(started) }) // the late run may start, too
		p.Pack.Do(func(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
			start()
			rest(ctx, 20*time.Second)
			return platform.OneStep(ctx, job)
		})
		id := p.Submit("drain-key").ID
		<-started
		late := p.Submit("late-key").ID
		stop()
		if run := p.Run(id); run.Status != dpp.StatusCompleted {
			t.Errorf("a run that had the time is %s", run.Status)
		}
		if run := p.Run(late); run.Status != dpp.StatusCompleted && run.Status != dpp.StatusQueued {
			t.Errorf("a run that came late is %s", run.Status)
		}
		p.Audit()
	})
}

func TestDrainHandsTheRestBack(t *testing.T) {
	inBubble(t, platform.Options{}, worker.Options{DrainGrace: time.Second}, func(t *testing.T, p *platform.Platform, stop func()) {
		started := make(chan struct{})
		p.Pack.Do(func(ctx context.Context, _ pack.Job) (*pack.Outcome, error) {
			close(started)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		id := p.Submit("back-key").ID
		<-started
		begin := time.Now()
		stop()
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("stopping took %s", took)
		}
		if run := p.Run(id); run.Status != dpp.StatusQueued || run.Attempt != 1 || run.Losses != 0 {
			t.Errorf("%s, attempt %d, losses %d", run.Status, run.Attempt, run.Losses)
		}
		p.Audit()
	})
}

// ailing is a store whose transitions fail for the first few times.
type ailing struct {
	store.Store
	mu   sync.Mutex
	left int
}

func (a *ailing) Transition(ctx context.Context, b []store.Transition) ([]store.Transitioned, error) {
	a.mu.Lock()
	a.left--
	sick := a.left >= 0
	a.mu.Unlock()
	if sick {
		return nil, store.ErrUnavailable
	}
	return a.Store.Transition(ctx, b)
}

func TestAStoreThatIsAwayForAWhileCostsTimeNotTheRun(t *testing.T) {
	wrap := func(ports runs.Ports) runs.Ports {
		ports.Store = &ailing{Store: ports.Store, left: 5}
		return ports
	}
	inBubble(t, platform.Options{Wrap: wrap}, worker.Options{}, func(t *testing.T, p *platform.Platform, stop func()) {
		if run := ended(t, p, p.Submit("away-key").ID); run.Status != dpp.StatusCompleted || run.Attempt != 1 {
			t.Errorf("%s at attempt %d", run.Status, run.Attempt)
		}
		stop()
		p.Audit()
	})
}

func TestProgressIsTold(t *testing.T) {
	inBubble(t, platform.Options{}, worker.Options{}, func(t *testing.T, p *platform.Platform, _ func()) {
		release := make(chan struct{})
		p.Pack.Do(func(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
			err := job.Meter.Take("step", 1)
			job.Meter.Advance(1, 2, "step")
			<-release
			return &pack.Outcome{Data: struct{}{}, Reliability: dpp.FullScore}, errors.Join(err, ctx.Err())
		})
		id := p.Submit("progress-key").ID
		time.Sleep(2 * time.Second) // fake time
		run := p.Run(id)
		if want := (dpp.Progress{Done: 1, Total: 2, Unit: "step", Used: platform.StepPrice}); run.Progress == nil || *run.Progress != want {
			t.Errorf("progress %+v, want %+v", run.Progress, want)
		}
		close(release)
		ended(t, p, id)
	})
}

// rest waits in fake time, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// doubtful commits the first claim that gives a run, does not tell, and is away for a
// while after that.
type doubtful struct {
	store.Store
	away time.Duration

	mu   sync.Mutex
	back time.Time
}

func (d *doubtful) Claim(ctx context.Context, slots []store.Slot) ([]*store.Claimed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.back.IsZero() && time.Now().Before(d.back) {
		return nil, store.ErrUnavailable
	}
	out, err := d.Store.Claim(ctx, slots)
	given := slices.ContainsFunc(out, func(c *store.Claimed) bool { return c != nil })
	if err == nil && given && d.back.IsZero() {
		d.back = time.Now().Add(d.away)
		return nil, store.ErrInDoubt
	}
	return out, err
}

// minute makes leases of a minute that are renewed every 5 s.
func minute(c *runs.Config) { c.Timing.LeaseTTL, c.Timing.Heartbeat = time.Minute, 5*time.Second }

func TestAClaimInDoubtIsFoundAgain(t *testing.T) {
	for name, c := range map[string]struct {
		away    time.Duration
		attempt int
	}{
		"within the lease": {45 * time.Second, 1},
		"after the lease":  {2 * time.Minute, 2},
	} {
		t.Run(name, func(t *testing.T) {
			doubt := func(ports runs.Ports) runs.Ports {
				ports.Store = &doubtful{Store: ports.Store, away: c.away}
				return ports
			}
			inBubble(t, platform.Options{Config: minute, Wrap: doubt}, worker.Options{Concurrency: 4}, func(t *testing.T, p *platform.Platform, stop func()) {
				p.Pack.Do(func(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
					rest(ctx, 3*time.Minute)
					return platform.OneStep(ctx, job)
				})
				id := p.Submit("doubt-key").ID
				recovering, end := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					for recovering.Err() == nil {
						rest(recovering, time.Second)
						if _, err := p.Service.Recover(t.Context()); err != nil {
							t.Error(err)
						}
					}
				})
				run := ended(t, p, id)
				end()
				wg.Wait()
				if run.Status != dpp.StatusCompleted || run.Attempt != c.attempt {
					t.Errorf("%s at attempt %d, want %d", run.Status, run.Attempt, c.attempt)
				}
				stop()
				p.Audit()
			})
		})
	}
}

// claims counts the claims that a store is asked for.
type claims struct {
	store.Store
	n atomic.Int64
}

func (c *claims) Claim(ctx context.Context, slots []store.Slot) ([]*store.Claimed, error) {
	c.n.Add(1)
	return c.Store.Claim(ctx, slots)
}

// A run that comes alone costs one claim: where nobody else waits, nobody is looked
// for when it ends.
func TestALoneRunCostsOneClaim(t *testing.T) {
	c := &claims{}
	wrap := func(ports runs.Ports) runs.Ports {
		c.Store, ports.Store = ports.Store, c
		return ports
	}
	inBubble(t, platform.Options{Wrap: wrap}, worker.Options{Concurrency: 2, IdlePoll: time.Hour}, func(t *testing.T, p *platform.Platform, stop func()) {
		synctest.Wait()
		if n := c.n.Load(); n != 1 {
			t.Errorf("an idle start costs %d claims", n)
		}
		for i := range 5 {
			ended(t, p, p.Submit(fmt.Sprintf("lone-key-%d", i)).ID)
			synctest.Wait()
			if n := c.n.Load(); n != int64(i)+2 {
				t.Errorf("%d claims after %d runs", n, i+1)
			}
		}
		// more than there are slots
		var ids []dpp.RunID
		for i := range 9 {
			ids = append(ids, p.Submit(fmt.Sprintf("many-key-%d", i)).ID)
		}
		for _, id := range ids {
			ended(t, p, id)
		}
		stop()
		p.Audit()
	})
}
