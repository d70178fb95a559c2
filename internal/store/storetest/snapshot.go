package storetest

import (
	"errors"
	"slices"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var snapshots = contract{
	"NothingChanges":     testSnapshotStill,
	"EverythingInOrder":  testSnapshotOrder,
	"StopsAtAnError":     testSnapshotStops,
	"OfManyPages":        testSnapshotPages,
	"NamesRunsAsTheyAre": testSnapshotRuns,
	"NoStrays":           testSnapshotStrays,
}

// seen is what a snapshot shows of an account.
type seen struct {
	account ledger.Account
	entries []ledger.Entry
	runs    []store.AuditRun
	usage   []store.UsageDay
	sealed  int64
}

func (w *world) look(view store.Snapshot) (s seen) {
	w.Helper()
	w.must(view.EachAccount(w.Context(), func(a ledger.Account) error {
		if a.ID != w.account {
			return nil
		}
		s.account = a
		// Calls may nest.
		if err := view.EachEntry(w.Context(), a.ID, func(e ledger.Entry) error { s.entries = append(s.entries, e); return nil }); err != nil {
			return err
		}
		return view.EachRun(w.Context(), a.ID, func(r store.AuditRun) error { s.runs = append(s.runs, r); return nil })
	}))
	w.must(view.EachUsage(w.Context(), w.account, func(d store.UsageDay) error { s.usage = append(s.usage, d); return nil }))
	var err error
	s.sealed, _, err = view.Sealed(w.Context(), w.account)
	w.must(err)
	return s
}

func testSnapshotStill(w *world) {
	run := w.queued()
	w.seal(1)
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		before := w.look(view)
		c := w.claim(slot("t", run.ID))[0]
		w.happens(ending(c.Run, dpp.StatusCompleted, 1000))
		w.queued()
		w.post(ledger.NewCredit(w.account, dpp.USD, ""))
		w.seal(100)
		w.same("second look", w.look(view), before)
		return nil
	}))
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		if now := w.look(view); len(now.runs) != 2 || len(now.entries) != 6 || now.sealed != 6 {
			w.Errorf("a new snapshot shows %+v", now)
		}
		return nil
	}))
}

func testSnapshotOrder(w *world) {
	for range 3 {
		w.newTenant(dpp.USD)
		w.queued()
	}
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		var accounts []dpp.AccountID
		w.must(view.EachAccount(w.Context(), func(a ledger.Account) error { accounts = append(accounts, a.ID); return nil }))
		if len(accounts) != 4 || !slices.IsSorted(accounts) {
			w.Errorf("accounts %v", accounts)
		}
		s := w.look(view)
		if !slices.IsSortedFunc(s.runs, func(a, b store.AuditRun) int { return slices.Compare([]byte(a.Run.ID), []byte(b.Run.ID)) }) {
			w.Errorf("runs %+v", s.runs)
		}
		for i, e := range s.entries {
			w.same("number", e.Seq, int64(i)+1)
		}
		return nil
	}))
}

func testSnapshotStops(w *world) {
	w.queued()
	w.queued()
	stop := errors.New("stop")
	calls := 0
	err := w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		w.same("entries", view.EachEntry(w.Context(), w.account, func(ledger.Entry) error { calls++; return stop }), stop)
		w.same("runs", view.EachRun(w.Context(), w.account, func(store.AuditRun) error { calls++; return stop }), stop)
		w.same("accounts", view.EachAccount(w.Context(), func(ledger.Account) error { calls++; return stop }), stop)
		return stop
	})
	if !errors.Is(err, stop) || calls != 3 {
		w.Errorf("%d calls, then %v", calls, err)
	}
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		if _, _, err := view.Sealed(w.Context(), "ten_unknown"); !errors.Is(err, store.ErrNotFound) {
			w.Errorf("seal of no account: %v", err)
		}
		return nil
	}))
}

func testSnapshotPages(w *world) {
	const many = 603
	var batch []store.Submission
	for range many {
		batch = append(batch, w.submission(dpp.SmallestReservation))
	}
	w.submit(batch...)
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		s := w.look(view)
		different := make(map[dpp.RunID]bool)
		for _, r := range s.runs {
			different[r.Run.ID] = true
		}
		if len(s.runs) != many || len(different) != many || len(s.entries) != many+1 {
			w.Errorf("%d runs, %d different, %d entries", len(s.runs), len(different), len(s.entries))
		}
		return nil
	}))
}

func testSnapshotRuns(w *world) {
	queued, c := w.queued(), w.claimed()
	w.beats(beat(c, 1))
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		w.same("runs", w.look(view).runs, []store.AuditRun{{Run: queued, Keys: 1}, {Run: w.run(c.Run.ID), Keys: 1, Leased: true}})
		return nil
	}))
}

func testSnapshotStrays(w *world) {
	w.claimed()
	step := ending(w.queued(), dpp.StatusCanceled, 0)
	step.Events = []store.Event{{ID: dpp.NewEventID(), Tenant: w.tenant, Run: step.Run, Type: "run.canceled"}}
	w.happens(step)
	w.must(w.store.Purge(w.Context(), []dpp.RunID{step.Run}))
	w.clock.advance(2 * keyWindow)
	w.forget(w.clock.Now(), 100) // its entries stay
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		return view.EachStray(w.Context(), func(what string) error {
			w.Errorf("stray: %s", what)
			return nil
		})
	}))
}
