package tracing

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"dpp"
)

// Processes of different builds must agree, so these values never change. They are
// SHA-256 of "dpp/trace/v1" or "dpp/span/v1", a zero byte and the run's id.
func TestIDsThatFollowFromARun(t *testing.T) {
	const w3c = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, c := range []struct{ run, named, trace, span string }{
		{"run_01arz3ndektsv4rrffq69g5fav", w3c, w3c, "7893b8817ff79426"},
		{"run_01arz3ndektsv4rrffq69g5fav", "", "2d28c96c4116ef726e75e024c9fe12e6", "7893b8817ff79426"},
		{"run_01arz3ndektsv4rrffq69g5faw", "order-17", "9ac7fe8c8fe88cd4ed62f71e38a2a4ff", "87eebb321bda33b4"},
	} {
		run := &dpp.Run{ID: dpp.RunID(c.run), Meta: dpp.Meta{TraceID: c.named}}
		if got := TraceOf(run).String(); got != c.trace {
			t.Errorf("%s named %q: trace %s, want %s", c.run, c.named, got, c.trace)
		}
		if got := acceptanceOf(run).String(); got != c.span {
			t.Errorf("%s: span %s, want %s", c.run, got, c.span)
		}
	}
}

// What is no trace id for others is none for us.
func TestTraceIDsThatAreNone(t *testing.T) {
	const good = "4bf92f3577b34da6a3ce929d0e0e4736"
	own := TraceOf(&dpp.Run{ID: "run_x"})
	for _, named := range []string{
		"", strings.Repeat("0", 32), strings.ToUpper(good), good[1:], good + "0", "zq" + good[2:], "order-17", good[:31] + "-", " " + good[1:],
	} {
		if got := TraceOf(&dpp.Run{ID: "run_x", Meta: dpp.Meta{TraceID: named}}); got != own {
			t.Errorf("%q was taken for a trace id: %s", named, got)
		}
	}
	if got := TraceOf(&dpp.Run{ID: "run_x", Meta: dpp.Meta{TraceID: good}}); got.String() != good {
		t.Errorf("%s became %s", good, got)
	}
}

func TestDifferentRunsHaveDifferentIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`run_[0-9a-hjkmnp-tv-z]{26}`)
		a, b := id.Draw(t, "a"), id.Draw(t, "b")
		one, other := &dpp.Run{ID: dpp.RunID(a)}, &dpp.Run{ID: dpp.RunID(b)}
		if (a == b) != (acceptanceOf(one) == acceptanceOf(other)) || (a == b) != (TraceOf(one) == TraceOf(other)) {
			t.Errorf("%s and %s: spans %s and %s, traces %s and %s", a, b, acceptanceOf(one), acceptanceOf(other), TraceOf(one), TraceOf(other))
		}
		if !TraceOf(one).IsValid() || !acceptanceOf(one).IsValid() {
			t.Error("an id is none")
		}
	})
}

func TestTheGeneratorGivesWhatIsWanted(t *testing.T) {
	w := wanted{trace: trace.TraceID{1}, span: trace.SpanID{2}}
	ctx := withIDs(t.Context(), w)
	if id, span := (generator{}).NewIDs(ctx); id != w.trace || span != w.span {
		t.Errorf("%s %s", id, span)
	}
	if span := (generator{}).NewSpanID(ctx, trace.TraceID{9}); span != w.span {
		t.Errorf("%s", span)
	}
	for _, ctx := range []context.Context{t.Context(), withIDs(t.Context(), wanted{})} {
		a, b := (generator{}).NewIDs(ctx)
		c, d := (generator{}).NewIDs(ctx)
		if a == c || b == d || !a.IsValid() || !b.IsValid() || b == (generator{}).NewSpanID(ctx, a) {
			t.Errorf("%s %s, %s %s", a, b, c, d)
		}
	}
}

func TestSpanIDs(t *testing.T) {
	for text, valid := range map[string]bool{"00f067aa0ba902b7": true, "": false, "0000000000000000": false, "00f067aa0ba902": false, "zq": false, "00f067aa0ba902b700": false} {
		if id := spanID(text); id.IsValid() != valid || valid && id.String() != text {
			t.Errorf("%q: %s", text, id)
		}
	}
}
