package api

import (
	"net/http"
	"strings"

	"dpp"
	"dpp/internal/api/openapi"
	"dpp/internal/api/pages"
	"dpp/internal/problem"
)

// getDocument answers GET /openapi.json.
func getDocument(x *exchange) error {
	x.Header().Set("Cache-Control", cachePublic)
	x.write(http.StatusOK, openapi.JSON, x.api.document)
	return nil
}

// getDocs answers GET /docs.
func getDocs(x *exchange) error {
	x.page(x.api.pages["/docs"])
	return nil
}

// ProblemView describes one kind of problem.
type ProblemView struct {
	Reason      dpp.Reason       `json:"reason_code" doc:"The code that problem documents carry; it never changes its meaning."`
	Status      int              `json:"status" doc:"The HTTP status that goes with it."`
	Title       string           `json:"title" doc:"The kind of problem in a few words."`
	Detail      string           `json:"detail" doc:"What happened, where a problem document knows nothing more exact."`
	Hint        string           `json:"hint" doc:"What to do next, in one imperative sentence, where nothing more exact is known."`
	Retryable   bool             `json:"retryable" doc:"true where the identical request, with the same Idempotency-Key, may succeed later."`
	Action      dpp.RemedyAction `json:"remedy_action" doc:"The next step, for programs, where nothing more exact is known."`
	Explanation string           `json:"explanation" doc:"How it comes about and what it leaves behind, for people."`
}

func viewProblem(e problem.Entry) ProblemView {
	return ProblemView{Reason: e.Reason, Status: e.Status, Title: e.Title, Detail: e.Detail, Hint: e.Hint, Retryable: e.Retryable, Action: e.Action, Explanation: e.Page}
}

// listProblems answers GET /problems.
func listProblems(x *exchange) error {
	x.Header().Add("Vary", "Accept")
	if !prefersJSON(x.r.Header.Values("Accept")) {
		x.page(x.api.pages["/problems"])
		return nil
	}
	entries := problem.Entries()
	list := dpp.List[ProblemView]{Data: make([]ProblemView, 0, len(entries))}
	for _, e := range entries {
		list.Data = append(list.Data, viewProblem(e))
	}
	return x.json(http.StatusOK, cachePublic, list)
}

// getProblem answers GET /problems/{code}.
func getProblem(x *exchange) error {
	entry, ok := problem.Lookup(dpp.Reason(x.r.PathValue("code")))
	if !ok {
		return notFound()
	}
	x.Header().Add("Vary", "Accept")
	if prefersJSON(x.r.Header.Values("Accept")) {
		return x.json(http.StatusOK, cachePublic, viewProblem(entry))
	}
	body, err := pages.Problem(entry)
	if err != nil {
		return err
	}
	x.page(body)
	return nil
}

// page answers with HTML that may load nothing and run nothing.
func (x *exchange) page(body []byte) {
	h := x.Header()
	h.Set("Content-Security-Policy", pages.SecurityPolicy())
	h.Set("Cache-Control", cachePublic)
	x.write(http.StatusOK, openapi.HTML, body)
}

// prefersJSON tells whether the first of JSON and HTML that Accept names is JSON.
func prefersJSON(values []string) bool {
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		mediaType, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(mediaType)) {
		case "application/json", problem.MediaType:
			return true
		case "text/html", "application/xhtml+xml":
			return false
		}
	}
	return false
}
