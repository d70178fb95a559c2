// Package sqsqueue is the doorbell on any service that speaks as Amazon SQS does.
//
// A message tells of a few runs and is deleted as soon as it was heard, so there is
// nothing to redrive: what cannot be read is counted, logged and deleted, and what is
// lost is found in the store. The queue's address is found by its name when it is first
// needed, and again when the queue was made anew, so that a process starts, and goes on,
// while the service is away.
package sqsqueue

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"dpp/internal/queue"
)

// Options say which queue, and how it is used. [Parse] makes them of an address.
type Options struct {
	// Name is the queue's name; required.
	Name string
	// Endpoint is the URL of the service; default what AWS_ENDPOINT_URL_SQS or
	// AWS_ENDPOINT_URL says, else that of AWS in the region.
	Endpoint string
	// Region is what requests are signed for; default that of AWS_REGION.
	Region string
	// Wait is how long Receive waits at most, one second or more; default 20 s.
	Wait time.Duration
	// Visibility is after how long a message that was received and not acknowledged
	// comes again, one second or more; default 30 s.
	Visibility time.Duration
	// Timeout is how long a call may take besides the waiting that it asks for;
	// default 5 s.
	Timeout time.Duration
	// Trace tells the W3C trace context of a context, under the names traceparent and
	// tracestate; without it messages carry none.
	Trace func(context.Context) map[string]string
	// Log hears of messages that cannot be read, and of a queue that had to be made;
	// default nobody.
	Log *slog.Logger
}

const (
	defaultWait       = 20 * time.Second
	defaultVisibility = 30 * time.Second
	defaultTimeout    = 5 * time.Second
)

// Queue is a [queue.Queue] on SQS. Make it with [New].
type Queue struct {
	opts   Options
	client *sqs.Client
	http   *http.Client

	found  atomic.Pointer[string] // the queue's URL, once it is known
	search chan struct{}          // held by the one who looks for it

	unreadable atomic.Int64

	closed  <-chan struct{}
	onClose func(cancel func()) (stop func() bool)
	close   func()
}

var _ queue.Queue = (*Queue)(nil)

// New returns the queue that the options name. It does not ask the service, which may be
// away; see [Queue.Bootstrap]. Credentials, and the region where the options have none,
// come from the AWS_* variables and what they name, of which an error tells.
func New(ctx context.Context, opts Options) (*Queue, error) {
	if opts.Wait <= 0 {
		opts.Wait = defaultWait
	}
	opts.Wait = max(opts.Wait, time.Second)
	if opts.Visibility < time.Second {
		opts.Visibility = defaultVisibility
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	client, httpClient, err := newClient(ctx, opts)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background()) // ends with Close
	return &Queue{
		opts: opts, client: client, http: httpClient, search: make(chan struct{}, 1),
		closed: life.Done(), close: end,
		onClose: func(cancel func()) func() bool { return context.AfterFunc(life, cancel) },
	}, nil
}

// Ping implements [queue.Queue]: the service answers, and the queue exists.
func (q *Queue) Ping(ctx context.Context) error {
	_, err := q.lookUp(ctx)
	return err
}

// Unreadable is how many messages were deleted unheard, as nobody could read them.
func (q *Queue) Unreadable() int64 { return q.unreadable.Load() }

// Close implements [queue.Queue]. It ends every call under way.
func (q *Queue) Close() error {
	q.close()
	q.http.CloseIdleConnections()
	return nil
}

func (q *Queue) isClosed() bool {
	select {
	case <-q.closed:
		return true
	default:
		return false
	}
}

// call makes one call within a time of its own, which ctx and Close may end earlier.
func (q *Queue) call(ctx context.Context, timeout time.Duration, operation string, do func(context.Context) error) error {
	if q.isClosed() {
		return ErrClosed
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stop := q.onClose(cancel)
	defer stop()
	err := do(limited)
	switch {
	case err == nil:
		return nil
	case q.isClosed():
		return ErrClosed
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		// The other connections may be as dead as this one.
		q.http.CloseIdleConnections()
	}
	return &callError{operation: operation, err: err}
}

// pause returns an error where ctx or the queue ended before its time was over.
func (q *Queue) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-q.closed:
		return ErrClosed
	}
}
