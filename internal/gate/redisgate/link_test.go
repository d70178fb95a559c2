package redisgate

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/rueidis"
)

const limit = 100 * time.Millisecond

// idleClient is a client that can only be closed.
type idleClient struct {
	rueidis.Client
	closed chan struct{}
}

func (idleClient) Mode() rueidis.ClientMode { return rueidis.ClientModeCluster }

func (c idleClient) Close() { close(c.closed) }

var errQuestion = errors.New("no")

func good(context.Context, rueidis.Client) ([]rueidis.RedisMessage, error) { return nil, nil }

func bad(context.Context, rueidis.Client) ([]rueidis.RedisMessage, error) { return nil, errQuestion }

// deaf answers when its link is closed, whatever its context says.
func deaf(_ context.Context, client rueidis.Client) ([]rueidis.RedisMessage, error) {
	if c, ok := client.(idleClient); ok {
		<-c.closed
	}
	return nil, errQuestion
}

// inBubble runs a test on a new link and the fake clock.
func inBubble(t *testing.T, test func(t *testing.T, l *link)) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(idleClient{closed: make(chan struct{})}, limit)
		test(t, l)
		l.close()
	})
}

func isBroken(l *link) bool {
	select {
	case <-l.broken:
		return true
	default:
		return false
	}
}

func TestThreeFailuresInARowBreakALink(t *testing.T) {
	for _, test := range []struct {
		name   string
		asked  []question
		broken bool
	}{
		{"two", []question{bad, bad}, false},
		{"three", []question{bad, bad, bad}, true},
		{"three, but not in a row", []question{bad, bad, good, bad, bad, good, bad}, false},
		{"three after successes", []question{good, bad, good, bad, bad, bad}, true},
	} {
		inBubble(t, func(t *testing.T, l *link) {
			for _, q := range test.asked {
				if _, err := l.ask(t.Context(), q); (err != nil) != errors.Is(err, errQuestion) {
					t.Errorf("%s: error %v", test.name, err)
				}
			}
			if isBroken(l) != test.broken {
				t.Errorf("%s: broken %t", test.name, isBroken(l))
			}
			if test.broken && !errors.Is(l.wait(t.Context()), errQuestion) {
				t.Errorf("%s: the reason is %v", test.name, l.reason)
			}
			if _, err := l.ask(t.Context(), good); (err == nil) == test.broken {
				t.Errorf("%s: a good call afterwards: %v", test.name, err)
			}
		})
	}
}

func TestACallEndsInTimeWhateverTheClientDoes(t *testing.T) {
	inBubble(t, func(t *testing.T, l *link) {
		for n := range failuresInARow {
			start := time.Now()
			if _, err := l.ask(t.Context(), deaf); err == nil || time.Since(start) != limit {
				t.Errorf("call %d: error %v after %v", n, err, time.Since(start))
			}
		}
		start := time.Now()
		if _, err := l.ask(t.Context(), good); !errors.Is(err, errBroken) || time.Since(start) != 0 {
			t.Errorf("a call on the broken link: error %v after %v", err, time.Since(start))
		}
	})
}

// A caller that leaves gets the error of its own context at once, and says nothing of Redis.
func TestACallerThatLeavesIsNoFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, l *link) {
		for range 2 * failuresInARow {
			ctx, leave := context.WithTimeout(t.Context(), limit/2)
			start := time.Now()
			if _, err := l.ask(ctx, deaf); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != limit/2 {
				t.Errorf("error %v after %v", err, time.Since(start))
			}
			leave()
		}
		if isBroken(l) {
			t.Error("the link is broken")
		}
	})
}

// A caller's deadline is not the call's: the client would close its connection then.
func TestACallHasItsOwnContext(t *testing.T) {
	inBubble(t, func(t *testing.T, l *link) {
		start := time.Now()
		ctx, leave := context.WithTimeout(t.Context(), limit/2)
		defer leave()
		ended := make(chan time.Duration, 1)
		_, err := l.ask(ctx, func(ctx context.Context, _ rueidis.Client) ([]rueidis.RedisMessage, error) {
			<-ctx.Done()
			ended <- time.Since(start)
			return nil, ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != limit/2 {
			t.Errorf("the caller: error %v after %v", err, time.Since(start))
		}
		if after := <-ended; after != limit {
			t.Errorf("the call ended after %v", after)
		}
	})
}

func TestCallsAtOnceAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, l *link) {
		ctx, leave := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		for range callsAtOnce {
			asking.Go(func() { _, _ = l.ask(ctx, deaf) })
		}
		synctest.Wait()
		leave()
		asking.Wait() // the callers have left; their calls go on
		start := time.Now()
		if _, err := l.ask(t.Context(), good); err == nil || time.Since(start) != limit {
			t.Errorf("one call too many: error %v after %v", err, time.Since(start))
		}
	})
}

func TestCloseWaitsForCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(idleClient{closed: make(chan struct{})}, limit)
		finish, closed := make(chan struct{}), make(chan struct{})
		_, err := l.ask(t.Context(), func(context.Context, rueidis.Client) ([]rueidis.RedisMessage, error) {
			<-finish
			return nil, nil
		})
		if err == nil {
			t.Error("there was an answer")
		}
		go func() {
			l.close()
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("the link is closed while a call is being made")
		default:
		}
		close(finish)
		<-closed
	})
}
