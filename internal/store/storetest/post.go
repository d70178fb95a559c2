package storetest

import (
	"errors"
	"fmt"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var posts = contract{
	"Credit":               testCredit,
	"ReferenceOnce":        testReference,
	"ReferenceOfOther":     testReferenceConflict,
	"Adjust":               testAdjust,
	"RefusesWhatWillNot":   testPostRefuses,
	"UnreferencedEachTime": testUnreferenced,
	"NoHoldsOrSettlements": testPostMalformed,
	"EntriesByPage":        testEntries,
	"AccountsThatExist":    testAccounts,
	"NumbersWithoutGaps":   testNumbers,
}

func testCredit(w *world) {
	before := w.balance()
	w.clock.advance(time.Second)
	out := w.post(ledger.NewCredit(w.account, 5*dpp.USD, "wire 1"))
	want := before
	want.Credited, want.Available, want.Version, want.Seq = 105*dpp.USD, 105*dpp.USD, before.Version+1, 2
	entry := ledger.Entry{Account: w.account, Seq: 2, Kind: ledger.Credit, Amount: 5 * dpp.USD, Reference: "wire 1", CreatedAt: w.clock.Now()}
	w.same("outcome", out, store.Posted{Entry: entry, Account: want})
	w.same("account", w.balance(), want)
	w.same("entry", w.entries(w.account)[1], entry)
}

func testReference(w *world) {
	credit := ledger.NewCredit(w.account, 5*dpp.USD, "wire 1")
	first := w.post(credit)
	w.clock.advance(time.Hour)
	w.post(ledger.NewCredit(w.account, dpp.USD, "wire 2"))
	w.same("repeat", w.post(credit), store.Posted{Repeated: true, Entry: first.Entry, Account: w.balance()})

	out, err := w.store.Post(w.Context(), []ledger.Transfer{
		ledger.NewCredit(w.account, 7*dpp.USD, "wire 3"), ledger.NewCredit(w.account, 7*dpp.USD, "wire 3"),
	})
	w.must(err)
	if out[0].Repeated || !out[1].Repeated || out[0].Entry != out[1].Entry {
		w.Errorf("twice in one batch: %+v", out)
	}
	if got := w.balance(); got.Credited != 113*dpp.USD {
		w.Errorf("account %+v", got)
	}
	other := w.newTenant(0) // whose references are its own
	if out := w.post(ledger.NewCredit(dpp.AccountOf(other, true), dpp.USD, "wire 1")); out.Repeated || out.Reason != "" {
		w.Errorf("another account's reference: %+v", out)
	}
}

func testReferenceConflict(w *world) {
	w.post(ledger.NewCredit(w.account, 5*dpp.USD, "one"))
	w.post(ledger.NewAdjust(w.account, ledger.Down, dpp.USD, "two"))
	before := w.balance()
	for what, transfer := range map[string]ledger.Transfer{
		"other amount":    ledger.NewCredit(w.account, 6*dpp.USD, "one"),
		"other kind":      ledger.NewAdjust(w.account, ledger.Up, 5*dpp.USD, "one"),
		"other direction": ledger.NewAdjust(w.account, ledger.Up, dpp.USD, "two"),
		"what is no more": ledger.NewAdjust(w.account, ledger.Down, 1000*dpp.USD, "two"),
	} {
		w.same(what, w.post(transfer), store.Posted{Reason: dpp.ReasonIdempotencyConflict, Account: before})
	}
	w.same("account", w.balance(), before)
}

func testAdjust(w *world) {
	down := w.post(ledger.NewAdjust(w.account, ledger.Down, 100*dpp.USD, "fix"))
	up := w.post(ledger.NewAdjust(w.account, ledger.Up, 3*dpp.USD, ""))
	w.same("entries", []ledger.Direction{down.Entry.Direction, up.Entry.Direction}, []ledger.Direction{ledger.Down, ledger.Up})
	if got := w.balance(); got.Available != 3*dpp.USD || got.Credited != 3*dpp.USD || !got.Balanced() {
		w.Errorf("account %+v", got)
	}
	if again := w.post(ledger.NewAdjust(w.account, ledger.Down, 100*dpp.USD, "fix")); !again.Repeated {
		w.Errorf("a repeat that the balance would not cover: %+v", again)
	}
}

func testPostRefuses(w *world) {
	w.queued() // what is held cannot be taken back
	before := w.balance()
	nobody := dpp.AccountOf(dpp.NewTenantID(), true)
	w.same("no such account", w.post(ledger.NewCredit(nobody, dpp.USD, "x")), store.Posted{Reason: dpp.ReasonNotFound})
	w.same("below zero", w.post(ledger.NewAdjust(w.account, ledger.Down, 100*dpp.USD, "x")), store.Posted{Reason: dpp.ReasonBudgetDrained, Account: before})
	w.same("account", w.balance(), before)

	out, err := w.store.Post(w.Context(), []ledger.Transfer{
		ledger.NewAdjust(w.account, ledger.Down, 100*dpp.USD, "a"), ledger.NewCredit(w.account, dpp.USD, "b"), ledger.NewAdjust(w.account, ledger.Down, 100*dpp.USD, "c"),
	})
	w.must(err)
	w.same("reasons in order", []dpp.Reason{out[0].Reason, out[1].Reason, out[2].Reason}, []dpp.Reason{dpp.ReasonBudgetDrained, "", ""})
}

func testUnreferenced(w *world) {
	for range 2 {
		if out := w.post(ledger.NewCredit(w.account, dpp.USD, "")); out.Repeated {
			w.Errorf("a credit without a reference is no repeat: %+v", out)
		}
	}
	w.same("available", w.balance().Available, 102*dpp.USD)
}

func testPostMalformed(w *world) {
	before := w.balance()
	run := w.queued()
	held := w.balance()
	credit := ledger.NewCredit(w.account, dpp.USD, "good")
	for what, transfer := range map[string]ledger.Transfer{
		"hold":       ledger.NewHold(w.account, "run_x", dpp.USD),
		"settlement": ledger.NewSettle(w.account, run.ID, dpp.USD, 0),
		"too fine":   ledger.NewCredit(w.account, 1, "x"),
		"nothing":    ledger.NewCredit(w.account, 0, "x"),
		"too large":  ledger.NewCredit(w.account, dpp.MaxAmount+dpp.Quantum, "x"),
	} {
		if out, err := w.store.Post(w.Context(), []ledger.Transfer{credit, transfer}); !errors.Is(err, ledger.ErrMalformed) {
			w.Errorf("%s: %+v, %v", what, out, err)
		}
	}
	w.same("account", w.balance(), held)
	w.same("credited", held.Credited, before.Credited)
}

func testEntries(w *world) {
	for i := range 6 {
		w.post(ledger.NewCredit(w.account, dpp.USD, fmt.Sprint("ref ", i)))
	}
	w.newTenant(dpp.USD) // whose entries are not ours
	var seen []int64
	query := store.EntryQuery{Account: w.account, Limit: 3}
	for {
		page, err := w.store.Entries(w.Context(), query)
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			seen = append(seen, e.Seq)
		}
		query.Before = page[len(page)-1].Seq
	}
	w.same("newest first", seen, []int64{7, 6, 5, 4, 3, 2, 1})
	none, err := w.store.Entries(w.Context(), store.EntryQuery{Account: "ten_unknown", Limit: 3})
	w.must(err)
	if len(none) != 0 {
		w.Errorf("entries of no account: %+v", none)
	}
}

func testAccounts(w *world) {
	other := dpp.AccountOf(w.newTenant(dpp.USD), true)
	got, err := w.store.Accounts(w.Context(), []dpp.AccountID{other, "ten_unknown", w.account})
	w.must(err)
	balances := make(map[dpp.AccountID]dpp.Money)
	for _, account := range got {
		balances[account.ID] = account.Available
	}
	w.same("balances", balances, map[dpp.AccountID]dpp.Money{other: dpp.USD, w.account: 100 * dpp.USD})
	none, err := w.store.Accounts(w.Context(), nil)
	w.must(err)
	if len(none) != 0 {
		w.Errorf("accounts of nobody: %+v", none)
	}
}

func testNumbers(w *world) {
	w.submit(w.submission(dpp.USD), w.submission(1000*dpp.USD), w.submission(dpp.USD))
	w.post(ledger.NewAdjust(w.account, ledger.Down, 1000*dpp.USD, "refused"))
	w.post(ledger.NewCredit(w.account, dpp.USD, "again"))
	w.post(ledger.NewCredit(w.account, dpp.USD, "again"))
	var kinds []ledger.Kind
	for i, e := range w.entries(w.account) {
		if e.Seq != int64(i)+1 {
			w.Errorf("entry %d has the number %d", i+1, e.Seq)
		}
		kinds = append(kinds, e.Kind)
	}
	w.same("kinds", kinds, []ledger.Kind{ledger.Credit, ledger.Hold, ledger.Hold, ledger.Credit})
}
