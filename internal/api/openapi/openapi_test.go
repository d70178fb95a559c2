package openapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/api/openapi"
)

type sent struct {
	Name string `json:"name" doc:"What it is called."`
	More inner  `json:"more,omitempty"`
}

type inner struct {
	Tags []string `json:"tags,omitempty"`
}

type answered struct {
	Amount  dpp.Money      `json:"amount_usd"`
	Maybe   *dpp.Money     `json:"maybe_usd,omitempty"`
	Score   dpp.Score      `json:"score"`
	At      *dpp.Time      `json:"at,omitempty"`
	Any     jsontext.Value `json:"any"`
	Names   []string       `json:"names"`
	Numbers map[string]int `json:"numbers"`
}

func operation(id string) openapi.Operation {
	return openapi.Operation{
		Method: http.MethodPost, Path: "/things/{id}", ID: id, Tag: "Things", Access: openapi.Tenant, Body: sent{},
		Parameters: []openapi.Parameter{{Name: "id", In: "path", Schema: huma.Schema{Type: huma.TypeString}}},
		Answers:    []openapi.Answer{{Status: http.StatusOK, Description: "Done.", Body: answered{}, Headers: []string{"ETag"}}},
		Reasons:    []dpp.Reason{dpp.ReasonNotFound, dpp.ReasonNotFound},
	}
}

func build(t *testing.T, operations ...openapi.Operation) string {
	t.Helper()
	doc, err := openapi.Build(openapi.Info{Title: "T", Version: "1"}, operations)
	if err != nil {
		t.Fatal(err)
	}
	text, err := doc.MarshalJSON()
	if err != nil || !json.Valid(text) {
		t.Fatalf("%s %v", text, err)
	}
	return string(text)
}

func TestTypesSayWhatTheirJSONIs(t *testing.T) {
	text := build(t, operation("a"))
	for _, part := range []string{
		`"amount_usd":{"description":"US dollars with exactly 4 decimal places.","examples":["0.2500"],"pattern":"^[0-9]+\\.[0-9]{4}$","type":"string"}`,
		`"score":{"maximum":1,"minimum":0,"type":"number"}`, `"format":"date-time"`, `"any":{}`, `"names":{"items":{"type":"string"},"type":"array"}`,
		`"required":["amount_usd","score","any","names","numbers"]`, `"numbers":{"additionalProperties":{"format":"int64","type":"integer"},"type":"object"}`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %s:\n%s", part, text)
		}
	}
	if strings.Contains(text, `"null"`) {
		t.Error("something may be null")
	}
	// what is sent is closed, with all that it holds; what is answered is not
	if strings.Count(text, `"additionalProperties":false`) != 2 {
		t.Errorf("%d types are closed", strings.Count(text, `"additionalProperties":false`))
	}
}

func TestEveryOperationToldItsProblems(t *testing.T) {
	text := build(t, operation("a"))
	for _, code := range []string{"AUTH_MISSING", "AUTH_INVALID", "SCOPE_MISSING", "NOT_FOUND", "RATE_LIMITED", "UNKNOWN_FIELD", "INTERNAL", "DEPENDENCY_DOWN"} {
		if strings.Count(text, code+" (") != 1 {
			t.Errorf("%s is told %d times", code, strings.Count(text, code+" ("))
		}
	}
	public := operation("b")
	public.Access = openapi.Public
	if text := build(t, public); strings.Contains(text, `"401"`) || strings.Contains(text, `"security":[`) || !strings.Contains(text, `"503"`) {
		t.Error("an open operation asks for a key")
	}
}

func TestTwoOperationsOfOneName(t *testing.T) {
	if _, err := openapi.Build(openapi.Info{}, []openapi.Operation{operation("a"), operation("a")}); err == nil {
		t.Error("accepted")
	}
}
