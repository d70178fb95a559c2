package tracing

import (
	"testing"

	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"
)

// Every process decides alike, and a larger share holds all of a smaller one.
func TestSharesAreTheSameEverywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id trace.TraceID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), len(id), len(id)).Draw(t, "id"))
		ratio := rapid.Float64Range(0, 1).Draw(t, "ratio")
		taken := newShare(ratio).takes(id)
		if newShare(ratio).takes(id) != taken || (newShare(ratio).flags(id) == trace.FlagsSampled) != taken {
			t.Error("two processes decide differently")
		}
		if more := rapid.Float64Range(ratio, 1).Draw(t, "more"); taken && !newShare(more).takes(id) {
			t.Errorf("of %v taken, of %v not", ratio, more)
		}
		if newShare(0).takes(id) || !newShare(1).takes(id) {
			t.Error("nothing is something, or all is not all")
		}
	})
}

func TestAShareIsAsLargeAsItSays(t *testing.T) {
	const n = 20_000
	taken := 0
	for range n {
		if newShare(0.25).takes(newTraceID()) {
			taken++
		}
	}
	if taken < n/4-600 || taken > n/4+600 { // about ten standard deviations
		t.Errorf("%d of %d", taken, n)
	}
}
