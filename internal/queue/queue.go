// Package queue is the port of the doorbell between those who accept runs and
// those who work on them. A message is only a hint: losing, repeating, delaying or
// reordering it is harmless, because workers also claim from the store.
package queue

import (
	"context"

	"dpp"
)

// Queue carries hints. Its methods are safe for concurrent use.
type Queue interface {
	// Send tells that runs wait. An error means that some may not be told of;
	// nobody needs to repeat the call. It never waits for a receiver.
	Send(ctx context.Context, ids []dpp.RunID) error

	// Receive waits until at least one message is there, ctx ends, or the queue's
	// own waiting time is over, and returns at most limit messages; none is no
	// error. It never returns more often than it has something to tell or its
	// waiting time passes, and with a limit below one it only waits. While the queue
	// cannot be asked it returns an error, which may be at once: whoever calls pauses
	// before the next call. Where the queue is elsewhere, a call that ctx cuts short
	// may take up to limit messages with it; they come again.
	Receive(ctx context.Context, limit int) ([]Message, error)

	// Acknowledge removes messages that were acted upon. A message that is never
	// acknowledged may come again.
	Acknowledge(ctx context.Context, messages []Message) error

	// Ping tells whether the queue answers. It changes nothing.
	Ping(ctx context.Context) error

	// Close releases what the queue holds and ends every Receive. It may be called
	// again; every other method gives an error afterwards.
	Close() error
}

// Message is one hint.
type Message struct {
	// Runs are the runs told of; none means: look into the store.
	Runs []dpp.RunID
	// Receipt is the adapter's own.
	Receipt string
	// Trace is the W3C trace context of whoever sent the message, under the names
	// traceparent and tracestate. It is nil where the queue carries none.
	Trace map[string]string
}
