// Package api is the HTTP face of the platform: it authenticates, limits rates,
// reads requests strictly, calls the use cases of package runs, and answers in the
// forms that the contract fixes. It decides nothing about runs or money, and knows
// no adapter.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"dpp/internal/api/openapi"
	"dpp/internal/api/pages"
	"dpp/internal/auth"
	"dpp/internal/problem"
	"dpp/internal/runs"
)

// ContractVersion is the version of the contract that this API keeps.
const ContractVersion = "0.4.2.2"

// MaxBody is the most bytes that a request body has.
const MaxBody = 10 << 20

// Config is what an API works with. All fields without "may" are needed.
type Config struct {
	Service *runs.Service
	Keyring *auth.Keyring
	// PublicURL is what every absolute URL starts with.
	PublicURL string
	Log       *slog.Logger
	// Health tells how everything that the process leans on does. It is asked at
	// most once a second, with a deadline.
	Health func(context.Context) Health
	// HealthOnly serves /health, /readyz and /metrics alone: for a process that is no
	// API.
	HealthOnly bool
	// Ready tells whether the process can serve while these services are up, as Health
	// told; it is asked at every /readyz, and must be quick.
	Ready func(services map[string]bool) bool
	// Metrics may be nil: then there is no /metrics.
	Metrics http.Handler
	// Observe hears of every request once it is answered. It must be quick and safe for
	// concurrent use. It may be nil.
	Observe func(Answer)
	// Trace begins the trace of a request: its method, or "other", the trace's id, and
	// that of the caller's span where the caller named the trace. What is called for the
	// request has the context that it returns; the function hears of the answer. It may
	// be nil.
	Trace func(ctx context.Context, method, trace, parent string) (context.Context, func(Answer))
	// Blobs serves signed downloads and uploads of an embedded object store below
	// BlobPrefix, which starts and ends with a slash; both may be empty.
	Blobs      http.Handler
	BlobPrefix string
	// CORSOrigins are the origins whose pages may call the API; "*" is any; none
	// is the default.
	CORSOrigins []string
}

// API answers HTTP requests. Make it with [New].
type API struct {
	Config
	mux      *http.ServeMux
	document []byte            // of OpenAPI, as JSON
	pages    map[string][]byte // ready HTML, by path
	health   healthMemo
	zippers  sync.Pool // of *gzip.Writer
}

// New makes an API. It fails where its own description of itself is contradictory,
// which a test would have seen.
func New(config Config) (*API, error) {
	a := &API{Config: config, mux: http.NewServeMux(), pages: map[string][]byte{}}
	a.zippers.New = func() any { return newZipper() }
	routes := a.routes()
	operations := make([]openapi.Operation, 0, len(routes))
	for i := range routes {
		operations = append(operations, routes[i].Operation)
	}
	document, err := openapi.Build(openapi.Info{Title: "Decision Pack Platform", Version: ContractVersion, Description: description}, operations)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if a.document, err = document.MarshalJSON(); err != nil {
		return nil, fmt.Errorf("api: document: %w", err)
	}
	if a.pages["/docs"], err = pages.Docs(document); err != nil {
		return nil, fmt.Errorf("api: docs: %w", err)
	}
	if a.pages["/problems"], err = pages.Problems(problem.Entries()); err != nil {
		return nil, fmt.Errorf("api: problems: %w", err)
	}
	a.mount(routes)
	return a, nil
}

const description = "An agent submits a run of a pack with a cost limit; the platform reserves the amount, does the work, charges what it took, " +
	"gives back the rest, and keeps the result for a time. Every answer that speaks of a run is the same Run object. Every request that is not done is answered " +
	"with a problem document (RFC 9457) whose hint and remedy say what to do next."

// Document is the OpenAPI document, as JSON.
func (a *API) Document() []byte { return a.document }

// Handler serves the API.
func (a *API) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	x := newExchange(a, w, r)
	defer x.tell()
	defer x.rescue()
	x.openingHeaders()
	if err := a.dispatch(x); err != nil {
		x.refuse(err)
	}
}

// dispatch finds out who answers. What the multiplexer would redirect, because its
// path is not clean, does not exist.
func (a *API) dispatch(x *exchange) error {
	switch {
	case x.r.RequestURI == "*":
		return x.options("GET, HEAD, OPTIONS, POST")
	case !clean(x.r.URL.Path) || !clean(x.r.URL.EscapedPath()):
		return notFound()
	case a.Blobs != nil && a.BlobPrefix != "" && strings.HasPrefix(x.r.URL.Path, a.BlobPrefix):
		return x.blob()
	}
	a.mux.ServeHTTP(x, x.r)
	return x.err
}
