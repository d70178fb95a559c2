package storetest

import (
	"slices"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var lists = contract{
	"NewestFirst":       testListOrder,
	"EveryFilter":       testListFilters,
	"PagesByCursor":     testListPages,
	"OwnRunsOnly":       testListOwn,
	"ByID":              testRunsByID,
	"RunStates":         testRunStates,
	"NothingAskedFor":   testListNothing,
	"CreatedToTheMilli": testListCreated,
}

func (w *world) list(query store.ListQuery) []dpp.RunID {
	w.Helper()
	query.Tenant, query.Live = w.tenant, true
	if query.Limit == 0 {
		query.Limit = 100
	}
	runs, err := w.store.ListRuns(w.Context(), query)
	w.must(err)
	for _, run := range runs {
		w.same("listed run", run, w.run(run.ID))
	}
	return ids(runs)
}

func testListOrder(w *world) {
	var want []dpp.RunID
	for range 5 {
		want = append(want, w.queued().ID)
		w.clock.advance(time.Millisecond)
	}
	slices.Reverse(want)
	w.same("all", w.list(store.ListQuery{}), want)
	w.same("the newest", w.list(store.ListQuery{Limit: 2}), want[:2])
}

// gallery makes runs in every status, of two packs, with and without an external id,
// an hour apart, and returns them newest first.
func (w *world) gallery() []dpp.Run {
	w.Helper()
	var all []dpp.Run
	for i, status := range append(dpp.Statuses(), dpp.Statuses()...) {
		item := w.submission(dpp.USD)
		item.Run.PackType = []string{"url", "decision"}[i/6]
		if i%2 == 0 {
			item.Run.Meta.ExternalID = []string{"order-1", "order-2"}[i/2%2]
		}
		run := w.accepted(item)
		switch {
		case status == dpp.StatusExpired:
			run = w.happens(ending(run, status, 0))
		case status.Terminal():
			c := w.claim(slot("token of "+string(run.ID), run.ID))[0]
			run = w.happens(ending(c.Run, status, 1000))
		case status == dpp.StatusProcessing:
			run = w.claim(slot("token of "+string(run.ID), run.ID))[0].Run
		}
		all = append(all, run)
		w.clock.advance(time.Hour)
	}
	slices.Reverse(all)
	return all
}

func testListFilters(w *world) {
	all := w.gallery()
	var queries []store.ListQuery
	for _, status := range append(dpp.Statuses(), "") {
		for _, pack := range []string{"", "url", "ocr"} {
			for _, external := range []string{"", "order-1", "order-9"} {
				queries = append(queries,
					store.ListQuery{Status: status, PackType: pack, ExternalID: external},
					store.ListQuery{Status: status, PackType: pack, ExternalID: external, Before: all[5].ID},
					store.ListQuery{Status: status, PackType: pack, ExternalID: external, CreatedAfter: all[9].CreatedAt, CreatedBefore: all[2].CreatedAt},
				)
			}
		}
	}
	for _, query := range queries {
		want := []dpp.RunID{}
		for _, run := range all {
			if matches(query, run) {
				want = append(want, run.ID)
			}
		}
		w.same("runs of "+show(query), w.list(query), want)
	}
}

// matches is what a query means.
func matches(q store.ListQuery, run dpp.Run) bool {
	return (q.Status == "" || run.Status == q.Status) &&
		(q.PackType == "" || run.PackType == q.PackType) &&
		(q.ExternalID == "" || run.Meta.ExternalID == q.ExternalID) &&
		(q.CreatedAfter.IsZero() || !run.CreatedAt.Before(q.CreatedAfter)) &&
		(q.CreatedBefore.IsZero() || run.CreatedAt.Before(q.CreatedBefore)) &&
		(q.Before == "" || run.ID < q.Before)
}

func testListPages(w *world) {
	all := ids(w.gallery())
	var seen []dpp.RunID
	for query := (store.ListQuery{Limit: 5}); ; query.Before = seen[len(seen)-1] {
		page := w.list(query)
		seen = append(seen, page...)
		if len(page) < 5 {
			break
		}
		w.queued() // what comes in between does not move the pages
	}
	w.same("all pages", seen, all)
}

func testListOwn(w *world) {
	other := w.newTenant(dpp.USD)
	w.accepted(submissionOf(other, "key-other", dpp.USD))
	mine := w.queued().ID
	w.same("mine", w.list(store.ListQuery{}), []dpp.RunID{mine})
	sandbox, err := w.store.ListRuns(w.Context(), store.ListQuery{Tenant: w.tenant, Limit: 10})
	w.must(err)
	if len(sandbox) != 0 {
		w.Errorf("live runs in the sandbox: %+v", sandbox)
	}
}

func testRunsByID(w *world) {
	a, b := w.queued(), w.claimed()
	runs, err := w.store.RunsByID(w.Context(), []dpp.RunID{b.Run.ID, "run_unknown", a.ID, "'; DROP TABLE runs", "\xff\x00", a.ID})
	w.must(err)
	slices.SortFunc(runs, func(x, y dpp.Run) int { return int(x.Version - y.Version) })
	w.same("runs", runs, []dpp.Run{a, b.Run})
}

func testRunStates(w *world) {
	a, b := w.queued(), w.claimed()
	item := w.submission(dpp.USD)
	item.Run.Tenant = w.newTenant(3 * dpp.USD)
	item.Key.Tenant = item.Run.Tenant
	item.Hold = ledger.NewHold(item.Run.Account(), item.Run.ID, dpp.USD)
	c := w.accepted(item)
	all := map[dpp.RunID]store.RunState{
		a.ID:     {Run: a, Account: w.balance()},
		b.Run.ID: {Run: b.Run, Account: w.balance()},
		c.ID:     {Run: c, Account: w.accountOf(c.Account())},
	}
	for _, q := range []struct {
		above map[dpp.RunID]int64
		want  []dpp.RunID
	}{
		{map[dpp.RunID]int64{"run_unknown": 0, "'; DROP TABLE runs": 0, "\xff\x00": 0}, nil},
		{map[dpp.RunID]int64{a.ID: 0, b.Run.ID: 0, c.ID: 0, "run_unknown": 0}, []dpp.RunID{a.ID, b.Run.ID, c.ID}},
		{map[dpp.RunID]int64{a.ID: 1, b.Run.ID: 1, c.ID: 0}, []dpp.RunID{b.Run.ID, c.ID}},
		{map[dpp.RunID]int64{a.ID: 1, b.Run.ID: 2}, nil},
	} {
		states, err := w.store.RunStates(w.Context(), q.above)
		w.must(err)
		got, want := make(map[dpp.RunID]store.RunState), make(map[dpp.RunID]store.RunState)
		for _, state := range states {
			got[state.Run.ID] = state
		}
		for _, id := range q.want {
			want[id] = all[id]
		}
		w.same("states", got, want)
		w.same("number of states", len(states), len(want))
	}
}

func testListNothing(w *world) {
	w.queued()
	runs, err := w.store.RunsByID(w.Context(), nil)
	w.must(err)
	states, err := w.store.RunStates(w.Context(), nil)
	w.must(err)
	known, err := w.store.RunsByKey(w.Context(), nil)
	w.must(err)
	listed, err := w.store.ListRuns(w.Context(), store.ListQuery{Tenant: w.tenant, Live: true})
	w.must(err)
	if len(runs)+len(states)+len(known)+len(listed) != 0 {
		w.Error("something came of nothing")
	}
}

func testListCreated(w *world) {
	run := w.queued() // created at .250
	at := run.CreatedAt
	for _, test := range []struct {
		query store.ListQuery
		found bool
	}{
		{store.ListQuery{CreatedAfter: at}, true},
		{store.ListQuery{CreatedAfter: at.Add(time.Microsecond)}, false},
		{store.ListQuery{CreatedBefore: at}, false},
		{store.ListQuery{CreatedBefore: at.Add(time.Microsecond)}, true},
		{store.ListQuery{CreatedAfter: at.In(time.FixedZone("east", 3600)), CreatedBefore: at.Add(time.Millisecond)}, true},
	} {
		if got := len(w.list(test.query)) == 1; got != test.found {
			w.Errorf("created from %s to %s: %t", test.query.CreatedAfter, test.query.CreatedBefore, got)
		}
	}
}
