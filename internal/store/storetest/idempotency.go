package storetest

import (
	"time"

	"dpp"
	"dpp/internal/store"
)

var idempotency = contract{
	"ReplaysAsItIsNow":          testReplay,
	"ConflictsOnOtherPayload":   testConflict,
	"ReplaysWhateverBecame":     testReplayAnyway,
	"WindowEnds":                testWindow,
	"ScopeIsTenantAndMode":      testKeyScope,
	"MixedBatch":                testMixedBatch,
	"RunsByKeyKeepsTheOrder":    testRunsByKey,
	"SameKeyTwiceFailsTheBatch": testSameKeyTwice,
}

// again is another submission under the same key, with the same payload.
func (w *world) again(first store.Submission) store.Submission {
	second := w.submission(first.Run.Reservation.MaxCost)
	second.Key, second.PayloadHash = first.Key, first.PayloadHash
	return second
}

func testReplay(w *world) {
	first := w.submission(dpp.USD)
	w.accepted(first)
	w.clock.advance(time.Second)
	claim := w.claim(slot("t", first.Run.ID))[0]
	w.happens(ending(claim.Run, dpp.StatusCompleted, 500_000))
	before := w.balance()
	out := w.submit(w.again(first))[0]
	w.same("outcome", out, store.Submitted{Verdict: store.Replayed, Run: w.run(first.Run.ID), Account: before})
	w.same("account", w.balance(), before)
}

func testConflict(w *world) {
	first := w.submission(dpp.USD)
	w.accepted(first)
	before := w.balance()
	second := w.again(first)
	second.PayloadHash[5]++
	out := w.submit(second)[0]
	w.same("outcome", out, store.Submitted{Verdict: store.Conflict, Run: dpp.Run{ID: first.Run.ID}, Account: before})
	w.same("account", w.balance(), before)
}

func testReplayAnyway(w *world) {
	first := w.submission(100 * dpp.USD)
	w.accepted(first) // nothing is left
	w.must(w.store.SetSuspended(w.Context(), w.tenant, true))
	again := w.again(first)
	again.MaxOpenRuns = 1
	if out := w.submit(again)[0]; out.Verdict != store.Replayed || out.Run.ID != first.Run.ID {
		w.Errorf("drained, suspended and full: %+v", out)
	}
	w.happens(ending(w.run(first.Run.ID), dpp.StatusCanceled, 0))
	w.must(w.store.Purge(w.Context(), []dpp.RunID{first.Run.ID}))
	if out := w.submit(w.again(first))[0]; out.Verdict != store.Replayed || out.Run.PurgedAt.IsZero() {
		w.Errorf("purged: %+v", out)
	}
}

func testWindow(w *world) {
	first := w.submission(dpp.USD)
	w.accepted(first)
	w.clock.advance(keyWindow - time.Millisecond)
	if out := w.submit(w.again(first))[0]; out.Verdict != store.Replayed {
		w.Errorf("inside the window: %+v", out)
	}
	w.clock.advance(time.Millisecond)
	known, err := w.store.RunsByKey(w.Context(), []store.KeyRef{first.Key})
	w.must(err)
	if known[0] != nil {
		w.Error("a key is known past its window")
	}
	second := w.again(first)
	second.PayloadHash[0]++
	w.accepted(second)
	if out := w.submit(second)[0]; out.Verdict != store.Accepted || out.Run.ID != second.Run.ID {
		w.Errorf("repeat in the second window: %+v", out)
	}
	third := w.again(second)
	if out := w.submit(third)[0]; out.Verdict != store.Replayed || out.Run.ID != second.Run.ID {
		w.Errorf("second window: %+v", out)
	}
}

func testKeyScope(w *world) {
	first := w.submission(dpp.USD)
	w.accepted(first)
	other := submissionOf(w.newTenant(dpp.USD), first.Key.Key, dpp.USD)
	w.accepted(other)
	sandbox := first.Key
	sandbox.Live = false
	known, err := w.store.RunsByKey(w.Context(), []store.KeyRef{sandbox})
	w.must(err)
	if known[0] != nil {
		w.Error("a live key is known in the sandbox")
	}
}

func testMixedBatch(w *world) {
	old := w.submission(dpp.USD)
	w.accepted(old)
	conflicting := w.again(old)
	conflicting.Key = w.submission(dpp.USD).Key
	w.accepted(conflicting)
	conflict := w.again(conflicting)
	conflict.PayloadHash[1]++
	out := w.submit(w.submission(dpp.USD), w.again(old), w.submission(1000*dpp.USD), conflict, w.submission(dpp.USD))
	var verdicts []store.Verdict
	for _, o := range out {
		verdicts = append(verdicts, o.Verdict)
	}
	w.same("verdicts", verdicts, []store.Verdict{store.Accepted, store.Replayed, store.Refused, store.Conflict, store.Accepted})
	w.same("account", out[4].Account, w.balance())
}

func testRunsByKey(w *world) {
	a, b := w.submission(dpp.USD), w.submission(dpp.USD)
	b.PayloadHash[9] = 9
	w.submit(a, b)
	unknown := store.KeyRef{Tenant: w.tenant, Live: true, Key: "never \" used"}
	known, err := w.store.RunsByKey(w.Context(), []store.KeyRef{b.Key, unknown, a.Key, b.Key})
	w.must(err)
	if len(known) != 4 || known[1] != nil || known[0] == nil || known[2] == nil || known[3] == nil {
		w.Fatalf("known keys %v", known)
	}
	w.same("runs", []dpp.RunID{known[0].Run.ID, known[2].Run.ID, known[3].Run.ID}, []dpp.RunID{b.Run.ID, a.Run.ID, b.Run.ID})
	w.same("hashes", [][32]byte{known[0].PayloadHash, known[2].PayloadHash}, [][32]byte{b.PayloadHash, a.PayloadHash})
}

func testSameKeyTwice(w *world) {
	first := w.submission(dpp.USD)
	if out, err := w.store.Submit(w.Context(), []store.Submission{first, w.again(first)}); err == nil {
		w.Errorf("a batch with one key twice: %+v", out)
	}
	w.accepted(first)
}
