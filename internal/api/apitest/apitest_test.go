package apitest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dpp/internal/api/apitest"
)

const document = `{
  "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
  "paths": {
    "/health": {"get": {"responses": {
      "200": {"description": "ok", "headers": {"X-Trace-Id": {"schema": {"type": "string"}}}, "content": {"application/json": {"schema": {"type": "object"}}}},
      "500": {"description": "no", "headers": {"X-Trace-Id": {"schema": {"type": "string"}}}, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    }}},
    "/things/{id}": {"post": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
      "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
      "responses": {
        "200": {"description": "ok", "headers": {"X-Trace-Id": {"schema": {"type": "string"}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
        "422": {"description": "no", "headers": {"X-Trace-Id": {"schema": {"type": "string"}}}, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
      }
    }}
  },
  "components": {"schemas": {
    "Problem": {"type": "object", "required": ["status"], "properties": {"status": {"type": "integer"}}},
    "Thing": {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}, "free": {"type": "object"}}}
  }}
}`

func TestNewRefusesABadDocument(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "{", "no document": `{"a":1}`, "no responses": `{"openapi":"3.1.0","info":{"title":"t"},"paths":{}}`,
	} {
		if _, err := apitest.New([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// reply is what a server answers.
type reply struct {
	status int
	header map[string]string
	body   string
}

func TestCheck(t *testing.T) {
	checker, err := apitest.New([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	const good, problem = `{"size":1,"free":{"any":"thing"}}`, `{"status":422}`
	asProblem := map[string]string{"Content-Type": "application/problem+json"}
	for name, c := range map[string]struct {
		method, path, sent string
		reply              reply
		fine               bool
	}{
		"as it should be":              {"POST", "/things/1", good, reply{200, nil, good}, true},
		"a problem":                    {"POST", "/things/1", "nonsense", reply{422, asProblem, problem}, true},
		"an unknown route":             {"GET", "/nothing", "", reply{404, asProblem, `{"status":404}`}, true},
		"an unknown method":            {"GET", "/things/1", "", reply{405, asProblem, `{"status":405}`}, true},
		"no trace":                     {"POST", "/things/1", good, reply{200, map[string]string{"X-Trace-Id": ""}, good}, false},
		"an undeclared status":         {"POST", "/things/1", good, reply{202, nil, good}, false},
		"an undeclared header":         {"POST", "/things/1", good, reply{200, map[string]string{"X-Other": "1"}, good}, false},
		"an undeclared member":         {"POST", "/things/1", good, reply{200, nil, `{"size":1,"more":1}`}, false},
		"a missing member":             {"POST", "/things/1", good, reply{200, nil, `{}`}, false},
		"a wrong type":                 {"POST", "/things/1", good, reply{200, nil, `{"size":"1"}`}, false},
		"another media type":           {"POST", "/things/1", good, reply{200, map[string]string{"Content-Type": "text/plain"}, good}, false},
		"a refusal in plain text":      {"POST", "/things/1", good, reply{422, map[string]string{"Content-Type": "text/plain"}, "no"}, false},
		"an incomplete problem":        {"POST", "/things/1", good, reply{422, asProblem, `{}`}, false},
		"a wrong request was done":     {"POST", "/things/1", `{"size":1,"other":1}`, reply{200, nil, good}, false},
		"an unknown route was done":    {"GET", "/nothing", "", reply{200, nil, good}, false},
		"an unknown route, no problem": {"GET", "/nothing", "", reply{404, asProblem, `{"status":"x"}`}, false},
	} {
		if found := exchange(t, checker, c.method, c.path, c.sent, c.reply); (found == nil) != c.fine {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// exchange sends a request through the checker's transport and returns what it
// reported.
func exchange(t *testing.T, checker *apitest.Checker, method, path, sent string, r reply) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Trace-Id", "t")
		w.Header().Set("Content-Type", "application/json")
		for name, value := range r.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, r.body)
	}))
	defer server.Close()
	var found error
	client := http.Client{Transport: checker.Transport(server.Client().Transport, func(err error) { found = errors.Join(found, err) })}
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != r.body {
		t.Fatalf("the body did not pass through: %q %v", body, err)
	}
	return found
}
