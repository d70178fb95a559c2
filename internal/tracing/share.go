package tracing

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// share is the part of all traces that is exported. The trace's id alone decides, so
// that processes which know nothing of each other export the same traces whole. It is
// the SDK's own rule for ratios, which other programs follow as well.
type share struct{ sampler sdktrace.Sampler }

func newShare(ratio float64) share { return share{sdktrace.TraceIDRatioBased(ratio)} }

func (s share) takes(id trace.TraceID) bool {
	return s.sampler.ShouldSample(sdktrace.SamplingParameters{TraceID: id}).Decision == sdktrace.RecordAndSample
}

func (s share) flags(id trace.TraceID) trace.TraceFlags {
	if s.takes(id) {
		return trace.FlagsSampled
	}
	return 0
}
