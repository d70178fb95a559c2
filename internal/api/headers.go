package api

import (
	"fmt"
	"net/http"
	"time"

	"dpp"
	"dpp/internal/gate"
)

// openingHeaders are those of every answer.
func (x *exchange) openingHeaders() {
	h := x.Header()
	h.Set("X-Trace-Id", x.trace)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", cacheNever)
	x.crossOrigin()
}

// crossOrigin lets pages of the configured origins read answers.
func (x *exchange) crossOrigin() {
	if len(x.api.CORSOrigins) == 0 {
		return
	}
	h := x.Header()
	h.Add("Vary", "Origin")
	origin := x.r.Header.Get("Origin")
	for _, allowed := range x.api.CORSOrigins {
		if origin != "" && (allowed == origin || allowed == "*") {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "ETag, Idempotent-Replayed, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, X-DPP-Budget-Remaining, X-DPP-Cost-Minimum-Fee, X-DPP-Cost-Reserved, X-DPP-Cost-Used, X-Trace-Id")
			return
		}
	}
}

// options answers what a path can do, and a browser's question before a request.
func (x *exchange) options(allow string) error {
	h := x.Header()
	h.Set("Allow", allow)
	if h.Get("Access-Control-Allow-Origin") != "" && x.r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", allow)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer, Traceparent")
		h.Set("Access-Control-Max-Age", "600")
	}
	x.WriteHeader(http.StatusNoContent)
	return nil
}

// rateHeaders tell where the caller stands with the limit that applied.
func (x *exchange) rateHeaders(r gate.Rate) {
	if r.Policy.Name == "" {
		return
	}
	h := x.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf(`"%s";q=%d;w=%d`, r.Policy.Name, r.Policy.Quota, int64(gate.Window/time.Second)))
	h.Set("RateLimit", fmt.Sprintf(`"%s";r=%d;t=%d`, r.Policy.Name, max(r.Remaining, 0), wholeSeconds(r.Reset)))
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) int64 { return int64((max(d, 0) + time.Second - 1) / time.Second) }

// costHeaders repeat what the body says of a run's cost.
func (x *exchange) costHeaders(c dpp.CostView) {
	h := x.Header()
	h.Set("X-DPP-Cost-Reserved", c.Reserved.String())
	h.Set("X-DPP-Cost-Used", c.Used.String())
	h.Set("X-DPP-Cost-Minimum-Fee", c.MinimumFee.String())
	h.Set("X-DPP-Budget-Remaining", c.BudgetRemaining.String())
}
