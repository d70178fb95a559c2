package main

import (
	"os"
	"path/filepath"
	"testing"
)

const before = `package store

import (
	"strings"

	"plain"
	"plain/internal/ledger"
	"plainer.org/other"
)

// Stored under plain/internal.
const prefix = "plain/internal/ledger"

var _ = strings.ToUpper(plain.Name + ledger.Name + other.Name + prefix)
`

const after = `package store

import (
	"strings"

	"example.com/new"
	"example.com/new/internal/ledger"
	"plainer.org/other"
)

// Stored under plain/internal.
const prefix = "plain/internal/ledger"

var _ = strings.ToUpper(plain.Name + ledger.Name + other.Name + prefix)
`

func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "go.mod", "module plain\n\ngo 1.26.0\n")
	write(t, root, "tools/go.mod", "module plain/tools\n\ngo 1.26.0\n")
	write(t, root, lintConfig, "      module-path: plain # here\n")
	write(t, root, "store/store.go", before)
	write(t, root, "store/testdata/broken.go", "no go at all")
	return root
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, root, name, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

func TestRenameChangesWhatNamesTheModuleAndNothingElse(t *testing.T) {
	root := project(t)
	count, err := rename(t.Context(), root, "example.com/new")
	if err != nil || count != 4 {
		t.Fatalf("renamed %d files, %v; want 4", count, err)
	}
	expect(t, root, "go.mod", "module example.com/new\n\ngo 1.26.0\n")
	expect(t, root, "tools/go.mod", "module example.com/new/tools\n\ngo 1.26.0\n")
	expect(t, root, lintConfig, "      module-path: example.com/new # here\n")
	expect(t, root, "store/store.go", after)
	expect(t, root, "store/testdata/broken.go", "no go at all")
}

func TestRenameBackGivesTheSameFiles(t *testing.T) {
	root := project(t)
	for _, to := range []string{"example.com/new", "plain"} {
		if _, err := rename(t.Context(), root, to); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, root, "store/store.go", before)
	expect(t, root, "tools/go.mod", "module plain/tools\n\ngo 1.26.0\n")
}

func TestARefusedNameChangesNothing(t *testing.T) {
	for _, to := range []string{"no spaces", "-flag", "../up", "a//b", ""} {
		root := project(t)
		if _, err := rename(t.Context(), root, to); err == nil {
			t.Errorf("%q was accepted", to)
		}
		expect(t, root, "go.mod", "module plain\n\ngo 1.26.0\n")
		expect(t, root, "store/store.go", before)
	}
}
