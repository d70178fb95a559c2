package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// errTransition: the state machine has no such step, or it is one for Claim.
var errTransition = errors.New("sqlitestore: no such transition")

// errLost: a row that this transaction has read changed under its lock.
var errLost = errors.New("sqlitestore: a locked row changed")

// Transition ends, requeues, cancels or expires runs.
func (s *Store) Transition(ctx context.Context, batch []store.Transition) ([]store.Transitioned, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]store.Transitioned, error) { return t.transition(batch) })
}

func (t *tx) transition(batch []store.Transition) ([]store.Transitioned, error) {
	runs, accounts, err := t.standing(batch)
	if err != nil {
		return nil, err
	}
	b, err := t.open(accounts)
	if err != nil {
		return nil, err
	}
	outcomes := make([]store.Transitioned, len(batch))
	for i := range batch {
		step := &batch[i]
		run, ok := runs[step.Run]
		if !ok {
			continue
		}
		repeated := step.Mark != "" && run.mark == step.Mark
		happens := !repeated && t.permits(step, run)
		if happens {
			if err := t.step(step, run, b); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", step.To, step.Run, err)
			}
		}
		outcomes[i] = store.Transitioned{Happened: repeated || happens, Run: run.Run}
		if outcomes[i].Happened && step.To.Terminal() {
			outcomes[i].Account = b.accounts[run.Account()]
		}
	}
	return outcomes, b.close()
}

// standingRun is a run as a transaction finds it, and what its fences ask of.
type standingRun struct {
	dpp.Run
	n     int64
	lease leaseRow
	mark  string
}

const selectStanding = `SELECT ` + runColumns + `, ` + leaseColumns + `, ifnull(mark, ''), n
	FROM runs LEFT JOIN leases ON leases.run_n = runs.n WHERE id IN (SELECT value FROM json_each(?1))`

// standing reads the runs of a batch, and names their accounts.
func (t *tx) standing(batch []store.Transition) (map[dpp.RunID]*standingRun, []dpp.AccountID, error) {
	ids := make([]dpp.RunID, len(batch))
	for i := range batch {
		ids[i] = batch[i].Run
	}
	wanted, err := list(ids)
	if err != nil {
		return nil, nil, err
	}
	runs := make(map[dpp.RunID]*standingRun, len(batch))
	var accounts []dpp.AccountID
	err = t.query(selectStanding, func(r row) error {
		run := new(standingRun)
		err := scanLeasedRun(r, &run.Run, &run.lease, &run.mark, &run.n)
		runs[run.ID], accounts = run, append(accounts, run.Account())
		return err
	}, wanted)
	return runs, accounts, err
}

// permits is the condition of the conditional update.
func (t *tx) permits(step *store.Transition, run *standingRun) bool {
	fence := step.Fence
	switch {
	case run.Version != step.Version || run.Status != step.From:
		return false
	case fence.Token != "" && string(fence.Token) != run.lease.token:
		return false
	case fence.LeaseExpired && (run.lease.token == "" || !fromMillis(run.lease.expires).Before(t.now)):
		return false
	case fence.Overdue && run.QueueExpiresAt.After(t.now) && run.Deadline.After(t.now):
		return false
	default:
		return true
	}
}

// step changes the run, in the database and in memory.
func (t *tx) step(step *store.Transition, run *standingRun, b *books) error {
	if !run.Status.CanBecome(step.To) || step.To == dpp.StatusProcessing {
		return errTransition
	}
	from := run.Run
	run.Status, run.mark = step.To, step.Mark
	run.Version++
	run.UpdatedAt = t.now
	run.lease, run.Progress = leaseRow{}, nil
	if from.Status == dpp.StatusProcessing {
		if _, err := t.exec(deleteLease, run.n); err != nil {
			return err
		}
	}
	if step.To == dpp.StatusQueued {
		return t.requeue(step, run)
	}
	return t.end(step, run, from.Status, b)
}

const (
	deleteLease = `DELETE FROM leases WHERE run_n = ?1`

	updateRequeued = `UPDATE runs SET status = 'QUEUED', version = ?3 + 1, updated_at = ?4, queue_expires_at = ?5, losses = ?6, mark = ?7
		WHERE n = ?1 AND status = ?2 AND version = ?3`
)

// requeue puts the run back to the end of the queue.
func (t *tx) requeue(step *store.Transition, run *standingRun) error {
	run.QueueExpiresAt = earlier(t.after(step.QueueTTL), run.Deadline)
	if step.Lost {
		run.Losses++
	}
	return t.changeOne(updateRequeued, run.n, string(step.From), step.Version,
		t.now.UnixMilli(), run.QueueExpiresAt.UnixMilli(), run.Losses, step.Mark)
}

const updateEnded = `UPDATE runs SET status = ?4, money = ?5, version = ?3 + 1, updated_at = ?6, completed_at = ?6, used = ?7,
	result = ?8, error = ?9, mark = ?10 WHERE n = ?1 AND status = ?2 AND version = ?3`

// end settles the run and tells of it.
func (t *tx) end(step *store.Transition, run *standingRun, from dpp.Status, b *books) error {
	if step.Settle.Kind != ledger.TransferSettle || step.Settle.Run != run.ID || step.Settle.Account != run.Account() {
		return ledger.ErrMalformed
	}
	result, err := encodeResult(step.Result)
	if err != nil {
		return err
	}
	failure, err := encodeError(step.Error)
	if err != nil {
		return err
	}
	run.CompletedAt = t.now
	run.Money, run.Used, run.Result, run.Error = step.Money, step.Used, step.Result, step.Error
	err = t.changeOne(updateEnded, run.n, string(from), step.Version,
		string(run.Status), string(run.Money), t.now.UnixMilli(), int64(run.Used), result, failure, step.Mark)
	if err != nil {
		return err
	}
	if _, err := b.apply(step.Settle); err != nil {
		return err
	}
	return t.insertEvents(step.Events)
}

func (t *tx) changeOne(query string, args ...any) error {
	changed, err := t.exec(query, args...)
	if err == nil && changed != 1 {
		err = errLost
	}
	return err
}

const insertEvent = `INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)`

func (t *tx) insertEvents(events []store.Event) error {
	for _, e := range events {
		if _, err := t.exec(insertEvent, string(e.ID), string(e.Tenant), string(e.Run), e.Type, t.now.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
