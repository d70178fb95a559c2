package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// document is the part of an OpenAPI document that is looked at here. What else it
// holds is kept as it is.
type document map[string]any

func readDocument(text []byte) (document, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("apitest: document: %w", err)
	}
	return d, nil
}

// at follows names into nested objects; what is not there is empty.
func at(value any, names ...string) map[string]any {
	object, _ := value.(map[string]any)
	for _, name := range names {
		object, _ = object[name].(map[string]any)
	}
	return object
}

// closed is the document with every type closed: a member that it does not name is
// an error then, though clients must live with one.
func (d document) closed() ([]byte, error) {
	for _, schema := range at(map[string]any(d), "components", "schemas") {
		if s := at(schema); s["properties"] != nil && s["additionalProperties"] == nil {
			s["additionalProperties"] = false
		}
	}
	return json.Marshal(d, json.Deterministic(true))
}

// operation is one method of one path.
type operation struct {
	method   string
	segments []string            // "*" where a parameter stands
	answers  map[string][]string // status → names of headers
}

func (d document) operations() []operation {
	var all []operation
	for path, item := range at(map[string]any(d), "paths") {
		for method, op := range at(item) {
			o := operation{method: strings.ToUpper(method), segments: strings.Split(path, "/"), answers: map[string][]string{}}
			for i, segment := range o.segments {
				if strings.HasPrefix(segment, "{") {
					o.segments[i] = "*"
				}
			}
			for status, answer := range at(op, "responses") {
				o.answers[status] = []string{}
				for name := range at(answer, "headers") {
					o.answers[status] = append(o.answers[status], http.CanonicalHeaderKey(name))
				}
			}
			all = append(all, o)
		}
	}
	return all
}

// find returns the operation that answers a request; nil where the document has
// none.
func (c *Checker) find(method, path string) *operation {
	segments := strings.Split(path, "/")
	for i := range c.operations {
		o := &c.operations[i]
		if o.method == method && slices.EqualFunc(o.segments, segments, func(want, got string) bool { return want == got || want == "*" && got != "" }) {
			return o
		}
	}
	return nil
}

// plainHeaders are part of HTTP rather than of the API.
var plainHeaders = []string{
	"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Allow", "Cache-Control", "Connection", "Content-Encoding", "Content-Length",
	"Content-Security-Policy", "Content-Type", "Date", "Referrer-Policy", "Vary", "X-Content-Type-Options",
}

// headers tells of a header that the document does not name.
func (o *operation) headers(r *http.Response) error {
	declared, ok := o.answers[strconv.Itoa(r.StatusCode)]
	if !ok {
		return fmt.Errorf("apitest: the document does not know status %d here", r.StatusCode)
	}
	for name := range r.Header {
		if !slices.Contains(plainHeaders, name) && !slices.Contains(declared, name) {
			return fmt.Errorf("apitest: the document does not know the header %s at status %d", name, r.StatusCode)
		}
	}
	return nil
}
