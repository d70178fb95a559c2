package rule_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/rule"
)

func language(t testing.TB) *rule.Language {
	t.Helper()
	l, err := rule.New()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var document = rule.Document{
	Text: "Invoice for Jörg\nPay to DE89 3704 0044 0532 0130 00\nby mail to jo@example.org\n",
	Doc: map[string]any{
		"servers": []any{map[string]any{"host": "a", "port": int64(80)}, map[string]any{"host": "b", "port": int64(443)}},
		"deep":    map[string]any{"port": int64(1), "odd name": nil},
	},
	Name: "a.yaml", MediaType: "application/yaml",
}

func TestEval(t *testing.T) {
	l := language(t)
	for expression, want := range map[string]bool{
		`true`: true,
		`name.endsWith(".yaml") && media_type == "application/yaml"`:           true,
		`size(lines) == 3 && lines[0] == "Invoice for Jörg"`:                   true,
		`lines.exists(l, l.startsWith("Pay"))`:                                 true,
		`lines.all(l, size(l) < 10)`:                                           false,
		`doc.servers[1].port == 443`:                                           true,
		`has(doc.nothing)`:                                                     false,
		`doc.servers.exists(s, s.port < 100)`:                                  true,
		`json_path(doc, "$.servers[*].port") == [80, 443]`:                     true,
		`json_path(doc, "$..port") == [1, 80, 443]`:                            true,
		`json_path(doc, "$.servers[-1]['host']") == ["b"]`:                     true,
		`json_path(doc, "$.deep['odd name']") == [null]`:                       true,
		`json_path(doc, "$.nothing.at.all") == []`:                             true,
		`json_path(doc.servers, "$[0].*") == ["a", 80]`:                        true,
		`json_path(doc, "$").size() == 1`:                                      true,
		`json_path(null, "$.a") == []`:                                         true,
		`regex(text, "(?i)invoice")`:                                           true,
		`regex(text, "^by mail")`:                                              true,
		`text.matches("\\d{10}")`:                                              false,
		`near("Pay", "DE\\d\\d", 4)`:                                           true,
		`near("DE\\d\\d", "Pay", 3)`:                                           false,
		`near("DE\\d\\d", "Pay", 4)`:                                           true,
		`near("for", "Pay", 6)`:                                                true, // ö is one
		`near("for", "Pay", 5)`:                                                false,
		`near(name, "a", "yaml", 1)`:                                           true,
		`near("absent", "Pay", 100)`:                                           false,
		`near("Inv", "Invoice", 0)`:                                            true,
		`pii(text).map(f, f.kind) == ["iban", "email"]`:                        true,
		`pii(text, "email")[0].start == 63 && pii(text, "email")[0].end == 77`: true,
		`pii(text, "iban")[0].detail == "DE"`:                                  true,
		`pii(text, "nothing").size() == 0`:                                     true,
		`pii(text, "email").exists(f, f.confidence > 0.9)`:                     true,
	} {
		r, err := l.Compile(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got, err := r.Eval(t.Context(), document); err != nil || got != want {
			t.Errorf("%s is %v, %v", expression, got, err)
		}
	}
}

func TestWhatIsNoVerdict(t *testing.T) {
	l := language(t)
	long := rule.Document{Text: strings.Repeat("a line of text\n", 20_000)}
	for _, c := range []struct {
		expression string
		document   rule.Document
		want       error
	}{
		{`doc`, rule.Document{Doc: map[string]any{}}, rule.ErrNotBoolean},
		{`doc.missing == 1`, rule.Document{Doc: map[string]any{}}, rule.ErrEvaluation},
		{`doc.a == 1`, rule.Document{}, rule.ErrEvaluation},
		{`1 / size(name) == 1`, rule.Document{}, rule.ErrEvaluation},
		{`lines[5] == ""`, rule.Document{}, rule.ErrEvaluation},
		{`lines.all(a, lines.all(b, lines.all(c, a != b || b != c || true)))`, long, rule.ErrCost},
		{`size(lines) > 0`, rule.Document{Text: strings.Repeat("\n", rule.MaxLines)}, rule.ErrEvaluation},
		{`lines.exists(l, regex(text, "zzzz(a{100}){8}"))`, long, rule.ErrCost},
	} {
		r, err := l.Compile(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		if got, err := r.Eval(t.Context(), c.document); !errors.Is(err, c.want) {
			t.Errorf("%s is %v, %v, want %v", c.expression, got, err, c.want)
		}
	}
}

func TestProblems(t *testing.T) {
	l := language(t)
	for _, c := range []struct {
		expression string
		want       rule.Problem
	}{
		{"", rule.Problem{Fault: rule.FaultSyntax, Line: 1, Column: 1}},
		{"text ==", rule.Problem{Fault: rule.FaultSyntax, Line: 1, Column: 8}},
		{"text == \"a\"\n  && secret", rule.Problem{Fault: rule.FaultType, Line: 2, Column: 6}},
		{"1 + \"a\" == 2", rule.Problem{Fault: rule.FaultType, Line: 1, Column: 3}},
		{"unheard(text)", rule.Problem{Fault: rule.FaultType, Line: 1, Column: 8}},
		{"text", rule.Problem{Fault: rule.FaultResult, Line: 1, Column: 1}},
		{"size(text)", rule.Problem{Fault: rule.FaultResult, Line: 1, Column: 1}},
		{`regex(text, "(")`, rule.Problem{Fault: rule.FaultPattern, Line: 1, Column: 13}},
		{`regex(text, name)`, rule.Problem{Fault: rule.FaultPattern, Line: 1, Column: 13}},
		{`true &&` + "\n" + `text.matches("a{1000}{1000}")`, rule.Problem{Fault: rule.FaultPattern, Line: 2, Column: 14}},
		{`regex(text, "(a{100}){9}(b{100}){9}")`, rule.Problem{Fault: rule.FaultPattern, Line: 1, Column: 13}},
		{`near("\\Aa", "b", 1)`, rule.Problem{Fault: rule.FaultPattern, Line: 1, Column: 6}},
		{`json_path(doc, "servers") == []`, rule.Problem{Fault: rule.FaultPath, Line: 1, Column: 16}},
		{`json_path(doc, "$..a..b") == []`, rule.Problem{Fault: rule.FaultPath, Line: 1, Column: 16}},
		{strings.Repeat("(", 300) + "true" + strings.Repeat(")", 300), rule.Problem{Fault: rule.FaultSize}},
		{strings.Repeat("!", rule.MaxLength) + "true", rule.Problem{Fault: rule.FaultSize}},
		{strings.Repeat("true && ", 1500) + "true", rule.Problem{Fault: rule.FaultSize}},
	} {
		_, err := l.Compile(c.expression)
		var got *rule.Problem
		if !errors.As(err, &got) || *got != c.want {
			t.Errorf("%.60q: %+v, want %+v", c.expression, err, c.want)
		}
	}
}

func TestAnEvaluationEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r, err := language(t).Compile(`text.matches("a")`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Eval(ctx, document); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
