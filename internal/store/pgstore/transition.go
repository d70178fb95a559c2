package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// Transition ends, requeues, cancels or expires runs. A settlement names its
// account, so that accounts are locked before runs, as everywhere.
func (s *Store) Transition(ctx context.Context, batch []store.Transition) ([]store.Transitioned, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	runs := distinct(column(batch, func(t *store.Transition) dpp.RunID { return t.Run }))
	accounts := []dpp.AccountID{}
	for i := range batch {
		if batch[i].To.Terminal() {
			accounts = append(accounts, batch[i].Settle.Account)
		}
	}
	accounts = distinct(accounts)
	var found []ledger.Account
	var standing map[dpp.RunID]*rules.Standing
	var decided rules.Transitions
	err := s.write(ctx, tx{
		ask: func(b *statements) {
			found, standing = nil, make(map[dpp.RunID]*rules.Standing)
			if len(accounts) > 0 {
				b.lockAccounts(&found, accounts)
			}
			b.standing(standing, runs)
		},
		decide: func(now time.Time, b *statements) (err error) {
			books := rules.OpenBooks(now, found)
			if decided, err = rules.Transition(now, batch, standing, books); err != nil {
				return err
			}
			if err := b.change(now, decided); err != nil {
				return err
			}
			b.closeBooks(now, books)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return decided.Outcomes, nil
}

const lockRuns = `SELECT ` + runColumns + `, ` + leaseColumns + `, coalesce(mark, '')` + ofIDs + ` ORDER BY runs.id FOR UPDATE OF runs`

// standing locks the runs of a batch and reads where they stand.
func (b *statements) standing(runs map[dpp.RunID]*rules.Standing, ids []dpp.RunID) {
	b.query(lockRuns, func(r pgx.Row) error {
		run := new(rules.Standing)
		var lease leaseRow
		err := scanLeasedRun(r, &run.Run, &lease, &run.Mark)
		run.Token, run.LeaseExpires = store.LeaseToken(lease.token), moment(lease.expires)
		runs[run.ID] = run
		return err
	}, texts(ids))
}

const (
	updateRuns = `UPDATE runs SET status = c.status, money = c.money, version = c.version, updated_at = $13,
		queue_expires_at = c.queue_expires_at, losses = c.losses, completed_at = c.completed_at, used = c.used,
		result = c.result::jsonb, error = c.error::jsonb, mark = c.mark
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::integer[],
		$9::timestamptz[], $10::bigint[], $11::text[], $12::text[], $14::text[])
		AS c (id, from_status, from_version, status, money, version, queue_expires_at, losses, completed_at, used, result, error, mark)
		WHERE runs.id = c.id AND runs.status = c.from_status AND runs.version = c.from_version`
	deleteLeases = `DELETE FROM leases WHERE run_id = ANY($1)`
)

// change writes runs as they are now, and moves them between queue and leases.
func (b *statements) change(now time.Time, t rules.Transitions) error {
	changes := t.Changes
	if len(changes) == 0 {
		return nil
	}
	results, failures := make([]*string, len(changes)), make([]*string, len(changes))
	completed := make([]*time.Time, len(changes))
	var waited, worked []string
	var waiting []*rules.Standing
	for i, c := range changes {
		var err error
		if results[i], err = rules.EncodeResult(c.To.Result); err != nil {
			return err
		}
		if failures[i], err = rules.EncodeError(c.To.Error); err != nil {
			return err
		}
		if !c.To.CompletedAt.IsZero() {
			completed[i] = &c.To.CompletedAt
		}
		if c.From == dpp.StatusQueued {
			waited = append(waited, string(c.To.ID))
		} else {
			worked = append(worked, string(c.To.ID))
		}
		if c.To.Status == dpp.StatusQueued {
			waiting = append(waiting, c.To)
		}
	}
	b.must(len(changes), updateRuns,
		column(changes, func(c *rules.Change) string { return string(c.To.ID) }),
		column(changes, func(c *rules.Change) string { return string(c.From) }),
		column(changes, func(c *rules.Change) int64 { return c.Version }),
		column(changes, func(c *rules.Change) string { return string(c.To.Status) }),
		column(changes, func(c *rules.Change) string { return string(c.To.Money) }),
		column(changes, func(c *rules.Change) int64 { return c.To.Version }),
		column(changes, func(c *rules.Change) time.Time { return c.To.QueueExpiresAt }),
		column(changes, func(c *rules.Change) int { return c.To.Losses }),
		completed,
		column(changes, func(c *rules.Change) int64 { return int64(c.To.Used) }),
		results, failures, now,
		column(changes, func(c *rules.Change) string { return c.To.Mark }))
	if len(waited) > 0 {
		b.must(len(waited), deleteQueued, waited)
	}
	if len(worked) > 0 {
		b.must(len(worked), deleteLeases, worked)
	}
	if len(waiting) > 0 {
		b.must(len(waiting), insertQueued,
			column(waiting, func(r **rules.Standing) string { return string((*r).ID) }),
			column(waiting, func(r **rules.Standing) time.Time { return (*r).UpdatedAt }),
			column(waiting, func(r **rules.Standing) time.Time { return (*r).QueueExpiresAt }))
	}
	b.insertEvents(now, t.Events)
	return nil
}
