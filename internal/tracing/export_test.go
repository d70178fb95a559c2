package tracing_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"dpp/internal/tracing"
	"dpp/test/platform"
)

// exports does what a test says.
type exports func(ctx context.Context) error

func (e exports) ExportSpans(ctx context.Context, _ []sdktrace.ReadOnlySpan) error { return e(ctx) }
func (exports) Shutdown(context.Context) error                                     { return nil }

// inBubble traces in fake time with an exporter that does what it is told.
func inBubble(t *testing.T, do exports, test func(t *testing.T, traces *tracing.Tracing, log *platform.LogBuffer, failed *atomic.Int64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var log platform.LogBuffer
		var failed atomic.Int64
		traces, err := tracing.Start(t.Context(), tracing.Options{
			Ratio: 1, Log: slog.New(slog.NewTextHandler(&log, nil)), Failed: func() { failed.Add(1) }, Exporter: do,
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, traces, &log, &failed)
	})
}

func makeSpan(t *testing.T, traces *tracing.Tracing) {
	t.Helper()
	_, end := traces.Batch(t.Context(), "batch.submit", nil)
	end(nil)
}

func TestACollectorThatIsAwayIsToldOfOnceAMinute(t *testing.T) {
	refused := exports(func(context.Context) error { return errors.New("connection\nrefused " + strings.Repeat("x", 5000)) })
	inBubble(t, refused, func(t *testing.T, traces *tracing.Tracing, log *platform.LogBuffer, failed *atomic.Int64) {
		for range 12 {
			makeSpan(t, traces)
			time.Sleep(15 * time.Second) // fake time
		}
		if err := traces.Close(); err != nil {
			t.Errorf("a collector that is away is no failure: %v", err)
		}
		if n := strings.Count(log.String(), "traces are not exported"); n != 3 {
			t.Errorf("said %d times in three minutes", n)
		}
		if len(log.String()) > 3*600 {
			t.Errorf("said at length: %d bytes", len(log.String()))
		}
		if failed.Load() != 12 {
			t.Errorf("%d failures were counted, want 12", failed.Load())
		}
	})
}

func TestNobodyWaitsForACollectorThatHangs(t *testing.T) {
	hangs := exports(func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	inBubble(t, hangs, func(t *testing.T, traces *tracing.Tracing, _ *platform.LogBuffer, failed *atomic.Int64) {
		begin := time.Now()
		for range 10_000 { // more than there is room for
			makeSpan(t, traces)
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("spans took %s", took)
		}
		time.Sleep(time.Second) // fake time: an export is under way
		begin = time.Now()
		if err := traces.Close(); err == nil {
			t.Error("spans were lost, and nobody said so")
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("the end took %s", took)
		}
		synctest.Wait()
		if failed.Load() == 0 {
			t.Error("no failure was counted")
		}
	})
}
