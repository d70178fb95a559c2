package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"dpp"
	"dpp/internal/runs"
)

// Health is what the composition root knows of the process and what it leans on.
type Health struct {
	// Services tells for each role — database, redis, s3, sqs — whether whatever
	// plays it works. The role api is this process.
	Services map[string]bool
	// Backends says what plays each role, such as sqlite, postgres or memory.
	Backends map[string]string
	// Build describes the binary: version, commit, go.
	Build map[string]string
}

// HealthView is the body of GET /health.
type HealthView struct {
	Status   string            `json:"status" enum:"healthy,degraded" doc:"degraded where any service is down."`
	Version  string            `json:"version" doc:"Of the contract."`
	Services map[string]string `json:"services" doc:"up or down, by role."`
	Backends map[string]string `json:"backends" doc:"What plays each role."`
	Build    map[string]string `json:"build" doc:"The binary's own version."`
}

// ReadyView is the body of GET /readyz.
type ReadyView struct {
	Status string   `json:"status" enum:"ready" doc:"A process that cannot serve answers with a problem instead."`
	Down   []string `json:"down" doc:"Services that are down without which this process serves all the same, such as redis."`
}

const (
	healthTimeout  = 5 * time.Second
	healthLifetime = time.Second
)

// healthMemo asks at most once a second how everything is, because anybody may ask
// the API. Those who come while it asks wait for that answer.
type healthMemo struct {
	mu    sync.Mutex
	at    time.Time
	known Health
}

func (m *healthMemo) get(ask func(context.Context) Health) Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at.IsZero() || time.Since(m.at) >= healthLifetime {
		// The answer is for everybody, so it depends on no caller's context.
		ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
		defer cancel()
		m.known, m.at = ask(ctx), time.Now()
	}
	return m.known
}

// getHealth answers GET /health, always with 200 and whatever the query.
func getHealth(x *exchange) error {
	h := x.api.health.get(x.api.Health)
	view := HealthView{Status: "healthy", Version: ContractVersion, Services: map[string]string{"api": "up"}, Backends: h.Backends, Build: h.Build}
	for name, up := range h.Services {
		view.Services[name] = "up"
		if !up {
			view.Services[name], view.Status = "down", "degraded"
		}
	}
	return x.json(http.StatusOK, cacheNever, view)
}

// getReady answers GET /readyz.
func getReady(x *exchange) error {
	services := x.api.health.get(x.api.Health).Services
	down := []string{}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if !services[name] {
			down = append(down, name)
		}
	}
	switch {
	case x.api.Ready(services):
		return x.json(http.StatusOK, cacheNever, ReadyView{Status: "ready", Down: down})
	case len(down) > 0:
		return &runs.Refusal{Reason: dpp.ReasonDependencyDown, Detail: "The process cannot serve now. Down: " + strings.Join(down, ", ") + "."}
	default:
		return &runs.Refusal{Reason: dpp.ReasonDependencyDown, Detail: "The process cannot serve now: it is about to stop."}
	}
}

// getMetrics answers GET /metrics with what the composition root collects.
func getMetrics(x *exchange) error {
	x.Header().Set("Cache-Control", cacheNever)
	x.api.Metrics.ServeHTTP(x, x.r)
	return nil
}
