package sqlitestore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"dpp"
	"dpp/internal/store"
)

const updateTaken = `UPDATE outbox SET due_at = ?2
	WHERE id IN (SELECT id FROM outbox WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?3)
	RETURNING id, tenant_id, run_id, type, attempts, at`

// TakeEvents hands out events that are due, those due longest first.
func (s *Store) TakeEvents(ctx context.Context, limit int, hide time.Duration) ([]store.Event, error) {
	if limit <= 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]store.Event, error) {
		events, err := gather(t, scanEvent, updateTaken, t.now.UnixMilli(), t.after(hide).UnixMilli(), limit)
		sortEvents(events)
		return events, err
	})
}

func scanEvent(r row) (e store.Event, err error) {
	var at int64
	err = r.Scan((*string)(&e.ID), (*string)(&e.Tenant), (*string)(&e.Run), &e.Type, &e.Attempts, &at)
	e.At = fromMillis(at)
	return e, err
}

// sortEvents brings the events into the order in which they happened.
func sortEvents(events []store.Event) {
	slices.SortFunc(events, func(a, b store.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
}

const (
	deleteEvents  = `DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?1))`
	updateRetried = `UPDATE outbox SET due_at = ?2, attempts = attempts + 1 WHERE id IN (SELECT value FROM json_each(?1))`
)

// DoneEvents removes delivered events.
func (s *Store) DoneEvents(ctx context.Context, ids []dpp.EventID) error {
	done, err := list(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = write(ctx, s, func(t *tx) (int64, error) { return t.exec(deleteEvents, done) })
	return err
}

// RetryEvents makes events due again after a delay and counts the attempt.
func (s *Store) RetryEvents(ctx context.Context, ids []dpp.EventID, after time.Duration) error {
	failed, err := list(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = write(ctx, s, func(t *tx) (int64, error) {
		return t.exec(updateRetried, failed, t.after(after).UnixMilli())
	})
	return err
}
