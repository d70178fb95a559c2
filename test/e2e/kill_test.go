package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

// TestKill kills the server at random moments under load and starts it again on
// the same data: every accepted run ends, none is missing, and the books are clean.
func TestKill(t *testing.T) {
	s := start(t, fast, "DPP_RATE_LIMIT_GET_PER_MIN=1000000", "DPP_LEASE_TTL=3s", "DPP_LEASE_HEARTBEAT=1s", "DPP_LOG_LEVEL=warn")
	_, key := s.tenant("killed", "100000.0000")
	kills := count(5, 50)
	random := rand.New(rand.NewPCG(7, 11))
	load := &load{accepted: make(map[string]accepted)}
	for round := range kills {
		load.during(t.Context(), s.client(key), round, func() {
			load.atLeast(t, 20)
			pause(t.Context(), time.Duration(random.IntN(400))*time.Millisecond)
			s.kill()
		})
		s.up()
		if t.Failed() {
			return
		}
	}
	c := s.client(key)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	load.allEnd(ctx, t, c)
	load.replay(ctx, t, c, random)
	s.idle(c, time.Minute)
	s.stop()
	s.audit()
	t.Logf("%d kills, %d runs accepted, all ended: %v", kills, len(load.accepted), load.ends)
}

// accepted is a run that was answered 202, and what it was asked with.
type accepted struct {
	seed int
	id   dpp.RunID
}

// load submits as fast as it can and remembers what was accepted.
type load struct {
	mu       sync.Mutex
	accepted map[string]accepted // by idempotency key
	ends     map[dpp.Status]int
	before   int
	grown    chan struct{}
}

const loaders, loadLimit = 8, 150 // the limit keeps what is asked about afterwards small

// during runs load until the given step, which must end the server, is done.
func (l *load) during(ctx context.Context, c *client.Client, round int, step func()) {
	l.before, l.grown = len(l.accepted), make(chan struct{}, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for worker := range loaders {
		wg.Go(func() {
			for i := 0; i < loadLimit && ctx.Err() == nil; i++ {
				submission := decision(i, 250_000)
				submission.IdempotencyKey = fmt.Sprintf("load-%d-%d-%d", round, worker, i)
				once, cancel := context.WithTimeout(ctx, 10*time.Second)
				out, err := c.Submit(once, submission)
				cancel()
				if err != nil {
					return // cut off by the kill; accepted or not, nobody knows
				}
				l.mu.Lock()
				l.accepted[submission.IdempotencyKey] = accepted{seed: i, id: out.Run.ID}
				l.mu.Unlock()
				select {
				case l.grown <- struct{}{}:
				default:
				}
			}
		})
	}
	step()
	stop()
	wg.Wait()
}

// atLeast waits until so many more runs were accepted.
func (l *load) atLeast(t *testing.T, n int) {
	late := time.After(30 * time.Second)
	for {
		l.mu.Lock()
		more := len(l.accepted) - l.before
		l.mu.Unlock()
		if more >= n {
			return
		}
		select {
		case <-l.grown:
		case <-late:
			t.Errorf("%d runs accepted in 30 s", more)
			return
		}
	}
}

func (l *load) allEnd(ctx context.Context, t *testing.T, c *client.Client) {
	seen := map[dpp.RunID]bool{}
	l.ends = map[dpp.Status]int{}
	for key, run := range l.accepted {
		id := run.id
		if seen[id] {
			t.Errorf("two keys were given run %s", id)
		}
		seen[id] = true
		ended, err := c.Wait(ctx, id)
		if err != nil {
			t.Fatalf("run %s, accepted under %s: %v", id, key, err)
		}
		if ended.Status != dpp.StatusCompleted && (ended.Error == nil || ended.Error.Reason != dpp.ReasonWorkerTimeout) {
			t.Errorf("run %s ended %s: %+v", id, ended.Status, ended.Error)
		}
		l.ends[ended.Status]++
	}
}

// replay asks again with some of the keys and reads some of the results.
func (l *load) replay(ctx context.Context, t *testing.T, c *client.Client, random *rand.Rand) {
	n := 0
	for key, run := range l.accepted {
		if n++; n > 50 {
			return
		}
		id, submission := run.id, decision(run.seed, 250_000)
		submission.IdempotencyKey = key
		out, err := c.Submit(ctx, submission)
		if err != nil || out.Run.ID != id || !out.Replayed {
			t.Errorf("replay of %s: run %s, replayed %t, %v; want run %s", key, out.Run.ID, out.Replayed, err, id)
		}
		if random.IntN(3) > 0 {
			continue
		}
		if _, err := c.Result(ctx, id); err != nil && !errors.Is(err, client.ErrNoResult) {
			t.Errorf("result of %s: %v", id, err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
