package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

// accepted is a run that was answered 202, and what it was asked with.
type accepted struct {
	seed int
	id   dpp.RunID
}

// load submits without pause and remembers what was accepted. Whatever happens to a
// submit, it is repeated until it has an answer.
type load struct {
	t *testing.T
	c *client.Client

	mu       sync.Mutex
	accepted map[string]accepted // by idempotency key
	rounds   int
	repeats  int // submits that the client gave up on, and that were then repeated
	grown    chan struct{}
}

func newLoad(t *testing.T, c *client.Client) *load {
	return &load{t: t, c: c, accepted: make(map[string]accepted), grown: make(chan struct{}, 1)}
}

// How many submit at once, and how long each of them pauses: what is asked about
// afterwards must stay small.
const (
	loaders   = 4
	loadPause = 200 * time.Millisecond
)

// during runs load until the given step is done, and every submit is answered.
func (l *load) during(step func()) {
	l.t.Helper()
	l.rounds++
	round := l.rounds
	ctx, stop := context.WithCancel(l.t.Context())
	defer stop()
	var wg sync.WaitGroup
	for worker := range loaders {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				submission := decision(i, 250_000)
				submission.IdempotencyKey = fmt.Sprintf("load-%d-%d-%d", round, worker, i)
				if !l.submit(i, submission) {
					return
				}
				pause(ctx, loadPause)
			}
		})
	}
	step()
	stop()
	wg.Wait()
}

// submit repeats a submit until it is accepted.
func (l *load) submit(seed int, submission client.Submission) bool {
	ctx, cancel := context.WithTimeout(l.t.Context(), 3*time.Minute)
	defer cancel()
	for {
		out, err := l.c.Submit(ctx, submission)
		switch {
		case err == nil:
			l.mu.Lock()
			l.accepted[submission.IdempotencyKey] = accepted{seed: seed, id: out.Run.ID}
			l.mu.Unlock()
			select {
			case l.grown <- struct{}{}:
			default:
			}
			return true
		case !transient(err) || ctx.Err() != nil:
			l.t.Errorf("submit %s: %v", submission.IdempotencyKey, err)
			return false
		}
		l.mu.Lock()
		l.repeats++
		l.mu.Unlock()
	}
}

// hang submits runs that read pages which hang, and returns once these are worked on.
func (l *load) hang(web *pages, name string, n int) {
	l.t.Helper()
	for i := range n {
		submission := web.read(250_000, fmt.Sprintf("/hang/%s/%d", url.PathEscape(name), i))
		submission.IdempotencyKey = fmt.Sprintf("hang-%d-%d", l.rounds, i)
		if !l.submit(i, submission) {
			return
		}
		l.mu.Lock()
		id := l.accepted[submission.IdempotencyKey].id
		l.mu.Unlock()
		processing(l.t, l.c, id)
	}
}

// transient tells whether a request may just be repeated.
func transient(err error) bool {
	var lost *client.UnreachableError
	var refused *client.Error
	return errors.As(err, &lost) ||
		errors.As(err, &refused) && refused.Problem.Reason != "" && refused.RetryAfter > 0 && refused.Problem.Status == http.StatusServiceUnavailable
}

// atLeast waits until so many more runs were accepted.
func (l *load) atLeast(n int) {
	l.t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.accepted)
	}
	want, late := count()+n, time.After(2*time.Minute)
	for count() < want {
		select {
		case <-l.grown:
		case <-late:
			l.t.Errorf("%d runs are accepted, want %d", count(), want)
			return
		}
	}
}

// settled waits until nothing is held, and returns how all accepted runs ended, none
// of which may be missing.
func (l *load) settled(s *site, within time.Duration) map[dpp.RunID]dpp.RunView {
	l.t.Helper()
	s.idle(l.c, within)
	runs := map[dpp.RunID]dpp.RunView{}
	for run, err := range l.c.List(l.t.Context(), client.Filter{}) {
		if err != nil {
			l.t.Fatal(err)
		}
		runs[run.ID] = run
	}
	keys := map[dpp.RunID]string{}
	for key, run := range l.accepted {
		if other, ok := keys[run.id]; ok {
			l.t.Errorf("the keys %s and %s were given one run, %s", key, other, run.id)
		}
		keys[run.id] = key
		if ended, ok := runs[run.id]; !ok || !ended.Terminal {
			l.t.Errorf("run %s, accepted under %s, is %q", run.id, key, ended.Status)
		}
	}
	if len(runs) != len(l.accepted) {
		l.t.Errorf("there are %d runs, %d were accepted", len(runs), len(l.accepted))
	}
	return runs
}

// replay asks again with some of the keys and reads some of the results.
func (l *load) replay() {
	l.t.Helper()
	n := 0
	for key, run := range l.accepted {
		if strings.HasPrefix(key, "hang-") {
			continue
		}
		if n++; n > 50 {
			return
		}
		submission := decision(run.seed, 250_000)
		submission.IdempotencyKey = key
		out, err := l.c.Submit(l.t.Context(), submission)
		if err != nil || out.Run.ID != run.id || !out.Replayed {
			l.t.Errorf("replay of %s: run %s, replayed %t, %v; want run %s", key, out.Run.ID, out.Replayed, err, run.id)
		}
		if n%3 > 0 {
			continue
		}
		if _, err := l.c.Result(l.t.Context(), run.id); err != nil && !errors.Is(err, client.ErrNoResult) {
			l.t.Errorf("result of %s: %v", run.id, err)
		}
	}
}

// completed requires that all runs ended well, within so many attempts. Those that
// read pages were under way all the time, so that nobody else may have begun them.
func completed(t *testing.T, runs map[dpp.RunID]dpp.RunView, attempts int) {
	t.Helper()
	for id, run := range runs {
		if run.Status != dpp.StatusCompleted || run.Attempt > attempts || run.PackType == "url" && run.Attempt > 1 {
			t.Errorf("run %s ended %s at attempt %d: %+v", id, run.Status, run.Attempt, run.Error)
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
