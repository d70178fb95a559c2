// Package tracing makes the spans of a process, for OpenTelemetry.
//
// A run is worked on by many processes, whose only common ground are the store and a
// queue that may lose messages; and they work on many runs at once. So a trace is not
// carried along: its id is the run's, the id of its first span follows from the run's
// id, and whoever does something for a run knows both from the run alone. What is done
// for many at once is a trace of its own, with links to those for whom it is done.
//
// No span says more than ids, states, codes and counts: no input, no key, no text of a
// caller or of an error.
package tracing

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/problem"
	"dpp/internal/runs"
	"dpp/internal/worker"
)

// Tracing makes the spans of a process. Make it with [Start].
type Tracing struct {
	tracer trace.Tracer
	share  share
	close  func() error
}

var (
	_ runs.Tracer   = (*Tracing)(nil)
	_ worker.Tracer = (*Tracing)(nil)
)

// scope is how spans say who made them.
const scope = "dpp"

// mostLinks is how many of those for whom a batch is done it links to.
const mostLinks = 128

// Close exports what is left, within a few seconds. Spans that end later are lost.
func (t *Tracing) Close() error { return t.close() }

func unfollowed(error) {}

// kinds are those of the spans that are not internal.
var kinds = map[string]trace.SpanKind{
	runs.StepExecute: trace.SpanKindConsumer,
	runs.BatchSend:   trace.SpanKindProducer,
}

// Step implements [runs.Tracer]. A step inside of another one of the same trace is its
// child; any other is a child of the run's acceptance and links to what ctx came from.
func (t *Tracing) Step(ctx context.Context, name string, run *dpp.Run, from ...context.Context) (context.Context, func(error)) {
	id := TraceOf(run)
	if !t.share.takes(id) {
		return ctx, unfollowed
	}
	begin, links := ctx, linksTo(from)
	here := trace.SpanContextFromContext(ctx)
	inside := here.TraceID() == id
	if !inside {
		links = append(links, linksTo([]context.Context{ctx})...)
	}
	switch {
	case name == runs.StepSubmit:
		if !inside {
			begin = trace.ContextWithSpanContext(ctx, trace.SpanContext{})
		}
		begin = withIDs(begin, wanted{id, acceptanceOf(run)})
	case !inside:
		begin = trace.ContextWithRemoteSpanContext(ctx, t.origin(run))
	}
	_, span := t.tracer.Start(begin, name, trace.WithSpanKind(kinds[name]), trace.WithLinks(links...), trace.WithAttributes(
		attribute.String("dpp.run_id", string(run.ID)), attribute.String("dpp.tenant_id", string(run.Tenant)), attribute.Int("dpp.attempt", run.Attempt),
	))
	if run.PackVersion != "" { // else the type is what a caller wrote, and perhaps no pack's
		span.SetAttributes(attribute.String("dpp.pack_type", run.PackType))
	}
	if named, _ := traceID(run.Meta.TraceID); named != id {
		span.SetAttributes(attribute.String("dpp.trace_id", run.Meta.TraceID))
	}
	return trace.ContextWithSpan(ctx, span), func(err error) { end(span, err, otherwise(name)) }
}

// origin is where every span of a run begins.
func (t *Tracing) origin(run *dpp.Run) trace.SpanContext {
	id := TraceOf(run)
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: acceptanceOf(run), TraceFlags: t.share.flags(id), Remote: true})
}

// Of implements [runs.Tracer].
func (t *Tracing) Of(run *dpp.Run) context.Context {
	return trace.ContextWithRemoteSpanContext(context.Background(), t.origin(run)) // of no call
}

// Batch implements [runs.Tracer]. A batch is exported where one of those is for whom it
// is done; where it is done for nobody yet, in the same share as everything else.
func (t *Tracing) Batch(ctx context.Context, name string, from []context.Context) (context.Context, func(error)) {
	id, links := newTraceID(), linksTo(from)
	if len(from) > 0 && len(links) == 0 || len(from) == 0 && !t.share.takes(id) {
		return ctx, unfollowed
	}
	begin := withIDs(trace.ContextWithSpanContext(ctx, trace.SpanContext{}), wanted{trace: id})
	_, span := t.tracer.Start(begin, name, trace.WithSpanKind(kinds[name]), trace.WithLinks(links...),
		trace.WithAttributes(attribute.Int("dpp.batch.items", len(from))))
	return trace.ContextWithSpan(ctx, span), func(err error) { end(span, err, otherwise(name)) }
}

// linksTo are links to the spans of contexts, as far as these are exported: each once.
func linksTo(from []context.Context) []trace.Link {
	var links []trace.Link
	seen := make(map[trace.SpanID]struct{}, min(len(from), mostLinks))
	for _, ctx := range from {
		c := trace.SpanContextFromContext(ctx)
		if _, ok := seen[c.SpanID()]; ok || !c.IsValid() || !c.IsSampled() {
			continue
		}
		if len(links) == mostLinks {
			break
		}
		seen[c.SpanID()] = struct{}{}
		links = append(links, trace.Link{SpanContext: c})
	}
	return links
}

// Request is the [api.Config] Trace of this process.
func (t *Tracing) Request(ctx context.Context, method, traceText, parent string) (context.Context, func(api.Answer)) {
	id, _ := traceID(traceText)
	if !id.IsValid() || !t.share.takes(id) {
		return ctx, func(api.Answer) {}
	}
	begin := withIDs(ctx, wanted{trace: id})
	if parent := spanID(parent); parent.IsValid() {
		begin = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: id, SpanID: parent, TraceFlags: trace.FlagsSampled, Remote: true,
		}))
	}
	_, span := t.tracer.Start(begin, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("http.request.method", method)))
	return trace.ContextWithSpan(ctx, span), func(a api.Answer) { t.answered(span, a) }
}

// answered ends the span of a request. Only our own failures are errors of it.
func (t *Tracing) answered(span trace.Span, a api.Answer) {
	span.SetName(a.Method + " " + a.Route)
	span.SetAttributes(attribute.String("http.route", a.Route), attribute.Int("http.response.status_code", a.Status))
	if a.Tenant != "" {
		span.SetAttributes(attribute.String("dpp.tenant_id", string(a.Tenant)))
	}
	if a.Reason != "" {
		span.SetAttributes(attribute.String("dpp.reason_code", string(a.Reason)))
	}
	if a.Run != nil {
		span.SetAttributes(attribute.String("dpp.run_id", string(a.Run.ID)))
		if origin := t.origin(a.Run); origin.TraceID() != span.SpanContext().TraceID() && origin.IsSampled() {
			span.AddLink(trace.Link{SpanContext: origin})
		}
	}
	if a.Status >= 500 {
		span.SetStatus(codes.Error, string(a.Reason))
	}
	span.End()
}

// Exported is the id of a request's trace where it is exported, else empty.
func (t *Tracing) Exported(traceText string) string {
	if id, ok := traceID(traceText); ok && t.share.takes(id) {
		return traceText
	}
	return ""
}

// ExportedRun is the id of a run's trace where it is exported, else empty.
func (t *Tracing) ExportedRun(run *dpp.Run) string {
	if id := TraceOf(run); t.share.takes(id) {
		return id.String()
	}
	return ""
}

// end ends a span with the code of what it came to.
func end(span trace.Span, err error, otherwise dpp.Reason) {
	if err != nil {
		span.SetStatus(codes.Error, code(err, otherwise))
	}
	span.End()
}

// code is all that is said of an error: its text may be somebody else's. Of one that
// says nothing by itself it is otherwise.
func code(err error, otherwise dpp.Reason) string {
	if said, ok := errors.AsType[runs.Code](err); ok {
		return string(said)
	}
	if known := problem.Cause(err).Reason; known != dpp.ReasonInternal {
		return string(known)
	}
	return string(otherwise)
}

// otherwise is the code of errors that say nothing by themselves: what only calls
// somebody else fails by that.
func otherwise(name string) dpp.Reason {
	switch name {
	case runs.StepBlob, runs.BatchSend, "batch.put":
		return dpp.ReasonDependencyDown
	default:
		return dpp.ReasonInternal
	}
}

var w3c propagation.TraceContext

// Carried is the trace context of ctx, as messages carry it; nil where it is not exported.
func Carried(ctx context.Context) map[string]string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return nil
	}
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier
}

// Heard implements [worker.Tracer].
func (t *Tracing) Heard(carried map[string]string) context.Context {
	return w3c.Extract(context.Background(), propagation.MapCarrier(carried)) // of no call
}
