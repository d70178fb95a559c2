package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp/test/figures"
)

// wanted is the F1 that the pack has at least.
const wanted = 0.955

func TestPackFindsTheTextOfPages(t *testing.T) {
	dir := os.Getenv("TRUTH_DIR")
	if dir == "" {
		t.Log("TRUTH_DIR is not set: how well the url pack finds the text of pages was not measured")
		return
	}
	pages, err := readPages(dir)
	if err != nil {
		t.Fatal(err)
	}
	found, err := measure(t.Context(), pages)
	if err != nil {
		t.Fatal(err)
	}
	if found.ours.f1 < wanted || found.pages == 0 {
		t.Errorf("F1 is %.3f on %d pages, wanted %.3f", found.ours.f1, found.pages, wanted)
	}
	t.Logf("\n%s", found.table())
}

func TestWithoutTheFolderNothingIsMeasured(t *testing.T) {
	var log strings.Builder
	if err := run(t.Context(), "", "", "", &log); err != nil || !strings.Contains(log.String(), "was not measured") {
		t.Errorf("%v %q", err, log.String())
	}
	if err := run(t.Context(), filepath.Join(t.TempDir(), "gone"), "", "", &log); err == nil {
		t.Error("a folder that is named and missing is no error")
	}
}

// Where the figures go is there, and holds them in the form that is written.
func TestThePageHasTheMarks(t *testing.T) {
	page, err := os.ReadFile("../../docs/packs/url.md")
	if err != nil {
		t.Fatal(err)
	}
	begin, end := figures.Marks(name, by)
	_, rest, ok := strings.Cut(string(page), begin)
	table, _, closed := strings.Cut(rest, end)
	if !ok || !closed || !strings.HasPrefix(table, "| on ") || strings.Count(table, "\n") != 4 {
		t.Errorf("%q", table)
	}
}
