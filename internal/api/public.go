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
	if err := x.noQuery(); err != nil {
		return err
	}
	x.Header().Set("Cache-Control", cachePublic)
	x.write(http.StatusOK, openapi.JSON, x.api.document)
	return nil
}

// getDocs answers GET /docs.
func getDocs(x *exchange) error {
	if err := x.noQuery(); err != nil {
		return err
	}
	x.page(x.api.pages["/docs"])
	return nil
}

// ProblemView describes one kind of problem.
type ProblemView struct {
	Reason      dpp.Reason       `json:"reason_code"`
	Status      int              `json:"status"`
	Title       string           `json:"title"`
	Detail      string           `json:"detail"`
	Hint        string           `json:"hint"`
	Retryable   bool             `json:"retryable"`
	Action      dpp.RemedyAction `json:"remedy_action"`
	Explanation string           `json:"explanation"`
}

func viewProblem(e problem.Entry) ProblemView {
	return ProblemView{Reason: e.Reason, Status: e.Status, Title: e.Title, Detail: e.Detail, Hint: e.Hint, Retryable: e.Retryable, Action: e.Action, Explanation: e.Page}
}

// listProblems answers GET /problems.
func listProblems(x *exchange) error {
	if err := x.noQuery(); err != nil {
		return err
	}
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
	if err := x.noQuery(); err != nil {
		return err
	}
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
