package document_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

// TestMain makes this test's binary the children of its own pools.
func TestMain(m *testing.M) {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	os.Exit(run(m))
}

// shared is the pool of all tests, opened one of children that may start programs, and
// cache what both have compiled.
var (
	shared, opened *sandbox.Pool
	cache          string
)

func run(m *testing.M) int {
	// What children compile is kept as a server keeps it: the race detector makes that ten
	// times as slow, so it is compiled once for all tests of this machine.
	dir, err := sandbox.UserCache()
	if err != nil {
		return 1
	}
	// The race detector wants several times the memory, where the engine is compiled.
	cache, shared = dir, sandbox.New(sandbox.Options{Start: patience, Memory: 4 << 30, Cache: dir})
	opened = sandbox.New(sandbox.Options{
		Start: patience, Memory: 4 << 30, Cache: dir,
		Readable: append((&tesseract.Program{Path: "/usr/bin/tesseract"}).Readable(), os.TempDir(), "/opt/homebrew"),
	})
	code := m.Run()
	if err := errors.Join(shared.Close(), opened.Close()); err != nil {
		return 1
	}
	return code
}

func read(t *testing.T, content []byte, opts document.PDFOptions) (*document.PDF, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return document.New(shared).PDF(ctx, content, opts)
}
