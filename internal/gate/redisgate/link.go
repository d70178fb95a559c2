package redisgate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	// failuresInARow break a link.
	failuresInARow = 3
	// callsAtOnce are how many calls a link makes at the same time; the others wait,
	// within their time. The client's own queue holds 1,024 and, when it is full, blocks
	// whatever the context says.
	callsAtOnce = 512
)

var errBroken = errors.New("too many calls have failed")

// question is what is asked of Redis in one call.
type question func(context.Context, rueidis.Client) ([]rueidis.RedisMessage, error)

// ping asks whether anybody is there.
func ping(ctx context.Context, client rueidis.Client) ([]rueidis.RedisMessage, error) {
	return nil, client.Do(ctx, client.B().Ping().Build()).Error()
}

// link is a client, and a watch over it. It breaks when three calls in a row have
// failed, and does not recover: another link is made instead.
type link struct {
	client   rueidis.Client
	timeout  time.Duration
	direct   bool          // the client ends every call with its context
	slots    chan struct{} // holds one for each call that is being made
	failures atomic.Int32  // in a row

	breakOnce sync.Once
	broken    chan struct{} // closed when it is
	reason    error         // why it is broken
}

// newLink makes a link. A single Redis's client ends every call with its context. That of
// a cluster may first ask another node where the slots are, for as long as that takes.
func newLink(client rueidis.Client, timeout time.Duration) *link {
	return &link{
		client: client, timeout: timeout, direct: client.Mode() == rueidis.ClientModeStandalone,
		slots: make(chan struct{}, callsAtOnce), broken: make(chan struct{}),
	}
}

// ask makes a call and returns within the time for one. The client has the call's own
// context: it would close a connection that all callers share at the deadline of one
// of them.
func (l *link) ask(ctx context.Context, q question) ([]rueidis.RedisMessage, error) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.timeout)
	if err := l.enter(ctx, own); err != nil {
		cancel()
		return nil, err
	}
	call := func() outcome {
		answers, err := q(own, l.client)
		<-l.slots // before the caller goes on, who may ask again
		return outcome{answers, err}
	}
	if l.direct { // a goroutine would cost a lone caller as much as the script does
		defer cancel()
		o := call()
		return o.answers, l.count(o.err)
	}
	done := make(chan outcome, 1)
	go func() {
		defer cancel()
		done <- call()
	}()
	select {
	case o := <-done:
		return o.answers, l.count(o.err)
	case <-ctx.Done():
		return nil, ctx.Err() // which says nothing of Redis
	case <-own.Done():
		return l.late(done)
	}
}

type outcome struct {
	answers []rueidis.RedisMessage
	err     error
}

// late is for a call whose context has ended: its time is over, or it is done.
func (l *link) late(done <-chan outcome) ([]rueidis.RedisMessage, error) {
	select {
	case o := <-done:
		return o.answers, l.count(o.err)
	default:
		return nil, l.count(fmt.Errorf("no answer within %v", l.timeout))
	}
}

// enter waits for a slot.
func (l *link) enter(ctx, own context.Context) error {
	select {
	case <-l.broken:
		return errBroken
	default:
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-l.broken:
		return errBroken
	case <-ctx.Done():
		return ctx.Err()
	case <-own.Done():
		return l.count(fmt.Errorf("%d calls are waiting for their answers", callsAtOnce))
	}
}

// count notes how a call went, and returns its error.
func (l *link) count(err error) error {
	switch {
	case err == nil:
		if l.failures.Load() != 0 { // else nobody waits for the memory that all share
			l.failures.Store(0)
		}
	case l.failures.Add(1) >= failuresInARow:
		l.breakOnce.Do(func() {
			l.reason = err
			close(l.broken)
		})
	}
	return err
}

// wait returns why the link is broken, once it is, or that ctx ended.
func (l *link) wait(ctx context.Context) error {
	select {
	case <-l.broken:
		return l.reason
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close closes the client and returns when no call is being made any more.
func (l *link) close() {
	l.client.Close()
	for range callsAtOnce {
		l.slots <- struct{}{}
	}
}
