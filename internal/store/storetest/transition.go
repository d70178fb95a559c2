package storetest

import (
	"errors"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var transitions = contract{
	"Complete":                 testComplete,
	"FailCancelExpire":         testOtherEnds,
	"Requeue":                  testRequeue,
	"LostRequeueIsCounted":     testLostRequeue,
	"RequeueEndsAtTheDeadline": testRequeueDeadline,
	"VersionAndStatusDecide":   testConditional,
	"LoserLeavesNoTrace":       testLoser,
	"TwoInOneBatch":            testTwoInOneBatch,
	"AnswersStandAlone":        testAnswersStandAlone,
	"RepeatedInDoubt":          testTransitionRepeat,
	"UnknownRun":               testTransitionUnknown,
	"MalformedFailsTheBatch":   testTransitionMalformed,
	"ManyAccountsInOneBatch":   testTransitionMany,
}

func testComplete(w *world) {
	c := w.claimed()
	w.clock.advance(time.Second)
	step := ending(c.Run, dpp.StatusCompleted, 300_000)
	out := w.transition(step)[0]

	want := c.Run
	want.Status, want.Money, want.Version, want.Used = dpp.StatusCompleted, dpp.MoneySettled, 3, 300_000
	want.UpdatedAt, want.CompletedAt, want.Result = w.clock.Now(), w.clock.Now(), step.Result
	w.same("outcome", out, store.Transitioned{Happened: true, Run: want, Account: w.balance()})
	w.same("stored run", w.run(want.ID), want)
	account := w.balance()
	w.same("money", []dpp.Money{account.Available, account.Held, account.Spent}, []dpp.Money{100*dpp.USD - 300_000, 0, 300_000})
	entries := w.entries(w.account)
	w.same("capture and release", entries[2:], []ledger.Entry{
		{Account: w.account, Seq: 3, Kind: ledger.Capture, Amount: 300_000, Run: want.ID, CreatedAt: w.clock.Now()},
		{Account: w.account, Seq: 4, Kind: ledger.Release, Amount: 700_000, Run: want.ID, CreatedAt: w.clock.Now()},
	})
}

func testOtherEnds(w *world) {
	claimed := func() dpp.Run { return w.claimed().Run }
	for _, test := range []struct {
		run    dpp.Run
		to     dpp.Status
		charge dpp.Money
	}{
		{w.queued(), dpp.StatusExpired, 0},
		{w.queued(), dpp.StatusCanceled, 0},
		{claimed(), dpp.StatusCanceled, 20_000},
		{claimed(), dpp.StatusFailed, 20_000},
		{claimed(), dpp.StatusFailed, 0},
		{claimed(), dpp.StatusCompleted, 0},
		{claimed(), dpp.StatusCompleted, dpp.USD},
	} {
		before := w.balance()
		step := ending(test.run, test.to, test.charge)
		got := w.happens(step)
		if got.Status != test.to || got.Money != step.Money || got.Used != test.charge || !got.CompletedAt.Equal(w.clock.Now()) {
			w.Errorf("%s for %s: %+v", test.to, test.charge, got)
		}
		w.same("error", got.Error, step.Error)
		w.same("stored run", w.run(got.ID), got)
		after := w.balance()
		if after.Held != before.Held-dpp.USD || after.Spent != before.Spent+test.charge || after.OpenRuns != before.OpenRuns-1 {
			w.Errorf("%s for %s: account %+v, before %+v", test.to, test.charge, after, before)
		}
	}
}

func testRequeue(w *world) {
	c := w.claimed()
	before := w.balance()
	w.clock.advance(time.Minute)
	step := requeueing(c.Run)
	out := w.transition(step)[0]
	want := c.Run
	want.Status, want.Version, want.UpdatedAt = dpp.StatusQueued, 3, w.clock.Now()
	want.QueueExpiresAt = w.clock.Now().Add(queueTTL)
	w.same("outcome", out, store.Transitioned{Happened: true, Run: want})
	w.same("stored run", w.run(want.ID), want)
	w.same("account", w.balance(), before)
	w.happens(ending(want, dpp.StatusCanceled, 0))
}

func testLostRequeue(w *world) {
	c := w.claimed()
	step := requeueing(c.Run)
	step.Lost = true
	back := w.happens(step)
	again := w.claim(slot("next", back.ID))[0]
	final := w.happens(ending(again.Run, dpp.StatusFailed, 0))
	w.same("losses", []int{back.Losses, again.Run.Losses, final.Losses}, []int{1, 1, 1})
	w.same("attempts", []int{back.Attempt, again.Run.Attempt}, []int{1, 2})
}

func testRequeueDeadline(w *world) {
	c := w.claimed()
	w.clock.advance(deadlineIn - time.Minute)
	back := w.happens(requeueing(c.Run))
	w.same("end of waiting", back.QueueExpiresAt, back.Deadline)
	w.clock.advance(time.Minute)
	if got := w.claim(slot("t", ""))[0]; got != nil {
		w.Errorf("claimed past the deadline: %+v", got)
	}
}

func testConditional(w *world) {
	c := w.claimed()
	good := ending(c.Run, dpp.StatusFailed, 20_000)
	for what, change := range map[string]func(*store.Transition){
		"earlier version": func(s *store.Transition) { s.Version-- },
		"later version":   func(s *store.Transition) { s.Version++ },
		"other status":    func(s *store.Transition) { s.From = dpp.StatusQueued; s.To = dpp.StatusCanceled },
	} {
		step := good
		change(&step)
		out := w.transition(step)[0]
		w.same(what, out, store.Transitioned{Run: c.Run})
	}
	w.happens(good)
}

func testLoser(w *world) {
	c := w.claimed()
	winner := w.happens(ending(c.Run, dpp.StatusCompleted, 300_000))
	account, entries := w.balance(), w.entries(w.account)
	w.clock.advance(time.Minute)

	stale := ending(c.Run, dpp.StatusFailed, 20_000) // the worker that was late
	stale.Mark = "another mark"
	stale.Events = []store.Event{{ID: dpp.NewEventID(), Tenant: w.tenant, Run: c.Run.ID, Type: "run.failed"}}
	terminal := stale
	terminal.Version, terminal.From = winner.Version, dpp.StatusProcessing
	back := requeueing(c.Run)
	for _, out := range w.transition(stale, terminal, back) {
		w.same("outcome", out, store.Transitioned{Run: winner})
	}
	w.same("run", w.run(c.Run.ID), winner)
	w.same("account", w.balance(), account)
	w.same("entries", w.entries(w.account), entries)
	events, err := w.store.TakeEvents(w.Context(), 10, time.Minute)
	w.must(err)
	if len(events) != 0 {
		w.Errorf("the loser's events: %+v", events)
	}
}

func testTwoInOneBatch(w *world) {
	c := w.claimed()
	other := w.claimed()
	first, second := ending(c.Run, dpp.StatusFailed, 20_000), ending(c.Run, dpp.StatusCanceled, 20_000)
	second.Mark = "the second"
	out := w.transition(first, second, ending(other.Run, dpp.StatusCompleted, 100))
	if !out[0].Happened || out[1].Happened || !out[2].Happened {
		w.Errorf("outcomes %+v", out)
	}
	w.same("run after both", out[1].Run, w.run(c.Run.ID))
	w.same("account", out[2].Account, w.balance())
}

// What is told of a run does not change with what comes later in the batch.
func testAnswersStandAlone(w *world) {
	c := w.claimed()
	w.beats(beat(c, 7))
	before := w.run(c.Run.ID)
	late, back := ending(c.Run, dpp.StatusFailed, 0), requeueing(c.Run)
	late.Version--
	out := w.transition(late, back)
	w.same("before the requeue", out[0], store.Transitioned{Run: before})
	w.same("after it", out[1], store.Transitioned{Happened: true, Run: w.run(c.Run.ID)})
}

func testTransitionRepeat(w *world) {
	c := w.claimed()
	back := requeueing(c.Run)
	after := w.happens(back)
	account := w.balance()
	w.clock.advance(time.Second)
	w.same("requeue repeated", w.transition(back)[0], store.Transitioned{Happened: true, Run: after})

	claim := w.claim(slot("next", after.ID))[0]
	end := ending(claim.Run, dpp.StatusCompleted, 300_000)
	first := w.transition(end)[0]
	w.clock.advance(time.Second)
	w.same("end repeated", w.transition(end, end), []store.Transitioned{first, first})
	if w.balance().Version != account.Version+1 || len(w.entries(w.account)) != 4 {
		w.Error("a repeat was posted again")
	}
	unmarked := end
	unmarked.Mark = ""
	if w.transition(unmarked)[0].Happened {
		w.Error("a transition without a mark cannot be known as itself")
	}
}

func testTransitionUnknown(w *world) {
	c := w.claimed()
	step := ending(c.Run, dpp.StatusFailed, 0)
	step.Run = "run_unknown"
	step.Settle = ledger.NewSettle(w.account, step.Run, dpp.USD, 0)
	out := w.transition(step, ending(c.Run, dpp.StatusFailed, 0))
	w.same("outcome", out[0], store.Transitioned{})
	if !out[1].Happened {
		w.Error("its neighbour did not happen")
	}
}

func testTransitionMalformed(w *world) {
	a, b := w.claimed(), w.claimed()
	before := w.balance()
	good := ending(a.Run, dpp.StatusCompleted, 100)
	for what, change := range map[string]func(*store.Transition){
		"no settlement":               func(s *store.Transition) { s.Settle = ledger.Transfer{} },
		"settlement of another run":   func(s *store.Transition) { s.Settle = ledger.NewSettle(w.account, a.Run.ID, dpp.USD, 100) },
		"settles more than is held":   func(s *store.Transition) { s.Settle = ledger.NewSettle(w.account, b.Run.ID, 50*dpp.USD, 100) },
		"settlement too fine":         func(s *store.Transition) { s.Settle = ledger.NewSettle(w.account, b.Run.ID, dpp.USD, 1) },
		"settlement of another owner": func(s *store.Transition) { s.Settle = ledger.NewSettle("ten_other", b.Run.ID, dpp.USD, 1) },
	} {
		step := ending(b.Run, dpp.StatusFailed, 100)
		change(&step)
		if out, err := w.store.Transition(w.Context(), []store.Transition{good, step}); !errors.Is(err, ledger.ErrMalformed) {
			w.Errorf("%s: %+v, %v", what, out, err)
		}
	}
	impossible := ending(b.Run, dpp.StatusExpired, 0) // only a queued run expires
	if out, err := w.store.Transition(w.Context(), []store.Transition{good, impossible}); err == nil {
		w.Errorf("a step that the state machine has not: %+v", out)
	}
	w.same("account", w.balance(), before)
	w.same("runs", []dpp.Run{w.run(a.Run.ID), w.run(b.Run.ID)}, []dpp.Run{a.Run, b.Run})
	w.happens(good)
}

func testTransitionMany(w *world) {
	var steps []store.Transition
	spent := make(map[dpp.AccountID]dpp.Money)
	tenants := []dpp.TenantID{w.newTenant(10 * dpp.USD), w.newTenant(10 * dpp.USD), w.tenant}
	for i := range 12 {
		run := w.accepted(submissionOf(tenants[i%3], "key-"+string(rune('a'+i)), dpp.USD))
		charge := dpp.Money(i) * 1000
		c := w.claim(slot("t"+string(run.ID), run.ID))[0]
		steps = append(steps, ending(c.Run, dpp.StatusFailed, charge))
		spent[run.Account()] += charge
	}
	for _, out := range w.transition(steps...) {
		if !out.Happened {
			w.Errorf("did not happen: %+v", out)
		}
	}
	for id, want := range spent {
		if got := w.accountOf(id); got.Spent != want || got.Held != 0 {
			w.Errorf("account %+v spent %s, want %s", got, got.Spent, want)
		}
	}
}
