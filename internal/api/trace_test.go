package api_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/runs"
)

type traceKey struct{}

// tracer notes which requests were traced, and which contexts reach the use cases.
type tracer struct {
	runs.Tracer
	mu       sync.Mutex
	begun    [][3]string // method, trace, parent
	answered []api.Answer
	steps    []any // what the contexts of steps carry
}

func (r *tracer) request(ctx context.Context, method, trace, parent string) (context.Context, func(api.Answer)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = append(r.begun, [3]string{method, trace, parent})
	return context.WithValue(ctx, traceKey{}, trace), func(a api.Answer) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.answered = append(r.answered, a)
	}
}

func (r *tracer) Step(ctx context.Context, _ string, _ *dpp.Run, _ ...context.Context) (context.Context, func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, ctx.Value(traceKey{}))
	return ctx, func(error) {}
}

func (r *tracer) Batch(ctx context.Context, _ string, _ []context.Context) (context.Context, func(error)) {
	return ctx, func(error) {}
}

func (*tracer) Of(*dpp.Run) context.Context { return context.Background() }

func TestRequestsAreTraced(t *testing.T) {
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	seen := &tracer{}
	opts := options{api: func(c *api.Config) { c.Trace = seen.request }}
	opts.Config = func(c *runs.Config) { c.Trace = seen }
	s := newSite(t, opts)
	a := s.submit("trace-key-1", order("0.5000"), "Traceparent", "00-"+trace+"-"+span+"-01")
	s.wantStatus(a, http.StatusAccepted)
	run := read[dpp.RunView](s, a)
	own := s.get("/v1/runs/" + string(run.ID) + "?wait=0")
	s.get("/health")
	s.get("/readyz")
	s.wantProblem(s.get("/zq7x"), http.StatusNotFound, dpp.ReasonNotFound)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.begun) != 3 || len(seen.answered) != 3 {
		t.Fatalf("%v were traced, %d answered", seen.begun, len(seen.answered))
	}
	if seen.begun[0] != [3]string{"POST", trace, span} || len(seen.steps) != 1 || seen.steps[0] != trace {
		t.Errorf("%v, steps in %v", seen.begun[0], seen.steps)
	}
	// the answer names the run's trace, the request has one of its own
	if get := seen.begun[1]; get[0] != "GET" || len(get[1]) != 32 || get[1] == trace || get[2] != "" || own.header.Get("X-Trace-Id") != trace {
		t.Errorf("%v, and X-Trace-Id %s", get, own.header.Get("X-Trace-Id"))
	}
	if get := seen.answered[1]; get.Route != "/v1/runs/{id}" || get.Status != 200 || get.Run == nil || get.Run.ID != run.ID || get.Tenant != s.Key.Tenant || get.Trace != seen.begun[1][1] {
		t.Errorf("%+v", get)
	}
	if lost := seen.answered[2]; lost.Route != "none" || lost.Status != 404 || lost.Reason != dpp.ReasonNotFound {
		t.Errorf("%+v", lost)
	}
}
