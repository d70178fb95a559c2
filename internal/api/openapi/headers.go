package openapi

import (
	"github.com/danielgtaylor/huma/v2"
)

// everywhere are the headers of every answer.
var everywhere = []string{"X-Trace-Id"}

type header struct {
	description string
	schema      huma.Schema
}

var headerTable = map[string]header{
	"X-Trace-Id":             {"Names the request in the platform's logs: from traceparent, or the run's own, or made for it.", huma.Schema{Type: huma.TypeString, Pattern: `^[A-Za-z0-9._-]{1,64}$`}},
	"X-DPP-Cost-Reserved":    {"cost.reserved_usd of the body.", huma.Schema{Type: huma.TypeString, Pattern: MoneyPattern}},
	"X-DPP-Cost-Used":        {"cost.used_usd of the body.", huma.Schema{Type: huma.TypeString, Pattern: MoneyPattern}},
	"X-DPP-Cost-Minimum-Fee": {"cost.minimum_fee_usd of the body.", huma.Schema{Type: huma.TypeString, Pattern: MoneyPattern}},
	"X-DPP-Budget-Remaining": {"cost.budget_remaining_usd of the body.", huma.Schema{Type: huma.TypeString, Pattern: MoneyPattern}},
	"RateLimit-Policy":       {`The limit that applied: its name, its quota and its window in seconds, such as "submit";q=600;w=60.`, huma.Schema{Type: huma.TypeString}},
	"RateLimit":              {`What is left of it: requests, and seconds until all are there again, such as "submit";r=599;t=1.`, huma.Schema{Type: huma.TypeString}},
	"Retry-After":            {"Seconds to wait before asking again. A run carries it while it is not terminal.", huma.Schema{Type: huma.TypeInteger, Minimum: bound(1)}},
	"ETag":                   {`The run's version, such as W/"3".`, huma.Schema{Type: huma.TypeString}},
	"Location":               {"The path of the run.", huma.Schema{Type: huma.TypeString}},
	"Idempotent-Replayed":    {"true where the run was there already.", huma.Schema{Type: huma.TypeString, Enum: []any{"true"}}},
	"Preference-Applied":     {"The part of Prefer that was honoured.", huma.Schema{Type: huma.TypeString}},
	"WWW-Authenticate":       {"The scheme that is wanted: Bearer.", huma.Schema{Type: huma.TypeString}},
}

func headers() map[string]*huma.Header {
	all := make(map[string]*huma.Header, len(headerTable))
	for name, h := range headerTable {
		schema := h.schema
		all[name] = &huma.Header{Description: h.description, Schema: &schema}
	}
	return all
}

func headerRefs(names []string) map[string]*huma.Header {
	refs := make(map[string]*huma.Header, len(names))
	for _, name := range names {
		refs[name] = &huma.Header{Ref: "#/components/headers/" + name}
	}
	return refs
}
