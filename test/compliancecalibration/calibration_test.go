package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack"
	"dpp/internal/pack/compliancepack/precision"
	"dpp/test/figures"
	"dpp/test/labelled"
)

// Where what is counted stands.
const (
	page = "../../docs/packs/compliance.md"
	code = "../../internal/pack/compliancepack/precision/table.go"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Counting anew gives the counts of the code and the table of the page, on the cases of others
// where they are there.
func TestWhatIsCountedStandsInTheCodeAndOnThePage(t *testing.T) {
	dir := t.TempDir()
	out, source := filepath.Join(dir, "page.md"), filepath.Join(dir, "table.go")
	begin, end := figures.Marks(marks, writer)
	if err := os.WriteFile(out, []byte(begin+end), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if err := run(t.Context(), os.Getenv("TRUTH_DIR"), out, source, &log); err != nil {
		t.Fatal(err)
	}
	if got := read(t, source); got != read(t, code) || !strings.Contains(log.String(), got) {
		t.Errorf("other counts than those of the code, which test/compliancecalibration -code writes:\n%s", got)
	}
	if table := read(t, out); !strings.Contains(read(t, page), table) {
		t.Errorf("another table than that of the page, which test/compliancecalibration -out writes:\n%s", table)
	}
	if os.Getenv("TRUTH_DIR") == "" && !strings.Contains(log.String(), "were not counted") {
		t.Error("nobody says that the cases of others were not counted")
	}
}

// The strength is that by which documents are foretold best.
func TestTheStrengthIsTheBest(t *testing.T) {
	s, err := observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := best(s.all); got != precision.Strength {
		t.Errorf("the strength is %d, %g would be better:\n%s", precision.Strength, got, foretold(s.all))
	}
	for _, c := range counted(s.all) {
		if c.Own.Fired < c.Own.Right || c.Own.Fired == 0 {
			t.Errorf("%+v", c)
		}
	}
}

// Findings are right where a value of their kind stands, and any rule is right about a secret.
func TestFindingsAreJudged(t *testing.T) {
	d := labelled.Document{Name: "a", Values: []labelled.Value{{Kind: "email", Start: 10, End: 20}, {Kind: labelled.Secret, Start: 30, End: 40}, {Kind: "iban", Start: 50, End: 60}}}
	s := &sight{planted: map[string]int{}, found: map[string]int{}}
	s.add(d, []compliancepack.Hit{
		{Rule: "pii.email", Start: 12, End: 25},
		{Rule: "pii.email", Start: 20, End: 25},
		{Rule: "pii.phone", Start: 10, End: 20},
		{Rule: "secrets.github-pat", Start: 30, End: 40},
		{Rule: "secrets.generic-api-key", Start: 39, End: 41},
		{Rule: "secrets.jwt", Start: 10, End: 20},
	})
	var right []bool
	for _, o := range s.all {
		right = append(right, o.right)
	}
	if !slices.Equal(right, []bool{true, false, false, true, true, false}) {
		t.Errorf("%v", right)
	}
	if s.planted["iban"] != 1 || s.found["iban"] != 0 || s.found["email"] != 1 || s.found[labelled.Secret] != 1 {
		t.Errorf("%+v", s)
	}
}

func TestCasesOfOthersAreJudged(t *testing.T) {
	dir := t.TempDir()
	const cases = `{"cases": {"email": [{"text": "é jo@example.de and bo@example.de", "count": 1, "spans": [[2, 15]]}, {"text": "jo@example.de, bo@example.de", "count": 1, "spans": null}], "nobody": [{"text": "x", "count": 1}]}}`
	if err := os.WriteFile(filepath.Join(dir, "pii_cases.json"), []byte(cases), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := observeOthers(t.Context(), dir)
	if err != nil || len(all) != 4 {
		t.Fatalf("%+v, %v", all, err)
	}
	if got := counted(all); len(got) != 1 || got[0].Others != (precision.Tally{Fired: 4, Right: 2}) || got[0].Own.Fired != 0 {
		t.Errorf("%+v", got)
	}
	if all, err := observeOthers(t.Context(), ""); err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
	for _, text := range []string{"", `{"cases": {}}`} {
		if err := os.WriteFile(filepath.Join(dir, "pii_cases.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := observeOthers(t.Context(), dir); err == nil {
			t.Errorf("%q are no cases", text)
		}
	}
}

// What was counted of others stays where they are not there, and goes where it is counted anew.
func TestEarlierCountsStay(t *testing.T) {
	own := counted([]observation{{recogniser: "b", confidence: 0.5, right: true}, {recogniser: "b", confidence: 0.5}, {recogniser: "a", confidence: 0.9}})
	earlier := []precision.Count{{Recogniser: "b", Said: 50, Own: precision.Tally{Fired: 9}, Others: precision.Tally{Fired: 3, Right: 1}}, {Recogniser: "c", Said: 10, Others: precision.Tally{Fired: 1}}, {Recogniser: "d", Said: 10, Own: precision.Tally{Fired: 1}}}
	want := []precision.Count{
		{Recogniser: "a", Said: 90, Own: precision.Tally{Fired: 1}},
		{Recogniser: "b", Said: 50, Own: precision.Tally{Fired: 2, Right: 1}, Others: precision.Tally{Fired: 3, Right: 1}},
		{Recogniser: "c", Said: 10, Others: precision.Tally{Fired: 1}},
	}
	if got := withOthers(own, earlier); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// Where a recogniser is as right as it says, its word is worth much; where documents show that
// it is not, little.
func TestTheBestStrengthFollowsTheDocuments(t *testing.T) {
	of := func(confidence float64) (all []observation) {
		for i := range 60 {
			wrong := i/10%2 == 0 && i%10 < 2 // two of ten in every other document, one of ten in all
			all = append(all, observation{recogniser: "a", confidence: confidence, right: !wrong, group: string(rune('a' + i/10))})
		}
		return all
	}
	if low, high := best(of(0.2)), best(of(0.9)); low != 1 || high != 100 {
		t.Errorf("%v and %v", low, high)
	}
	right, wrong := -math.Log((44+0.9)/51), -(0.8*math.Log((46+0.9)/51) + 0.2*math.Log(1-(46+0.9)/51))
	if got, want := misses(of(0.9))[0], (right+wrong)/2; math.Abs(got-want) > 1e-9 {
		t.Errorf("a miss of %v, want %v", got, want)
	}
}
