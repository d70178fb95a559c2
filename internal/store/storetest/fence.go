package storetest

import (
	"time"

	"dpp"
	"dpp/internal/store"
)

var fences = contract{
	"Token":             testFenceToken,
	"TokenOfLaterClaim": testFenceLater,
	"LeaseExpired":      testFenceExpired,
	"Overdue":           testFenceOverdue,
	"OverdueByDeadline": testFenceDeadline,
}

// stopped makes a transition that its fence must stop.
func (w *world) stopped(what string, step store.Transition) {
	w.Helper()
	before, account := w.run(step.Run), w.balance()
	w.same(what, w.transition(step)[0], store.Transitioned{Run: before})
	w.same(what+": run", w.run(step.Run), before)
	w.same(what+": account", w.balance(), account)
}

func testFenceToken(w *world) {
	c := w.claimed()
	step := ending(c.Run, dpp.StatusCompleted, 1000)
	step.Fence.Token = "another token"
	w.stopped("wrong token", step)
	step.Fence.Token = c.Token
	w.clock.advance(10 * leaseTTL) // expiry alone fences nothing
	w.happens(step)

	queued := w.queued()
	cancel := ending(queued, dpp.StatusCanceled, 0)
	cancel.Fence.Token = "of no lease"
	w.stopped("a queued run has no token", cancel)
	cancel.Mark = ""
	w.stopped("and a transition without a mark is no repeat", cancel)
}

func testFenceLater(w *world) {
	c := w.claimed()
	late := ending(c.Run, dpp.StatusCompleted, 1000)
	late.Fence.Token = c.Token
	w.happens(requeueing(c.Run))
	next := w.claim(slot("next", c.Run.ID))[0]
	w.stopped("of the claim before", late)
	late.Version = next.Run.Version // not even with the right version
	w.stopped("of the claim before, by today's version", late)
}

func testFenceExpired(w *world) {
	c := w.claimed()
	step := requeueing(c.Run)
	step.Fence = store.Fence{Token: c.Token, LeaseExpired: true}
	w.stopped("fresh lease", step)
	w.clock.advance(leaseTTL - time.Millisecond)
	w.stopped("last moment", step)
	w.beats(beat(c, 1))
	w.clock.advance(leaseTTL - time.Millisecond)
	w.stopped("renewed lease", step)
	w.clock.advance(2 * time.Millisecond)
	w.happens(step)

	queued := w.queued()
	cancel := ending(queued, dpp.StatusCanceled, 0)
	cancel.Fence.LeaseExpired = true
	w.stopped("a queued run has no lease", cancel)
}

func testFenceOverdue(w *world) {
	run := w.queued()
	step := ending(run, dpp.StatusExpired, 0)
	step.Fence.Overdue = true
	w.stopped("fresh run", step)
	w.clock.advance(queueTTL - time.Millisecond)
	w.stopped("last moment", step)
	w.clock.advance(time.Millisecond)
	w.happens(step)
}

func testFenceDeadline(w *world) {
	item := w.submission(dpp.USD)
	item.DeadlineIn = time.Minute
	step := ending(w.accepted(item), dpp.StatusExpired, 0)
	step.Fence.Overdue = true
	w.stopped("before the deadline", step)
	w.clock.advance(time.Minute)
	w.happens(step)
}
