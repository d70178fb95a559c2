package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dpp"
	"dpp/internal/app"
	"dpp/internal/config"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/tenants"
)

const (
	// manyTenants is how many there are: fewer, and batches of one would wait for each
	// other at the rows of their accounts.
	manyTenants = 20
	// pastRuns is how many runs they have had.
	pastRuns  = 20_000
	pastBatch = 1_000
)

// customers migrates a database and makes tenants in it, with runs that have ended and
// more money than they can spend, and returns their keys.
func customers(ctx context.Context, env []string) (keys []string, err error) {
	cfg, err := config.Load(config.Tool, nil, env)
	if err != nil {
		return nil, err
	}
	if _, err := app.Migrate(ctx, cfg); err != nil {
		return nil, err
	}
	s, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	service := tenants.New(s)
	all := make([]dpp.TenantID, manyTenants)
	for i := range all {
		tenant, err := service.Create(ctx, "bench "+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if _, err := service.Credit(ctx, tenant.ID, plenty, "bench"); err != nil {
			return nil, err
		}
		key, err := service.CreateKey(ctx, tenant.ID, "bench")
		if err != nil {
			return nil, err
		}
		all[i], keys = tenant.ID, append(keys, string(key.Secret))
	}
	for n := 0; n < pastRuns; n += pastBatch {
		if err := live(ctx, s, all, n); err != nil {
			return nil, err
		}
	}
	return keys, sealAll(ctx, s)
}

// plenty is more than anybody can spend here.
const plenty = 1_000_000 * dpp.USD

// enrich gives it to the tenant that the first start has made.
func enrich(ctx context.Context, dir string) (err error) {
	cfg, err := config.Load(config.Tool, map[string]string{"data": dir}, nil)
	if err != nil {
		return err
	}
	s, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	all, err := s.ListTenants(ctx)
	if err != nil {
		return err
	}
	for _, tenant := range all {
		if _, err := tenants.New(s).Credit(ctx, tenant.ID, plenty, "bench"); err != nil {
			return err
		}
	}
	return nil
}

const (
	pastReservation = dpp.Money(5_000)
	pastCharge      = dpp.Money(1_000)
)

// live lets a batch of runs be submitted, claimed and completed.
func live(ctx context.Context, s store.Store, tenants []dpp.TenantID, n int) error {
	batch, slots := make([]store.Submission, pastBatch), make([]store.Slot, pastBatch)
	for i := range batch {
		run := dpp.Run{
			ID: dpp.NewRunID(), Tenant: tenants[i%len(tenants)], Live: true, PackType: "noop", PackVersion: "1.0.0",
			Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
			Reservation: dpp.Reservation{MaxCost: pastReservation, Timebox: time.Minute}, Meta: dpp.Meta{TraceID: rand.Text()},
		}
		batch[i] = store.Submission{
			Run: run, Key: store.KeyRef{Tenant: run.Tenant, Live: true, Key: "past-" + strconv.Itoa(n+i)}, Inputs: []byte(`{"note":"a run that does nothing"}`),
			Hold: ledger.NewHold(run.Account(), run.ID, pastReservation), QueueTTL: time.Hour, DeadlineIn: time.Hour, KeyWindow: 30 * 24 * time.Hour,
		}
		slots[i] = store.Slot{Token: store.LeaseToken(rand.Text()), TTL: time.Hour}
	}
	if _, err := s.Submit(ctx, batch); err != nil {
		return err
	}
	claimed, err := s.Claim(ctx, slots)
	if err != nil {
		return err
	}
	ends := make([]store.Transition, 0, pastBatch)
	for _, c := range claimed {
		if c == nil {
			return errors.New("a run that was submitted could not be claimed")
		}
		ends = append(ends, store.Transition{
			Run: c.Run.ID, Version: c.Run.Version, From: dpp.StatusProcessing, Fence: store.Fence{Token: c.Token}, Mark: rand.Text(),
			To: dpp.StatusCompleted, Money: dpp.MoneySettled, Used: pastCharge, Result: &dpp.Result{Key: "past/" + string(c.Run.ID)},
			Settle: ledger.NewSettle(c.Run.Account(), c.Run.ID, pastReservation, pastCharge),
		})
	}
	outcomes, err := s.Transition(ctx, ends)
	for i := range outcomes {
		if !outcomes[i].Happened {
			err = errors.Join(err, fmt.Errorf("run %s did not end", ends[i].Run))
		}
	}
	return err
}

// sealAll leaves nothing to do for the reaper.
func sealAll(ctx context.Context, s store.Store) error {
	for {
		n, err := s.Seal(ctx, 10*pastBatch)
		if err != nil || n == 0 {
			return err
		}
	}
}
