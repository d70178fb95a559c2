package pgstore

import (
	"fmt"
	"testing"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// submission is a run of one USD.
func submission(tenant dpp.TenantID, id dpp.RunID, key string) store.Submission {
	item := store.Submission{
		Run: dpp.Run{
			ID: id, Tenant: tenant, Live: true, PackType: "decision", PackVersion: "1", ProfileVersion: "1",
			Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
			Reservation: dpp.Reservation{MaxCost: dpp.USD, Timebox: time.Minute},
			Meta:        dpp.Meta{ExternalID: "external " + key},
		},
		Key:    store.KeyRef{Tenant: tenant, Live: true, Key: key},
		Inputs: []byte(`{}`), QueueTTL: time.Hour, DeadlineIn: 2 * time.Hour, KeyWindow: 24 * time.Hour,
	}
	item.Hold = ledger.NewHold(item.Run.Account(), id, dpp.USD)
	return item
}

// submissions are n of them, under keys of that name.
func submissions(tenant dpp.TenantID, name string, n int) []store.Submission {
	batch := make([]store.Submission, n)
	for i := range batch {
		batch[i] = submission(tenant, dpp.NewRunID(), fmt.Sprintf("%s-%d", name, i))
	}
	return batch
}

// slots are n free places, under tokens of that name.
func slots(name string, n int) []store.Slot {
	all := make([]store.Slot, n)
	for i := range all {
		all[i] = store.Slot{Token: store.LeaseToken(fmt.Sprintf("%s-%d", name, i)), TTL: time.Minute}
	}
	return all
}

// ending completes a claimed run, charges some of it, and tells of it.
func ending(c *store.Claimed) store.Transition {
	const charge = dpp.USD / 4
	return store.Transition{
		Run: c.Run.ID, Version: c.Run.Version, From: dpp.StatusProcessing, Fence: store.Fence{Token: c.Token},
		Mark: "end of " + string(c.Run.ID), To: dpp.StatusCompleted, Money: dpp.MoneySettled, Used: charge,
		Result: &dpp.Result{Key: "results/" + string(c.Run.ID)},
		Settle: ledger.NewSettle(c.Run.Account(), c.Run.ID, c.Run.Reservation.MaxCost, charge),
		Events: []store.Event{{ID: dpp.NewEventID(), Tenant: c.Run.Tenant, Run: c.Run.ID, Type: "run.completed"}},
	}
}

// newTenant has paid so much.
func newTenant(t testing.TB, s *Store, credit dpp.Money) dpp.TenantID {
	t.Helper()
	id := dpp.NewTenantID()
	must(t, s.CreateTenant(t.Context(), dpp.Tenant{ID: id, Name: "a tenant"}))
	_, err := s.Post(t.Context(), []ledger.Transfer{ledger.NewCredit(dpp.AccountOf(id, true), credit, "start")})
	must(t, err)
	return id
}

// accepted submits runs that must be accepted.
func accepted(t testing.TB, s *Store, batch []store.Submission) []dpp.Run {
	t.Helper()
	outcomes, err := s.Submit(t.Context(), batch)
	must(t, err)
	runs := make([]dpp.Run, len(outcomes))
	for i, out := range outcomes {
		if out.Verdict != store.Accepted {
			t.Fatalf("verdict %d %s, want accepted", out.Verdict, out.Reason)
		}
		runs[i] = out.Run
	}
	return runs
}

// claimed fills slots, all of which must be filled.
func claimed(t testing.TB, s *Store, free []store.Slot) []*store.Claimed {
	t.Helper()
	got, err := s.Claim(t.Context(), free)
	must(t, err)
	for i, c := range got {
		if c == nil {
			t.Fatalf("slot %d got nothing", i)
		}
	}
	return got
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ids(runs []dpp.Run) []dpp.RunID {
	return column(runs, func(r *dpp.Run) dpp.RunID { return r.ID })
}
