package storetest

import (
	"time"

	"dpp"
	"dpp/internal/store"
)

var outbox = contract{
	"TakenOldestFirst":    testTakeEvents,
	"HiddenWhileTaken":    testHiddenEvents,
	"DoneIsGone":          testDoneEvents,
	"RetriedLater":        testRetryEvents,
	"RepeatWritesNothing": testEventRepeat,
}

// told ends a run and tells of it, and returns the event as it will be handed out.
func (w *world) told() store.Event {
	w.Helper()
	step := ending(w.queued(), dpp.StatusCanceled, 0)
	event := store.Event{ID: dpp.NewEventID(), Tenant: w.tenant, Run: step.Run, Type: "run.canceled"}
	step.Events = []store.Event{event}
	w.happens(step)
	event.At = w.clock.Now()
	w.clock.advance(time.Millisecond)
	return event
}

func (w *world) take(limit int, hide time.Duration) []store.Event {
	w.Helper()
	events, err := w.store.TakeEvents(w.Context(), limit, hide)
	w.must(err)
	return events
}

func testTakeEvents(w *world) {
	a, b, c := w.told(), w.told(), w.told()
	w.same("first two", w.take(2, time.Minute), []store.Event{a, b})
	w.same("third", w.take(2, time.Minute), []store.Event{c})
	if none := w.take(2, time.Minute); len(none) != 0 {
		w.Errorf("then %+v", none)
	}
	if none := w.take(0, time.Minute); len(none) != 0 {
		w.Errorf("none were asked for: %+v", none)
	}
}

func testHiddenEvents(w *world) {
	event := w.told()
	w.take(1, time.Minute)
	w.clock.advance(time.Minute - time.Millisecond)
	if early := w.take(1, time.Minute); len(early) != 0 {
		w.Errorf("handed out twice: %+v", early)
	}
	w.clock.advance(2 * time.Millisecond)
	w.same("after the hiding", w.take(1, time.Minute), []store.Event{event})
}

func testDoneEvents(w *world) {
	a, b := w.told(), w.told()
	w.take(2, time.Minute)
	w.must(w.store.DoneEvents(w.Context(), []dpp.EventID{a.ID, "evt_unknown"}))
	w.must(w.store.DoneEvents(w.Context(), []dpp.EventID{a.ID}))
	w.must(w.store.DoneEvents(w.Context(), nil))
	w.clock.advance(time.Hour)
	w.same("left", w.take(10, time.Minute), []store.Event{b})
}

func testRetryEvents(w *world) {
	a, b := w.told(), w.told()
	w.take(2, time.Hour)
	w.must(w.store.RetryEvents(w.Context(), []dpp.EventID{a.ID, "evt_unknown"}, time.Minute))
	w.must(w.store.RetryEvents(w.Context(), nil, time.Minute))
	w.clock.advance(time.Minute + time.Millisecond)
	a.Attempts = 1
	w.same("retried", w.take(10, time.Minute), []store.Event{a})
	w.must(w.store.RetryEvents(w.Context(), []dpp.EventID{a.ID}, 0))
	a.Attempts = 2
	w.same("again", w.take(10, time.Hour), []store.Event{a})
	w.clock.advance(time.Hour)
	w.same("both", w.take(10, time.Hour), []store.Event{a, b})
}

func testEventRepeat(w *world) {
	step := ending(w.queued(), dpp.StatusCanceled, 0)
	step.Events = []store.Event{
		{ID: dpp.NewEventID(), Tenant: w.tenant, Run: step.Run, Type: "run.canceled"},
		{ID: dpp.NewEventID(), Tenant: w.tenant, Run: step.Run, Type: "budget.low"},
	}
	w.happens(step)
	w.happens(step)
	events := w.take(10, time.Minute)
	if len(events) != 2 || events[0].Type != "run.canceled" || events[1].Type != "budget.low" {
		w.Errorf("events %+v", events)
	}
}
