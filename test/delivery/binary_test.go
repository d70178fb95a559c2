package delivery

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// root is the checkout.
const root = "../.."

// scratch is a folder for all tests of the process.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dpp-delivery-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// reproduced is the binary as scripts/reproduce leaves it.
var reproduced = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	path := filepath.Join(scratch, "bin", "dpp")
	if out, err := exec.CommandContext(ctx, filepath.Join(root, "scripts/reproduce"), "--shared-cache", path).CombinedOutput(); err != nil {
		return "", fmt.Errorf("scripts/reproduce: %w\n%s", err, out)
	}
	return path, nil
})

// binary is the dpp that the tests start.
func binary(t *testing.T) string {
	t.Helper()
	path, err := reproduced()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// text is a file of the checkout.
func text(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTwoBuildsInDifferentFoldersAreTheSame(t *testing.T) {
	path := binary(t)
	out, err := exec.CommandContext(t.Context(), "go", "version", "-m", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"build\t-trimpath=true\n", "build\tCGO_ENABLED=0\n"} {
		if !bytes.Contains(out, []byte(setting)) {
			t.Errorf("the binary was not built with %q:\n%s", setting, out)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	toolchain, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{scratch, strings.TrimSpace(string(toolchain)), "dpp-reproduce."} {
		if bytes.Contains(content, []byte(folder)) {
			t.Errorf("the binary names the folder %s of the machine that built it", folder)
		}
	}
	if runtime.GOOS == "linux" {
		isStatic(t, path)
	}
}

// isStatic fails where the binary would need a loader or a library, which the image
// has not.
func isStatic(t *testing.T, path string) {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			t.Error("the binary needs a loader")
		}
	}
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("the binary needs %v (%v)", libraries, err)
	}
}

// A compiler that writes where it works must be found out.
func TestBuildsThatDifferAreRefused(t *testing.T) {
	tools := t.TempDir()
	fake := "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\npwd >\"$2\"\n"
	if err := os.WriteFile(filepath.Join(tools, "go"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "dpp")
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "scripts/reproduce"), out)
	cmd.Env = append(os.Environ(), "PATH="+tools+string(filepath.ListSeparator)+os.Getenv("PATH"))
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(said), "the two builds differ") {
		t.Errorf("%v\n%s", err, said)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it left a binary (%v)", err)
	}
}
