package app_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"dpp"
	"dpp/client"
	"dpp/internal/app"
)

// spanNames notes which spans of a trace were exported.
type spanNames struct {
	mu    sync.Mutex
	trace map[string][]string
}

func (s *spanNames) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range spans {
		id := span.SpanContext().TraceID().String()
		s.trace[id] = append(s.trace[id], span.Name())
	}
	return nil
}

func (*spanNames) Shutdown(context.Context) error { return nil }

// TestOneProcessTracesToo: the last spans are exported when the server has stopped, and
// times in the metrics show the trace.
func TestOneProcessTracesToo(t *testing.T) {
	seen := &spanNames{trace: map[string][]string{}}
	cfg := settings(t, "ops-listen", "127.0.0.1:0")
	s, err := app.Start(t.Context(), cfg, io.Discard, app.Options{Spans: seen})
	if err != nil {
		t.Fatal(err)
	}
	c := &client.Client{URL: "http://" + s.Address(), Key: keyIn(t, cfg.DevKeyPath())}
	out, err := c.Submit(t.Context(), client.Submission{
		PackType: "decision", MaxCost: dpp.USD / 4, Wait: 30 * time.Second,
		Inputs: jsontext.Value(`{"seed":1,"draws":100,"alternatives":[{"name":"A","values":{"c":5}},{"name":"B","values":{"c":7}}],"criteria":[{"name":"c","weight":1,"direction":"max"}]}`),
	})
	if err != nil || !out.Run.Terminal {
		t.Fatalf("%s %v", out.Run.Status, err)
	}
	// The connection is the same, so the request before has been measured once it answers.
	if _, err := c.Health(t.Context()); err != nil {
		t.Fatal(err)
	}
	trace := out.Run.Meta.TraceID
	metrics := openMetrics(t, s.OpsAddress())
	for _, name := range []string{"dpp_pick_up_seconds_bucket{", "dpp_settled_seconds_bucket{", `dpp_http_request_seconds_bucket{method="POST",route="/v1/runs",status="2xx"`} {
		if !example(metrics, name, trace) {
			t.Errorf("no example of trace %s beside %s", trace, name)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	names := strings.Join(seen.trace[trace], " ")
	for _, want := range []string{"POST /v1/runs", "run.submit", "run.execute", "pack.run", "blob.put", "run.finalize"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s in the run's trace: %s", want, names)
		}
	}
}

// openMetrics scrapes in the format that has examples.
func openMetrics(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// example tells whether a line of a metric shows a trace.
func example(metrics, name, trace string) bool {
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, name) && strings.Contains(line, `# {trace_id="`+trace+`"}`) {
			return true
		}
	}
	return false
}

func TestWithoutACollectorNothingIsTraced(t *testing.T) {
	s := start(t, settings(t, "ops-listen", "127.0.0.1:0"))
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if metrics := openMetrics(t, s.OpsAddress()); strings.Contains(metrics, "trace_id") || !strings.Contains(metrics, "dpp_trace_export_failures_total 0") {
		t.Error("something is traced")
	}
}
