package tracing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/blob"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/tracing"
	"dpp/internal/worker"
	"dpp/test/platform"
)

// carrying is a queue whose messages carry runs and the trace context of their sender.
type carrying struct {
	queue.Queue
	sent  chan queue.Message
	heard chan struct{} // receives when messages are acknowledged
}

func (c carrying) Acknowledge(ctx context.Context, messages []queue.Message) error {
	c.heard <- struct{}{}
	return c.Queue.Acknowledge(ctx, messages)
}

func (c carrying) Send(ctx context.Context, ids []dpp.RunID) error {
	c.sent <- queue.Message{Runs: ids, Trace: tracing.Carried(ctx)}
	return c.Queue.Send(ctx, ids)
}

func (c carrying) Receive(ctx context.Context, limit int) ([]queue.Message, error) {
	messages, err := c.Queue.Receive(ctx, limit)
	for i := range messages {
		told := <-c.sent
		messages[i].Runs, messages[i].Trace = told.Runs, told.Trace
	}
	return messages, err
}

func open(t *testing.T, traces *tracing.Tracing) (*platform.Platform, carrying) {
	t.Helper()
	q := carrying{sent: make(chan queue.Message, 8), heard: make(chan struct{}, 8)}
	p := platform.New(t, platform.Options{
		Config: func(c *runs.Config) { c.Trace = traces },
		Wrap: func(ports runs.Ports) runs.Ports {
			q.Queue = ports.Queue
			ports.Queue = q
			return traces.Wrap(ports)
		},
	})
	return p, q
}

// work lets a worker execute runs until the function that it returns is called.
func work(t *testing.T, traces *tracing.Tracing, p *platform.Platform, q queue.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	working := make(chan struct{})
	go func() {
		defer close(working)
		worker.New(p.Service, q, worker.Options{Trace: traces}, p.Log).Run(ctx)
	}()
	return func() {
		cancel()
		<-working
	}
}

// finished is a run that was submitted and waited for.
func finished(t *testing.T, p *platform.Platform, key string) dpp.Run {
	t.Helper()
	run := p.Submit(key)
	if after, err := p.Service.Wait(t.Context(), p.Key, run.ID, 0); err != nil || !after.Run.Status.Terminal() {
		t.Fatalf("%s %v", after.Run.Status, err)
	}
	return run
}

// TestAClaimLinksToTheMessage waits until a message was heard: the next claim, which
// the second run needs, comes of it at the latest.
func TestAClaimLinksToTheMessage(t *testing.T) {
	traces, end := record(t, 1)
	p, q := open(t, traces)
	stop := work(t, traces, p, q)
	finished(t, p, "heard-key-1")
	<-q.heard
	finished(t, p, "heard-key-2")
	stop()
	p.Close()
	all := end()
	sent := map[trace.SpanID]bool{}
	for _, span := range all.named(runs.BatchSend) {
		sent[span.SpanContext.SpanID()] = true
	}
	if !slices.ContainsFunc(all.named(runs.BatchClaim), func(s tracetest.SpanStub) bool {
		return len(s.Links) > 0 && sent[s.Links[0].SpanContext.SpanID()]
	}) {
		t.Errorf("no claim links to one of %d messages", len(sent))
	}
}

// TestOneRunIsOneTrace follows a run whose trace id is none that others know.
func TestOneRunIsOneTrace(t *testing.T) {
	traces, end := record(t, 1)
	p, q := open(t, traces)
	stop := work(t, traces, p, q)
	run := finished(t, p, "traced-key-1")
	stop()
	p.Close()
	all := end()
	all.under(runs.StepSubmit, runs.StepExecute)
	all.under(runs.StepExecute, runs.StepPack, runs.StepBlob, runs.StepFinalize)
	all.under("batch.submit", "gate.admit", "store.submit")
	all.under("batch.put", "blob.write")
	all.under("batch.end", "store.transition")
	for _, l := range [][2]string{
		{"batch.submit", runs.StepSubmit}, {"batch.put", runs.StepBlob}, {"batch.end", runs.StepFinalize}, {runs.BatchSend, runs.StepSubmit},
	} {
		all.links(all.one(l[0]), all.one(l[1]))
	}
	execute, submit := all.one(runs.StepExecute), all.one(runs.StepSubmit)
	if len(execute.Links) != 1 {
		t.Errorf("%d links lead from the execution to its claim", len(execute.Links))
	}
	if want := tracing.TraceOf(&run); submit.SpanContext.TraceID() != want || submit.Parent.IsValid() || !execute.Parent.IsRemote() {
		t.Errorf("trace %s, want %s", submit.SpanContext.TraceID(), want)
	}
	if execute.SpanKind != trace.SpanKindConsumer || all.one(runs.BatchSend).SpanKind != trace.SpanKindProducer {
		t.Error("kinds of spans")
	}
	if text := all.text(); !strings.Contains(text, run.Meta.TraceID) || !strings.Contains(text, string(run.Tenant)) || strings.Contains(text, "note") {
		t.Errorf("%s", text)
	}
}

// TestSweepsStandInTheRunsTrace lets a reaper do what nobody finished.
func TestSweepsStandInTheRunsTrace(t *testing.T) {
	traces, end := record(t, 1)
	p, _ := open(t, traces)
	run := p.Submit("swept-key-1")
	p.Claim()
	p.LoseLeases()
	sweep(t, p.Service.Recover)
	claimed := p.Claim()
	p.StoreOnly(claimed.Run, p.Execute(claimed))
	p.LoseLeases()
	sweep(t, p.Service.Recover)
	late := p.Submit("swept-key-2")
	p.Age(2 * p.Service.Config().Timing.ReservationTTL)
	sweep(t, p.Service.Expire)
	p.Close()
	all := end()
	for name, of := range map[string]dpp.Run{"run.requeued": run, "run.rolled_forward": run, runs.StepExpire: late} {
		span := all.one(name)
		if span.SpanContext.TraceID() != tracing.TraceOf(&of) || !span.Parent.IsRemote() || span.Status.Code == codes.Error {
			t.Errorf("%s: trace %s, %v", name, span.SpanContext.TraceID(), span.Status)
		}
		if !slices.ContainsFunc(all.named(runs.BatchSweep), func(s tracetest.SpanStub) bool {
			return len(s.Links) == 1 && s.Links[0].SpanContext.SpanID() == span.SpanContext.SpanID()
		}) {
			t.Errorf("no sweep links to %s", name)
		}
	}
	if n := len(all.named(runs.StepRecover)); n != 2 {
		t.Errorf("%d looks at lost leases", n)
	}
}

func sweep(t *testing.T, once func(context.Context) (int, error)) {
	t.Helper()
	if n, err := once(t.Context()); n != 1 || err != nil {
		t.Fatalf("swept %d, %v", n, err)
	}
}

// TestErrorsAreCodes sees that no text of an error gets out, whoever wrote it.
func TestErrorsAreCodes(t *testing.T) {
	traces, end := record(t, 1)
	run := &dpp.Run{ID: dpp.NewRunID(), PackType: "zq7x-unknown"}
	foreign := errors.New("zq7x")
	want := map[string]string{}
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"run.foreign":     {foreign, "INTERNAL"},
		"run.refused":     {&runs.Refusal{Reason: dpp.ReasonBudgetDrained, Detail: "zq7x"}, "BUDGET_DRAINED"},
		"run.taken":       {runs.CodeTaken, "TAKEN"},
		"run.unavailable": {fmt.Errorf("%w: zq7x", store.ErrUnavailable), "DEPENDENCY_DOWN"},
		runs.StepBlob:     {foreign, "DEPENDENCY_DOWN"},
	} {
		_, ended := traces.Step(t.Context(), name, run)
		ended(c.err)
		want[name] = c.code
	}
	ctx, ended := traces.Batch(t.Context(), runs.BatchSend, nil)
	failing := traces.Wrap(runs.Ports{Blob: silentBlob{err: foreign}}).Blob
	if _, err := failing.Put(ctx, nil); !errors.Is(err, foreign) {
		t.Error(err)
	}
	if _, _, err := failing.Get(ctx, "zq7x", 0, -1); !errors.Is(err, foreign) {
		t.Error(err)
	}
	ended(foreign)
	want[runs.BatchSend], want["blob.write"], want["blob.read"] = "DEPENDENCY_DOWN", "DEPENDENCY_DOWN", "DEPENDENCY_DOWN"
	all := end()
	for name, code := range want {
		if got := all.one(name).Status; got.Code != codes.Error || got.Description != code {
			t.Errorf("%s: %v, want %s", name, got, code)
		}
	}
	if strings.Contains(all.text(), "zq7x") {
		t.Errorf("foreign text: %s", all.text())
	}
}

// silentBlob fails.
type silentBlob struct {
	blob.Store
	err error
}

func (s silentBlob) Put(context.Context, []blob.Object) ([]blob.PutOutcome, error) { return nil, s.err }

func (s silentBlob) Get(context.Context, string, int64, int64) (io.ReadCloser, blob.Info, error) {
	return nil, blob.Info{}, s.err
}

func TestRequests(t *testing.T) {
	const own, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	traces, end := record(t, 1)
	run := &dpp.Run{ID: dpp.NewRunID()}
	_, ended := traces.Request(t.Context(), "GET", own, parent)
	ended(api.Answer{Method: "GET", Route: "/v1/runs/{id}", Status: 200, Tenant: "ten_1", Run: run})
	_, ended = traces.Request(t.Context(), "POST", own, "")
	ended(api.Answer{Method: "POST", Route: "/v1/runs", Status: 402, Reason: dpp.ReasonBudgetDrained})
	_, ended = traces.Request(t.Context(), "PUT", own, "")
	ended(api.Answer{Method: "PUT", Route: "none", Status: 503, Reason: dpp.ReasonDependencyDown})
	all := end()
	get := all.one("GET /v1/runs/{id}")
	if get.SpanContext.TraceID().String() != own || get.Parent.SpanID().String() != parent || get.SpanKind != trace.SpanKindServer {
		t.Errorf("%+v", get.SpanContext)
	}
	if len(get.Links) != 1 || get.Links[0].SpanContext.TraceID() != tracing.TraceOf(run) {
		t.Errorf("a request that shows a run of another trace links to %v", get.Links)
	}
	post, put := all.one("POST /v1/runs"), all.one("PUT none")
	if post.SpanContext.TraceID().String() != own || post.Parent.IsValid() || post.Status.Code == codes.Error {
		t.Errorf("%+v %v", post.SpanContext, post.Status)
	}
	if put.Status.Code != codes.Error || put.Status.Description != "DEPENDENCY_DOWN" {
		t.Errorf("%v", put.Status)
	}
}

// TestWhatIsNotInTheShareCostsNothing: no span, and no context that is kept.
func TestWhatIsNotInTheShareCostsNothing(t *testing.T) {
	traces, end := record(t, 0)
	run := &dpp.Run{ID: dpp.NewRunID(), Meta: dpp.Meta{TraceID: "4bf92f3577b34da6a3ce929d0e0e4736"}}
	ctx := t.Context()
	if within, _ := traces.Step(ctx, runs.StepExecute, run, traces.Of(run)); within != ctx {
		t.Error("a step that is not exported has a context of its own")
	}
	if within, _ := traces.Batch(ctx, "batch.submit", []context.Context{traces.Of(run)}); within != ctx {
		t.Error("a batch for nobody who is exported has a context of its own")
	}
	if within, _ := traces.Request(ctx, "GET", run.Meta.TraceID, ""); within != ctx {
		t.Error("a request that is not exported has a context of its own")
	}
	if traces.ExportedRun(run) != "" || traces.Exported(run.Meta.TraceID) != "" || tracing.Carried(traces.Of(run)) != nil {
		t.Error("something is exported")
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = traces.Step(ctx, runs.StepExecute, run) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if all := end(); len(all.all) != 0 {
		t.Errorf("%v", all.names())
	}
}

func TestABatchLinksToABoundedNumber(t *testing.T) {
	traces, end := record(t, 1)
	var from []context.Context
	for range 300 {
		run := &dpp.Run{ID: dpp.NewRunID()}
		from = append(from, traces.Of(run), traces.Of(run)) // the same twice
	}
	_, ended := traces.Batch(t.Context(), "batch.submit", from)
	ended(nil)
	span := end().one("batch.submit")
	seen := map[trace.SpanID]bool{}
	for _, link := range span.Links {
		seen[link.SpanContext.SpanID()] = true
	}
	if len(span.Links) != 128 || len(seen) != 128 || span.DroppedLinks != 0 {
		t.Errorf("%d links to %d spans, %d dropped", len(span.Links), len(seen), span.DroppedLinks)
	}
}

func TestMessagesCarryTheirSender(t *testing.T) {
	traces, end := record(t, 1)
	ctx, ended := traces.Batch(t.Context(), runs.BatchSend, nil)
	carried := tracing.Carried(ctx)
	_, claimed := traces.Batch(t.Context(), runs.BatchClaim, []context.Context{traces.Heard(carried), traces.Heard(nil), traces.Heard(map[string]string{"traceparent": "zq7x"})})
	claimed(nil)
	ended(nil)
	all := end()
	all.links(all.one(runs.BatchClaim), all.one(runs.BatchSend))
	if n := len(all.one(runs.BatchClaim).Links); n != 1 {
		t.Errorf("%d links", n)
	}
}
