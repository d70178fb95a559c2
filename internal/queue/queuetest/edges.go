package queuetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"dpp"
	"dpp/internal/queue"
)

func testClosed(t *testing.T, h Harness) {
	q := h.Open(t, patience)
	for range 2 {
		if err := q.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	for name, call := range map[string]func() error{
		"Send":        func() error { return q.Send(t.Context(), ids(1)) },
		"Acknowledge": func() error { return q.Acknowledge(t.Context(), nil) },
		"Ping":        func() error { return q.Ping(t.Context()) },
	} {
		if call() == nil {
			t.Errorf("%s on a closed queue gives no error", name)
		}
	}
	if _, err := q.Receive(t.Context(), 0); err == nil {
		t.Error("Receive without room on a closed queue gives no error")
	}
}

// Who has no room waits, and takes nothing from others.
func testNoRoom(t *testing.T, h Harness) {
	q := h.open(t, time.Second)
	send(t, q, ids(1)...)
	for _, limit := range []int{0, -1} {
		if messages, err := q.Receive(t.Context(), limit); len(messages) != 0 || err != nil {
			t.Errorf("room for %d: %v, %v", limit, messages, err)
		}
	}
	if len(receive(t, q, 1)) == 0 {
		t.Error("the message was taken")
	}
}

// A context that has ended holds nobody up.
func testEnded(t *testing.T, h Harness) {
	q := h.open(t, patience)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if messages, err := q.Receive(ctx, 10); len(messages) != 0 {
		t.Errorf("told of %v (%v), though nothing was sent", messages, err)
	}
	_ = q.Send(ctx, ids(25)) // whether it fails is the adapter's
	_ = q.Acknowledge(ctx, nil)
	h.unhurried(t, start)
}

// The first message is acknowledged and stays away, the second is not and comes again.
func testAgain(t *testing.T, h Harness) {
	if !h.Redelivers {
		return
	}
	q := h.open(t, patience)
	first, second := dpp.NewRunID(), dpp.NewRunID()
	send(t, q, first)
	tells(t, receive(t, q, 1), first)
	send(t, q, second)
	for range 2 {
		messages, err := q.Receive(t.Context(), 10)
		if err != nil {
			t.Fatalf("Receive: %v", err)
		}
		tells(t, messages, second)
	}
}

func tells(t *testing.T, messages []queue.Message, id dpp.RunID) {
	t.Helper()
	if len(messages) != 1 || !slices.Equal(messages[0].Runs, []dpp.RunID{id}) {
		t.Fatalf("told of %v, want %s alone", messages, id)
	}
}
