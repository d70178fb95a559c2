package problem_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/batch"
	"dpp/internal/blob"
	"dpp/internal/problem"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// requestReasons reads the reasons for which a request is refused out of the
// domain's own source, so that a new one cannot be forgotten here.
func requestReasons(t *testing.T) []dpp.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../reason.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	reasons := []dpp.Reason{dpp.ReasonInternal}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST || !strings.Contains(group.Doc.Text(), "request is refused") {
			continue
		}
		for _, spec := range group.Specs {
			text, err := strconv.Unquote(spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, dpp.Reason(text))
		}
	}
	if len(reasons) < 25 {
		t.Fatalf("only %d reasons found", len(reasons))
	}
	return reasons
}

func TestEveryReasonHasOneEntry(t *testing.T) {
	seen := map[dpp.Reason]bool{}
	for _, e := range problem.Entries() {
		if seen[e.Reason] {
			t.Errorf("%s is there twice", e.Reason)
		}
		seen[e.Reason] = true
	}
	for _, reason := range requestReasons(t) {
		if !seen[reason] {
			t.Errorf("%s has no entry", reason)
		}
		delete(seen, reason)
	}
	for reason := range seen {
		t.Errorf("%s is no reason for refusing a request", reason)
	}
}

func TestEntriesAreComplete(t *testing.T) {
	for _, e := range problem.Entries() {
		if http.StatusText(e.Status) == "" || e.Status < 400 {
			t.Errorf("%s: status %d", e.Reason, e.Status)
		}
		for name, text := range map[string]string{"title": e.Title, "detail": e.Detail, "hint": e.Hint, "page": e.Page, "action": string(e.Action)} {
			if text == "" {
				t.Errorf("%s has no %s", e.Reason, name)
			}
		}
		if strings.Contains(e.Hint, ". ") || !strings.HasSuffix(e.Hint, ".") {
			t.Errorf("%s: the hint is not one sentence: %s", e.Reason, e.Hint)
		}
		if e.Retryable != (e.Status == 402 || e.Status == 429 || e.Status >= 500) {
			t.Errorf("%s: retryable %t at %d", e.Reason, e.Retryable, e.Status)
		}
		if (e.Wait > 0) != (e.Status == 429 || e.Status == 503) {
			t.Errorf("%s: waits %s at %d", e.Reason, e.Wait, e.Status)
		}
	}
}

func TestOfAnUnknownReasonIsInternal(t *testing.T) {
	if e := problem.Of("NO_SUCH_REASON"); e.Reason != dpp.ReasonInternal {
		t.Fatalf("got %s", e.Reason)
	}
}

func TestCause(t *testing.T) {
	refusal := &runs.Refusal{Reason: dpp.ReasonBudgetDrained}
	for name, c := range map[string]struct {
		err  error
		want dpp.Reason
	}{
		"a refusal":                 {refusal, dpp.ReasonBudgetDrained},
		"a wrapped refusal":         {fmt.Errorf("outer: %w", refusal), dpp.ReasonBudgetDrained},
		"the store is away":         {fmt.Errorf("x: %w", store.ErrUnavailable), dpp.ReasonDependencyDown},
		"a commit in doubt":         {fmt.Errorf("x: %w", store.ErrInDoubt), dpp.ReasonDependencyDown},
		"the blob store is away":    {fmt.Errorf("%w: %w", runs.ErrBlob, errors.New("refused")), dpp.ReasonDependencyDown},
		"a batch out of time":       {fmt.Errorf("x: %w", context.DeadlineExceeded), dpp.ReasonDependencyDown},
		"shutting down":             {batch.ErrClosed, dpp.ReasonDependencyDown},
		"an object that is missing": {fmt.Errorf("result: %w", blob.ErrNotFound), dpp.ReasonInternal},
		"anything else":             {errors.New("secret of the inside"), dpp.ReasonInternal},
	} {
		if got := problem.Cause(c.err).Reason; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestDocument(t *testing.T) {
	required, available := dpp.Money(500_000), dpp.Money(100)
	got := problem.Document("http://127.0.0.1:8000/", "trace-1", &runs.Refusal{Reason: dpp.ReasonBudgetDrained, Required: &required, Available: &available, RunID: "run_x"})
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"type":"http://127.0.0.1:8000/problems/BUDGET_DRAINED"`, `"status":402`, `"instance":"urn:dpp:trace:trace-1"`, `"reason_code":"BUDGET_DRAINED"`,
		`"trace_id":"trace-1"`, `"retryable":true`, `"remedy":{"action":"top_up"}`, `"run_id":"run_x"`, `"required_usd":"0.5000"`, `"available_usd":"0.0001"`,
	} {
		if !strings.Contains(string(text), part) {
			t.Errorf("lacks %s: %s", part, text)
		}
	}
	if strings.Contains(string(text), "errors") {
		t.Errorf("errors of nothing: %s", text)
	}
}

func TestDocumentSaysNothingOfAnInternalError(t *testing.T) {
	got := problem.Document("http://h", "t", problem.Cause(errors.New("pq: password of the database")))
	text, err := json.Marshal(got)
	if err != nil || strings.Contains(string(text), "password") {
		t.Fatalf("%s %v", text, err)
	}
}

func TestARefusalsOwnWordsWin(t *testing.T) {
	r := &runs.Refusal{Reason: dpp.ReasonMaxCostTooLow, Detail: "Exactly this.", Hint: "Do that.", Remedy: dpp.Remedy{Action: dpp.RemedyRaiseMaxCost, RetryAfterMS: 7}}
	got := problem.Document("", "t", r)
	if got.Detail != "Exactly this." || got.Remedy.RetryAfterMS != 7 || got.Hint != "Do that." {
		t.Fatalf("%+v", got)
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	for _, c := range []struct {
		refusal runs.Refusal
		seconds int64
		millis  int64
	}{
		{runs.Refusal{Reason: dpp.ReasonRateLimited, RetryAfter: 1}, 1, 1},
		{runs.Refusal{Reason: dpp.ReasonRateLimited, RetryAfter: 2 * time.Second}, 2, 2000},
		{runs.Refusal{Reason: dpp.ReasonRateLimited, RetryAfter: 2*time.Second + time.Microsecond}, 3, 2001},
		{runs.Refusal{Reason: dpp.ReasonDependencyDown}, 2, 2000},
		{runs.Refusal{Reason: dpp.ReasonNotFound}, 0, 0},
	} {
		if got := problem.RetryAfter(&c.refusal); got != c.seconds {
			t.Errorf("%+v: Retry-After %d, want %d", c.refusal, got, c.seconds)
		}
		if got := problem.Document("", "t", &c.refusal).Remedy.RetryAfterMS; got != c.millis {
			t.Errorf("%+v: retry_after_ms %d, want %d", c.refusal, got, c.millis)
		}
	}
}
