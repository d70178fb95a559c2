package figures_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp/test/figures"
)

func TestFiguresGoBetweenTheMarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	begin, end := figures.Marks("speed", "make bench")
	for text, ok := range map[string]bool{
		"before\n" + begin + "old\n" + end + "after\n":                    true,
		"<!-- other: written by hand -->\n" + begin + "old\n" + end + "x": true,
		"before\n" + begin + "old\n":                                      false,
		"before\n" + end + "after\n":                                      false,
		"":                                                                false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := figures.Write(file, "speed", "make bench", "new\n")
		written, readErr := os.ReadFile(file)
		if readErr != nil {
			t.Fatal(readErr)
		}
		want := text
		if ok {
			want = strings.Replace(text, "old", "new", 1)
		}
		if (err == nil) != ok || string(written) != want {
			t.Errorf("%q became %q, %v", text, written, err)
		}
	}
	if err := figures.Write(filepath.Join(t.TempDir(), "gone.md"), "speed", "make bench", ""); err == nil {
		t.Error("a page that is not there was written")
	}
}
