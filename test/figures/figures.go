// Package figures writes what was measured into pages of the documentation.
package figures

import (
	"fmt"
	"os"
	"strings"
)

// Marks are the lines between which the figures of a name stand in a page, which by says
// who writes.
func Marks(name, by string) (begin, end string) {
	return "<!-- " + name + ": written by " + by + " -->\n", "<!-- /" + name + " -->\n"
}

// Write replaces what stands between the marks of a page. Nothing is written where one of
// them is missing.
func Write(file, name, by, text string) error {
	begin, end := Marks(name, by)
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s lacks the marks %q and %q", file, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
