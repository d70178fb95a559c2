// Package openapi builds the OpenAPI 3.1 document of the API out of its operations
// and the Go types that travel, so that neither can drift from what is served.
package openapi

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dpp"
	"dpp/internal/problem"
)

// Media types of answers.
const (
	JSON = "application/json"
	HTML = "text/html; charset=utf-8"
	Text = "text/plain; charset=utf-8"
)

// Access is who may use an operation.
type Access int

// An operation is open to everyone, to a tenant's keys, or to an operator's.
const (
	Public Access = iota
	Tenant
	Operator
)

// Operation describes one method of one path.
type Operation struct {
	Method, Path string
	ID           string // unique, a Go-like name
	Tag          string
	Summary      string
	Description  string // plain text
	Access       Access
	Parameters   []Parameter
	// Body is a value of the type that the request's JSON body has; nil where
	// there is none.
	Body    any
	Answers []Answer
	// Reasons are those that a caller must reckon with beside what every
	// operation of this access may answer.
	Reasons []dpp.Reason
}

// Parameter describes a parameter. Its place is "path", "query" or "header".
type Parameter struct {
	Name, In    string
	Description string
	Required    bool
	Schema      huma.Schema
}

// Answer describes a successful answer.
type Answer struct {
	Status      int
	Description string
	// Body is a value of the type that the JSON body has; nil where the body is
	// no JSON, or there is none (MediaType empty).
	Body      any
	MediaType string
	// Headers are names of headers that the answer carries beside those of every
	// answer.
	Headers []string
}

// Info is what stands at the document's head.
type Info struct{ Title, Version, Description string }

const securityScheme = "key"

// Build makes the document. It fails where two operations contradict each other.
func Build(info Info, operations []Operation) (*huma.OpenAPI, error) {
	types := newTypes()
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: info.Title, Version: info.Version, Description: info.Description},
		Servers: []*huma.Server{{URL: "/"}},
		Paths:   map[string]*huma.PathItem{},
		Components: &huma.Components{
			Schemas: types.registry, Headers: headers(),
			SecuritySchemes: map[string]*huma.SecurityScheme{securityScheme: { //nolint:gosec // what a key looks like, not a key
				Type: "http", Scheme: "bearer", BearerFormat: "dpp_live_…", Description: "An API key, given out by the operator.",
			}},
		},
	}
	seen := map[string]bool{}
	for i := range operations {
		o := &operations[i]
		if seen[o.ID] {
			return nil, fmt.Errorf("openapi: two operations are called %s", o.ID)
		}
		seen[o.ID] = true
		doc.AddOperation(operation(types, o))
		if !slices.ContainsFunc(doc.Tags, func(t *huma.Tag) bool { return t.Name == o.Tag }) {
			doc.Tags = append(doc.Tags, &huma.Tag{Name: o.Tag})
		}
	}
	types.finish()
	return doc, nil
}

func operation(types *types, o *Operation) *huma.Operation {
	op := &huma.Operation{
		Method: o.Method, Path: o.Path, OperationID: o.ID, Tags: []string{o.Tag}, Summary: o.Summary, Description: o.Description,
		Responses: map[string]*huma.Response{},
	}
	if o.Access != Public {
		op.Security = []map[string][]string{{securityScheme: {}}}
	}
	for _, p := range o.Parameters {
		schema := p.Schema
		op.Parameters = append(op.Parameters, &huma.Param{Name: p.Name, In: p.In, Description: p.Description, Required: p.Required || p.In == "path", Schema: &schema})
	}
	if o.Body != nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{JSON: {Schema: types.request(o.Body)}}}
	}
	for _, a := range o.Answers {
		op.Responses[strconv.Itoa(a.Status)] = answer(types, op.Responses[strconv.Itoa(a.Status)], a)
	}
	problems(types, op, o)
	return op
}

// answer describes one answer, or adds another media type to it.
func answer(types *types, r *huma.Response, a Answer) *huma.Response {
	if r == nil {
		r = &huma.Response{Description: a.Description, Headers: headerRefs(append(slices.Clone(everywhere), a.Headers...))}
	}
	mediaType, schema := a.MediaType, &huma.Schema{Type: huma.TypeString}
	if a.Body != nil {
		mediaType, schema = JSON, types.response(a.Body)
	}
	if mediaType != "" {
		if r.Content == nil {
			r.Content = map[string]*huma.MediaType{}
		}
		r.Content[strings.TrimSuffix(mediaType, "; charset=utf-8")] = &huma.MediaType{Schema: schema}
	}
	return r
}

// problems describes the answers of an operation that was not done, one for each
// status.
func problems(types *types, op *huma.Operation, o *Operation) {
	byStatus := map[int][]string{}
	for _, reason := range reasonsOf(o) {
		e := problem.Of(reason)
		byStatus[e.Status] = append(byStatus[e.Status], string(e.Reason)+" ("+strings.TrimSuffix(e.Detail, ".")+")")
	}
	for status, texts := range byStatus {
		names := slices.Clone(everywhere)
		switch status {
		case http.StatusUnauthorized:
			names = append(names, "WWW-Authenticate")
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			names = append(names, "Retry-After")
		}
		if o.Access == Tenant {
			names = append(names, "RateLimit", "RateLimit-Policy") // once it was counted
		}
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: strings.Join(texts, "; "), Headers: headerRefs(names),
			Content: map[string]*huma.MediaType{problem.MediaType: {Schema: types.response(dpp.Problem{})}},
		}
	}
}

// reasonsOf are all reasons that an operation may answer, each once, by status.
func reasonsOf(o *Operation) []dpp.Reason {
	all := append([]dpp.Reason{dpp.ReasonInternal, dpp.ReasonDependencyDown}, o.Reasons...)
	if o.Access != Public {
		all = append(all, dpp.ReasonAuthMissing, dpp.ReasonAuthInvalid, dpp.ReasonScopeMissing)
	}
	if o.Access == Tenant {
		all = append(all, dpp.ReasonRateLimited, dpp.ReasonBadRequest, dpp.ReasonUnknownField, dpp.ReasonValidationFailed)
	}
	var ordered []dpp.Reason
	for _, e := range problem.Entries() {
		if slices.Contains(all, e.Reason) {
			ordered = append(ordered, e.Reason)
		}
	}
	return ordered
}

func typeOf(value any) reflect.Type { return reflect.TypeOf(value) }
