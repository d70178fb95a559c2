package tracing_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"dpp/internal/tracing"
)

// recorder is an exporter that keeps what it gets.
type recorder struct {
	mu    sync.Mutex
	spans tracetest.SpanStubs
}

func (r *recorder) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, tracetest.SpanStubsFromReadOnlySpans(spans)...)
	return nil
}

func (*recorder) Shutdown(context.Context) error { return nil }

// record starts tracing and returns a function that ends it and tells what there was.
func record(t *testing.T, ratio float64) (*tracing.Tracing, func() spans) {
	t.Helper()
	r := &recorder{}
	traces, err := tracing.Start(t.Context(), tracing.Options{
		Ratio: ratio, Resource: map[string]string{"service.name": "test"}, Log: slog.New(slog.DiscardHandler),
		Failed: func() { t.Error("an export failed") }, Exporter: r,
	})
	if err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() {
		if err := traces.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return traces, func() spans {
		end()
		r.mu.Lock()
		defer r.mu.Unlock()
		return spans{t, r.spans}
	}
}

// spans are all that were exported.
type spans struct {
	t   *testing.T
	all tracetest.SpanStubs
}

// one is the only span with a name.
func (s spans) one(name string) tracetest.SpanStub {
	s.t.Helper()
	found := s.named(name)
	if len(found) != 1 {
		s.t.Fatalf("%d spans are called %s, of %v", len(found), name, s.names())
	}
	return found[0]
}

func (s spans) named(name string) tracetest.SpanStubs {
	var found tracetest.SpanStubs
	for _, span := range s.all {
		if span.Name == name {
			found = append(found, span)
		}
	}
	return found
}

func (s spans) names() []string {
	names := make([]string, len(s.all))
	for i, span := range s.all {
		names[i] = span.Name
	}
	return names
}

// under sees that spans stand directly below another one.
func (s spans) under(parent string, children ...string) {
	s.t.Helper()
	above := s.one(parent)
	for _, name := range children {
		if span := s.one(name); span.Parent.SpanID() != above.SpanContext.SpanID() || span.SpanContext.TraceID() != above.SpanContext.TraceID() {
			s.t.Errorf("%s is not under %s", name, parent)
		}
	}
}

// links sees that a span links to another one.
func (s spans) links(from, to tracetest.SpanStub) {
	s.t.Helper()
	for _, link := range from.Links {
		if link.SpanContext.SpanID() == to.SpanContext.SpanID() && link.SpanContext.TraceID() == to.SpanContext.TraceID() {
			return
		}
	}
	s.t.Errorf("%s does not link to %s", from.Name, to.Name)
}

// text is all that the spans say.
func (s spans) text() string {
	var b bytes.Buffer
	for _, span := range s.all {
		fmt.Fprintln(&b, span.Name, span.Attributes, span.Status, span.Events, span.Links)
	}
	return b.String()
}
