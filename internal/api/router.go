package api

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"dpp"
	"dpp/internal/api/openapi"
	"dpp/internal/runs"
)

// route is one method of one path, with its description.
type route struct {
	openapi.Operation
	do func(*exchange) error
	// submits: do counts the request against the tenant's submits. Everything else
	// that tenants may do counts as a read, a cancel included.
	submits bool
}

// plain is do for requests without query parameters: any is refused.
func plain(do func(*exchange) error) func(*exchange) error {
	return func(x *exchange) error {
		if err := x.noQuery(); err != nil {
			return err
		}
		return do(x)
	}
}

// resource is a path with all its methods.
type resource struct {
	pattern string
	methods map[string]*route
	allow   string
}

// mount gives every path to the multiplexer, without a method, so that the answers
// to other methods are ours.
func (a *API) mount(routes []route) {
	resources := map[string]*resource{}
	for i := range routes {
		r := &routes[i]
		if resources[r.Path] == nil {
			resources[r.Path] = &resource{pattern: r.Path, methods: map[string]*route{}}
		}
		resources[r.Path].methods[r.Method] = r
	}
	for pattern, res := range resources {
		res.allow = allowed(res.methods)
		a.mux.Handle(pattern, res)
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		if x, ok := w.(*exchange); ok {
			x.err = notFound()
		}
	})
}

func allowed(methods map[string]*route) string {
	names := []string{http.MethodOptions}
	for method := range methods {
		names = append(names, method)
		if method == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// ServeHTTP is called by the multiplexer with the exchange as the writer.
func (res *resource) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if x, ok := w.(*exchange); ok {
		x.err = res.serve(x)
	}
}

func (res *resource) serve(x *exchange) error {
	x.pattern = res.pattern
	method := x.r.Method
	switch method {
	case http.MethodOptions:
		return x.options(res.allow)
	case http.MethodHead:
		method = http.MethodGet // whose body is not sent
	}
	r, ok := res.methods[method]
	if !ok {
		if id := x.r.PathValue("id"); id != "" && !dpp.RunID(id).Valid() {
			return notFound() // a path that no run can have, such as /v1/runs/batch
		}
		x.Header().Set("Allow", res.allow)
		return methodNotAllowed()
	}
	if err := x.admitCaller(r.Access); err != nil {
		return err
	}
	if r.Access == openapi.Tenant && !r.submits {
		if err := x.admitRead(); err != nil {
			return err
		}
	}
	return r.do(x)
}

func notFound() error { return &runs.Refusal{Reason: dpp.ReasonNotFound} }

func methodNotAllowed() error { return &runs.Refusal{Reason: dpp.ReasonMethodNotAllowed} }

// clean tells whether a path names one thing only: absolute, without empty, "." or
// ".." segments.
func clean(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	c := path.Clean(p)
	return c == p || c+"/" == p
}
