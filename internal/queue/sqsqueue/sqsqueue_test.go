package sqsqueue_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/queue"
	"dpp/internal/queue/queuetest"
	"dpp/internal/queue/sqsqueue"
	"dpp/test/servers"
)

func TestContract(t *testing.T) {
	queuetest.Run(t, queuetest.Harness{
		Open: func(t *testing.T, wait time.Duration) queue.Queue {
			opts := address(t, servers.SQS(t))
			opts.Wait, opts.Visibility = wait, 5*time.Second
			q, err := sqsqueue.New(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			bootstrap(t, q)
			return q
		},
		IDs: true, Remote: true, Redelivers: true,
	})
}

// What is to be deleted is gone from the service, not only out of sight.
func TestAcknowledgedMessagesAreDeleted(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	send(t, q, ids(200))
	told := 0
	for told < 200 {
		for _, m := range receive(t, q) {
			told += len(m.Runs)
		}
	}
	if depth := newConsole(t, opts).depth(); depth != "0+0" {
		t.Errorf("visible+hidden messages: %s", depth)
	}
}

// Many more messages than one call takes are acknowledged in one go.
func TestManyAreAcknowledgedAtOnce(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	send(t, q, ids(400)) // 25 messages
	var all []queue.Message
	for len(all) < 25 {
		messages, err := q.Receive(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, messages...)
	}
	if err := q.Acknowledge(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if depth := newConsole(t, opts).depth(); depth != "0+0" {
		t.Errorf("visible+hidden messages: %s", depth)
	}
}

func TestWhatIsNoRunIsNotSent(t *testing.T) {
	q := shared(t, nil)
	good := dpp.NewRunID()
	if err := q.Send(t.Context(), []dpp.RunID{"run_1", good, ""}); err == nil || strings.Contains(err.Error(), "run_1") {
		t.Errorf("error %v", err)
	}
	if messages := receive(t, q); len(messages) != 1 || !slices.Equal(messages[0].Runs, []dpp.RunID{good}) {
		t.Errorf("told of %v", messages)
	}
}

type traceKey struct{}

const (
	parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	state  = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
)

func TestTraceContextGoesAlong(t *testing.T) {
	q := shared(t, func(o *sqsqueue.Options) {
		o.Trace = func(ctx context.Context) map[string]string {
			trace, _ := ctx.Value(traceKey{}).(map[string]string)
			return trace
		}
	})
	for name, test := range map[string]struct{ given, want map[string]string }{
		"none":           {nil, nil},
		"both":           {map[string]string{"traceparent": parent, "tracestate": state}, map[string]string{"traceparent": parent, "tracestate": state}},
		"parent alone":   {map[string]string{"traceparent": parent, "baggage": "secret"}, map[string]string{"traceparent": parent}},
		"state alone":    {map[string]string{"tracestate": state}, nil},
		"no parent":      {map[string]string{"traceparent": "00-1-2-3", "tracestate": state}, nil},
		"state too long": {map[string]string{"traceparent": parent, "tracestate": strings.Repeat("a", 513)}, map[string]string{"traceparent": parent}},
		"state of words": {map[string]string{"traceparent": parent, "tracestate": "a=\n"}, map[string]string{"traceparent": parent}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := q.Send(context.WithValue(t.Context(), traceKey{}, test.given), ids(1)); err != nil {
				t.Fatal(err)
			}
			if messages := receive(t, q); len(messages) != 1 || !maps.Equal(messages[0].Trace, test.want) {
				t.Errorf("received %v, want %v", messages, test.want)
			}
		})
	}
}

func TestClosed(t *testing.T) {
	q := shared(t, nil)
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	_, received := q.Receive(t.Context(), 1)
	_, made := q.Bootstrap(t.Context())
	for name, err := range map[string]error{
		"Receive": received, "Send": q.Send(t.Context(), ids(1)), "Ping": q.Ping(t.Context()),
		"Acknowledge": q.Acknowledge(t.Context(), nil), "Bootstrap": made,
	} {
		if !errors.Is(err, sqsqueue.ErrClosed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestPingMakesNoQueue(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	if err := q.Ping(t.Context()); err == nil {
		t.Error("there is no queue, and Ping says nothing")
	}
	if newConsole(t, opts).exists() {
		t.Error("Ping made the queue")
	}
}

func TestRegion(t *testing.T) {
	cloud := servers.SQS(t)
	opts := address(t, cloud)
	opts.Region = ""
	if q := open(t, opts); q.Send(t.Context(), ids(1)) != nil {
		t.Error("the region of AWS_REGION was not used")
	}
	t.Setenv("AWS_REGION", "")
	if _, err := sqsqueue.New(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("no region at all: error %v", err)
	}
}
