package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/html"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/api/openapi"
	"dpp/internal/problem"
)

type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		ID          string      `json:"operationId"`
		Summary     string      `json:"summary"`
		Description string      `json:"description"`
		Parameters  []described `json:"parameters"`
		Security    []any       `json:"security"`
		Responses   map[string]struct {
			Description string         `json:"description"`
			Content     map[string]any `json:"content"`
			Headers     map[string]any `json:"headers"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Headers map[string]described `json:"headers"`
		Schemas map[string]struct {
			Properties           map[string]described `json:"properties"`
			AdditionalProperties any                  `json:"additionalProperties"`
		} `json:"schemas"`
	} `json:"components"`
}

// described is what stands in the document with a description: a parameter, a
// header, or a property, which may hold properties itself.
type described struct {
	Name        string               `json:"name"`
	Description string               `json:"description"`
	Properties  map[string]described `json:"properties"`
	Items       *described           `json:"items"`
}

func TestTheDocument(t *testing.T) {
	checker(t) // valid, says somebody else
	s := newSite(t, options{})
	a := s.do(call{method: "GET", path: "/openapi.json", anonymous: true})
	s.wantStatus(a, http.StatusOK)
	doc := read[document](s, a)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %s", doc.OpenAPI)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if strings.HasPrefix(path, "/v1/") != (len(op.Security) == 1) && path != "/metrics" {
				t.Errorf("%s %s: security %v", method, path, op.Security)
			}
			for status, r := range op.Responses {
				if _, ok := r.Headers["X-Trace-Id"]; !ok {
					t.Errorf("%s %s %s has no X-Trace-Id", method, path, status)
				}
				if _, isProblem := r.Content[problem.MediaType]; status >= "400" != isProblem {
					t.Errorf("%s %s %s: %v", method, path, status, r.Content)
				}
			}
			if op.Responses["500"].Content == nil || path == "/v1/runs" && method == "post" && (op.Responses["402"].Content == nil || op.Responses["429"].Content == nil) {
				t.Errorf("%s %s: %v", method, path, op.Responses)
			}
		}
	}
	// what is sent is closed, what is answered may grow
	schemas := doc.Components.Schemas
	if schemas["SubmitBody"].AdditionalProperties != false || schemas["SubmitOptions"].AdditionalProperties != false || schemas["RunView"].AdditionalProperties != nil {
		t.Errorf("%v, %v", schemas["SubmitBody"].AdditionalProperties, schemas["RunView"].AdditionalProperties)
	}
	if strings.Contains(string(a.body), `"null"`) {
		t.Error("the document says that something may be null")
	}
}

// plainDescriptions are those of the types that describe themselves, such as
// amounts. They tell the form, but not the meaning.
func plainDescriptions(t *testing.T) []string {
	type Plain struct {
		Amount dpp.Money `json:"amount"`
		At     dpp.Time  `json:"at"`
		Score  dpp.Score `json:"score"`
	}
	built, err := openapi.Build(openapi.Info{}, []openapi.Operation{{
		Method: http.MethodGet, Path: "/plain", ID: "plain", Tag: "Plain", Answers: []openapi.Answer{{Status: http.StatusOK, Body: Plain{}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{""}
	for _, property := range built.Components.Schemas.Map()["Plain"].Properties {
		texts = append(texts, property.Description)
	}
	if len(texts) != 4 {
		t.Fatalf("%q", texts)
	}
	return texts
}

// bare names every property that has no description of its own, at any depth.
func bare(properties map[string]described, plain []string, at string) (names []string) {
	for name, p := range properties {
		if slices.Contains(plain, p.Description) {
			names = append(names, at+"."+name)
		}
		names = append(names, bare(p.Properties, plain, at+"."+name)...)
		if p.Items != nil {
			names = append(names, bare(p.Items.Properties, plain, at+"."+name)...)
		}
	}
	return names
}

func TestTheDocumentDescribesEverything(t *testing.T) {
	s := newSite(t, options{})
	doc := read[document](s, s.get("/openapi.json"))
	if len(doc.Paths) == 0 || len(doc.Components.Schemas) == 0 || len(doc.Components.Headers) == 0 {
		t.Fatal("the document is empty")
	}
	var lacking []string
	plain := plainDescriptions(t)
	for name, schema := range doc.Components.Schemas {
		lacking = append(lacking, bare(schema.Properties, plain, "type "+name)...)
	}
	for name, h := range doc.Components.Headers {
		if h.Description == "" {
			lacking = append(lacking, "header "+name)
		}
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			place := method + " " + path
			if op.Summary == "" || op.Description == "" {
				lacking = append(lacking, place)
			}
			for _, p := range op.Parameters {
				if p.Description == "" {
					lacking = append(lacking, place+": parameter "+p.Name)
				}
			}
			for status, r := range op.Responses {
				if r.Description == "" {
					lacking = append(lacking, place+": answer "+status)
				}
			}
		}
	}
	if slices.Sort(lacking); len(lacking) > 0 {
		t.Errorf("no description of their own have:\n%s", strings.Join(lacking, "\n"))
	}
}

func TestTheDocumentIsTheSameEveryTime(t *testing.T) {
	first, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if string(first.Document()) != string(second.Document()) {
		t.Error("two documents")
	}
	if strings.Contains(string(first.Document()), "/metrics") {
		t.Error("/metrics is described though it is not served")
	}
}

// page reads HTML and checks what every page must keep to.
func (s *site) page(path string) *html.Node {
	s.t.Helper()
	a := s.do(call{method: "GET", path: path, anonymous: true, header: map[string]string{"Accept": "text/html"}})
	s.wantStatus(a, http.StatusOK)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		s.t.Errorf("%s: %s", path, a.header.Get("Content-Type"))
	}
	root, err := html.Parse(strings.NewReader(string(a.body)))
	if err != nil {
		s.t.Fatal(err)
	}
	counts := map[string]int{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		counts[n.Data]++
		if n.Data == "style" {
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			policy := a.header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(policy, "default-src 'none'") {
				s.t.Errorf("%s: policy %s", path, policy)
			}
		}
		for _, attr := range n.Attr {
			if strings.HasPrefix(attr.Key, "on") || attr.Key == "style" || attr.Key == "src" || strings.HasPrefix(attr.Val, "javascript:") || strings.Contains(attr.Val, "://") {
				s.t.Errorf("%s: <%s %s=%q>", path, n.Data, attr.Key, attr.Val)
			}
		}
	}
	if counts["script"]+counts["link"]+counts["img"]+counts["iframe"] != 0 || counts["h1"] != 1 || counts["main"] != 1 || counts["title"] != 1 || counts["style"] != 1 {
		s.t.Errorf("%s: %v", path, counts)
	}
	return root
}

// links are the places that a page leads to, and the anchors that it has.
func links(root *html.Node) (hrefs []string, anchors map[string]bool) {
	anchors = map[string]bool{}
	for n := range root.Descendants() {
		for _, attr := range n.Attr {
			switch attr.Key {
			case "href":
				hrefs = append(hrefs, attr.Val)
			case "id":
				anchors[attr.Val] = true
			}
		}
	}
	return hrefs, anchors
}

func TestPages(t *testing.T) {
	s := newSite(t, options{})
	seen := map[string]bool{}
	for _, path := range []string{"/docs", "/problems", "/problems/BUDGET_DRAINED"} {
		hrefs, anchors := links(s.page(path))
		if len(hrefs) < 3 {
			t.Errorf("%s: %d links", path, len(hrefs))
		}
		for _, href := range hrefs {
			anchor, local := strings.CutPrefix(href, "#")
			switch {
			case local && !anchors[anchor]:
				t.Errorf("%s: %s leads nowhere", path, href)
			case !local && !seen[href]:
				seen[href] = true
				s.wantStatus(s.do(call{method: "GET", path: href, anonymous: true}), http.StatusOK)
			}
		}
	}
	for _, e := range problem.Entries() {
		if !seen["/problems/"+string(e.Reason)] {
			t.Errorf("%s is not in the index", e.Reason)
		}
	}
}

func TestDocsShowEveryOperationAndType(t *testing.T) {
	s := newSite(t, options{})
	_, anchors := links(s.page("/docs"))
	doc := read[document](s, s.get("/openapi.json"))
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if !anchors[op.ID] {
				t.Errorf("%s %s is not shown", method, path)
			}
		}
	}
	for name := range doc.Components.Schemas {
		if !anchors["type-"+name] {
			t.Errorf("%s is not shown", name)
		}
	}
}

func TestProblemsAsJSON(t *testing.T) {
	s := newSite(t, options{})
	accept := map[string]string{"Accept": "application/json"}
	a := s.do(call{method: "GET", path: "/problems/RATE_LIMITED", anonymous: true, header: accept})
	if v := read[api.ProblemView](s, a); v.Status != 429 || !v.Retryable || v.Action != dpp.RemedyWait || v.Explanation == "" || a.header.Get("Vary") == "" {
		t.Errorf("%s", a.body)
	}
	list := s.do(call{method: "GET", path: "/problems", anonymous: true, header: accept})
	var all dpp.List[api.ProblemView]
	if err := json.Unmarshal(list.body, &all); err != nil || len(all.Data) != len(problem.Entries()) {
		t.Errorf("%d %v", len(all.Data), err)
	}
}
