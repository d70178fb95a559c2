package storetest

import (
	"time"

	"dpp"
	"dpp/internal/store"
)

var leases = contract{
	"HeartbeatKeepsTheRun":      testBeat,
	"HeartbeatOfAnotherToken":   testBeatFenced,
	"HeartbeatAfterExpiry":      testBeatLate,
	"ProgressWhileProcessing":   testProgress,
	"HeartbeatsChangeNoVersion": testBeatVersion,
}

func beat(c *store.Claimed, done int64) store.Beat {
	return store.Beat{Run: c.Run.ID, Token: c.Token, TTL: leaseTTL, Progress: dpp.Progress{Done: done, Total: 10, Unit: "page", Used: 1000}}
}

func (w *world) beats(beats ...store.Beat) []bool {
	w.Helper()
	held, err := w.store.Heartbeat(w.Context(), beats)
	w.must(err)
	return held
}

// dueLeases are the runs whose lease is past its time.
func (w *world) dueLeases() []store.DueRun {
	w.Helper()
	all, err := w.store.Due(w.Context(), store.DueQuery{Due: store.DueLeases, Limit: 100})
	w.must(err)
	return all
}

func testBeat(w *world) {
	c := w.claimed()
	w.clock.advance(leaseTTL - time.Second)
	w.same("held", w.beats(beat(c, 1)), []bool{true})
	w.clock.advance(leaseTTL - time.Second)
	if late := w.dueLeases(); len(late) != 0 {
		w.Errorf("a renewed lease is due: %+v", late)
	}
	w.clock.advance(2 * time.Second)
	if late := w.dueLeases(); len(late) != 1 {
		w.Errorf("a lease past its time is not due: %+v", late)
	}
}

func testBeatFenced(w *world) {
	a, b := w.claimed(), w.claimed()
	wrong, unknown, crossed := beat(a, 5), beat(a, 5), beat(a, 5)
	wrong.Token, unknown.Run, crossed.Token = "guessed", "run_unknown", b.Token
	w.same("held", w.beats(wrong, beat(a, 1), unknown, crossed, beat(b, 2)), []bool{false, true, false, false, true})
	w.same("progress", []int64{w.run(a.Run.ID).Progress.Done, w.run(b.Run.ID).Progress.Done}, []int64{1, 2})

	w.happens(requeueing(a.Run))
	w.happens(ending(b.Run, dpp.StatusFailed, 0))
	w.same("held after it was given up", w.beats(beat(a, 9), beat(b, 9)), []bool{false, false})
	w.claim(slot("the next worker", a.Run.ID))
	w.same("held by the next one", w.beats(beat(a, 9)), []bool{false})
}

func testBeatLate(w *world) {
	c := w.claimed()
	w.clock.advance(10 * leaseTTL)
	w.same("held past its time, by nobody else", w.beats(beat(c, 1)), []bool{true})
	if late := w.dueLeases(); len(late) != 0 {
		w.Errorf("a renewed lease is due: %+v", late)
	}
}

func testProgress(w *world) {
	c := w.claimed()
	if w.run(c.Run.ID).Progress != nil {
		w.Error("progress before the first heartbeat")
	}
	w.beats(beat(c, 3))
	want := &dpp.Progress{Done: 3, Total: 10, Unit: "page", Used: 1000}
	w.same("progress", w.run(c.Run.ID).Progress, want)
	listed, err := w.store.ListRuns(w.Context(), store.ListQuery{Tenant: w.tenant, Live: true, Limit: 1})
	w.must(err)
	w.same("progress in a list", listed[0].Progress, want)
	w.clock.advance(2 * leaseTTL)
	w.same("progress of a due lease", w.dueLeases()[0].Run.Progress, want)
	if back := w.happens(requeueing(c.Run)); back.Progress != nil || w.run(back.ID).Progress != nil {
		w.Error("progress of a queued run")
	}
	c = w.claim(slot("again", c.Run.ID))[0]
	if c.Run.Progress != nil {
		w.Error("progress of an earlier attempt")
	}
	w.beats(beat(c, 4))
	if ended := w.happens(ending(c.Run, dpp.StatusCompleted, 1000)); ended.Progress != nil || w.run(ended.ID).Progress != nil {
		w.Error("progress of an ended run")
	}
}

func testBeatVersion(w *world) {
	c := w.claimed()
	w.clock.advance(time.Second)
	w.beats(beat(c, 1), beat(c, 2))
	run := w.run(c.Run.ID)
	run.Progress = nil
	w.same("run", run, c.Run)
}
