package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
)

const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
)

// calling puts the caller's own span into every request.
type calling struct{ base http.RoundTripper }

func (c calling) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Traceparent", "00-"+callersTrace+"-"+callersSpan+"-00")
	return c.base.RoundTrip(r)
}

// TestOneTraceAcrossProcesses follows one run from its caller's span through the API,
// the queue and a worker, then takes the collector away.
func TestOneTraceAcrossProcesses(t *testing.T) {
	traces := newCollector(t)
	s := production(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+traces.server.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
	c := &client.Client{URL: anywhere, Key: s.key, HTTP: &http.Client{Transport: calling{s.web}}}
	submission := decision(1, 250_000)
	submission.Inputs = jsontext.Value(strings.Replace(fmt.Sprint(submission.Inputs), `"A"`, `"zq7x-option"`, 1))
	submission.IdempotencyKey, submission.Wait = "zq7x-traced-1", 30*time.Second
	out, err := c.Submit(t.Context(), submission)
	if err != nil || out.Run.Status != dpp.StatusCompleted || out.Run.Meta.TraceID != callersTrace {
		t.Fatalf("%s in trace %s, %v", out.Run.Status, out.Run.Meta.TraceID, err)
	}
	steps := runTree(t, traces)
	for step, batch := range map[string]string{"blob.put": "batch.put", "run.finalize": "batch.end"} {
		traces.linked(batch, steps[step])
	}
	sharedCommit(t, traces, traces.linked("batch.submit", steps["run.submit"]))
	if _, err := c.Get(t.Context(), out.Run.ID); err != nil {
		t.Fatal(err)
	}
	oneQuery(t, traces)
	// the message carried its sender's context to whoever claims
	traces.linked("batch.claim", traces.linked("queue.send", steps["run.submit"]))
	nothingForeign(t, traces, s)

	traces.server.Close()
	for range 3 {
		if out, err := s.dev().Submit(t.Context(), client.Submission{
			PackType: submission.PackType, Inputs: submission.Inputs, MaxCost: submission.MaxCost, Wait: 30 * time.Second,
		}); err != nil || out.Run.Status != dpp.StatusCompleted {
			t.Fatalf("without a collector: %s, %v", out.Run.Status, err)
		}
	}
	said := func() int {
		return strings.Count(s.of("api")[0].log.String()+s.of("api")[1].log.String(), "traces are not exported")
	}
	eventually(t, "an API says that traces are not exported", func() bool { return said() > 0 })
	s.stop()
	if n := said(); n > 2 {
		t.Errorf("two processes said %d times within a minute that traces are not exported", n)
	}
	logsNameTraces(t, s)
}

// logsNameTraces sees that every line about a run has the id of its trace.
func logsNameTraces(t *testing.T, s *site) {
	t.Helper()
	seen := 0
	for _, p := range s.parts {
		for line := range strings.Lines(p.log.String()) {
			if !strings.Contains(line, `"run_id":`) {
				continue
			}
			if seen++; !strings.Contains(line, `"trace_id":"`) {
				t.Errorf("dpp %s: %s", p.role, line)
			}
		}
	}
	if seen == 0 {
		t.Error("no line tells of a run")
	}
}

// runTree waits for the steps of the run, and sees that they are one tree under the
// caller's span, made by both processes.
func runTree(t *testing.T, traces *traceCollector) map[string]exported {
	t.Helper()
	want := map[string]string{
		"POST /v1/runs": "dpp-api", "run.submit": "dpp-api",
		"run.execute": "dpp-worker", "pack.run": "dpp-worker", "blob.put": "dpp-worker", "run.finalize": "dpp-worker",
	}
	steps := map[string]exported{}
	eventually(t, "all steps of the run are exported", func() bool {
		for _, span := range traces.of(callersTrace) {
			steps[span.GetName()] = span
		}
		for name := range want {
			if steps[name].Span == nil {
				return false
			}
		}
		return true
	})
	known := []string{callersSpan}
	for _, span := range traces.of(callersTrace) {
		known = append(known, span.id)
	}
	for _, span := range traces.of(callersTrace) {
		if !slices.Contains(known, span.parent) {
			t.Errorf("nobody knows the parent %s of %s", span.parent, span.GetName())
		}
		if service, ok := want[span.GetName()]; ok && span.service != service {
			t.Errorf("%s is told by %s", span.GetName(), span.service)
		}
	}
	for child, parent := range map[string]string{
		"run.submit": steps["POST /v1/runs"].id, "POST /v1/runs": callersSpan, "run.execute": steps["run.submit"].id,
		"pack.run": steps["run.execute"].id, "blob.put": steps["run.execute"].id, "run.finalize": steps["run.execute"].id,
	} {
		if steps[child].parent != parent {
			t.Errorf("%s stands under %s", child, steps[child].parent)
		}
	}
	return steps
}

// sharedCommit sees that a submit costs, with its batch, one call of the gate and one
// transaction of the database, which is two round trips.
func sharedCommit(t *testing.T, traces *traceCollector, batch exported) {
	t.Helper()
	calls, roundTrips := costs(traces, batch)
	if !slices.Equal(calls, []string{"gate.admit", "store.submit"}) {
		t.Errorf("a submit makes the calls %q", calls)
	}
	if len(roundTrips) != 2 || !strings.HasPrefix(roundTrips[0], "BEGIN ") || !strings.HasSuffix(roundTrips[1], " COMMIT") {
		t.Errorf("a submit makes the round trips %q", roundTrips)
	}
}

// oneQuery sees that a poll costs, with those that come at once, one query.
func oneQuery(t *testing.T, traces *traceCollector) {
	t.Helper()
	var poll exported
	eventually(t, "the poll is exported", func() bool {
		for _, span := range traces.of(callersTrace) {
			if span.GetName() == "GET /v1/runs/{id}" {
				poll = span
			}
		}
		return poll.Span != nil
	})
	calls, roundTrips := costs(traces, traces.linked("batch.poll", poll))
	if !slices.Equal(calls, []string{"store.run_states"}) || !slices.Equal(roundTrips, []string{"SELECT"}) {
		t.Errorf("a poll makes the calls %q and the round trips %q", calls, roundTrips)
	}
}

// costs are the calls that a batch made, and the round trips of the database among
// them.
func costs(traces *traceCollector, batch exported) (calls, roundTrips []string) {
	for _, call := range traces.under(batch) {
		calls = append(calls, call.GetName())
		for _, trip := range traces.under(call) {
			for _, a := range trip.GetAttributes() {
				if a.GetKey() == "db.query.summary" {
					roundTrips = append(roundTrips, a.GetValue().GetStringValue())
				}
			}
		}
	}
	slices.Sort(calls)
	slices.Sort(roundTrips)
	return calls, roundTrips
}

// nothingForeign sees that spans tell nothing of what callers sent.
func nothingForeign(t *testing.T, traces *traceCollector, s *site) {
	t.Helper()
	sent := traces.received()
	for what, text := range map[string]string{
		"key": string(s.key), "idempotency key": "zq7x-traced-1", "input": "zq7x-option", "password": "postgres://",
	} {
		if strings.Contains(sent, text) {
			t.Errorf("the %s was exported", what)
		}
	}
	if !strings.Contains(sent, "dpp.run_id") {
		t.Error("nothing was looked at")
	}
}
