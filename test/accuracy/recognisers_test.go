package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"dpp/test/figures"
)

// wantedRight is the share of a recogniser's cases that are right at least.
const wantedRight = 0.95

func TestRecognisersOnTheCasesOfOthers(t *testing.T) {
	dir := os.Getenv("TRUTH_DIR")
	if dir == "" {
		t.Log("TRUTH_DIR is not set: recognisers were not measured on the cases of others")
		return
	}
	measured, err := measureCases(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(measured) < 20 {
		t.Errorf("%d recognisers were measured", len(measured))
	}
	for _, a := range measured {
		if a.Claimed && float64(a.Right) < wantedRight*float64(a.Cases) {
			t.Errorf("%s: %d of %d cases right: %s", a.Kind, a.Right, a.Cases, strings.Join(a.Wrong, "; "))
		}
	}
	t.Logf("\n%s", recogniserTable(measured))
}

func TestMeasureRecognisers(t *testing.T) {
	cases, err := readCases([]byte(`{"source": "here", "cases": {
		"email": [{"text": "é jo@example.org", "count": 1, "spans": [[2, 16]]}, {"text": "jo@example.org", "count": 2, "spans": null}, {"text": "jo", "count": 0, "spans": null}],
		"iban": [{"text": "jo@example.org", "count": 1, "spans": [[0, 2]]}, {"text": "jo@example.org", "count": 0, "spans": null}],
		"name": [{"text": "Jo", "count": 1, "spans": [[0, 2]]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := measureRecognisers(t.Context(), cases)
	for i := range got {
		got[i].Wrong = nil
	}
	want := []accuracy{
		{Kind: "email", Claimed: true, Cases: 3, Right: 2, Wanted: 3, Found: 2, Matched: 2},
		{Kind: "iban", Claimed: true, Cases: 1, Right: 1},
		{Kind: "name", Cases: 1},
	}
	if !slices.EqualFunc(got, want, func(a, b accuracy) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("%+v", got)
	}
	const table = "| recogniser | cases | right | recall | precision |\n|---|---|---|---|---|\n" +
		"| `email` | 3 | 2 | 0.667 | 1.000 |\n| `iban` | 1 | 1 | – | – |\n| `name` | 1 | not claimed | | |\n"
	if text := recogniserTable(got); text != table {
		t.Error(text)
	}
	if _, err := readCases([]byte(`{"cases": []}`)); err == nil {
		t.Error("an array is no set of cases")
	}
}

// Where the figures go is there, and holds them in the form that is written.
func TestThePageOfComplianceHasTheMarks(t *testing.T) {
	page, err := os.ReadFile("../../docs/packs/compliance.md")
	if err != nil {
		t.Fatal(err)
	}
	begin, end := figures.Marks(name, by)
	_, rest, ok := strings.Cut(string(page), begin)
	table, _, closed := strings.Cut(rest, end)
	if !ok || !closed || !strings.HasPrefix(table, "| recogniser |") || strings.Count(table, "\n") < 20 {
		t.Errorf("%q", table)
	}
}
