package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"dpp"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

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
	standing, numbers, err := t.standing(batch)
	if err != nil {
		return nil, err
	}
	accounts := make([]dpp.AccountID, 0, len(standing))
	for _, run := range standing {
		accounts = append(accounts, run.Account())
	}
	books, err := t.openBooks(accounts)
	if err != nil {
		return nil, err
	}
	decided, err := rules.Transition(t.now, batch, standing, books)
	if err != nil {
		return nil, err
	}
	for _, c := range decided.Changes {
		if err := t.write(c, numbers[c.To.ID]); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", c.To.Status, c.To.ID, err)
		}
	}
	if err := t.insertEvents(decided.Events); err != nil {
		return nil, err
	}
	return decided.Outcomes, t.closeBooks(books)
}

const selectStanding = `SELECT ` + runColumns + `, ` + leaseColumns + `, ifnull(mark, ''), n
	FROM runs LEFT JOIN leases ON leases.run_n = runs.n WHERE id IN (SELECT value FROM json_each(?1))`

// standing reads the runs of a batch, and their numbers.
func (t *tx) standing(batch []store.Transition) (map[dpp.RunID]*rules.Standing, map[dpp.RunID]int64, error) {
	ids := make([]dpp.RunID, len(batch))
	for i := range batch {
		ids[i] = batch[i].Run
	}
	wanted, err := list(ids)
	if err != nil {
		return nil, nil, err
	}
	runs, numbers := make(map[dpp.RunID]*rules.Standing, len(batch)), make(map[dpp.RunID]int64, len(batch))
	err = t.query(selectStanding, func(r row) error {
		run := new(rules.Standing)
		var lease leaseRow
		var n int64
		err := scanLeasedRun(r, &run.Run, &lease, &run.Mark, &n)
		run.Token, run.LeaseExpires = store.LeaseToken(lease.token), fromMillis(lease.expires)
		runs[run.ID], numbers[run.ID] = run, n
		return err
	}, wanted)
	return runs, numbers, err
}

const (
	deleteLease = `DELETE FROM leases WHERE run_n = ?1`

	updateRun = `UPDATE runs SET status = ?4, money = ?5, version = ?6, updated_at = ?7, queue_expires_at = ?8, losses = ?9,
		completed_at = ?10, used = ?11, result = ?12, error = ?13, mark = ?14 WHERE n = ?1 AND status = ?2 AND version = ?3`
)

// write writes a run as it stands now.
func (t *tx) write(c rules.Change, n int64) error {
	run := c.To
	if c.From == dpp.StatusProcessing {
		if _, err := t.exec(deleteLease, n); err != nil {
			return err
		}
	}
	result, err := rules.EncodeResult(run.Result)
	if err != nil {
		return err
	}
	failure, err := rules.EncodeError(run.Error)
	if err != nil {
		return err
	}
	var completed *int64
	if !run.CompletedAt.IsZero() {
		ms := run.CompletedAt.UnixMilli()
		completed = &ms
	}
	return t.changeOne(updateRun, n, string(c.From), c.Version, string(run.Status), string(run.Money), run.Version, t.now.UnixMilli(),
		run.QueueExpiresAt.UnixMilli(), run.Losses, completed, int64(run.Used), result, failure, run.Mark)
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
