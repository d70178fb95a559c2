package storetest

import (
	"fmt"
	"strings"
	"time"

	"dpp"
	"dpp/internal/store"
)

var claims = contract{
	"StartsARun":           testClaimStarts,
	"LongestWaitingFirst":  testClaimOrder,
	"NamedOrNothing":       testClaimNamed,
	"NamedAndOldestMixed":  testClaimMixed,
	"NotWhatIsOver":        testClaimOver,
	"RepeatedInDoubt":      testClaimRepeat,
	"RequeuedWaitsAnew":    testClaimRequeued,
	"OfEveryTenant":        testClaimTenants,
	"LargeInputsElsewhere": testClaimInputs,
	"ManyAtOnce":           testClaimMany,
}

func testClaimStarts(w *world) {
	want := w.queued()
	w.clock.advance(time.Second)
	claim := w.claim(slot("secret token", ""))[0]
	want.Status, want.Version, want.Attempt, want.UpdatedAt = dpp.StatusProcessing, 2, 1, w.clock.Now()
	w.same("claimed run", claim.Run, want)
	w.same("stored run", w.run(want.ID), want)
	w.same("token", claim.Token, store.LeaseToken("secret token"))
	if nothing := w.claim(slot("another token", ""))[0]; nothing != nil {
		w.Errorf("an empty queue gave %+v", nothing)
	}
}

// claimedIDs are what slots got.
func claimedIDs(claims []*store.Claimed) []dpp.RunID {
	got := make([]dpp.RunID, len(claims))
	for i, c := range claims {
		if c != nil {
			got[i] = c.Run.ID
		}
	}
	return got
}

func slots(prefix string, runs ...dpp.RunID) []store.Slot {
	all := make([]store.Slot, len(runs))
	for i, run := range runs {
		all[i] = slot(fmt.Sprint(prefix, i), run)
	}
	return all
}

func testClaimOrder(w *world) {
	var waiting []dpp.RunID
	for range 4 {
		item := w.submission(dpp.USD)
		item.QueueTTL -= time.Duration(w.made) * time.Minute // those that come later may wait less
		waiting = append(waiting, w.accepted(item).ID)
		w.clock.advance(time.Millisecond)
	}
	w.same("first two", claimedIDs(w.claim(slots("a", "", "")...)), waiting[:2])
	w.same("rest", claimedIDs(w.claim(slots("b", "", "", "")...)), append(waiting[2:4:4], ""))
}

func testClaimNamed(w *world) {
	first, second := w.queued(), w.queued()
	taken := w.claimed()
	got := w.claim(slots("t", second.ID, taken.Run.ID, "run_unknown", second.ID, `"]; no JSON`)...)
	w.same("named", claimedIDs(got), []dpp.RunID{second.ID, "", "", "", ""})
	w.same("run not named", w.run(first.ID), first)
}

func testClaimMixed(w *world) {
	var waiting []dpp.RunID
	for range 5 {
		waiting = append(waiting, w.queued().ID)
		w.clock.advance(time.Millisecond)
	}
	got := w.claim(slots("t", "", waiting[1], "", waiting[0], "run_unknown")...)
	w.same("mixed", claimedIDs(got), []dpp.RunID{waiting[2], waiting[1], waiting[3], waiting[0], ""})
	w.same("last", claimedIDs(w.claim(slots("u", "", "")...)), []dpp.RunID{waiting[4], ""})
}

func testClaimOver(w *world) {
	late, hurried, patient := w.submission(dpp.USD), w.submission(dpp.USD), w.submission(dpp.USD)
	late.QueueTTL = time.Minute
	hurried.DeadlineIn = time.Minute // the deadline ends the waiting too
	w.submit(late, hurried, patient)
	w.clock.advance(time.Minute)
	got := w.claim(slots("t", late.Run.ID, hurried.Run.ID, "", "")...)
	w.same("claimed", claimedIDs(got), []dpp.RunID{"", "", patient.Run.ID, ""})
	for _, id := range []dpp.RunID{late.Run.ID, hurried.Run.ID} {
		if run := w.run(id); run.Status != dpp.StatusQueued || run.Attempt != 0 {
			w.Errorf("a run whose time is over was touched: %+v", run)
		}
	}
}

func testClaimRepeat(w *world) {
	w.queued()
	w.queued()
	batch := slots("t", "", "", "")
	first := w.claim(batch...)
	w.clock.advance(time.Hour)
	beat, err := w.store.Heartbeat(w.Context(), []store.Beat{{Run: first[1].Run.ID, Token: "t1", TTL: leaseTTL, Progress: dpp.Progress{Done: 1, Total: 2, Unit: "row", Used: 100}}})
	w.must(err)
	w.same("beat", beat, []bool{true})
	again := w.claim(batch...)
	w.same("run", again[0], first[0])
	first[1].Run.Progress = &dpp.Progress{Done: 1, Total: 2, Unit: "row", Used: 100}
	w.same("run with progress", again[1], first[1])
	if again[2] != nil {
		w.Errorf("a slot that got nothing got %+v", again[2])
	}
	fresh := w.queued()
	other := slots("t", fresh.ID, "")             // names another run than its token holds
	other = append(other, slot("late", fresh.ID)) // which this one gets
	w.same("slots after a new run", claimedIDs(w.claim(other...)), append(claimedIDs(first)[:2:2], fresh.ID))
}

func testClaimRequeued(w *world) {
	first := w.claimed()
	w.clock.advance(time.Second)
	second := w.queued()
	w.clock.advance(time.Second)
	back := w.happens(requeueing(first.Run))
	w.same("order", claimedIDs(w.claim(slots("n", "", "")...)), []dpp.RunID{second.ID, back.ID})
	if run := w.run(back.ID); run.Attempt != 2 || run.Version != 4 {
		w.Errorf("claimed twice: %+v", run)
	}
}

func testClaimTenants(w *world) {
	other := w.newTenant(dpp.USD)
	w.accepted(submissionOf(other, "key-other", dpp.USD))
	w.queued()
	owners := make(map[dpp.TenantID]int)
	for _, c := range w.claim(slots("t", "", "")...) {
		owners[c.Run.Tenant]++
	}
	w.same("owners", owners, map[dpp.TenantID]int{other: 1, w.tenant: 1})
}

func testClaimInputs(w *world) {
	elsewhere, none, large := w.submission(dpp.USD), w.submission(dpp.USD), w.submission(dpp.USD)
	elsewhere.Run.InputsKey, elsewhere.Inputs = "inputs/one", nil
	none.Inputs = nil
	large.Inputs = []byte(strings.Repeat("x", 32<<10) + "\x00end")
	w.submit(elsewhere, none, large)
	got := w.claim(slots("t", elsewhere.Run.ID, none.Run.ID, large.Run.ID)...)
	if got[0].Inputs != nil || got[0].Run.InputsKey != "inputs/one" || len(got[1].Inputs) != 0 || string(got[2].Inputs) != string(large.Inputs) {
		w.Error("inputs are not what was submitted")
	}
}

func testClaimMany(w *world) {
	const many = 300
	batch := make([]store.Submission, many)
	for i := range batch {
		batch[i] = w.submission(dpp.SmallestReservation)
	}
	w.submit(batch...)
	got := w.claim(slots("t", make([]dpp.RunID, many+1)...)...)
	seen := make(map[dpp.RunID]bool)
	for _, id := range claimedIDs(got) {
		seen[id] = true
	}
	if len(seen) != many+1 || got[many] != nil { // the last slot got nothing
		w.Errorf("%d different runs of %d", len(seen)-1, many)
	}
}
