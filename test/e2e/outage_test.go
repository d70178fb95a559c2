package e2e

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/ops"
	"dpp/test/servers"
)

// house is a site whose backends a test can take away.
type house struct {
	*site
	postgres              *servers.PostgresServer
	redis, objects, queue *servers.Proxy
}

func newHouse(t *testing.T, env ...string) *house {
	t.Helper()
	h := &house{postgres: servers.NewPostgres(t), redis: servers.NewProxy(t, servers.Redis(t).Address())}
	b := backends{database: h.postgres.URL(t), redis: h.redis.Address(), objects: servers.S3(t), queue: servers.SQS(t)}
	h.objects, b.objects.Endpoint = inFront(t, b.objects.Endpoint)
	h.queue, b.queue.Endpoint = inFront(t, b.queue.Endpoint)
	h.site = apart(t, b, env...)
	return h
}

// inFront puts a proxy in front of an endpoint.
func inFront(t *testing.T, endpoint string) (*servers.Proxy, string) {
	t.Helper()
	there, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := servers.NewProxy(t, there.Host)
	there.Host = proxy.Address()
	return proxy, there.String()
}

// outage is a time in which a backend is away or slow.
type outage struct {
	name string
	// during begins it and ends it.
	during func(t *testing.T)
	// refusals: submits may be told to come again.
	refusals bool
	// attempts is how often a run may have been begun.
	attempts int
}

// TestOutages takes each backend away under load, and slows it. Whoever asks
// meanwhile is served or told to come again, nothing that was accepted is lost, and
// runs under way stay with their workers.
func TestOutages(t *testing.T) {
	t.Parallel()
	web := newPages(t)
	// No outage lasts longer than the lease.
	h := newHouse(t, fast, fastReads, "DPP_LEASE_TTL=60s", "DPP_LEASE_HEARTBEAT=2s", "DPP_URL_ALLOW_CIDRS=127.0.0.0/8", "DPP_LOG_LEVEL=warn")
	all := []outage{{
		name: "the database stops", refusals: true, attempts: 1,
		during: func(t *testing.T) {
			h.postgres.Stop(servers.Immediate)
			readyIs(t, h.parts, http.StatusServiceUnavailable)
			h.wrong(t, "database")
			h.postgres.Start()
		},
	}}
	all = append(all, h.awayAndSlow("redis", "redis", h.redis, http.StatusOK, "gate")...)
	all = append(all, h.awayAndSlow("objects", "s3", h.objects, http.StatusServiceUnavailable, "bucket")...)
	all = append(all, h.awayAndSlow("queue", "sqs", h.queue, http.StatusOK, "queue")...)
	h.wrong(t)
	for _, o := range all {
		t.Run(o.name, func(t *testing.T) {
			_, key := h.tenant(o.name, "100000.0000")
			load, before := newLoad(t, h.client(key)), h.balance.told()
			load.during(func() {
				load.hang(web, o.name, 3)
				load.atLeast(10)
				o.during(t)
				web.letGo(o.name)
				load.atLeast(10)
				readyIs(t, h.parts, http.StatusOK)
			})
			completed(t, load.settled(h.site, 3*time.Minute), o.attempts)
			if told := h.balance.told() - before; (told > 0) != o.refusals {
				t.Errorf("clients were told to come again %d times", told)
			}
		})
	}
	t.Run("the gate is required", h.gateIsRequired)
	h.wrong(t)
	h.stop()
	h.audit()
}

// awayAndSlow are the two outages of a backend behind a proxy. service is its name in
// /health, ready what /readyz says while it is away, and finding what the doctor
// calls it.
func (h *house) awayAndSlow(name, service string, proxy *servers.Proxy, ready int, finding string) []outage {
	lasts := time.Duration(count(2, 20)) * time.Second
	return []outage{{
		name: name + " is away", attempts: 1,
		during: func(t *testing.T) {
			proxy.Cut()
			over := time.After(lasts)
			say(t, h.parts, `"`+service+`":"down"`)
			readyIs(t, h.parts, ready)
			h.wrong(t, finding)
			<-over
			proxy.Restore()
		},
	}, {
		name: name + " is slow", attempts: 1,
		during: func(t *testing.T) {
			proxy.Slow(500 * time.Millisecond)
			pause(t.Context(), lasts)
			proxy.Slow(0)
		},
	}}
}

// wrong requires that the doctor finds these things wrong, and no others.
func (s *site) wrong(t *testing.T, names ...string) {
	t.Helper()
	var doc struct {
		OK       bool          `json:"ok"`
		Findings []ops.Finding `json:"findings"`
	}
	out, failed := s.cli("doctor", "--json")
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v: %v\n%s", failed, err, out)
	}
	var found []string
	for _, f := range doc.Findings {
		if f.OK {
			continue
		}
		found = append(found, f.Name)
		if f.Detail == "" || f.Remedy == "" {
			t.Errorf("finding %+v", f)
		}
	}
	if doc.OK != (len(names) == 0) || doc.OK != (failed == nil) || !slices.Equal(found, names) {
		t.Errorf("the doctor finds wrong %q, want %q; %v\n%s", found, names, failed, out)
	}
}

// gateIsRequired starts an API that accepts nothing without Redis.
func (h *house) gateIsRequired(t *testing.T) {
	h.add("api", "--gate-required", "true")
	p := h.parts[len(h.parts)-1]
	p.aside = true
	p.up()
	c := &client.Client{URL: p.url, Key: h.key}
	if _, err := c.Submit(t.Context(), decision(1, price)); err != nil {
		t.Errorf("with Redis: %v", err)
	}
	h.redis.Cut()
	readyIs(t, []*part{p}, http.StatusServiceUnavailable)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	once := *c
	once.OnRetry = func(cause error, _ time.Duration) { cancel(cause) }
	if _, err := once.Submit(ctx, decision(1, price)); reason(err) != dpp.ReasonDependencyDown || !transient(err) {
		t.Errorf("without Redis: %v", err)
	}
	if _, err := h.dev().Submit(t.Context(), decision(1, price)); err != nil {
		t.Errorf("without Redis, which is not required: %v", err)
	}
	h.redis.Restore()
	readyIs(t, []*part{p}, http.StatusOK)
	if _, err := c.Submit(t.Context(), decision(1, price)); err != nil {
		t.Errorf("with Redis again: %v", err)
	}
	h.idle(h.dev(), time.Minute)
}
