package api_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/gate"
	"dpp/internal/runs"
	"dpp/test/platform"
)

func TestKeys(t *testing.T) {
	s := newSite(t, options{})
	revoked := s.newKey(dpp.NewSecret(true), dpp.Key{ID: "key_revoked", Tenant: s.Key.Tenant, Scopes: s.Key.Scopes})
	if err := s.Ports.Store.RevokeKey(t.Context(), "key_revoked"); err != nil {
		t.Fatal(err)
	}
	bad := string(s.secret[:len(s.secret)-1]) + "g"
	for name, c := range map[string]struct {
		header string
		status int
		reason dpp.Reason
	}{
		"none":          {"", 401, dpp.ReasonAuthMissing},
		"another way":   {"Basic Zm9vOmJhcg==", 401, dpp.ReasonAuthInvalid},
		"no secret":     {"Bearer", 401, dpp.ReasonAuthInvalid},
		"an empty one":  {"Bearer  ", 401, dpp.ReasonAuthInvalid},
		"malformed":     {"Bearer " + bad, 401, dpp.ReasonAuthInvalid},
		"unknown":       {"Bearer " + string(dpp.NewSecret(true)), 401, dpp.ReasonAuthInvalid},
		"revoked":       {"Bearer " + string(revoked), 401, dpp.ReasonAuthInvalid},
		"an operator's": {"Bearer " + string(s.operator), 403, dpp.ReasonScopeMissing},
	} {
		for _, path := range []string{"/v1/runs", "/v1/budget", "/v1/runs/x", "/v1/packs"} {
			a := s.do(call{method: "GET", path: path, anonymous: true, header: map[string]string{"Authorization": c.header}})
			p := s.wantProblem(a, c.status, c.reason)
			if challenge := a.header.Get("WWW-Authenticate"); (c.status == 401) != strings.HasPrefix(challenge, "Bearer") {
				t.Errorf("%s: WWW-Authenticate %q (%s)", name, challenge, p.Reason)
			}
		}
	}
	s.wantStatus(s.do(call{method: "GET", path: "/v1/budget", header: map[string]string{"Authorization": "bearer " + string(s.secret)}}), 200)
	if strings.Contains(s.logs.String(), bad) || strings.Contains(s.logs.String(), string(s.secret)) {
		t.Error("a secret was logged")
	}
}

func TestMetricsAreForOperators(t *testing.T) {
	s := newSite(t, options{})
	s.wantProblem(s.do(call{method: "GET", path: "/metrics", anonymous: true}), 401, dpp.ReasonAuthMissing)
	s.wantProblem(s.get("/metrics"), 403, dpp.ReasonScopeMissing)
	if a := s.do(call{method: "GET", path: "/metrics", key: s.operator}); a.status != 200 || string(a.body) != "up 1\n" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestPathsAndMethods(t *testing.T) {
	s := newSite(t, options{})
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v1/nothing", "/v1/runs/", "//v1/runs", "/v1//runs", "/v1/runs/..%2f..%2fetc", "/v1/runs/%2e%2e", "/v1/../health", "/V1/runs",
		"/v1/runs/batch/x", "/v1/quotes", "/v1/uploads/x", "/v1/keys", "/v1/webhooks", "/v1/admin/tenants", "/mcp", "/llms.txt", "/problems/NOTHING", "/blobs", "/problems/",
		"/.well-known/jwks.json", "/v1/runs/x/events", "/v1/runs/x/receipt", "/v1/runs/batch",
	} {
		for _, method := range []string{"GET", "POST"} {
			if method == "POST" && strings.HasPrefix(path, "/problems/NOTHING") {
				continue // a path that exists
			}
			a := s.do(call{method: method, path: path})
			s.wantProblem(a, 404, dpp.ReasonNotFound)
		}
	}
	id := string(dpp.NewRunID())
	for _, c := range []struct{ method, path, allow string }{
		{"DELETE", "/v1/runs", "GET, HEAD, OPTIONS, POST"},
		{"PUT", "/v1/runs", "GET, HEAD, OPTIONS, POST"},
		{"POST", "/v1/runs/" + id, "GET, HEAD, OPTIONS"},
		{"GET", "/v1/runs/" + id + "/cancel", "OPTIONS, POST"},
		{"HEAD", "/v1/runs/" + id + "/cancel", "OPTIONS, POST"},
		{"GET", "/v1/uploads", "OPTIONS, POST"},
		{"POST", "/health", "GET, HEAD, OPTIONS"},
		{"ZQ7X", "/v1/budget", "GET, HEAD, OPTIONS"},
	} {
		a := s.do(call{method: c.method, path: c.path, anonymous: true})
		if a.status != 405 || a.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, a.status, a.header.Get("Allow"))
		}
		if c.method != "HEAD" {
			s.wantProblem(a, 405, dpp.ReasonMethodNotAllowed)
		}
		options := s.do(call{method: "OPTIONS", path: c.path, anonymous: true})
		if options.status != 204 || options.header.Get("Allow") != c.allow || len(options.body) != 0 {
			t.Errorf("OPTIONS %s: %d %q", c.path, options.status, options.header.Get("Allow"))
		}
	}
	if strings.Contains(strings.ToUpper(s.logs.String()), "ZQ7X") {
		t.Error("a method of the caller's making was logged")
	}
}

// raw speaks HTTP by hand.
func (s *site) raw(request string) *http.Response {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestOddRequestLines(t *testing.T) {
	s := newSite(t, options{})
	for line, want := range map[string]int{
		"OPTIONS * HTTP/1.1": 204, "GET //v1/runs HTTP/1.1": 404, "GET http://other.example//v1/runs HTTP/1.1": 404, "CONNECT /v1/runs HTTP/1.1": 405, "GET http://other.example/health HTTP/1.1": 200,
	} {
		resp := s.raw(line + "\r\nHost: x\r\nConnection: close\r\n\r\n")
		if resp.StatusCode != want || resp.Header.Get("X-Trace-Id") == "" || strings.Contains(resp.Header.Get("Content-Type"), "html") {
			t.Errorf("%s: %d %v", line, resp.StatusCode, resp.Header)
		}
	}
}

func TestHead(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("head-key-0001")
	for _, path := range []string{"/v1/runs", "/v1/runs/" + string(run.ID), "/v1/budget", "/health", "/docs", "/openapi.json", "/v1/packs"} {
		if a := s.do(call{method: "HEAD", path: path}); a.status != 200 || len(a.body) != 0 || a.header.Get("Content-Length") == "" {
			t.Errorf("%s: %d %q %v", path, a.status, a.body, a.header)
		}
	}
	if a := s.do(call{method: "HEAD", path: "/v1/nothing"}); a.status != 404 || len(a.body) != 0 {
		t.Errorf("%d", a.status)
	}
}

func TestBodies(t *testing.T) {
	s := newSite(t, options{})
	post := func(body string, header ...string) answer { return s.submit("body-key-0001", body, header...) }
	for name, header := range map[string][]string{
		"xml": {"Content-Type", "application/xml"}, "no type": {"Content-Type", ""}, "another charset": {"Content-Type", "application/json; charset=latin1"},
		"packed": {"Content-Encoding", "gzip"}, "nonsense": {"Content-Type", ";;;"}, "text": {"Content-Type", "text/json"},
	} {
		p := s.wantProblem(post(order("0.5"), header...), 415, dpp.ReasonUnsupportedMediaType)
		if p.Remedy.Action != dpp.RemedyChangeRequest {
			t.Errorf("%s: %+v", name, p)
		}
	}
	s.wantProblem(post(""), 400, dpp.ReasonBadRequest)
	s.wantProblem(post("{"), 400, dpp.ReasonBadRequest)
	s.wantProblem(post(`{"inputs":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+"}"), 422, dpp.ReasonValidationFailed)
	s.wantProblem(s.submit("short", order("0.5")), 400, dpp.ReasonIdempotencyKeyInvalid)
	s.wantProblem(s.submit("", order("0.5")), 400, dpp.ReasonIdempotencyKeyMissing)
	s.wantProblem(s.do(call{method: "POST", path: "/v1/runs?dry=1", body: order("0.5"), header: map[string]string{"Idempotency-Key": "body-key-0001"}}), 422, dpp.ReasonUnknownField)
	// none of these has used the key up
	s.wantRun(post(order("0.5"), "Content-Type", `application/json; charset="UTF-8"`), 202)
	if a := s.Account(s.Key); a.OpenRuns != 1 || a.Held != dpp.USD/2 {
		t.Errorf("%+v", a)
	}
}

// A body that is too large is answered while it is still being sent, also where its
// length was not announced, and the answer is not lost.
func TestLargeBodies(t *testing.T) {
	s := newSite(t, options{})
	large := strings.Repeat("a", 11<<20)
	for name, length := range map[string]string{"announced": fmt.Sprintf("Content-Length: %d", len(large)), "in chunks": "Transfer-Encoding: chunked"} {
		body := large
		if name == "in chunks" {
			body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(large), large)
		}
		resp := s.raw("POST /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + string(s.secret) + "\r\nIdempotency-Key: large-key-1\r\nContent-Type: application/json\r\n" + length + "\r\n\r\n" + body)
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 413 || !bytes.Contains(text, []byte("BODY_TOO_LARGE")) {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, text, err)
		}
	}
	exact := `{"pack_type":"script","inputs":{"note":"` + strings.Repeat("a", api.MaxBody-100)
	exact += strings.Repeat("a", api.MaxBody-len(exact)-len(`"},"reservation":{"max_cost_usd":"0.5"}}`)) + `"},"reservation":{"max_cost_usd":"0.5"}}`
	if len(exact) != api.MaxBody {
		t.Fatalf("%d bytes", len(exact))
	}
	s.wantRun(s.submit("large-key-2", exact), 202)
	s.wantProblem(s.submit("large-key-3", exact+" "), 413, dpp.ReasonBodyTooLarge)
}

func TestABodyThatDoesNotArrive(t *testing.T) {
	s := newSite(t, options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	_, err = fmt.Fprintf(conn, "POST /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nIdempotency-Key: half-key-1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", string(s.secret))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("%d", resp.StatusCode)
	}
}

// stillGate limits rates while no time passes.
type stillGate struct {
	gate.Gate
	mu      sync.Mutex
	buckets map[string]*gate.Bucket
}

func (g *stillGate) Admit(_ context.Context, requests []gate.Request) ([]gate.Answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	answers := make([]gate.Answer, len(requests))
	for i, r := range requests {
		name := string(r.Account) + r.Policy.Name
		if g.buckets[name] == nil {
			g.buckets[name] = &gate.Bucket{}
		}
		answers[i] = gate.Answer{Rate: g.buckets[name].Take(r.Policy, time.Unix(1_800_000_000, 0)), Covered: true}
	}
	return answers, nil
}

func TestRates(t *testing.T) {
	s := newSite(t, options{Options: platform.Options{
		Config: func(c *runs.Config) {
			c.Submits, c.Reads = gate.Policy{Name: "submit", Quota: 3}, gate.Policy{Name: "read", Quota: 2}
		},
		Wrap: func(p runs.Ports) runs.Ports {
			p.Gate = &stillGate{Gate: p.Gate, buckets: map[string]*gate.Bucket{}}
			return p
		},
	}})
	limited := func(a answer, policy string) {
		t.Helper()
		p := s.wantProblem(a, 429, dpp.ReasonRateLimited)
		if a.header.Get("Retry-After") == "" || a.header.Get("Retry-After") == "0" || !strings.HasPrefix(a.header.Get("RateLimit"), `"`+policy+`";r=0;t=`) || p.Remedy.RetryAfterMS <= 0 || !p.Retryable {
			t.Errorf("%v %+v", a.header, p.Remedy)
		}
	}
	// what is refused counts, too
	s.wantProblem(s.submit("short", order("0.5")), 400, dpp.ReasonIdempotencyKeyInvalid)
	s.wantProblem(s.submit("rate-key-0001", "{"), 400, dpp.ReasonBadRequest)
	a := s.submit("rate-key-0001", order("0.5"))
	run := s.wantRun(a, 202)
	if a.header.Get("RateLimit-Policy") != `"submit";q=3;w=60` || !strings.HasPrefix(a.header.Get("RateLimit"), `"submit";r=0;t=`) {
		t.Errorf("%v", a.header)
	}
	limited(s.submit("rate-key-0002", order("0.5")), "submit")
	limited(s.submit("rate-key-0001", order("0.5")), "submit") // a replay, too
	limited(s.submit("short", "{"), "submit")
	// a long poll counts once
	s.finish()
	s.wantStatus(s.get("/v1/runs/"+string(run.ID)+"?wait=55"), 200)
	if a := s.get("/v1/budget"); a.status != 200 || a.header.Get("RateLimit-Policy") != `"read";q=2;w=60` {
		t.Errorf("%d %v", a.status, a.header)
	}
	limited(s.get("/v1/budget"), "read")
	limited(s.get("/v1/runs?colour=red"), "read")
	s.wantStatus(s.do(call{method: "GET", path: "/v1/budget", key: s.keyFor(s.Tenant(dpp.USD))}), 200)
	s.wantStatus(s.get("/health"), 200)
}

func TestSuspendedTenant(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("suspend-key-1")
	if err := s.Ports.Store.SetSuspended(t.Context(), s.Key.Tenant, true); err != nil {
		t.Fatal(err)
	}
	s.wantProblem(s.submit("suspend-key-2", order("0.5")), 403, dpp.ReasonTenantSuspended)
	if got := s.wantRun(s.submit("suspend-key-1", order("0.5000")), 202); got.ID != run.ID {
		t.Errorf("a replay: %s", got.ID)
	}
}

func TestRefusalsOfThePack(t *testing.T) {
	s := newSite(t, options{})
	p := s.wantProblem(s.submit("pack-key-00001", `{"pack_type":"zq7x","inputs":{},"reservation":{"max_cost_usd":"0.5"}}`), 422, dpp.ReasonUnknownPack)
	if *p.Errors[0].Pointer != "/pack_type" {
		t.Errorf("%+v", p.Errors)
	}
	p = s.wantProblem(s.submit("pack-key-00001", `{"pack_type":"script","inputs":{},"reservation":{"max_cost_usd":"0.5"}}`), 422, dpp.ReasonValidationFailed)
	if *p.Errors[0].Pointer != "/inputs/note" {
		t.Errorf("%+v", p.Errors)
	}
	for _, amount := range []string{"0", "0.0049", "0.0099"} { // a step costs 0.0100
		p = s.wantProblem(s.submit("pack-key-00001", order(amount)), 422, dpp.ReasonMaxCostTooLow)
		if set := string(p.Remedy.Set["/reservation/max_cost_usd"]); set != `"0.0100"` || p.Remedy.Action != dpp.RemedyRaiseMaxCost {
			t.Errorf("%s: %+v", amount, p.Remedy)
		}
	}
	s.wantProblem(s.submit("pack-key-00001", order("1000000.0001")), 422, dpp.ReasonMaxCostExceeded)
	s.wantRun(s.submit("pack-key-00001", order("0.01")), 202)
}

func TestTraces(t *testing.T) {
	s := newSite(t, options{})
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	a := s.submit("trace-key-0001", order("0.5"), "Traceparent", parent)
	if run := s.wantRun(a, 202); run.Meta.TraceID != trace {
		t.Errorf("%s", run.Meta.TraceID)
	}
	own := strings.Replace(order("0.5"), `{"pack`, `{"meta":{"trace_id":"my-trace"},"pack`, 1)
	run := s.wantRun(s.submit("trace-key-0002", own), 202)
	if run.Meta.TraceID != "my-trace" {
		t.Errorf("%s", run.Meta.TraceID)
	}
	// a request's own trace goes before the run's
	a = s.do(call{method: "GET", path: "/v1/runs/" + string(run.ID), header: map[string]string{"Traceparent": parent}})
	if a.header.Get("X-Trace-Id") != trace || read[dpp.RunView](s, a).Meta.TraceID != "my-trace" {
		t.Errorf("%v", a.header)
	}
	a = s.do(call{method: "GET", path: "/v1/nothing", header: map[string]string{"Traceparent": parent}})
	if p := s.wantProblem(a, 404, dpp.ReasonNotFound); p.TraceID != trace {
		t.Errorf("%+v", p)
	}
	if first, second := s.get("/health").header.Get("X-Trace-Id"), s.get("/health").header.Get("X-Trace-Id"); first == second || len(first) != 32 {
		t.Errorf("%s %s", first, second)
	}
}

func TestGzip(t *testing.T) {
	s := newSite(t, options{})
	packed := map[string]string{"Accept-Encoding": "gzip"}
	for _, path := range []string{"/openapi.json", "/docs", "/problems"} {
		plain, zipped := s.get(path), s.do(call{method: "GET", path: path, header: packed})
		if zipped.header.Get("Content-Encoding") != "gzip" || plain.header.Get("Content-Encoding") != "" || !slices.Contains(zipped.header.Values("Vary"), "Accept-Encoding") {
			t.Fatalf("%s: %v", path, zipped.header)
		}
		z, err := gzip.NewReader(bytes.NewReader(zipped.body))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || !bytes.Equal(text, plain.body) || len(zipped.body) >= len(plain.body) {
			t.Errorf("%s: %d of %d bytes, %v", path, len(zipped.body), len(plain.body), err)
		}
	}
	if a := s.do(call{method: "GET", path: "/health", header: packed}); a.header.Get("Content-Encoding") != "" {
		t.Error("a small answer was packed")
	}
}

func TestCrossOrigin(t *testing.T) {
	s := newSite(t, options{api: func(c *api.Config) { c.CORSOrigins = []string{"https://app.example"} }})
	ask := func(method, origin string) answer {
		return s.do(call{method: method, path: "/v1/runs", header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}})
	}
	a := ask("OPTIONS", "https://app.example")
	if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") ||
		!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
		t.Errorf("%v", a.header)
	}
	if a = ask("GET", "https://app.example"); a.header.Get("Access-Control-Allow-Origin") == "" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "X-Trace-Id") || !slices.Contains(a.header.Values("Vary"), "Origin") {
		t.Errorf("%v", a.header)
	}
	for _, method := range []string{"OPTIONS", "GET"} {
		if a = ask(method, "https://evil.example"); a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Access-Control-Allow-Methods") != "" {
			t.Errorf("%v", a.header)
		}
	}
	s = newSite(t, options{})
	if a = s.do(call{method: "OPTIONS", path: "/v1/runs", header: map[string]string{"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}}); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("not configured: %v", a.header)
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t, options{})
	for _, path := range []string{"/health", "/v1/budget", "/v1/nothing", "/docs"} {
		if a := s.get(path); a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") == "" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	for name, c := range map[string]struct {
		up     map[string]bool
		ready  bool
		status string
		detail string // of /readyz where it is not ready
	}{
		"all is well":            {map[string]bool{"database": true, "redis": true}, true, "healthy", ""},
		"what it can do without": {map[string]bool{"database": true, "redis": false}, true, "degraded", ""},
		"what it needs":          {map[string]bool{"database": false, "redis": false}, false, "degraded", "database, redis"},
		"it is about to stop":    {map[string]bool{"database": true, "redis": true}, false, "healthy", "about to stop"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			s := newSite(t, options{api: func(cfg *api.Config) {
				cfg.Health = func(context.Context) api.Health {
					asked++ // under the memo's lock
					return api.Health{Services: c.up, Backends: map[string]string{"database": "sqlite"}, Build: map[string]string{"version": "1"}}
				}
				cfg.Ready = func(services map[string]bool) bool { return c.ready && services["database"] }
			}})
			a := s.do(call{method: "GET", path: "/health?anything=1", anonymous: true})
			h := read[api.HealthView](s, a)
			if a.status != 200 || h.Status != c.status || h.Version != "0.4.2.2" || h.Services["api"] != "up" || h.Backends["database"] != "sqlite" {
				t.Errorf("%s", a.body)
			}
			for service, up := range c.up {
				if (h.Services[service] == "up") != up {
					t.Errorf("%s: %s", service, h.Services[service])
				}
			}
			began := time.Now()
			for range 20 {
				a = s.do(call{method: "GET", path: "/readyz", anonymous: true})
			}
			// anybody may ask, so the parts are not asked each time
			if most := 2 + int(time.Since(began)/time.Second); asked > most {
				t.Errorf("the parts were asked %d times, at most %d may be", asked, most)
			}
			if c.ready {
				if got := read[api.ReadyView](s, a); a.status != 200 || got.Status != "ready" || slices.Contains(got.Down, "redis") == c.up["redis"] {
					t.Errorf("%s", a.body)
				}
				return
			}
			if p := s.wantProblem(a, 503, dpp.ReasonDependencyDown); a.header.Get("Retry-After") == "" || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("%v %+v", a.header, p)
			}
		})
	}
}

func TestAProcessThatIsNoAPI(t *testing.T) {
	s := newSite(t, options{api: func(c *api.Config) { c.HealthOnly = true }})
	for _, path := range []string{"/health", "/readyz"} {
		s.wantStatus(s.do(call{method: "GET", path: path, anonymous: true}), 200)
	}
	for _, path := range []string{"/v1/runs", "/v1/packs", "/v1/budget", "/docs", "/openapi.json", "/problems"} {
		// by a client of its own: the document, which the site's holds answers to, knows these paths
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, %v", path, answer.StatusCode, err)
		}
	}
}

func TestServerTimeouts(t *testing.T) {
	s := newSite(t, options{})
	server := api.NewServer(http.NotFoundHandler(), s.Log)
	if server.ReadHeaderTimeout <= 0 || server.ReadTimeout < server.ReadHeaderTimeout || server.WriteTimeout <= server.ReadTimeout+55*time.Second || server.IdleTimeout <= 0 || server.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", server)
	}
}

// Whatever a tenant asks for counts: as a submit, or else as a read.
func TestEveryOperationOfATenantCounts(t *testing.T) {
	s := newSite(t, options{})
	counted := 0
	for path, operations := range read[document](s, s.get("/openapi.json")).Paths {
		for method, o := range operations {
			if len(o.Security) == 0 || o.ID == "getMetrics" {
				continue
			}
			counted++
			policy := "read"
			if o.ID == "submitRun" {
				policy = "submit"
			}
			a := s.do(call{method: strings.ToUpper(method), path: strings.NewReplacer("{id}", "x", "{type}", "x").Replace(path)})
			if got := a.header.Get("RateLimit-Policy"); !strings.HasPrefix(got, `"`+policy+`";`) {
				t.Errorf("%s: RateLimit-Policy %q, want %s", o.ID, got, policy)
			}
		}
	}
	if counted < 10 {
		t.Errorf("%d operations of tenants", counted)
	}
}
