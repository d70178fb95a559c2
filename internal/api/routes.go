package api

import (
	"github.com/danielgtaylor/huma/v2"

	"dpp/internal/api/openapi"
)

// routes is the whole API: what is served, and how the document describes it.
func (a *API) routes() []route {
	routes := healthRoutes()
	if !a.HealthOnly {
		routes = append(runRoutes(), uploadRoute())
		routes = append(routes, moneyRoutes()...)
		routes = append(routes, packRoutes()...)
		routes = append(routes, healthRoutes()...)
		routes = append(routes, documentRoutes()...)
		routes = append(routes, problemRoutes()...)
	}
	if a.Metrics != nil {
		routes = append(routes, metricsRoute())
	}
	return routes
}

// Headers of answers.
var (
	readHeaders = []string{"RateLimit", "RateLimit-Policy"}
	costHeaders = append([]string{"X-DPP-Cost-Reserved", "X-DPP-Cost-Used", "X-DPP-Cost-Minimum-Fee", "X-DPP-Budget-Remaining"}, readHeaders...)
	runHeaders  = append([]string{"ETag", "Retry-After"}, costHeaders...)
	// submitHeaders go with the answer to a submit.
	submitHeaders = append([]string{"Location", "Idempotent-Replayed", "Preference-Applied"}, runHeaders...)
)

var (
	idParameter     = openapi.Parameter{Name: "id", In: "path", Description: "The run's run_id.", Schema: huma.Schema{Type: huma.TypeString}}
	waitParameter   = openapi.Parameter{Name: "wait", In: "query", Description: "Wait up to this many seconds; more than 55 counts as 55.", Schema: huma.Schema{Type: huma.TypeInteger, Minimum: number(0)}}
	limitParameter  = openapi.Parameter{Name: "limit", In: "query", Description: "How many items a page has; 20 where absent.", Schema: huma.Schema{Type: huma.TypeInteger, Minimum: number(1), Maximum: number(maxLimit)}}
	cursorParameter = openapi.Parameter{Name: "cursor", In: "query", Description: "next_cursor of the page before.", Schema: huma.Schema{Type: huma.TypeString}}
	traceparent     = openapi.Parameter{Name: "traceparent", In: "header", Description: "W3C trace context; its trace id names the request, and the run where meta.trace_id is absent.", Schema: huma.Schema{Type: huma.TypeString}}
)

func number(n float64) *float64 { return &n }

func textSchema(most int) huma.Schema {
	least := 1
	return huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most}
}

func anySlice(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}
