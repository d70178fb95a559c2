package worker_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/runs"
	"dpp/internal/worker"
	"dpp/test/platform"
)

// Each execution that comes to nothing is told of once, by its reason; one that ends
// well is not.
func TestStoppedExecutionsAreTold(t *testing.T) {
	var mu sync.Mutex
	var why []string
	opts := worker.Options{DrainGrace: time.Second, Stopped: func(reason string) {
		mu.Lock()
		defer mu.Unlock()
		why = append(why, reason)
	}}
	inBubble(t, platform.Options{}, opts, func(t *testing.T, p *platform.Platform, stop func()) {
		ended(t, p, p.Submit("good-key").ID)
		started := make(chan struct{})
		p.Pack.Do(func(ctx context.Context, _ pack.Job) (*pack.Outcome, error) {
			started <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		canceled := p.Submit("canceled-key").ID
		<-started
		if state, err := p.Service.Cancel(t.Context(), p.Key, canceled); err != nil || state.Run.Status != dpp.StatusCanceled {
			t.Fatal(state.Run.Status, err)
		}
		p.Submit("drained-key")
		<-started
		stop()
	})
	if want := []string{"taken", "draining"}; !slices.Equal(why, want) {
		t.Errorf("told %q, want %q", why, want)
	}
}

func TestALostLeaseIsTold(t *testing.T) {
	m := &mute{}
	wrap := func(ports runs.Ports) runs.Ports {
		m.Store, ports.Store = ports.Store, m
		return ports
	}
	var told atomic.Value
	inBubble(t, platform.Options{Config: short, Wrap: wrap}, worker.Options{Stopped: func(reason string) { told.Store(reason) }}, func(t *testing.T, p *platform.Platform, _ func()) {
		stopped := make(chan struct{})
		p.Pack.Do(func(ctx context.Context, _ pack.Job) (*pack.Outcome, error) {
			<-ctx.Done()
			close(stopped)
			return nil, ctx.Err()
		})
		m.down.Store(true)
		p.Submit("lost-key")
		<-stopped
		synctest.Wait()
		if got := told.Load(); got != "lease_lost" {
			t.Errorf("told %q, want lease_lost", got)
		}
	})
}

func TestSlotsAreCounted(t *testing.T) {
	p := platform.New(t, platform.Options{})
	defer p.Close()
	if all, busy := worker.New(p.Service, p.Ports.Queue, worker.Options{Concurrency: 3}, p.Log).Slots(); all != 3 || busy != 0 {
		t.Errorf("%d of %d slots are busy, want 0 of 3", busy, all)
	}
}
