package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// The times of the runs that the tests submit.
const (
	queueTTL   = time.Hour
	deadlineIn = 3 * time.Hour
	keyWindow  = 24 * time.Hour
	leaseTTL   = 2 * time.Minute
)

// clock is the store's, moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 250_000_000, time.UTC)}
}

// Now is the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a store with one tenant, who has paid in 100 USD.
type world struct {
	*testing.T
	clock   *clock
	open    func() store.Store
	store   store.Store
	tenant  dpp.TenantID
	account dpp.AccountID
	made    int // submissions so far
}

func newWorld(t *testing.T, h Harness) *world {
	w := &world{T: t, clock: newClock()}
	w.open = h.New(t, w.clock.Now)
	w.store = w.open()
	w.tenant = w.newTenant(100 * dpp.USD)
	w.account = dpp.AccountOf(w.tenant, true)
	return w
}

// must ends the test where something that cannot fail did.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// newTenant makes a tenant with so much on its live account.
func (w *world) newTenant(credit dpp.Money) dpp.TenantID {
	w.Helper()
	id := dpp.NewTenantID()
	w.must(w.store.CreateTenant(w.Context(), dpp.Tenant{ID: id, Name: "a tenant"}))
	if credit > 0 {
		w.post(ledger.NewCredit(dpp.AccountOf(id, true), credit, "start"))
	}
	return id
}

func (w *world) post(transfer ledger.Transfer) store.Posted {
	w.Helper()
	out, err := w.store.Post(w.Context(), []ledger.Transfer{transfer})
	w.must(err)
	if len(out) != 1 {
		w.Fatalf("%d outcomes for one transfer", len(out))
	}
	return out[0]
}

// submission is a run that holds so much, with everything filled in.
func (w *world) submission(hold dpp.Money) store.Submission {
	w.made++
	return submissionOf(w.tenant, fmt.Sprintf("key-%06d", w.made), hold)
}

func submissionOf(tenant dpp.TenantID, key string, hold dpp.Money) store.Submission {
	id := dpp.NewRunID()
	s := store.Submission{
		Run: dpp.Run{
			ID: id, Tenant: tenant, Live: true, PackType: "decision", PackVersion: "1.2.3", ProfileVersion: "2026-01",
			Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
			Reservation: dpp.Reservation{MaxCost: hold, Timebox: 90 * time.Second, MinReliability: 800_000},
			Options:     dpp.Options{Inline: true, AllowPartial: true},
			Meta:        dpp.Meta{TraceID: "trace-" + key},
		},
		Key:      store.KeyRef{Tenant: tenant, Live: true, Key: key},
		Inputs:   []byte(`{"inputs of":"` + key + `"}`),
		QueueTTL: queueTTL, DeadlineIn: deadlineIn, KeyWindow: keyWindow,
	}
	s.PayloadHash[0], s.PayloadHash[31] = 1, 2
	s.Hold = ledger.NewHold(s.Run.Account(), id, hold)
	return s
}

func (w *world) submit(items ...store.Submission) []store.Submitted {
	w.Helper()
	out, err := w.store.Submit(w.Context(), items)
	w.must(err)
	if len(out) != len(items) {
		w.Fatalf("%d outcomes for %d submissions", len(out), len(items))
	}
	return out
}

// accepted submits one run that must be accepted.
func (w *world) accepted(item store.Submission) dpp.Run {
	w.Helper()
	out := w.submit(item)[0]
	if out.Verdict != store.Accepted {
		w.Fatalf("verdict %d %s, want accepted", out.Verdict, out.Reason)
	}
	return out.Run
}

// queued submits a run of one USD.
func (w *world) queued() dpp.Run {
	w.Helper()
	return w.accepted(w.submission(dpp.USD))
}

func slot(token string, run dpp.RunID) store.Slot {
	return store.Slot{Token: store.LeaseToken(token), Run: run, TTL: leaseTTL}
}

func (w *world) claim(slots ...store.Slot) []*store.Claimed {
	w.Helper()
	out, err := w.store.Claim(w.Context(), slots)
	w.must(err)
	if len(out) != len(slots) {
		w.Fatalf("%d outcomes for %d slots", len(out), len(slots))
	}
	return out
}

// claimed submits and claims a run, under a token made from its identifier.
func (w *world) claimed() *store.Claimed {
	w.Helper()
	run := w.queued()
	c := w.claim(slot("token of "+string(run.ID), run.ID))[0]
	if c == nil {
		w.Fatal("a waiting run was not given")
	}
	return c
}

// ending is the terminal transition of a run as it is, with a charge.
func ending(run dpp.Run, to dpp.Status, charge dpp.Money) store.Transition {
	step := store.Transition{
		Run: run.ID, Version: run.Version, From: run.Status, Mark: "end of " + string(run.ID), To: to,
		Money: dpp.MoneyRefunded, Used: charge,
		Settle: ledger.NewSettle(run.Account(), run.ID, run.Reservation.MaxCost, charge),
	}
	if charge > 0 {
		step.Money = dpp.MoneySettled
	}
	if to == dpp.StatusCompleted {
		step.Result = &dpp.Result{
			Key: "results/" + string(run.ID), SHA256: "c0ffee", Size: 123, Partial: true, Stop: dpp.StopTimebox, Reliability: 900_001,
			Artifacts: []dpp.Artifact{{Name: "table.csv", MediaType: "text/csv", Size: 7, SHA256: "feed"}},
		}
	} else {
		got, want := dpp.Score(100_000), dpp.Score(800_000)
		step.Error = &dpp.RunError{
			Reason: dpp.ReasonReliabilityNotMet, Detail: "a detail", Hint: "a hint", Retryable: true,
			Reliability: &got, Required: &want, Reasons: []string{"one", "two"},
		}
	}
	return step
}

// requeueing hands a run back.
func requeueing(run dpp.Run) store.Transition {
	return store.Transition{
		Run: run.ID, Version: run.Version, From: dpp.StatusProcessing, Mark: "requeue " + string(run.ID), To: dpp.StatusQueued, QueueTTL: queueTTL,
	}
}

func (w *world) transition(steps ...store.Transition) []store.Transitioned {
	w.Helper()
	out, err := w.store.Transition(w.Context(), steps)
	w.must(err)
	if len(out) != len(steps) {
		w.Fatalf("%d outcomes for %d transitions", len(out), len(steps))
	}
	return out
}

// happens makes a transition that must happen, and returns the run after it.
func (w *world) happens(step store.Transition) dpp.Run {
	w.Helper()
	out := w.transition(step)[0]
	if !out.Happened {
		w.Fatalf("%s → %s of a run that is %s at version %d did not happen", step.From, step.To, out.Run.Status, out.Run.Version)
	}
	return out.Run
}

// run reads one run.
func (w *world) run(id dpp.RunID) dpp.Run {
	w.Helper()
	runs, err := w.store.RunsByID(w.Context(), []dpp.RunID{id})
	w.must(err)
	if len(runs) != 1 {
		w.Fatalf("%d runs of one identifier", len(runs))
	}
	return runs[0]
}

// balance reads the account of the world's tenant.
func (w *world) balance() ledger.Account {
	w.Helper()
	return w.accountOf(w.account)
}

func (w *world) accountOf(id dpp.AccountID) ledger.Account {
	w.Helper()
	accounts, err := w.store.Accounts(w.Context(), []dpp.AccountID{id})
	w.must(err)
	if len(accounts) != 1 {
		w.Fatalf("%d accounts of one identifier", len(accounts))
	}
	return accounts[0]
}

// entries reads an account's ledger, oldest first.
func (w *world) entries(id dpp.AccountID) []ledger.Entry {
	w.Helper()
	var all []ledger.Entry
	w.must(w.store.Snapshot(w.Context(), func(s store.Snapshot) error {
		return s.EachEntry(w.Context(), id, func(e ledger.Entry) error {
			all = append(all, e)
			return nil
		})
	}))
	return all
}

// ids are the runs' identifiers.
func ids(runs []dpp.Run) []dpp.RunID {
	all := make([]dpp.RunID, len(runs))
	for i, run := range runs {
		all[i] = run.ID
	}
	return all
}
