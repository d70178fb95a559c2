package e2e

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// traceCollector receives traces as a collector of OpenTelemetry does.
type traceCollector struct {
	t      *testing.T
	server *httptest.Server

	mu    sync.Mutex
	raw   strings.Builder // all that was sent
	spans []exported
}

// exported is a span, with its ids as they are written.
type exported struct {
	*otlp.Span
	id, parent, trace string
	service           string
}

func newCollector(t *testing.T) *traceCollector {
	t.Helper()
	c := &traceCollector{t: t}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	return c
}

func (c *traceCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was ended
	}
	var sent collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &sent); err != nil || r.URL.Path != "/v1/traces" {
		c.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, resource := range sent.GetResourceSpans() {
		service := ""
		for _, a := range resource.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, exported{
					span, hex.EncodeToString(span.GetSpanId()), hex.EncodeToString(span.GetParentSpanId()), hex.EncodeToString(span.GetTraceId()), service,
				})
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// find returns the spans for which a condition holds.
func (c *traceCollector) find(holds func(exported) bool) []exported {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []exported
	for _, span := range c.spans {
		if holds(span) {
			found = append(found, span)
		}
	}
	return found
}

// of returns the spans of a trace.
func (c *traceCollector) of(trace string) []exported {
	return c.find(func(s exported) bool { return s.trace == trace })
}

// under returns the spans below a span.
func (c *traceCollector) under(parent exported) []exported {
	return c.find(func(s exported) bool { return s.trace == parent.trace && s.parent == parent.id })
}

// linked waits for a span with a name that links to another, and returns it.
func (c *traceCollector) linked(name string, to exported) exported {
	c.t.Helper()
	var found []exported
	eventually(c.t, name+" links to "+to.GetName(), func() bool {
		found = c.find(func(s exported) bool {
			return s.GetName() == name && slices.ContainsFunc(s.GetLinks(), func(l *otlp.Span_Link) bool {
				return hex.EncodeToString(l.GetSpanId()) == to.id && hex.EncodeToString(l.GetTraceId()) == to.trace
			})
		})
		return len(found) > 0
	})
	return found[0]
}

// received is all that was sent, as it came.
func (c *traceCollector) received() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}
