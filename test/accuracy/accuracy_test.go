package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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

func TestFiguresGoBetweenTheMarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	for text, ok := range map[string]bool{
		"before\n" + begin + "old\n" + end + "after\n": true,
		"before\n" + begin + "old\n":                   false,
		"before\n" + end + "after\n":                   false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := writeBetween(file, "new\n")
		written, readErr := os.ReadFile(file)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if want := strings.Replace(text, "old", "new", 1); (err == nil) != ok || ok && string(written) != want || !ok && string(written) != text {
			t.Errorf("%q became %q, %v", text, written, err)
		}
	}
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
	_, rest, ok := strings.Cut(string(page), begin)
	table, _, closed := strings.Cut(rest, end)
	if !ok || !closed || !strings.HasPrefix(table, "| on ") || strings.Count(table, "\n") != 4 {
		t.Errorf("%q", table)
	}
}
