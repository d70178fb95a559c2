package sqsqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/internal/queue"
	"dpp/internal/queue/sqsqueue"
)

// A thousand runs need few calls, and each message is one small object that tells of few.
func TestSendNeedsFewCalls(t *testing.T) {
	for n, calls := range map[int]int{0: 0, 1: 1, 10: 1, 11: 1, 160: 1, 161: 2, 1024: 7} {
		f := newFake(t)
		told := map[string]int{}
		var mu sync.Mutex
		f.sayBy("SendMessageBatch", func(request map[string]any) answer {
			mu.Lock()
			defer mu.Unlock()
			if len(entries(request)) > 10 {
				t.Errorf("%d messages in one call", len(entries(request)))
			}
			for _, entry := range entries(request) {
				text, _ := entry["MessageBody"].(string)
				var body struct {
					V    int
					Runs []string
				}
				if err := json.Unmarshal([]byte(text), &body); err != nil || body.V != 1 || len(body.Runs) == 0 || len(text) > 1024 {
					t.Errorf("a message of %d bytes: %v", len(text), err)
				}
				for _, id := range body.Runs {
					told[id]++
				}
			}
			return takes(request)
		})
		send(t, f.open(nil), ids(n))
		if got := f.calls("SendMessageBatch"); got != calls {
			t.Errorf("%d runs: %d calls, want %d", n, got, calls)
		}
		if len(told) != n {
			t.Errorf("%d runs: told of %d", n, len(told))
		}
	}
}

// Refusals inside of an answer that looks good are errors, and say how many.
func TestPartialFailuresAreErrors(t *testing.T) {
	f := newFake(t)
	q := f.open(nil)
	f.sayBy("SendMessageBatch", func(r map[string]any) answer { return takes(r, "3", "7") })
	f.sayBy("DeleteMessageBatch", func(r map[string]any) answer { return takes(r, "0") })
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"send":        {q.Send(t.Context(), ids(10)), "2 of 10 messages were not sent"},
		"acknowledge": {q.Acknowledge(t.Context(), make([]queue.Message, 11)), "2 of 11 messages were not deleted"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) || !strings.Contains(test.err.Error(), "InternalError") || strings.Contains(test.err.Error(), secret) {
			t.Errorf("%s: error %v", name, test.err)
		}
	}
	f.say("SendMessageBatch", answer{body: `{}`})
	if err := q.Send(t.Context(), ids(3)); err == nil || !strings.Contains(err.Error(), "3 of 3") {
		t.Errorf("an answer that says nothing of the messages: error %v", err)
	}
}

// One call that fails does not keep others from telling.
func TestOneFailureDoesNotStopTheOthers(t *testing.T) {
	f := newFake(t)
	var told sync.Map
	var once sync.Once
	f.sayBy("SendMessageBatch", func(r map[string]any) answer {
		a := takes(r)
		once.Do(func() { a = fails(http.StatusForbidden, "AccessDenied", secret) })
		for _, entry := range entries(r) {
			told.Store(entry["MessageBody"], true)
		}
		return a
	})
	err := f.open(nil).Send(t.Context(), ids(1024)) // 64 messages
	if err == nil || !strings.Contains(err.Error(), "of 64 messages") || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("error %v", err)
	}
	if calls := f.calls("SendMessageBatch"); calls != 7 {
		t.Errorf("%d calls, want 7", calls)
	}
}

// What the service says may repeat headers of the request, and with them a token.
func TestErrorsRepeatNothingOfTheService(t *testing.T) {
	html := answer{status: http.StatusBadGateway, body: "<html>" + secret + "</html>"}
	for name, test := range map[string]struct {
		says answer
		want string
	}{
		"a modelled error": {fails(http.StatusBadRequest, "InvalidAddress", secret), "InvalidAddress (HTTP status 400"},
		"another error":    {fails(http.StatusForbidden, "SignatureDoesNotMatch", secret), "SignatureDoesNotMatch (HTTP status 403"},
		"an odd code":      {fails(http.StatusBadRequest, secret+" !", secret), "unknown (HTTP status 400"},
		"a proxy":          {html, "HTTP status 502"},
		"no JSON":          {answer{body: secret}, "none of SQS"},
		"a redirection":    {answer{status: http.StatusTemporaryRedirect, header: map[string]string{"Location": "http://127.0.0.1:1/" + secret}}, "307"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.say("SendMessageBatch", test.says)
			err := f.open(nil).Send(t.Context(), ids(1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %s", err, test.want)
			}
			if text := err.Error(); strings.Contains(text, "hush") || strings.Contains(text, "fake-secret") || strings.Contains(text, "\n") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestWithoutCredentials(t *testing.T) {
	f := newFake(t)
	f.environment()
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	q := open(t, sqsqueue.Options{Name: "runs", Endpoint: f.server.URL, Region: "us-east-1"})
	if err := q.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "no credentials") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if calls := f.calls("GetQueueUrl"); calls != 0 {
		t.Errorf("%d calls without credentials", calls)
	}
}

// A service that does not know how to wait is not asked in a busy loop.
func TestAServiceThatDoesNotWait(t *testing.T) {
	f := newFake(t)
	f.say("ReceiveMessage", answer{body: `{}`})
	q := f.open(func(o *sqsqueue.Options) { o.Wait = 2 * time.Second })
	if messages := receive(t, q); len(messages) != 0 {
		t.Errorf("told of %v", messages)
	}
	if calls := f.calls("ReceiveMessage"); calls > 10 {
		t.Errorf("%d calls within 2 s", calls)
	}
}

// The service is asked to wait no longer than the caller does, and never longer than it
// can.
func TestHowLongTheServiceWaits(t *testing.T) {
	for name, test := range map[string]struct {
		wait   time.Duration
		within time.Duration // of the context; 0: without end
		want   float64
	}{
		"as long as it is told": {7 * time.Second, 0, 7},
		"as long as it can":     {time.Minute, 0, 20},
		"in whole seconds":      {300 * time.Millisecond, 0, 1},
		"within the context":    {time.Minute, 10900 * time.Millisecond, 10},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			asked := make(chan map[string]any, 1)
			f.sayBy("ReceiveMessage", func(request map[string]any) answer {
				select {
				case asked <- request:
				default:
				}
				return answer{body: `{"Messages":[{"MessageId":"1","ReceiptHandle":"r","Body":"{\"v\":1,\"runs\":[]}"}]}`}
			})
			q := f.open(func(o *sqsqueue.Options) { o.Wait = test.wait })
			ctx := t.Context()
			if test.within > 0 {
				limited, cancel := context.WithTimeout(ctx, test.within)
				defer cancel()
				ctx = limited
			}
			messages, err := q.Receive(ctx, 3)
			if err != nil || len(messages) != 1 || messages[0].Receipt != "r" {
				t.Fatalf("%v, %v", messages, err)
			}
			request := <-asked
			if request["WaitTimeSeconds"] != test.want || request["MaxNumberOfMessages"] != 3.0 || request["VisibilityTimeout"] != 30.0 {
				t.Errorf("asked for %v, want to wait for %v s", request, test.want)
			}
			if names := request["MessageAttributeNames"]; !reflect.DeepEqual(names, []any{"traceparent", "tracestate"}) {
				t.Errorf("asked for the attributes %v", names)
			}
		})
	}
}

// Messages that cannot be read and cannot be deleted either are no busy loop: whoever
// calls hears of it, and pauses.
func TestUnreadableMessagesThatStay(t *testing.T) {
	f := newFake(t)
	f.say("ReceiveMessage", answer{body: `{"Messages":[{"MessageId":"1","ReceiptHandle":"r","Body":"` + secret + `"}]}`})
	f.say("DeleteMessageBatch", fails(http.StatusForbidden, "AccessDenied", secret))
	var log diary
	q := f.open(func(o *sqsqueue.Options) { o.Log = log.logger() })
	if messages, err := q.Receive(t.Context(), 10); err == nil || len(messages) != 0 {
		t.Errorf("%v, %v", messages, err)
	}
	if q.Unreadable() != 1 || f.calls("ReceiveMessage") != 1 || strings.Contains(log.String(), secret) {
		t.Errorf("%d counted, %d calls, log %s", q.Unreadable(), f.calls("ReceiveMessage"), log.String())
	}
}

// Many use one queue at once, which is found once.
func TestManyCallersFindTheQueueOnce(t *testing.T) {
	f := newFake(t)
	f.sayBy("SendMessageBatch", func(r map[string]any) answer { return takes(r) })
	q := f.open(nil)
	var working sync.WaitGroup
	for range 20 {
		working.Go(func() {
			if err := q.Send(t.Context(), []dpp.RunID{dpp.NewRunID()}); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	if calls := f.calls("GetQueueUrl"); calls != 1 {
		t.Errorf("%d calls of GetQueueUrl", calls)
	}
}

// The caller's own end is told as such.
func TestTheCallersEnd(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.sayBy("SendMessageBatch", func(map[string]any) answer {
		cancel()
		return fails(http.StatusInternalServerError, "InternalError", secret) // which would be tried again
	})
	if err := f.open(nil).Send(ctx, ids(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A failure that passes is not heard of.
func TestPassingFailuresOfSendAreRepeated(t *testing.T) {
	f := newFake(t)
	var once sync.Once
	f.sayBy("SendMessageBatch", func(r map[string]any) answer {
		a := takes(r)
		once.Do(func() { a = fails(http.StatusServiceUnavailable, "ServiceUnavailable", "") })
		return a
	})
	send(t, f.open(nil), ids(1))
}

// Receive is not repeated by itself: whoever calls pauses, and looks into the store.
func TestFailuresOfReceiveAreToldAtOnce(t *testing.T) {
	f := newFake(t)
	f.say("ReceiveMessage", fails(http.StatusServiceUnavailable, "ServiceUnavailable", ""))
	if messages, err := f.open(nil).Receive(t.Context(), 10); err == nil || len(messages) != 0 {
		t.Errorf("%v, %v", messages, err)
	}
	if calls := f.calls("ReceiveMessage"); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// Calls under way end with Close, however long they may take.
func TestCloseEndsCalls(t *testing.T) {
	asked := make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body) // else its end is not noticed
		<-r.Context().Done()
	}))
	defer server.Close()
	newFake(t).environment()
	q := open(t, sqsqueue.Options{Name: "runs", Endpoint: server.URL, Region: "us-east-1", Timeout: time.Hour})
	ended := make(chan error, 2)
	go func() { ended <- q.Ping(t.Context()) }()
	go func() {
		_, err := q.Receive(t.Context(), 1)
		ended <- err
	}()
	<-asked
	<-asked
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, sqsqueue.ErrClosed) {
			t.Errorf("error %v", err)
		}
	}
}

// What answers, and is no SQS, is no queue.
func TestAnswersThatAreNoneOfSQS(t *testing.T) {
	for name, body := range map[string]string{
		"an empty object": `{}`,
		"an endless name": `{"QueueUrl":"` + strings.Repeat("a", 17<<20) + `"}`,
	} {
		f := newFake(t)
		f.say("GetQueueUrl", answer{body: body})
		q := f.open(nil)
		if err := q.Ping(t.Context()); err == nil || len(err.Error()) > 200 {
			t.Errorf("%s: error %.300v", name, err)
		}
		if q.Check(t.Context())[0].OK {
			t.Errorf("%s: the check is content", name)
		}
	}
}

func TestTheEndpointOfTheEnvironment(t *testing.T) {
	f := newFake(t)
	f.environment()
	t.Setenv("AWS_ENDPOINT_URL_SQS", f.server.URL)
	if err := open(t, sqsqueue.Options{Name: "runs"}).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
