package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"dpp"
)

// TraceOf is the trace of a run: the one that its submit named or was given, where
// that is a trace id of W3C Trace Context, else one that follows from the run's id.
func TraceOf(run *dpp.Run) trace.TraceID {
	if id, ok := traceID(run.Meta.TraceID); ok {
		return id
	}
	var id trace.TraceID
	derive(id[:], "dpp/trace/v1", run.ID)
	return id
}

// traceID reads a trace id. Upper case is none: others would not understand it.
func traceID(text string) (trace.TraceID, bool) {
	id, err := trace.TraceIDFromHex(text)
	return id, err == nil
}

// acceptanceOf is the id of the span with which a run begins. It follows from the
// run's id, so that every process knows it and nobody has to carry it there.
func acceptanceOf(run *dpp.Run) trace.SpanID {
	var id trace.SpanID
	derive(id[:], "dpp/span/v1", run.ID)
	return id
}

// derive fills an id that is not zero, which would be no id.
func derive(id []byte, label string, run dpp.RunID) {
	sum := sha256.Sum256([]byte(label + "\x00" + string(run)))
	copy(id, sum[:])
	for _, b := range id {
		if b != 0 {
			return
		}
	}
	id[len(id)-1] = 1
}

// wanted are ids that a span shall have.
type wanted struct {
	trace trace.TraceID
	span  trace.SpanID // zero: any
}

type wantedKey struct{}

func withIDs(ctx context.Context, w wanted) context.Context {
	return context.WithValue(ctx, wantedKey{}, w)
}

// generator makes ids: those that the context asks for, else random ones.
type generator struct{}

var _ sdktrace.IDGenerator = generator{}

func (generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	w, _ := ctx.Value(wantedKey{}).(wanted)
	if !w.trace.IsValid() {
		w.trace = newTraceID()
	}
	if !w.span.IsValid() {
		w.span = newSpanID()
	}
	return w.trace, w.span
}

func (generator) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if w, _ := ctx.Value(wantedKey{}).(wanted); w.span.IsValid() {
		return w.span
	}
	return newSpanID()
}

func newTraceID() (id trace.TraceID) {
	for !id.IsValid() {
		rand.Read(id[:]) // never fails: the program ends where the system has no randomness
	}
	return id
}

func newSpanID() (id trace.SpanID) {
	for !id.IsValid() {
		rand.Read(id[:])
	}
	return id
}

// spanID reads the id of a span; zero where it is none.
func spanID(text string) (id trace.SpanID) {
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == len(id) {
		copy(id[:], raw)
	}
	return id
}
