package rules

import (
	"errors"
	"fmt"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// ErrTransition: the state machine has no such step, or it is one for Claim.
var ErrTransition = errors.New("store: no such transition")

// Standing is a run as a transaction found it under its lock, and what its fences
// ask of. The lease is empty where there is none.
type Standing struct {
	dpp.Run
	Token        store.LeaseToken
	LeaseExpires time.Time
	Mark         string // of the last transition
}

// Change is a run that must be written: where it stood, and where it stands now.
type Change struct {
	From    dpp.Status
	Version int64 // that it had
	To      *Standing
}

// Transitions is what a batch of transitions comes to.
type Transitions struct {
	Outcomes []store.Transitioned
	// Changes has each run once, whatever number of steps it took.
	Changes []Change
	Events  []store.Event
}

// Transition decides a batch in order. It changes standing as it goes.
func Transition(now time.Time, batch []store.Transition, standing map[dpp.RunID]*Standing, b *Books) (Transitions, error) {
	t := Transitions{Outcomes: make([]store.Transitioned, len(batch))}
	changed := make(map[dpp.RunID]bool)
	for i := range batch {
		step := &batch[i]
		run, ok := standing[step.Run]
		if !ok {
			continue
		}
		repeated := step.Mark != "" && run.Mark == step.Mark
		happens := !repeated && permits(now, step, run)
		if happens {
			if !changed[run.ID] {
				changed[run.ID] = true
				t.Changes = append(t.Changes, Change{From: run.Status, Version: run.Version, To: run})
			}
			if err := take(now, step, run, b); err != nil {
				return Transitions{}, fmt.Errorf("%s of %s: %w", step.To, step.Run, err)
			}
			t.Events = append(t.Events, step.Events...)
		}
		t.Outcomes[i] = store.Transitioned{Happened: repeated || happens, Run: run.Run}
		if t.Outcomes[i].Happened && step.To.Terminal() {
			t.Outcomes[i].Account = b.accounts[run.Account()]
		}
	}
	return t, nil
}

// permits is the condition of the conditional update.
func permits(now time.Time, step *store.Transition, run *Standing) bool {
	fence := step.Fence
	switch {
	case run.Version != step.Version || run.Status != step.From:
		return false
	case fence.Token != "" && fence.Token != run.Token:
		return false
	case fence.LeaseExpired && (run.Token == "" || !run.LeaseExpires.Before(now)):
		return false
	case fence.Overdue && run.QueueExpiresAt.After(now) && run.Deadline.After(now):
		return false
	default:
		return true
	}
}

// take makes one step of a run.
func take(now time.Time, step *store.Transition, run *Standing, b *Books) error {
	if !run.Status.CanBecome(step.To) || step.To == dpp.StatusProcessing {
		return ErrTransition
	}
	run.Status, run.Mark = step.To, step.Mark
	run.Version++
	run.UpdatedAt = now
	run.Token, run.LeaseExpires, run.Progress = "", time.Time{}, nil
	if step.To == dpp.StatusQueued {
		run.QueueExpiresAt = earlier(after(now, step.QueueTTL), run.Deadline)
		if step.Lost {
			run.Losses++
		}
		return nil
	}
	if step.Settle.Kind != ledger.TransferSettle || step.Settle.Run != run.ID || step.Settle.Account != run.Account() {
		return ledger.ErrMalformed
	}
	run.CompletedAt = now
	run.Money, run.Used, run.Result, run.Error = step.Money, step.Used, step.Result, step.Error
	return b.settle(step.Settle)
}

// ErrNoAccount: a run without an account, which the schema makes impossible.
var ErrNoAccount = errors.New("store: a run without an account")

// settle posts a transfer that must succeed.
func (b *Books) settle(transfer ledger.Transfer) error {
	account, ok := b.accounts[transfer.Account]
	if !ok {
		return ErrNoAccount
	}
	after, entries, err := account.Apply(transfer)
	if err != nil {
		return err
	}
	b.set(after, entries)
	return nil
}
