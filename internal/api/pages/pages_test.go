package pages_test

import (
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"dpp"
	"dpp/internal/api/openapi"
	"dpp/internal/api/pages"
	"dpp/internal/problem"
)

func TestDocsEscapeWhatTheyShow(t *testing.T) {
	doc, err := openapi.Build(openapi.Info{Title: "<script>", Version: "1"}, []openapi.Operation{{
		Method: "GET", Path: "/a", ID: "a", Tag: "T", Summary: "<b>bold</b>",
		Parameters: []openapi.Parameter{{Name: "n", In: "query", Description: "at most <5>", Schema: huma.Schema{Type: huma.TypeInteger}}},
		Answers:    []openapi.Answer{{Status: 200, Description: "fine", Body: dpp.BudgetView{}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	html, err := pages.Docs(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"&lt;script&gt;", "&lt;b&gt;bold", "at most &lt;5&gt;", `href="#type-BudgetView"`, `id="type-BudgetView"`, "array of LimitView", `<code>available_usd</code>`} {
		if !strings.Contains(string(html), part) {
			t.Errorf("lacks %s", part)
		}
	}
	if strings.Contains(string(html), "<script") || strings.Contains(string(html), "<b>") {
		t.Error("markup came through")
	}
}

func TestProblemPages(t *testing.T) {
	index, err := pages.Problems(problem.Entries())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range problem.Entries() {
		if !strings.Contains(string(index), `href="/problems/`+string(e.Reason)+`"`) {
			t.Errorf("the index lacks %s", e.Reason)
		}
		page, err := pages.Problem(e)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "<h1>"+string(e.Reason)+"</h1>") || !strings.Contains(string(page), string(e.Action)) {
			t.Errorf("%s: %s", e.Reason, page)
		}
	}
}
