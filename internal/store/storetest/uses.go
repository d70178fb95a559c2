package storetest

import (
	"sync"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// uses are about uploads and the runs that name them.
var uses = contract{
	"ARunUsesWhatItNames":        testUse,
	"ManyRunsShareOne":           testUseShared,
	"RefusesWhatIsUnusable":      testUseRefused,
	"ARefusalTakesNothing":       testUseDrained,
	"AReplayAsksForNone":         testUseReplay,
	"RepeatedInDoubtIsAccepted":  testUseRepeat,
	"KeptUntilTheLastIsPurged":   testUseKept,
	"DeletionRacesWithSubmits":   testUseDeleteRace,
	"PurgeRacesWithSubmits":      testUsePurgeRace,
	"ASnapshotShowsWhatIsUsed":   testUseSnapshot,
	"AForgottenRunLeavesNothing": testUseForgotten,
}

// naming is a submission of one USD that names uploads.
func (w *world) naming(ids ...dpp.UploadID) store.Submission {
	item := w.submission(dpp.USD)
	item.Uploads = ids
	return item
}

// purged ends and purges a run.
func (w *world) purged(run dpp.Run) {
	w.Helper()
	ended := w.happens(ending(run, dpp.StatusCanceled, 0))
	w.must(w.store.Purge(w.Context(), []dpp.RunID{ended.ID}))
}

func testUse(w *world) {
	first, second, third := w.upload(), w.upload(), w.upload()
	w.accepted(w.naming(first.ID, second.ID, first.ID))
	w.same("named twice", w.known(first.ID), store.KnownUpload{Upload: first, Used: true})
	w.same("named once", w.known(second.ID), store.KnownUpload{Upload: second, Used: true})
	w.same("not named", w.known(third.ID), store.KnownUpload{Upload: third})
	w.clock.advance(uploadTTL)
	w.same("unused", w.unused(10), []dpp.UploadID{third.ID})
}

func testUseShared(w *world) {
	u := w.upload()
	for _, out := range w.submit(w.naming(u.ID), w.submission(dpp.USD), w.naming(u.ID)) {
		w.same("verdict", out.Verdict, store.Accepted)
	}
	w.accepted(w.naming(u.ID))
	others := []store.Store{w.store, w.open()}
	batch := make([]store.Submission, 8)
	for i := range batch {
		batch[i] = w.naming(u.ID)
	}
	together(len(batch), func(i int) {
		out, err := others[i%2].Submit(w.Context(), batch[i:i+1])
		if err != nil || out[0].Verdict != store.Accepted {
			w.Errorf("%+v, %v", out, err)
		}
	})
	w.same("used", w.known(u.ID).Used, true)
}

func testUseRefused(w *world) {
	stranger := w.newTenant(100 * dpp.USD)
	own, foreign, old := w.upload(), announcementOf(stranger), w.announcement()
	old.TTL = time.Minute
	w.announce(foreign, old)
	w.clock.advance(time.Minute)
	before := w.balance()
	items := []store.Submission{
		w.naming("upl_unknown"), w.naming(foreign.Upload.ID), w.naming(old.Upload.ID), w.naming(own.ID, foreign.Upload.ID), w.naming("\x00"),
	}
	out := w.submit(append(items, w.naming(own.ID))...)
	for i, item := range items {
		w.same("outcome", out[i], store.Submitted{Verdict: store.Refused, Reason: dpp.ReasonUploadUnusable, Account: before})
		known, err := w.store.RunsByKey(w.Context(), []store.KeyRef{item.Key})
		w.must(err)
		if known[0] != nil {
			w.Errorf("submission %d left a trace", i)
		}
	}
	w.same("its neighbour", out[len(items)].Verdict, store.Accepted)
	w.same("another tenant's", w.known(foreign.Upload.ID).Used, false)
	w.same("runs that hold", w.balance().OpenRuns, int64(1))
	again := w.naming(own.ID)
	again.Key = items[0].Key // which was not used up
	w.accepted(again)
}

func testUseDrained(w *world) {
	u := w.upload()
	item := w.naming(u.ID)
	item.Hold = ledger.NewHold(w.account, item.Run.ID, 1000*dpp.USD)
	item.Run.Reservation.MaxCost = 1000 * dpp.USD
	w.same("reason", w.submit(item)[0].Reason, dpp.ReasonBudgetDrained)
	w.same("used", w.known(u.ID).Used, false)
}

func testUseReplay(w *world) {
	u := w.upload()
	first := w.naming(u.ID)
	w.purged(w.accepted(first))
	again := w.again(first)
	again.Uploads = first.Uploads
	w.same("of a run that is purged", w.submit(again)[0].Verdict, store.Replayed)
	again.PayloadHash[5]++
	w.same("for something else", w.submit(again)[0].Verdict, store.Conflict)

	short := w.announcement()
	short.TTL = time.Minute
	late := w.naming(w.announce(short)[0].Upload.ID)
	w.purged(w.accepted(late))
	w.clock.advance(time.Hour)
	w.must(w.store.DeleteUploads(w.Context(), late.Uploads))
	w.same("left", len(w.uploadsByID(late.Uploads...)), 0)
	gone := w.again(late)
	gone.Uploads = late.Uploads
	w.same("of an upload that is gone", w.submit(gone)[0].Verdict, store.Replayed)
}

func testUseRepeat(w *world) {
	u := w.upload()
	item := w.naming(u.ID)
	run := w.accepted(item)
	w.clock.advance(uploadTTL + time.Hour)
	w.same("repeat", w.submit(item)[0].Verdict, store.Accepted)
	w.purged(run)
	w.same("repeat of what is purged", w.submit(item)[0].Verdict, store.Accepted)
	w.same("used", w.known(u.ID).Used, false)
}

func testUseKept(w *world) {
	u, other := w.upload(), w.upload()
	a, b := w.accepted(w.naming(u.ID, other.ID)), w.accepted(w.naming(u.ID))
	w.must(w.store.Purge(w.Context(), []dpp.RunID{a.ID})) // which has not ended
	w.same("used by open runs", w.known(other.ID).Used, true)
	w.clock.advance(uploadTTL)
	w.purged(a)
	w.same("used by one", w.known(u.ID).Used, true)
	w.same("used by none", w.unused(10), []dpp.UploadID{other.ID})
	w.purged(b)
	w.must(w.store.Purge(w.Context(), []dpp.RunID{a.ID, b.ID}))
	w.same("after the last", w.known(u.ID).Used, false)
	w.must(w.store.DeleteUploads(w.Context(), []dpp.UploadID{u.ID, other.ID}))
	w.same("left", len(w.uploadsByID(u.ID, other.ID)), 0)
}

// testUseDeleteRace lets submits and deletions meet at the moment at which an upload
// expires: either somebody uses it, and it stays, or nobody does.
func testUseDeleteRace(w *world) {
	processes := []store.Store{w.store, w.open()}
	for range 10 {
		u := w.upload()
		w.clock.advance(uploadTTL - 3*time.Millisecond)
		batch := []store.Submission{w.naming(u.ID), w.naming(u.ID), w.naming(u.ID)}
		var mu sync.Mutex
		accepted := 0
		together(8, func(i int) {
			switch {
			case i < 3:
				out, err := processes[i%2].Submit(w.Context(), batch[i:i+1])
				if err != nil || out[0].Verdict != store.Accepted && out[0].Reason != dpp.ReasonUploadUnusable {
					w.Errorf("%+v, %v", out, err)
					return
				}
				if out[0].Verdict == store.Accepted {
					mu.Lock()
					defer mu.Unlock()
					accepted++
				}
			case i < 5:
				w.expect(processes[i%2].DeleteUploads(w.Context(), []dpp.UploadID{u.ID}))
			default:
				w.clock.advance(time.Millisecond)
			}
		})
		left := w.uploadsByID(u.ID)
		if accepted > 0 && (len(left) != 1 || !left[0].Used) || accepted == 0 && len(left) == 1 && left[0].Used {
			w.Errorf("%d runs were accepted, and left is %+v", accepted, left)
		}
		w.clock.advance(time.Second)
	}
}

// testUsePurgeRace lets the purge of an upload's last run meet a submit that names it.
func testUsePurgeRace(w *world) {
	processes := []store.Store{w.store, w.open()}
	for range 10 {
		u := w.upload()
		last := w.happens(ending(w.accepted(w.naming(u.ID)), dpp.StatusCanceled, 0))
		next := []store.Submission{w.naming(u.ID)}
		together(4, func(i int) {
			if i == 0 {
				out, err := w.store.Submit(w.Context(), next)
				if err != nil || out[0].Verdict != store.Accepted {
					w.Errorf("%+v, %v", out, err)
				}
				return
			}
			w.expect(processes[i%2].Purge(w.Context(), []dpp.RunID{last.ID}))
		})
		w.same("used", w.known(u.ID).Used, true)
	}
}

func testUseSnapshot(w *world) {
	const many = 203
	var want []dpp.Upload
	var names []dpp.UploadID
	for range many {
		u := w.upload()
		want, names = append(want, u), append(names, u.ID)
	}
	w.accepted(w.naming(names...))
	w.upload()
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		w.upload() // which the view does not show
		var got []dpp.Upload
		err := view.EachUsed(w.Context(), func(u dpp.Upload) error { got = append(got, u); return nil })
		sortUploads(want)
		w.same("used uploads", got, want)
		return err
	}))
}

func testUseForgotten(w *world) {
	u := w.upload()
	w.purged(w.accepted(w.naming(u.ID)))
	w.clock.advance(2 * keyWindow)
	w.same("its key", w.forget(w.clock.Now(), 1), 1)
	w.same("its row", w.forget(w.clock.Now(), 1), 1)
	w.same("unused", w.unused(10), []dpp.UploadID{u.ID})
}
