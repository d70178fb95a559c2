package runs

import (
	"context"
	"crypto/rand"
	"fmt"

	"dpp"
	"dpp/internal/store"
)

// claimRepeats bounds how often a claim in doubt is repeated with the same tokens.
const claimRepeats = 3

// Claim takes up to free waiting runs: those told of first, then whichever wait
// longest. Each comes with its inputs and a lease that must be renewed.
func (s *Service) Claim(ctx context.Context, free int, told []dpp.RunID) ([]*store.Claimed, error) {
	if s.cfg.BatchItems > 0 {
		free = min(free, s.cfg.BatchItems)
	}
	slots := make([]store.Slot, free)
	for i := range slots {
		slots[i] = store.Slot{Token: store.LeaseToken(rand.Text()), TTL: s.cfg.Timing.LeaseTTL}
		if i < len(told) {
			slots[i].Run = told[i]
		}
	}
	outcomes, err := s.Store.Claim(ctx, slots)
	for n := 0; inDoubt(err) && n < claimRepeats; n++ {
		outcomes, err = s.Store.Claim(ctx, slots)
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
		s.hub.notify(&c.Run)
		claimed = append(claimed, c)
	}
	return claimed, nil
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
