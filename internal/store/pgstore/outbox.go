package pgstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
)

const insertEvents = `INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at)
	SELECT id, tenant_id, run_id, type, $5, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS e (id, tenant_id, run_id, type)`

func (b *statements) insertEvents(now time.Time, events []store.Event) {
	if len(events) > 0 {
		b.must(len(events), insertEvents,
			column(events, func(e *store.Event) string { return string(e.ID) }),
			column(events, func(e *store.Event) string { return string(e.Tenant) }),
			column(events, func(e *store.Event) string { return string(e.Run) }),
			column(events, func(e *store.Event) string { return e.Type }), now)
	}
}

const updateTaken = `UPDATE outbox SET due_at = $3
	WHERE id = ANY(ARRAY(SELECT id FROM outbox WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
	RETURNING id, tenant_id, run_id, type, attempts, at`

// TakeEvents hands out events that are due, those due longest first.
func (s *Store) TakeEvents(ctx context.Context, limit int, hide time.Duration) ([]store.Event, error) {
	if limit <= 0 {
		return nil, nil
	}
	var events []store.Event
	err := s.write(ctx, tx{
		ask: func(*statements) { events = nil },
		decide: func(now time.Time, b *statements) error {
			gather(b, &events, scanEvent, updateTaken, now, limit, now.Add(hide.Truncate(time.Millisecond)))
			return nil
		},
	})
	slices.SortFunc(events, func(a, b store.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return events, err
}

func scanEvent(r pgx.Row) (e store.Event, err error) {
	err = r.Scan((*string)(&e.ID), (*string)(&e.Tenant), (*string)(&e.Run), &e.Type, &e.Attempts, &e.At)
	e.At = utc(e.At)
	return e, err
}

const (
	deleteEvents  = `DELETE FROM outbox WHERE id = ANY($1)`
	updateRetried = `UPDATE outbox SET due_at = $2, attempts = attempts + 1 WHERE id = ANY($1)`
)

// DoneEvents removes delivered events.
func (s *Store) DoneEvents(ctx context.Context, ids []dpp.EventID) error {
	if len(ids) == 0 {
		return nil
	}
	return s.change(ctx, func(_ time.Time, b *statements) { b.exec(deleteEvents, nil, texts(ids)) })
}

// RetryEvents makes events due again after a delay and counts the attempt.
func (s *Store) RetryEvents(ctx context.Context, ids []dpp.EventID, after time.Duration) error {
	if len(ids) == 0 {
		return nil
	}
	return s.change(ctx, func(now time.Time, b *statements) {
		b.exec(updateRetried, nil, texts(ids), now.Add(after.Truncate(time.Millisecond)))
	})
}

// change is a transaction that needs to read nothing.
func (s *Store) change(ctx context.Context, do func(now time.Time, b *statements)) error {
	return s.write(ctx, tx{
		ask:    func(*statements) {},
		decide: func(now time.Time, b *statements) error { do(now, b); return nil },
	})
}
