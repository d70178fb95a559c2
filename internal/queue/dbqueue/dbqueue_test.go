package dbqueue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/queue"
	"dpp/internal/queue/dbqueue"
	"dpp/internal/queue/queuetest"
)

func TestContract(t *testing.T) {
	queuetest.Run(t, queuetest.Harness{
		Open:   func(_ *testing.T, wait time.Duration) queue.Queue { return dbqueue.New(dbqueue.Options{Wait: wait}) },
		Bubble: true,
	})
}

// A burst wakes as many as it has ids and leaves one ring, whatever its size.
func TestHowManyASendWakes(t *testing.T) {
	for _, test := range []struct{ receivers, ids, want int }{
		{4, 1, 1}, {4, 3, 3}, {4, 4, 4}, {4, 9, 4}, {1, 100, 1}, {0, 100, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := dbqueue.New(dbqueue.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			woken := make(chan bool, test.receivers)
			for range test.receivers {
				go func() {
					messages, err := q.Receive(ctx, 1)
					woken <- err == nil && len(messages) == 1 && len(messages[0].Runs) == 0
				}()
			}
			synctest.Wait()
			if err := q.Send(t.Context(), make([]dpp.RunID, test.ids)); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if len(woken) != test.want {
				t.Errorf("%d ids woke %d of %d receivers, want %d", test.ids, len(woken), test.receivers, test.want)
			}
			start := time.Now()
			left := 0
			for {
				messages, err := q.Receive(t.Context(), 10)
				if err != nil || time.Since(start) > 0 {
					break
				}
				left += len(messages)
			}
			if want := min(1, max(0, test.ids-test.receivers)); test.want == test.receivers && left != want {
				t.Errorf("%d ids for %d receivers left %d rings, want %d", test.ids, test.receivers, left, want)
			}
			cancel()
		})
	}
}

func TestWaitsTwentySeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := dbqueue.New(dbqueue.Options{})
		start := time.Now()
		messages, err := q.Receive(t.Context(), 1)
		if len(messages) != 0 || err != nil || time.Since(start) != 20*time.Second {
			t.Errorf("%v, %v after %v", messages, err, time.Since(start))
		}
	})
}

// Without room for a message none is taken away from others.
func TestNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := dbqueue.New(dbqueue.Options{})
		if err := q.Send(t.Context(), make([]dpp.RunID, 1)); err != nil {
			t.Error(err)
		}
		if messages, err := q.Receive(t.Context(), 0); len(messages) != 0 || err != nil {
			t.Errorf("%v, %v", messages, err)
		}
		if messages, err := q.Receive(t.Context(), 1); len(messages) != 1 || err != nil {
			t.Errorf("%v, %v", messages, err)
		}
	})
}

func TestClosed(t *testing.T) {
	q := dbqueue.New(dbqueue.Options{})
	for range 2 {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err := q.Receive(t.Context(), 1)
	for name, err := range map[string]error{
		"Receive": err, "Send": q.Send(t.Context(), make([]dpp.RunID, 1)), "Ping": q.Ping(t.Context()),
		"Acknowledge": q.Acknowledge(t.Context(), nil),
	} {
		if !errors.Is(err, dbqueue.ErrClosed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
