package sqlitestore

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var batchSizes = []int{1, 32, 256}

func BenchmarkSubmit(b *testing.B) {
	for _, size := range batchSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, account := benchStore(b)
			done := 0
			for b.Loop() {
				submitMany(b, s, account, size)
				done += size
			}
			perSecond(b, done, "submits/s")
		})
	}
}

func BenchmarkLifeCycle(b *testing.B) {
	for _, size := range batchSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, account := benchStore(b)
			done := 0
			for b.Loop() {
				submitMany(b, s, account, size)
				endMany(b, s, claimMany(b, s, size))
				done += size
			}
			perSecond(b, done, "runs/s")
		})
	}
}

func perSecond(b *testing.B, done int, unit string) {
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), unit)
	b.ReportMetric(0, "ns/op")
}

func benchStore(b *testing.B) (*Store, dpp.AccountID) {
	s := open(b, newDatabase(b), nil)
	return s, benchTenant(b, s)
}

func benchTenant(b testing.TB, s *Store) dpp.AccountID {
	tenant := dpp.NewTenantID()
	account := dpp.AccountOf(tenant, true)
	if err := s.CreateTenant(b.Context(), dpp.Tenant{ID: tenant, Name: "bench"}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.Post(b.Context(), []ledger.Transfer{ledger.NewCredit(account, dpp.MaxAmount, "")}); err != nil {
		b.Fatal(err)
	}
	return account
}

func submitMany(b testing.TB, s store.Runs, account dpp.AccountID, n int) {
	batch := make([]store.Submission, n)
	for i := range batch {
		id := dpp.NewRunID()
		batch[i] = store.Submission{
			Run: dpp.Run{
				ID: id, Tenant: dpp.TenantID(account), Live: true, PackType: "decision", PackVersion: "1.0.0", ProfileVersion: "2026-01",
				Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
				Reservation: dpp.Reservation{MaxCost: dpp.SmallestReservation, Timebox: 90 * time.Second},
				Options:     dpp.Options{AllowPartial: true}, Meta: dpp.Meta{TraceID: rand.Text()},
			},
			Key:      store.KeyRef{Tenant: dpp.TenantID(account), Live: true, Key: rand.Text()},
			Inputs:   make([]byte, 512),
			Hold:     ledger.NewHold(account, id, dpp.SmallestReservation),
			QueueTTL: time.Hour, DeadlineIn: 3 * time.Hour, KeyWindow: 30 * 24 * time.Hour,
		}
	}
	outcomes, err := s.Submit(b.Context(), batch)
	if err != nil || outcomes[n-1].Verdict != store.Accepted {
		b.Fatal(outcomes, err)
	}
}

func claimMany(b *testing.B, s store.Runs, n int) []*store.Claimed {
	slots := make([]store.Slot, n)
	for i := range slots {
		slots[i] = store.Slot{Token: store.LeaseToken(rand.Text()), TTL: time.Minute}
	}
	claims, err := s.Claim(b.Context(), slots)
	if err != nil || claims[n-1] == nil {
		b.Fatal(claims, err)
	}
	return claims
}

func endMany(b *testing.B, s store.Runs, claims []*store.Claimed) {
	batch := make([]store.Transition, len(claims))
	for i, c := range claims {
		batch[i] = store.Transition{
			Run: c.Run.ID, Version: c.Run.Version, From: dpp.StatusProcessing, Fence: store.Fence{Token: c.Token}, Mark: rand.Text(),
			To: dpp.StatusCompleted, Money: dpp.MoneySettled, Used: 1000,
			Result: &dpp.Result{Key: string(c.Run.ID), SHA256: fmt.Sprintf("%064x", i), Size: 1000, Reliability: dpp.FullScore},
			Settle: ledger.NewSettle(c.Run.Account(), c.Run.ID, c.Run.Reservation.MaxCost, 1000),
		}
	}
	outcomes, err := s.Transition(b.Context(), batch)
	if err != nil || !outcomes[len(batch)-1].Happened {
		b.Fatal(err)
	}
}
