package sqsqueue_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp/internal/queue/sqsqueue"
	"dpp/test/servers"
)

// works returns an error unless a run is sent and told.
func works(t *testing.T, q *sqsqueue.Queue) error {
	t.Helper()
	if err := q.Send(t.Context(), ids(1)); err != nil {
		return err
	}
	messages, err := q.Receive(t.Context(), 10)
	if err != nil {
		return err
	}
	if len(messages) == 0 {
		return errors.New("told of nothing")
	}
	return q.Acknowledge(t.Context(), messages)
}

// refuses checks that every call gives an error, and comes back.
func refuses(t *testing.T, q *sqsqueue.Queue) {
	t.Helper()
	_, receive := q.Receive(t.Context(), 10)
	for name, err := range map[string]error{
		"Receive": receive, "Send": q.Send(t.Context(), ids(20)), "Ping": q.Ping(t.Context()),
	} {
		if err == nil || !strings.Contains(err.Error(), "sqsqueue: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The service may die and come back, even without its queues.
func TestTheServiceDiesAndComesBack(t *testing.T) {
	server, cloud := servers.NewSQS(t)
	opts := address(t, cloud)
	var log diary
	opts.Log = log.logger()
	q := open(t, opts)
	bootstrap(t, q)
	if err := works(t, q); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	refuses(t, q)
	server.Start()
	eventually(t, "after the restart", func() error { return works(t, q) })
	if !strings.Contains(log.String(), "the queue was missing and was made") {
		t.Errorf("nobody was told that the queue was made:\n%s", log.String())
	}
}

// A process starts while the service is away, and needs no second start.
func TestStartWithoutTheService(t *testing.T) {
	server, cloud := servers.NewSQS(t)
	server.Kill()
	q := open(t, address(t, cloud))
	if warnings, err := q.Bootstrap(t.Context()); err == nil || len(warnings) != 0 {
		t.Errorf("Bootstrap: %v, %v", warnings, err)
	}
	refuses(t, q)
	server.Start()
	eventually(t, "once the service is there", func() error { return works(t, q) })
	bootstrap(t, q)
}

// A queue that an operator deletes is made again.
func TestTheQueueIsDeleted(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	if err := works(t, q); err != nil {
		t.Fatal(err)
	}
	newConsole(t, opts).delete()
	if err := works(t, q); err != nil {
		t.Error(err)
	}
}

// throughProxy names a queue that is reached through a proxy.
func throughProxy(t *testing.T, wait time.Duration) (*servers.Proxy, sqsqueue.Options) {
	t.Helper()
	cloud := servers.SQS(t)
	proxy := servers.NewProxy(t, strings.TrimPrefix(cloud.Endpoint, "http://"))
	opts := address(t, cloud)
	opts.Endpoint = "http://" + proxy.Address()
	opts.Wait = wait
	return proxy, opts
}

// A cut ends those who wait, whether they sent or receive.
func TestTheConnectionIsCut(t *testing.T) {
	proxy, opts := throughProxy(t, 5*time.Second)
	q := open(t, opts)
	bootstrap(t, q)
	// Another queue, as the service may not see the cut, and give away what comes next.
	opts.Name += "-waiting"
	other := open(t, opts)
	bootstrap(t, other)
	waiting := make(chan error)
	go func() {
		_, err := other.Receive(t.Context(), 10)
		waiting <- err
	}()
	if err := q.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	proxy.Cut()
	if err := <-waiting; err == nil {
		t.Error("the cut was not noticed")
	}
	refuses(t, q)
	proxy.Restore()
	eventually(t, "after the cut", func() error { return works(t, q) })
}

// A service that accepts and says nothing holds nobody longer than the calls may take.
func TestTheServiceHangs(t *testing.T) {
	proxy, opts := throughProxy(t, time.Second)
	opts.Timeout = time.Second
	q := open(t, opts)
	eventually(t, "at first", func() error { return works(t, q) })
	proxy.Slow(time.Hour)
	_, received := q.Receive(t.Context(), 10)
	for name, err := range map[string]error{
		"Receive": received, "Send": q.Send(t.Context(), ids(1)), "Ping": q.Ping(t.Context()),
	} {
		if err == nil || !strings.Contains(err.Error(), "no answer in time") || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	proxy.Slow(0)
	eventually(t, "once it answers", func() error { return works(t, q) })
}

// A slow service is slow, and nothing worse.
func TestTheServiceIsSlow(t *testing.T) {
	proxy, opts := throughProxy(t, 5*time.Second)
	q := open(t, opts)
	proxy.Slow(50 * time.Millisecond)
	bootstrap(t, q)
	if err := works(t, q); err != nil {
		t.Error(err)
	}
}

// Senders and receivers go on through cuts.
func TestCutsWhileMany(t *testing.T) {
	proxy, opts := throughProxy(t, time.Second)
	q := open(t, opts)
	bootstrap(t, q)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var working sync.WaitGroup
	heard := make(chan struct{}, 1)
	for range 3 {
		working.Go(func() {
			for ctx.Err() == nil {
				_ = q.Send(ctx, ids(5)) // may fail
			}
		})
		working.Go(func() {
			for ctx.Err() == nil {
				messages, _ := q.Receive(ctx, 10)
				if q.Acknowledge(ctx, messages) == nil && len(messages) > 0 {
					select {
					case heard <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	for range 5 {
		<-heard
		proxy.Cut()
		select { // what was heard before
		case <-heard:
		default:
		}
		proxy.Restore()
	}
	<-heard
	cancel()
	working.Wait()
}
