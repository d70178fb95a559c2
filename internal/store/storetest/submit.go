package storetest

import (
	"slices"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var submits = contract{
	"StoresEverything":           testSubmitStores,
	"DecidesItemByItem":          testSubmitDecides,
	"RefusesSuspended":           testSubmitSuspended,
	"RefusesUnknownAccount":      testSubmitUnknown,
	"BoundsOpenRuns":             testSubmitOpenRuns,
	"RefusalLeavesNothing":       testSubmitRefusal,
	"MalformedHoldFailsBatch":    testSubmitMalformed,
	"RepeatedInDoubtIsAccepted":  testSubmitRepeat,
	"ManyTenantsInOneBatch":      testSubmitTenants,
	"AnswersWithTheAccountsWord": testSubmitWord,
}

func testSubmitStores(w *world) {
	item := w.submission(dpp.USD)
	item.Run.Meta.ExternalID = "order-1"
	item.Run.Meta.Tags = []string{"a", `"b"`, "ü"}
	now := w.clock.Now()
	got := w.accepted(item)

	want := item.Run
	want.CreatedAt, want.UpdatedAt = now, now
	want.QueueExpiresAt, want.Deadline = now.Add(queueTTL), now.Add(deadlineIn)
	w.same("accepted run", got, want)
	w.same("stored run", w.run(item.Run.ID), want)

	known, err := w.store.RunsByKey(w.Context(), []store.KeyRef{item.Key})
	w.must(err)
	w.same("known key", known, []*store.KnownKey{{Run: want, PayloadHash: item.PayloadHash}})
	w.same("inputs", string(w.claim(slot("t", ""))[0].Inputs), string(item.Inputs))

	entry := w.entries(w.account)[1]
	w.same("hold", entry, ledger.Entry{Account: w.account, Seq: 2, Kind: ledger.Hold, Amount: dpp.USD, Run: item.Run.ID, CreatedAt: now})
	other := w.open()
	runs, err := other.RunsByID(w.Context(), []dpp.RunID{item.Run.ID})
	w.must(err)
	if len(runs) != 1 {
		w.Error("another process does not see the run")
	}
}

func testSubmitDecides(w *world) {
	tenant := w.newTenant(dpp.USD)
	var batch []store.Submission
	for i, amount := range []dpp.Money{500_000, 1000 * dpp.USD, 500_000} {
		batch = append(batch, submissionOf(tenant, []string{"key-one-1", "key-two-2", "key-three"}[i], amount))
	}
	out := w.submit(batch...)
	w.same("verdicts", []store.Verdict{out[0].Verdict, out[1].Verdict, out[2].Verdict}, []store.Verdict{store.Accepted, store.Refused, store.Accepted})
	w.same("reason", out[1].Reason, dpp.ReasonBudgetDrained)
	account := w.accountOf(dpp.AccountOf(tenant, true))
	if account.Available != 0 || account.Held != dpp.USD || account.OpenRuns != 2 {
		w.Errorf("account after the batch: %+v", account)
	}
}

func testSubmitSuspended(w *world) {
	w.must(w.store.SetSuspended(w.Context(), w.tenant, true))
	out := w.submit(w.submission(dpp.USD))[0]
	if out.Verdict != store.Refused || out.Reason != dpp.ReasonTenantSuspended || !out.Account.Suspended {
		w.Errorf("outcome %+v", out)
	}
	w.must(w.store.SetSuspended(w.Context(), w.tenant, false))
	w.queued()
}

func testSubmitUnknown(w *world) {
	sandbox := w.submission(dpp.USD) // this tenant has no test account
	sandbox.Run.Live, sandbox.Key.Live = false, false
	sandbox.Hold = ledger.NewHold(sandbox.Run.Account(), sandbox.Run.ID, dpp.USD)
	nobody := submissionOf(dpp.NewTenantID(), "key-of-nobody", dpp.USD)
	for _, out := range w.submit(sandbox, nobody) {
		w.same("outcome", out, store.Submitted{Verdict: store.Refused, Reason: dpp.ReasonNotFound})
	}
}

func testSubmitOpenRuns(w *world) {
	var batch []store.Submission
	for range 4 {
		item := w.submission(dpp.USD)
		item.MaxOpenRuns = 2
		batch = append(batch, item)
	}
	batch[3].MaxOpenRuns = 0
	var reasons []dpp.Reason
	out := w.submit(batch...)
	for _, o := range out {
		reasons = append(reasons, o.Reason)
	}
	w.same("reasons", reasons, []dpp.Reason{"", "", dpp.ReasonTooManyRuns, ""})
	w.happens(ending(out[0].Run, dpp.StatusCanceled, 0))
	w.happens(ending(out[1].Run, dpp.StatusCanceled, 0))
	batch[2].Run.ID = dpp.NewRunID()
	batch[2].Hold = ledger.NewHold(w.account, batch[2].Run.ID, dpp.USD)
	w.accepted(batch[2])
}

func testSubmitRefusal(w *world) {
	before := w.balance()
	item := w.submission(1000 * dpp.USD)
	out := w.submit(item)[0]
	w.same("outcome", out, store.Submitted{Verdict: store.Refused, Reason: dpp.ReasonBudgetDrained, Account: before})
	w.same("account", w.balance(), before)
	runs, err := w.store.RunsByID(w.Context(), []dpp.RunID{item.Run.ID})
	w.must(err)
	known, err := w.store.RunsByKey(w.Context(), []store.KeyRef{item.Key})
	w.must(err)
	if len(runs) != 0 || known[0] != nil || len(w.entries(w.account)) != 1 {
		w.Error("a refused submission left a trace")
	}
	cheaper := w.submission(dpp.USD)
	cheaper.Key = item.Key
	w.accepted(cheaper) // the key was not used up
}

func testSubmitMalformed(w *world) {
	before := w.balance()
	other := w.submission(dpp.USD)
	tooFine := w.submission(dpp.USD)
	tooFine.Hold = ledger.NewHold(w.account, tooFine.Run.ID, dpp.USD+1)
	foreign := w.submission(dpp.USD)
	foreign.Hold = ledger.NewHold(w.account, other.Run.ID, dpp.USD)
	started := w.submission(dpp.USD)
	started.Run.Status = dpp.StatusProcessing
	for what, item := range map[string]store.Submission{"hold too fine": tooFine, "hold of another run": foreign, "not queued": started} {
		if out, err := w.store.Submit(w.Context(), []store.Submission{other, item}); err == nil {
			w.Errorf("%s: accepted as %+v", what, out)
		}
	}
	w.same("account", w.balance(), before)
	w.accepted(other)
}

func testSubmitRepeat(w *world) {
	batch := []store.Submission{w.submission(dpp.USD), w.submission(1000 * dpp.USD), w.submission(dpp.USD)}
	first := w.submit(batch...)
	w.clock.advance(time.Second)
	w.claim(slot("t", batch[0].Run.ID))
	again := w.submit(batch...)
	w.same("run that went on", again[0].Run, w.run(batch[0].Run.ID))
	if again[0].Verdict != store.Accepted || again[0].Run.Status != dpp.StatusProcessing {
		w.Errorf("repeat: %+v", again[0])
	}
	w.same("repeat of what was refused", again[1].Reason, dpp.ReasonBudgetDrained)
	w.same("repeat of what did not go on", again[2].Run, first[2].Run)
	w.clock.advance(2 * keyWindow)
	if late := w.submit(batch[2])[0]; late.Verdict != store.Accepted || late.Run.Version != 1 {
		w.Errorf("repeat past the window: %+v", late)
	}
	if account := w.balance(); account.Held != 2*dpp.USD || account.OpenRuns != 2 {
		w.Errorf("account: %+v", account)
	}
}

func testSubmitTenants(w *world) {
	var batch []store.Submission
	tenants := []dpp.TenantID{w.newTenant(dpp.USD), w.tenant, w.newTenant(0), w.newTenant(2 * dpp.USD)}
	for i := range 12 { // the same key by several tenants is several keys
		batch = append(batch, submissionOf(tenants[i%4], []string{"key-a", "key-b", "key-c"}[i/4], dpp.USD))
	}
	accepted := make(map[dpp.TenantID]int)
	for i, out := range w.submit(batch...) {
		if out.Verdict == store.Accepted {
			accepted[batch[i].Run.Tenant]++
		}
	}
	w.same("accepted", accepted, map[dpp.TenantID]int{tenants[0]: 1, tenants[1]: 3, tenants[3]: 2})
}

func testSubmitWord(w *world) {
	out := w.submit(w.submission(dpp.USD), w.submission(2*dpp.USD), w.submission(1000*dpp.USD))
	available := []dpp.Money{out[0].Account.Available, out[1].Account.Available, out[2].Account.Available}
	w.same("available after each", available, []dpp.Money{99 * dpp.USD, 97 * dpp.USD, 97 * dpp.USD})
	versions := []int64{out[0].Account.Version, out[1].Account.Version, out[2].Account.Version}
	if !slices.IsSorted(versions) || versions[0] == versions[1] || versions[1] != versions[2] {
		w.Errorf("versions after each: %v", versions)
	}
	w.same("account", w.balance(), out[2].Account)
}
