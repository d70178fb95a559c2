package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/inputs"
	"dpp/internal/pack/compliancepack"
	"dpp/test/labelled"
)

// recognised are the values of a labelled document that the compliance pack finds whole.
func recognised(t *testing.T, p *compliancepack.Pack, d labelled.Document) (values []string) {
	t.Helper()
	hits, err := p.Hits(t.Context(), d.Name, d.Text)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range d.Values {
		for _, h := range hits {
			if h.Start <= v.Start && v.End <= h.End && v.End-v.Start >= 8 {
				values = append(values, d.Text[v.Start:v.End])
				break
			}
		}
	}
	return values
}

// inspection holds documents to policies, and asks for copies.
func inspection(documents []map[string]any, limit dpp.Money, policies ...string) client.Submission {
	var asked []any
	for _, id := range policies {
		asked = append(asked, map[string]any{"id": id})
	}
	return client.Submission{
		PackType: "compliance", MaxCost: limit, Wait: 50 * time.Second, Inline: true,
		Inputs: map[string]any{"documents": documents, "policies": asked, "redact": true},
	}
}

// published is all that the platform gives of a run: how it answers, lists, stores.
func published(t *testing.T, c *client.Client, id dpp.RunID) string {
	t.Helper()
	run, err := c.Get(t.Context(), id)
	if err != nil || run.Status != dpp.StatusCompleted {
		t.Fatalf("%s, %v", run.Status, err)
	}
	view, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := c.Result(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	all := string(view) + string(envelope)
	for _, a := range run.Result.Artifacts {
		all += string(download(t, a.URL))
	}
	return all
}

// TestNoValueIsPublished plants more than 1,000 values and searches everything that the
// platform gives for them, and everything that it logs.
func TestNoValueIsPublished(t *testing.T) {
	t.Parallel()
	s := embedded(t, "DPP_LOG_LEVEL=debug")
	c := s.dev()
	made, err := labelled.Documents()
	if err != nil {
		t.Fatal(err)
	}
	p := compliancepack.New(inputs.New(nil, nil, nil, inputs.Options{}), nil, compliancepack.Options{Secret: func(context.Context) ([]byte, error) { return make([]byte, 32), nil }})
	var values []string
	var given strings.Builder
	const parts = 3
	for part := range parts {
		var documents []map[string]any
		for i := part; i < len(made); i += labelled.Copies {
			documents = append(documents, map[string]any{"name": made[i].Name, "text": made[i].Text})
			values = append(values, recognised(t, p, made[i])...)
		}
		what := inspection(documents, dpp.USD, "pii", "secrets")
		if part == parts-1 { // what remains is given, too
			what = inspection(documents, 10_000, "pii", "secrets", "gdpr-art13")
		}
		out, err := c.Submit(t.Context(), what)
		if err != nil {
			t.Fatal(err)
		}
		if out.Run.Result == nil || out.Run.Result.Partial != (part == parts-1) {
			t.Fatalf("%s, %+v", out.Run.Status, out.Run.Result)
		}
		given.WriteString(published(t, c, out.Run.ID))
	}
	if len(values) < 1_000 {
		t.Errorf("only %d values", len(values))
	}
	refusedRule(t, c, values[0])
	s.stop()
	logged := s.parts[0].log.String() + s.parts[0].said.String()
	if !strings.Contains(logged, "compliance") || !strings.Contains(given.String(), "XXXX") {
		t.Error("nothing was logged or found")
	}
	for _, value := range values {
		if strings.Contains(given.String(), value) {
			t.Errorf("%q is published", value)
		}
		if strings.Contains(logged, value) {
			t.Errorf("%q is in the log", value)
		}
	}
}

// refusedRule submits a rule that cannot be used: it is refused with its place, and without a
// word of it.
func refusedRule(t *testing.T, c *client.Client, value string) {
	t.Helper()
	in := inspection([]map[string]any{{"text": "fine"}}, dpp.USD, "pii")
	in.Inputs.(map[string]any)["rules"] = []any{map[string]any{"id": "r", "cel": fmt.Sprintf("text.contains(%q)\n  && lines + 1", value), "severity": "low", "message": "m"}}
	_, err := c.Submit(t.Context(), in)
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Problem.Status != 422 || refused.Problem.Reason != dpp.ReasonValidationFailed {
		t.Fatalf("%v", err)
	}
	text, err := json.Marshal(refused.Problem)
	if err != nil {
		t.Fatal(err)
	}
	fields := refused.Problem.Errors
	if len(fields) != 1 || fields[0].Pointer == nil || *fields[0].Pointer != "/inputs/rules/0/cel" || !strings.HasPrefix(fields[0].Message, "Line 2, column 12: ") || strings.Contains(string(text), value) {
		t.Errorf("%s", text)
	}
}
