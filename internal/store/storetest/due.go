package storetest

import (
	"time"

	"dpp"
	"dpp/internal/store"
)

var due = contract{
	"Leases":    testDueLeases,
	"Queue":     testDueQueue,
	"Retention": testDueRetention,
	"Depth":     testDepth,
}

var retention = contract{
	"Purge":                   testPurge,
	"Forget":                  testForget,
	"ForgetsAtMost":           testForgetLimit,
	"RemembersWhatIsAskedFor": testForgetKeeps,
}

// dueRuns are the runs that are due, as identifiers.
func (w *world) dueRuns(query store.DueQuery) []dpp.RunID {
	w.Helper()
	if query.Limit == 0 {
		query.Limit = 100
	}
	all, err := w.store.Due(w.Context(), query)
	w.must(err)
	found := make([]dpp.RunID, len(all))
	for i, d := range all {
		w.same("due run", d.Run, w.run(d.Run.ID))
		found[i] = d.Run.ID
	}
	return found
}

func testDueLeases(w *world) {
	first := w.claimed()
	w.clock.advance(time.Second)
	second := w.claimed()
	w.queued()
	w.same("fresh", w.dueRuns(store.DueQuery{Due: store.DueLeases}), []dpp.RunID{})
	w.clock.advance(leaseTTL + time.Millisecond)
	w.same("past their time", w.dueRuns(store.DueQuery{Due: store.DueLeases}), []dpp.RunID{first.Run.ID, second.Run.ID})
	w.same("at most one", w.dueRuns(store.DueQuery{Due: store.DueLeases, Limit: 1}), []dpp.RunID{first.Run.ID})
	w.same("token", w.dueLeases()[0].Token, first.Token)
	for _, late := range w.dueLeases() { // the fence that the reaper writes holds
		step := requeueing(late.Run)
		step.Fence, step.Lost = store.Fence{Token: late.Token, LeaseExpired: true}, true
		w.happens(step)
	}
	w.same("taken", w.dueRuns(store.DueQuery{Due: store.DueLeases}), []dpp.RunID{})
}

func testDueQueue(w *world) {
	later, sooner := w.submission(dpp.USD), w.submission(dpp.USD)
	later.QueueTTL, sooner.QueueTTL = 2*time.Minute, time.Minute
	w.submit(later, sooner)
	w.claimed()
	w.clock.advance(time.Minute - time.Millisecond)
	w.same("fresh", w.dueRuns(store.DueQuery{Due: store.DueQueue}), []dpp.RunID{})
	w.clock.advance(time.Millisecond)
	w.same("one", w.dueRuns(store.DueQuery{Due: store.DueQueue}), []dpp.RunID{sooner.Run.ID})
	w.clock.advance(time.Minute)
	w.same("two", w.dueRuns(store.DueQuery{Due: store.DueQueue}), []dpp.RunID{sooner.Run.ID, later.Run.ID})
	w.same("at most one", w.dueRuns(store.DueQuery{Due: store.DueQueue, Limit: 1}), []dpp.RunID{sooner.Run.ID})
	for _, id := range w.dueRuns(store.DueQuery{Due: store.DueQueue}) {
		step := ending(w.run(id), dpp.StatusExpired, 0)
		step.Fence.Overdue = true
		w.happens(step)
	}
	w.same("expired", w.dueRuns(store.DueQuery{Due: store.DueQueue}), []dpp.RunID{})
}

func testDueRetention(w *world) {
	first := w.happens(ending(w.queued(), dpp.StatusCanceled, 0))
	w.clock.advance(time.Minute)
	second := w.happens(ending(w.claimed().Run, dpp.StatusCompleted, 1000))
	w.queued()
	w.claimed()
	query := store.DueQuery{Due: store.DueRetention, EndedFor: time.Hour}
	w.clock.advance(time.Hour - time.Minute)
	w.same("first", w.dueRuns(query), []dpp.RunID{first.ID})
	w.clock.advance(time.Minute)
	w.same("both", w.dueRuns(query), []dpp.RunID{first.ID, second.ID})
	w.must(w.store.Purge(w.Context(), []dpp.RunID{first.ID}))
	w.same("not purged", w.dueRuns(query), []dpp.RunID{second.ID})
}

func testDepth(w *world) {
	depth := func() (int64, time.Duration) {
		waiting, oldest, err := w.store.Depth(w.Context())
		w.must(err)
		return waiting, oldest
	}
	if waiting, oldest := depth(); waiting != 0 || oldest != 0 {
		w.Errorf("empty: %d, %s", waiting, oldest)
	}
	first := w.queued()
	w.clock.advance(time.Minute)
	w.queued()
	w.clock.advance(time.Second)
	if waiting, oldest := depth(); waiting != 2 || oldest != time.Minute+time.Second {
		w.Errorf("two: %d, %s", waiting, oldest)
	}
	w.claim(slot("t", first.ID))
	if waiting, oldest := depth(); waiting != 1 || oldest != time.Second {
		w.Errorf("one: %d, %s", waiting, oldest)
	}
}

func testPurge(w *world) {
	ended := w.happens(ending(w.claimed().Run, dpp.StatusCompleted, 1000))
	open := w.queued()
	w.clock.advance(time.Minute)
	w.must(w.store.Purge(w.Context(), []dpp.RunID{ended.ID, open.ID, "run_unknown"}))
	want := ended
	want.PurgedAt = w.clock.Now()
	w.same("purged run", w.run(ended.ID), want)
	w.same("open run", w.run(open.ID), open)
	w.clock.advance(time.Minute)
	w.must(w.store.Purge(w.Context(), []dpp.RunID{ended.ID}))
	w.must(w.store.Purge(w.Context(), nil))
	w.same("purged twice", w.run(ended.ID), want)
	if c := w.claim(slot("t", open.ID))[0]; len(c.Inputs) == 0 {
		w.Error("the inputs of an open run are gone")
	}
}

// forget forgets what ended before a moment. It seals first: what is not sealed
// need not be forgotten.
func (w *world) forget(before time.Time, limit int) int {
	w.Helper()
	w.seal(1000)
	n, err := w.store.Forget(w.Context(), w.clock.Now().Sub(before), limit)
	w.must(err)
	return n
}

func testForget(w *world) {
	step := ending(w.queued(), dpp.StatusCanceled, 0)
	step.Events = []store.Event{{ID: dpp.NewEventID(), Tenant: w.tenant, Run: step.Run, Type: "run.canceled"}}
	purged := w.happens(step)
	kept := w.happens(ending(w.claimed().Run, dpp.StatusCompleted, 1000))
	open := w.queued()
	w.must(w.store.Purge(w.Context(), []dpp.RunID{purged.ID}))
	w.clock.advance(2 * keyWindow)
	account, entries := w.balance(), w.entries(w.account)
	w.same("ended too late", w.forget(purged.CompletedAt, 100), 3) // the keys alone
	w.same("ended before", w.forget(w.clock.Now(), 100), 1)
	w.same("nothing left", w.forget(w.clock.Now(), 100), 0)
	left, err := w.store.RunsByID(w.Context(), []dpp.RunID{purged.ID, kept.ID, open.ID})
	w.must(err)
	if len(left) != 2 {
		w.Errorf("%d runs left, want 2", len(left))
	}
	w.same("account", w.balance(), account)
	w.same("ledger", w.entries(w.account), entries)
}

func testForgetLimit(w *world) {
	for range 3 {
		run := w.happens(ending(w.queued(), dpp.StatusCanceled, 0))
		w.must(w.store.Purge(w.Context(), []dpp.RunID{run.ID}))
	}
	w.clock.advance(2 * keyWindow)
	total := 0
	for n := w.forget(w.clock.Now(), 2); n > 0; n = w.forget(w.clock.Now(), 2) {
		if n > 2 {
			w.Errorf("%d rows at once, asked for 2", n)
		}
		total += n
	}
	w.same("three keys and three runs", total, 6)
	w.same("no limit", w.forget(w.clock.Now(), 0), 0)
}

func testForgetKeeps(w *world) {
	first := w.submission(dpp.USD)
	run := w.happens(ending(w.accepted(first), dpp.StatusCanceled, 0))
	w.must(w.store.Purge(w.Context(), []dpp.RunID{run.ID}))
	w.clock.advance(keyWindow - time.Second)
	w.same("inside the window", w.forget(w.clock.Now(), 100), 0)
	if out := w.submit(w.again(first))[0]; out.Verdict != store.Replayed {
		w.Errorf("replay: %+v", out)
	}
}
