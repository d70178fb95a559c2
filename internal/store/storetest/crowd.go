package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"dpp"
	"dpp/internal/store"
)

var crowd = contract{
	"SpendsToTheLastCent": testCrowdSpends,
	"OneRunForOneKey":     testCrowdKey,
	"OneEndForOneRun":     testCrowdEnds,
	"OneClaimForOneRun":   testCrowdClaims,
	"TwoStoresOneTruth":   testCrowdStores,
	"WholeLives":          testCrowdLives,
}

// together runs n goroutines and waits for them.
func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func testCrowdSpends(w *world) {
	const callers, each = 20, 10
	tenant := w.newTenant(50 * dpp.USD)
	var accepted, drained atomic.Int64
	together(callers, func(c int) {
		for i := range each {
			out, err := w.store.Submit(w.Context(), []store.Submission{submissionOf(tenant, fmt.Sprintf("key-%d-%d", c, i), 500_000)})
			switch {
			case err != nil:
				w.Error(err)
			case out[0].Verdict == store.Accepted:
				accepted.Add(1)
			case out[0].Reason == dpp.ReasonBudgetDrained:
				drained.Add(1)
			}
		}
	})
	account := w.accountOf(dpp.AccountOf(tenant, true))
	if accepted.Load() != 100 || drained.Load() != 100 || account.Available != 0 || account.OpenRuns != 100 {
		w.Errorf("%d accepted, %d refused, account %+v", accepted.Load(), drained.Load(), account)
	}
}

func testCrowdKey(w *world) {
	const callers = 50
	tenant := w.newTenant(500_000) // enough for one
	outcomes := make([]store.Submitted, callers)
	together(callers, func(i int) {
		out, err := w.store.Submit(w.Context(), []store.Submission{submissionOf(tenant, "the one key", 500_000)})
		if err != nil {
			w.Error(err)
			return
		}
		outcomes[i] = out[0]
	})
	verdicts, runs := make(map[store.Verdict]int), make(map[dpp.RunID]bool)
	for _, out := range outcomes {
		verdicts[out.Verdict]++
		runs[out.Run.ID] = true
	}
	w.same("verdicts", verdicts, map[store.Verdict]int{store.Accepted: 1, store.Replayed: callers - 1})
	w.same("runs", len(runs), 1)
}

// testCrowdEnds lets a worker, a second worker with a stale claim, the reaper and a
// cancel race for each run.
func testCrowdEnds(w *world) {
	for range 15 {
		c := w.claimed()
		w.clock.advance(leaseTTL + time.Second)
		worker, stale := ending(c.Run, dpp.StatusCompleted, 300_000), ending(c.Run, dpp.StatusFailed, 20_000)
		worker.Fence.Token, stale.Fence.Token = c.Token, "stale"
		reaper, cancel := requeueing(c.Run), ending(c.Run, dpp.StatusCanceled, 20_000)
		reaper.Fence = store.Fence{Token: c.Token, LeaseExpired: true}
		steps := []store.Transition{worker, reaper, cancel, stale}
		var happened atomic.Int64
		together(len(steps), func(i int) {
			steps[i].Mark = fmt.Sprint("contender ", i)
			out, err := w.store.Transition(w.Context(), steps[i:i+1])
			if err != nil {
				w.Error(err)
			} else if out[0].Happened {
				happened.Add(1)
			}
		})
		if run := w.run(c.Run.ID); happened.Load() != 1 || run.Version != 3 {
			w.Errorf("%d transitions happened; the run is %s at version %d", happened.Load(), run.Status, run.Version)
		}
	}
}

func testCrowdClaims(w *world) {
	const runs, workers = 40, 8
	for range runs {
		w.queued()
	}
	var mu sync.Mutex
	claimed := make(map[dpp.RunID]int)
	together(workers, func(worker int) {
		for round := 0; ; round++ {
			got, err := w.store.Claim(w.Context(), slots(fmt.Sprintf("%d-%d-", worker, round), "", "", ""))
			if err != nil {
				w.Error(err)
				return
			}
			if got[0] == nil {
				return
			}
			mu.Lock()
			for _, id := range claimedIDs(got) {
				if id != "" {
					claimed[id]++
				}
			}
			mu.Unlock()
		}
	})
	for id, times := range claimed {
		if times != 1 {
			w.Errorf("run %s was given %d times", id, times)
		}
	}
	w.same("runs given", len(claimed), runs)
}

func testCrowdStores(w *world) {
	const each = 25
	processes := []store.Store{w.store, w.open(), w.open()}
	together(len(processes), func(p int) {
		for i := range each {
			item := submissionOf(w.tenant, fmt.Sprintf("key-%d-%d", p, i), 10_000)
			if out, err := processes[p].Submit(w.Context(), []store.Submission{item}); err != nil || out[0].Verdict != store.Accepted {
				w.Errorf("process %d: %+v, %v", p, out, err)
			}
		}
	})
	w.same("open runs", w.balance().OpenRuns, int64(len(processes)*each))
}

// testCrowdLives takes runs of several tenants from submit to their end, in batches
// of every size, with cancels and requeues between.
func testCrowdLives(w *world) {
	const callers, rounds = 4, 5
	tenants := []dpp.TenantID{w.tenant, w.newTenant(3 * dpp.USD), w.newTenant(10 * dpp.USD)}
	together(callers, func(c int) {
		for round := range rounds {
			var batch []store.Submission
			for i := range c*3 + 1 {
				batch = append(batch, submissionOf(tenants[(i+round)%3], fmt.Sprintf("key-%d-%d-%d", c, round, i), 250_000))
			}
			if _, err := w.store.Submit(w.Context(), batch); err != nil {
				w.Error(err)
			}
			w.work(fmt.Sprintf("%d-%d-", c, round))
			if _, err := w.store.Seal(w.Context(), 7); err != nil {
				w.Error(err)
			}
		}
	})
	w.work("last-") // what the others left
	account := w.balance()
	if account.Spent == 0 {
		w.Errorf("nothing was charged: %+v", account)
	}
}

// work claims some runs and ends, requeues or cancels them.
func (w *world) work(prefix string) {
	got, err := w.store.Claim(w.Context(), slots(prefix, make([]dpp.RunID, 12)...))
	if err != nil {
		w.Error(err)
		return
	}
	var steps []store.Transition
	for i, c := range got {
		if c == nil {
			continue
		}
		step := ending(c.Run, []dpp.Status{dpp.StatusCompleted, dpp.StatusFailed, dpp.StatusCanceled}[i%3], dpp.Money(i)*1000)
		if i%4 == 3 {
			step = requeueing(c.Run)
		}
		step.Fence.Token = c.Token
		step.Mark = fmt.Sprint(prefix, i)
		steps = append(steps, step)
	}
	out, err := w.store.Transition(w.Context(), steps)
	if err != nil {
		w.Error(err)
	}
	for _, o := range out {
		if !o.Happened {
			w.Errorf("a fenced transition of its only holder did not happen: %+v", o.Run)
		}
	}
}
