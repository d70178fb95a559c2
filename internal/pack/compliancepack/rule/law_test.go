package rule_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"dpp/internal/pack/compliancepack/rule"
)

func eval(t testing.TB, expression string, d rule.Document) bool {
	t.Helper()
	r, err := language(t).Compile(expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	got, err := r.Eval(t.Context(), d)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// near gives what its definition says, over all pairs of matches.
func TestNear(t *testing.T) {
	a, b := regexp.MustCompile(`a+`), regexp.MustCompile(`b|ab`)
	r, err := language(t).Compile(`near("a+", "b|ab", size(name))`)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[abé.]{0,20}`).Draw(t, "text")
		distance := rapid.IntRange(0, 6).Draw(t, "distance")
		want := false
		for _, x := range a.FindAllStringIndex(text, -1) {
			for _, y := range b.FindAllStringIndex(text, -1) {
				low, high := x[1], y[0]
				if x[0] > y[0] {
					low, high = y[1], x[0]
				}
				want = want || high < low || utf8.RuneCountInString(text[low:high]) <= distance
			}
		}
		got, err := r.Eval(t.Context(), rule.Document{Text: text, Name: strings.Repeat("n", distance)})
		if err != nil || got != want {
			t.Errorf("%q, %d apart: %v, %v", text, distance, got, err)
		}
	})
}

// Long texts are searched in pieces, and nothing is lost or made up where they are cut.
func TestNearInLongTexts(t *testing.T) {
	for _, at := range []int{0, 64<<10 - 8, 64<<10 - 3, 64 << 10, 128<<10 - 1, 150_000} {
		for _, filler := range []string{"é", "x", "line\n"} {
			text := strings.Repeat(filler, at/len(filler)) + "alpha  omega" + strings.Repeat(filler, 20_000)
			if !eval(t, `near("alpha", "omega", 2)`, rule.Document{Text: text}) || eval(t, `near("alpha", "omega", 1)`, rule.Document{Text: text}) {
				t.Errorf("not found as it stands at %d between %q", at, filler)
			}
			if eval(t, `near("^alpha", "omega", 2)`, rule.Document{Text: text}) != (filler == "line\n" || at == 0) {
				t.Errorf("the beginning of a line is mistaken at %d between %q", at, filler)
			}
		}
	}
}

// An evaluation ends soon after its context, whatever it is at.
func TestLongEvaluationsEnd(t *testing.T) {
	text := strings.Repeat("ab ", 1<<20)
	for _, expression := range []string{
		`regex(text, "(a|ab|b|aa|bb|ba| )*x")`, `near("(a|ab|b|ba| )*x", "b", 1)`, `pii(text).size() > 5`,
	} {
		r, err := language(t).Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		ctx := &ending{Context: t.Context(), after: 3}
		if _, err := r.Eval(ctx, rule.Document{Text: text}); err == nil {
			t.Errorf("%s goes on behind the end of its context", expression)
		}
	}
}

// ending is a context that ends after it was looked at so often.
type ending struct {
	context.Context //nolint:containedctx // it is one
	after           int
}

func (e *ending) Err() error {
	if e.after--; e.after < 0 {
		return context.Canceled
	}
	return nil
}

func TestDeepDocuments(t *testing.T) {
	deep := any(map[string]any{"port": int64(1)})
	for range 100_000 {
		deep = []any{deep}
	}
	r, err := language(t).Compile(`json_path(doc, "$..port") == [1]`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Eval(t.Context(), rule.Document{Doc: deep}); !errors.Is(err, rule.ErrEvaluation) {
		t.Errorf("a document of 100,000 levels: %v", err)
	}
	wide := map[string]any{}
	for _, c := range strings.Split("abcdefghij", "") {
		wide[c] = []any{map[string]any{"port": c}}
	}
	if !eval(t, `json_path(doc, "$..port") == ["a","b","c","d","e","f","g","h","i","j"]`, rule.Document{Doc: wide}) {
		t.Error("members are not in the order of their names")
	}
}

func FuzzCompile(f *testing.F) {
	l := language(f)
	for _, expression := range []string{
		`near("a", "b", 3) && !regex(text, "x+")`, `json_path(doc, "$..a[*]['b'][-1]").size() > 0`, `pii(text, "email").exists(f, f.start > 3)`,
		`lines.map(l, size(l)).exists(n, n > 3)`, `doc.a.b == null || has(doc.c)`, `text.matches("(?i)[a-z]{3,9}$")`, `{"a": [1, 2.5, b"x", true]}`,
		`near(near, 1)`, `json_path()`, `"\uD800"`, `text + text + name`, `[[[[[]]]]]`, `timestamp(text) > timestamp(name)`, `lines[size(lines) - 1] == ""`,
	} {
		f.Add(expression, "Write to jo@example.org,\nnot to a or b.")
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		r, err := l.Compile(expression)
		var problem *rule.Problem
		if err != nil {
			if !errors.As(err, &problem) || problem.Fault == 0 || problem.Line < 0 || problem.Column < 0 {
				t.Errorf("%q: %v", expression, err)
			}
			return
		}
		_, err = r.Eval(t.Context(), rule.Document{Text: text, Doc: map[string]any{"a": map[string]any{"b": text}}, Name: "n", MediaType: "text/plain"})
		if err != nil && !errors.Is(err, rule.ErrCost) && !errors.Is(err, rule.ErrEvaluation) && !errors.Is(err, rule.ErrNotBoolean) {
			t.Errorf("%q: %v", expression, err)
		}
	})
}
