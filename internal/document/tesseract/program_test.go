package tesseract

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dpp/internal/document/picture"
)

// fake puts a program of these lines on the PATH, before all others.
func fake(t *testing.T, lines ...string) *Program {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, programName)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+strings.Join(lines, "\n")+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return &Program{Path: path, Installed: []string{"eng", "osd"}}
}

func TestOnlyTheFifthVersionIsTaken(t *testing.T) {
	const asks = `if [ "$1" = --version ]; then echo "tesseract %s"; else printf 'List of languages:\n%s\n'; fi`
	for says, found := range map[[2]string]bool{
		{"5.3.0", `eng\nosd`}:               true,
		{"v5.5.0.20241111", "eng"}:          true,
		{"4.1.1", "eng"}:                    false,
		{"5.3.0", "osd"}:                    false,
		{"5.3.0", ""}:                       false,
		{"15.3.0", "eng"}:                   false,
		{"5.3.0\"; exit 1; echo \"", `eng`}: false,
		{"5.3.0", "eng\n'; exit 3; echo '"}: false,
	} {
		p := fake(t, fmt.Sprintf(asks, says[0], says[1]))
		got, err := FindProgram(t.Context())
		if found != (err == nil) || err != nil && !errors.Is(err, ErrNoProgram) {
			t.Errorf("%q: %v", says, err)
		}
		if found && (got.Path != p.Path || got.Languages()[0] != "eng") {
			t.Errorf("%q: %+v", says, got)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := FindProgram(t.Context()); !errors.Is(err, ErrNoProgram) {
		t.Errorf("without one: %v", err)
	}
}

// A program that was taken over by a picture, or is another one, costs its time at most.
func TestProgramsThatMisbehave(t *testing.T) {
	g := &picture.Gray{Width: 2, Height: 2, Pix: make([]byte, 4)}
	for name, c := range map[string]struct {
		line string
		want error
	}{
		"fails":             {"echo secret >&2; exit 1", ErrFailed},
		"makes no sense":    {"cat >/dev/null; echo 'secret	1	1	1	1	1	1	1	1	1	1	1'", ErrFailed},
		"writes for ever":   {"cat >/dev/null; while :; do echo 012345678901234567890123456789012345678901234567890123456789; done", ErrFailed},
		"hangs":             {"cat >/dev/null; sleep 600", context.DeadlineExceeded},
		"leaves a child":    {"sleep 600 & wait", context.DeadlineExceeded},
		"does not end well": {"kill -9 $$", ErrFailed},
	} {
		reader, err := fake(t, c.line).Open([]string{"eng"})
		if err != nil {
			t.Fatal(err)
		}
		patience := time.Minute
		if errors.Is(c.want, context.DeadlineExceeded) {
			patience = 300 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err = reader.Read(ctx, g, SegAuto)
		cancel()
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("a program that %s: %v, want %v", name, err, c.want)
		}
	}
}

// It is told of nothing but the picture.
func TestTheProgramSeesAnEmptyWorld(t *testing.T) {
	t.Setenv("SECRET", "1")
	p := fake(t, `cat >/dev/null; [ -z "$SECRET" ] && [ "$OMP_THREAD_LIMIT" = 1 ] && [ "$TESSDATA_PREFIX" = /data ] && [ "$PWD" = / ]`)
	p.Data = "/data"
	reader, err := p.Open([]string{"eng"})
	if err != nil {
		t.Fatal(err)
	}
	if page, err := reader.Read(t.Context(), &picture.Gray{Width: 2, Height: 2, Pix: make([]byte, 4)}, SegAuto); err != nil || page.Text() != "" {
		t.Errorf("%v, %v", page, err)
	}
}
