package document_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"dpp/internal/document"
)

// patience bounds how long a test waits for a child, whose engine the race detector
// makes ten times as slow.
const patience = 5 * time.Minute

// truth reads a file of the folder that TRUTH_DIR names, if there is one.
func truth(t *testing.T, name string) ([]byte, bool) {
	t.Helper()
	dir := os.Getenv("TRUTH_DIR")
	if dir == "" {
		t.Logf("TRUTH_DIR is not set: %s was not read", name)
		return nil, false
	}
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content, true
}

// words is a text with runs of white space as one space, in one normal form.
func words(text string) string { return strings.Join(strings.Fields(norm.NFC.String(text)), " ") }

func TestTextOfDocumentsWhoseTextIsKnown(t *testing.T) {
	for _, name := range []string{"ocr/15_letter_text", "ocr/17_kor_text"} {
		content, ok := truth(t, name+".pdf")
		if !ok {
			continue
		}
		want, _ := truth(t, name+".gt.txt")
		got, err := read(t, content, document.PDFOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pages := strings.Split(strings.TrimRight(string(want), "\f\n"), "\f")
		if got.PageCount != len(pages) || len(got.Pages) != len(pages) || got.Cut != document.CutNothing {
			t.Errorf("%s: %d of %d pages, cut %q, want %d", name, len(got.Pages), got.PageCount, got.Cut, len(pages))
			continue
		}
		for i, page := range pages {
			if got, want := words(got.Pages[i].Text), words(page); got != want {
				t.Errorf("%s, page %d:\ngot  %s\nwant %s", name, i+1, got, want)
			}
		}
		if got.Created.Year() != 2026 {
			t.Errorf("%s was made at %v", name, got.Created)
		}
	}
}

func TestBrokenDocumentsOfOthers(t *testing.T) {
	if content, ok := truth(t, "ocr_real/invalid.pdf"); ok {
		if got, err := read(t, content, document.PDFOptions{}); !errors.Is(err, document.ErrDamaged) {
			t.Errorf("invalid.pdf: %+v, %v", got, err)
		}
	}
	if content, ok := truth(t, "ocr_real/no_contents.pdf"); ok {
		got, err := read(t, content, document.PDFOptions{})
		if err != nil || len(got.Pages) != 1 || got.Pages[0].Text != "" || got.Pages[0].Unreadable {
			t.Errorf("no_contents.pdf: %+v, %v", got, err)
		}
	}
}
