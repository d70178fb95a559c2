package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var calls = contract{
	"AnswersPing":             testPing,
	"EmptyBatches":            testEmpty,
	"CancelledBefore":         testCancelledBefore,
	"CancelledAtAnyMoment":    testCancelled,
	"ClosedTwiceAndUsed":      testClosed,
	"CloseWaitsForCalls":      testCloseWaits,
	"EverythingOutlivesClose": testDurable,
}

func testPing(w *world) {
	w.must(w.store.Ping(w.Context()))
	epoch, err := w.store.Epoch(w.Context())
	w.must(err)
	if epoch < 1 {
		w.Errorf("epoch %d", epoch)
	}
	raised, err := w.store.RaiseEpoch(w.Context())
	w.must(err)
	now, err := w.open().Epoch(w.Context())
	w.must(err)
	if raised != epoch+1 || now != raised {
		w.Errorf("epoch %d was raised to %d, and read again as %d", epoch, raised, now)
	}
}

func testEmpty(w *world) {
	w.submit()
	w.claim()
	w.beats()
	w.transition()
	posted, err := w.store.Post(w.Context(), nil)
	w.must(err)
	if len(posted) != 0 {
		w.Errorf("posted %+v", posted)
	}
	w.announce()
	w.must(w.store.DeleteUploads(w.Context(), nil))
	found, err := w.store.UploadsByID(w.Context(), nil)
	w.must(err)
	if len(found) != 0 {
		w.Errorf("found %+v", found)
	}
}

// everyCall is each method of the port, called with something harmless.
func (w *world) everyCall(ctx context.Context, s store.Store) map[string]error {
	run := dpp.Run{ID: "run_unknown", Tenant: w.tenant, Live: true, Status: dpp.StatusQueued, Version: 1, Reservation: dpp.Reservation{MaxCost: dpp.USD}}
	errs := make(map[string]error)
	_, errs["Submit"] = s.Submit(ctx, []store.Submission{w.submission(dpp.USD)})
	_, errs["Claim"] = s.Claim(ctx, slots("t", ""))
	_, errs["Heartbeat"] = s.Heartbeat(ctx, []store.Beat{{Run: run.ID, Token: "t", TTL: time.Minute}})
	_, errs["Transition"] = s.Transition(ctx, []store.Transition{ending(run, dpp.StatusCanceled, 0)})
	errs["Purge"] = s.Purge(ctx, ids([]dpp.Run{run}))
	_, errs["Forget"] = s.Forget(ctx, 0, 10)
	_, errs["RunsByID"] = s.RunsByID(ctx, ids([]dpp.Run{run}))
	_, errs["RunsByKey"] = s.RunsByKey(ctx, []store.KeyRef{{Tenant: w.tenant, Live: true, Key: "k"}})
	_, errs["RunStates"] = s.RunStates(ctx, map[dpp.RunID]int64{run.ID: 0})
	_, errs["ListRuns"] = s.ListRuns(ctx, store.ListQuery{Tenant: w.tenant, Live: true, Limit: 1})
	_, errs["Due"] = s.Due(ctx, store.DueQuery{Due: store.DueQueue, Limit: 1})
	_, _, errs["Depth"] = s.Depth(ctx)
	_, errs["Post"] = s.Post(ctx, []ledger.Transfer{ledger.NewCredit(w.account, dpp.USD, "")})
	_, errs["Accounts"] = s.Accounts(ctx, []dpp.AccountID{w.account})
	_, errs["Entries"] = s.Entries(ctx, store.EntryQuery{Account: w.account, Limit: 1})
	_, errs["Usage"] = s.Usage(ctx, w.account, date("2026-03-01"), date("2026-03-02"))
	_, errs["Seal"] = s.Seal(ctx, 10)
	errs["CreateTenant"] = s.CreateTenant(ctx, dpp.Tenant{ID: dpp.NewTenantID()})
	_, errs["ListTenants"] = s.ListTenants(ctx)
	errs["SetSuspended"] = s.SetSuspended(ctx, w.tenant, true)
	errs["CreateKey"] = s.CreateKey(ctx, dpp.Key{ID: dpp.NewKeyID(), Tenant: w.tenant, Hash: dpp.NewSecret(true).Hash()})
	_, errs["ListKeys"] = s.ListKeys(ctx, w.tenant)
	_, errs["KeysByHash"] = s.KeysByHash(ctx, []dpp.KeyHash{{}})
	errs["RevokeKey"] = s.RevokeKey(ctx, "key_unknown")
	_, errs["RotateKey"] = s.RotateKey(ctx, "key_unknown", dpp.Key{ID: dpp.NewKeyID()})
	_, errs["TakeEvents"] = s.TakeEvents(ctx, 1, time.Minute)
	errs["DoneEvents"] = s.DoneEvents(ctx, []dpp.EventID{"evt_unknown"})
	errs["RetryEvents"] = s.RetryEvents(ctx, []dpp.EventID{"evt_unknown"}, time.Minute)
	_, errs["CreateUploads"] = s.CreateUploads(ctx, []store.NewUpload{w.announcement()})
	_, errs["UploadsByID"] = s.UploadsByID(ctx, []dpp.UploadID{"upl_unknown"})
	_, errs["UnusedUploads"] = s.UnusedUploads(ctx, 1)
	errs["DeleteUploads"] = s.DeleteUploads(ctx, []dpp.UploadID{"upl_unknown"})
	errs["Snapshot"] = s.Snapshot(ctx, func(store.Snapshot) error { return nil })
	errs["Ping"] = s.Ping(ctx)
	_, errs["Epoch"] = s.Epoch(ctx)
	_, errs["RaiseEpoch"] = s.RaiseEpoch(ctx)
	errs["Maintain"] = s.Maintain(ctx, time.Hour)
	return errs
}

func testCancelledBefore(w *world) {
	before := w.balance()
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	for method, err := range w.everyCall(ctx, w.store) {
		if err == nil {
			w.Errorf("%s went on under a context that had ended", method)
		}
		if errors.Is(err, store.ErrInDoubt) {
			w.Errorf("%s is in doubt before it began: %v", method, err)
		}
	}
	w.same("account", w.balance(), before)
}

// testCancelled cancels callers at any moment: what they were told must be true, and
// their batches must be whole. Others are not disturbed.
func testCancelled(w *world) {
	const callers = 24
	batches := make([][]store.Submission, callers)
	errs := make([]error, callers)
	for i := range batches {
		batches[i] = []store.Submission{w.submission(dpp.USD), w.submission(dpp.USD)}
	}
	var wg sync.WaitGroup
	for i := range batches {
		ctx, cancel := context.WithCancel(w.Context())
		wg.Go(func() {
			defer cancel()
			_, errs[i] = w.store.Submit(ctx, batches[i])
		})
		if i%2 == 0 {
			wg.Go(cancel)
		}
	}
	wg.Wait()
	for i, err := range errs {
		there, read := w.store.RunsByID(w.Context(), []dpp.RunID{batches[i][0].Run.ID, batches[i][1].Run.ID})
		w.must(read)
		switch {
		case len(there) == 1:
			w.Errorf("half a batch is there: %v", err)
		case err == nil && len(there) != 2:
			w.Error("a batch that was accepted is not there")
		case i%2 == 1 && err != nil:
			w.Errorf("a caller who stayed got %v", err)
		}
	}
	for i := range batches { // in doubt or not, a repeat makes it sure
		for _, out := range w.submit(batches[i]...) {
			if out.Verdict != store.Accepted {
				w.Errorf("repeat: %+v", out)
			}
		}
	}
	w.same("runs that hold money", w.balance().OpenRuns, int64(2*callers))
}

func testClosed(w *world) {
	other := w.open()
	w.must(other.Close())
	w.must(other.Close())
	for method, err := range w.everyCall(w.Context(), other) {
		if !errors.Is(err, store.ErrUnavailable) {
			w.Errorf("%s after the end: %v", method, err)
		}
	}
	w.queued() // the first one goes on
}

func testCloseWaits(w *world) {
	other := w.open()
	inside, closed := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		w.expect(other.Snapshot(w.Context(), func(view store.Snapshot) error {
			close(inside)
			return view.EachAccount(w.Context(), func(ledger.Account) error {
				select {
				case <-closed:
					w.Error("closed while a call was under way")
				default:
				}
				return nil
			})
		}))
	})
	<-inside
	w.expect(other.Close())
	close(closed)
	wg.Wait()
}

// expect is must for other goroutines than the test's own.
func (w *world) expect(err error) {
	if err != nil {
		w.Error(err)
	}
}

func testDurable(w *world) {
	c := w.claimed()
	w.beats(beat(c, 1))
	other := w.open()
	w.must(w.store.Close())
	w.store = other
	account := w.balance()
	want := w.run(c.Run.ID)
	w.must(other.Close())
	w.store = w.open()
	w.same("run", w.run(c.Run.ID), want)
	w.same("account", w.balance(), account)
}
