// Package client speaks to a DPP server: it submits runs, follows them to their
// end, and reads results, packs and money.
//
// Every request may be repeated without harm: a submit carries an idempotency key,
// all others only read or are repeatable by their nature. So the client itself
// repeats requests that met a broken connection, 429, 502, 503 or 504, a bounded
// number of times, and waits as long as the server asked for.
//
// Errors are a [*Error] where the server refused, an [*UnreachableError] where no
// answer came, or the context's own.
package client

import (
	"context"
	"net/http"
	"time"

	"dpp"
)

// Client is a caller of one server. Its fields must not change once it is used;
// its methods are safe for concurrent use.
type Client struct {
	// URL is where the server is, such as "http://127.0.0.1:8000".
	URL string
	// Key is the API key; empty for what needs none.
	Key dpp.Secret
	// HTTP sends the requests; nil stands for [http.DefaultClient]. The client
	// bounds each request's time itself.
	HTTP *http.Client
	// OnRetry, where set, hears of each request that will be repeated: why, and
	// after what pause.
	OnRetry func(cause error, pause time.Duration)
}

// Budget returns what the key's account has.
func (c *Client) Budget(ctx context.Context) (dpp.BudgetView, error) {
	return get[dpp.BudgetView](ctx, c, request{path: "/v1/budget"})
}

// Health is how a server fares, part by part.
type Health struct {
	Status   string            `json:"status"` // "healthy" or "degraded"
	Version  string            `json:"version"`
	Services map[string]string `json:"services"` // "up" or "down"
	Backends map[string]string `json:"backends"`
	Build    map[string]string `json:"build"`
}

// Health asks how the server fares; it needs no key.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return get[Health](ctx, c, request{path: "/health"})
}

// Usage returns what the key's account did on each UTC day from the day of from
// up to, but without, the day of to.
func (c *Client) Usage(ctx context.Context, from, to time.Time) ([]dpp.UsageView, error) {
	r := request{path: "/v1/usage"}
	r.set("from", from.UTC().Format(time.DateOnly))
	r.set("to", to.UTC().Format(time.DateOnly))
	page, err := get[dpp.List[dpp.UsageView]](ctx, c, r)
	return page.Data, err
}
