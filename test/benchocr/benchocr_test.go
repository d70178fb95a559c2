package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dpp/test/figures"
)

func TestWithoutTheFolderNothingIsMeasured(t *testing.T) {
	var log strings.Builder
	if err := run(t.Context(), "", options{}, &log); err != nil || !strings.Contains(log.String(), "was not measured") {
		t.Errorf("%v %q", err, log.String())
	}
	if err := run(t.Context(), filepath.Join(t.TempDir(), "gone"), options{}, &log); err == nil {
		t.Error("a folder that is named and missing is no error")
	}
}

// Where the figures go is there, and holds them in the form that is written.
func TestThePageHasTheMarks(t *testing.T) {
	page, err := os.ReadFile("../../docs/packs/ocr.md")
	if err != nil {
		t.Fatal(err)
	}
	begin, end := figures.Marks(name, by)
	_, rest, ok := strings.Cut(string(page), begin)
	tables, _, closed := strings.Cut(rest, end)
	if !ok || !closed || !strings.Contains(tables, "| page |") || !strings.Contains(tables, "| first result") {
		t.Errorf("%q", tables)
	}
}

func TestErrorsAreCounted(t *testing.T) {
	for _, c := range []struct {
		truth, text string
		want        float64
	}{
		{"abcd", "abcd", 0},
		{"ab\n\n cd", " ab cd ", 0},
		{"abcd", "abxd", 0.25},
		{"abcd", "abd", 0.25},
		{"abcd", "abxcd", 0.25},
		{"abcd", "", 1},
		{"e\u0301a", "\u00e9a", 0},
		{"", "x", 0},
	} {
		if got := errorRate(c.truth, c.text); got != c.want {
			t.Errorf("%q of %q: %v, want %v", c.text, c.truth, got, c.want)
		}
	}
}

func TestTablesShowWhatWasRead(t *testing.T) {
	good, bad := reading{text: "abcd"}, reading{text: "abcx"}
	good.used, bad.used = usage{user: time.Second, peak: 100 << 20}, usage{user: 3 * time.Second, peak: 50 << 20}
	r := &readings{
		readers: []reader{{name: "one"}, {name: "two"}},
		pages:   []page{{name: "a.png", text: "abcd", made: true, language: "eng"}, {name: "b.tif", text: "abcd"}},
		got:     [][]reading{{bad, good}, {good, good}},
	}
	got := r.table()
	for _, want := range []string{
		"| page | one | two |\n|---|---|---|\n",
		"| `a.png` | 25.00 %, 3.00 s, 50 | 0.00 %, 1.00 s, 100 |\n",
		"| **made pages, worst** | 25.00 % | 0.00 % |\n",
		"| **scans, mean error** | 0.00 % | 0.00 % |\n",
		"| **Korean, worst** | – | – |\n",
		"| **processor, all pages** | 4.0 s | 2.0 s |\n",
		"| **times the two** | 2.00 | 1.00 |\n",
		"| **memory at most** | 100 MiB | 100 MiB |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
