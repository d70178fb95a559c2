package runs

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// longestClaimPause bounds the pause between two repeats of a claim in doubt.
const longestClaimPause = 2 * time.Second

// Claim takes up to free waiting runs: those told of first, then whichever wait
// longest. Each comes with its inputs and a lease that must be renewed. Where it is in
// doubt what the store gave, Claim asks again until that is known or ctx ends, so that
// leases may be older than they look.
func (s *Service) Claim(ctx context.Context, free int, told []dpp.RunID) ([]*store.Claimed, error) {
	slots := make([]store.Slot, free)
	for i := range slots {
		slots[i] = store.Slot{Token: store.LeaseToken(rand.Text()), TTL: s.cfg.Timing.LeaseTTL}
		if i < len(told) {
			slots[i].Run = told[i]
		}
	}
	outcomes, err := s.Store.Claim(ctx, slots)
	if inDoubt(err) {
		outcomes, err = s.claimAgain(ctx, slots, err)
	}
	if err != nil {
		return nil, err
	}
	claimed := make([]*store.Claimed, 0, free)
	for _, c := range outcomes {
		if c == nil {
			continue
		}
		s.logTransition(ctx, &c.Run, dpp.StatusQueued)
		s.observe.Transitioned(&c.Run, dpp.StatusQueued)
		s.hub.notify(&c.Run, ledger.Account{})
		claimed = append(claimed, c)
	}
	return claimed, nil
}

// claimAgain repeats a claim in doubt, with the same tokens, until the store tells
// what became of it or ctx ends: whatever it gave would else wait until its lease
// has run out.
func (s *Service) claimAgain(ctx context.Context, slots []store.Slot, doubt error) ([]*store.Claimed, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 10*time.Millisecond, longestClaimPause
	for {
		select {
		case <-ctx.Done():
			return nil, doubt
		case <-time.After(pause.NextBackOff()):
		}
		outcomes, err := s.Store.Claim(ctx, slots)
		if !inDoubt(err) && !unreachable(err) {
			return outcomes, err
		}
	}
}

// Inputs returns the inputs of a claimed run, wherever they are kept.
func (s *Service) Inputs(ctx context.Context, c *store.Claimed) ([]byte, error) {
	if c.Run.InputsKey == "" {
		return c.Inputs, nil
	}
	text, _, err := s.readBlob(ctx, c.Run.InputsKey)
	if err != nil {
		return nil, fmt.Errorf("inputs of %s: %w", c.Run.ID, err)
	}
	return text, nil
}

// Heartbeat renews leases and tells for each whether it is still held.
func (s *Service) Heartbeat(ctx context.Context, beats []store.Beat) ([]bool, error) {
	for i := range beats {
		beats[i].TTL = s.cfg.Timing.LeaseTTL
	}
	return s.Store.Heartbeat(ctx, beats)
}

// Watch follows claimed runs, so that a worker hears at once of a cancel.
func (s *Service) Watch(c *store.Claimed) *Watch {
	return s.hub.Watch(map[dpp.RunID]int64{c.Run.ID: c.Run.Version})
}

// HandBack puts a claimed run back into the queue, which is no loss: the worker is
// shutting down.
func (s *Service) HandBack(ctx context.Context, c *store.Claimed) error {
	ctx, end := s.step(ctx, StepHandBack, &c.Run)
	out, err := s.ends.Do(ctx, store.Transition{
		Run: c.Run.ID, Version: c.Run.Version, From: dpp.StatusProcessing, Fence: store.Fence{Token: c.Token}, Mark: rand.Text(),
		To: dpp.StatusQueued, QueueTTL: s.cfg.Timing.ReservationTTL,
	})
	end(happened(out.Happened, err))
	return err
}
