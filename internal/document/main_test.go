package document_test

import (
	"context"
	"os"
	"testing"

	"dpp/internal/document"
	"dpp/internal/sandbox"
)

// TestMain makes this test's binary the children of its own pools.
func TestMain(m *testing.M) {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	code := m.Run()
	if err := shared.Close(); err != nil && code == 0 {
		code = 1
	}
	os.Exit(code)
}

// shared is the pool of all tests: the engine is compiled once.
var shared = sandbox.New(sandbox.Options{Start: patience})

func read(t *testing.T, content []byte, opts document.PDFOptions) (*document.PDF, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return document.New(shared).PDF(ctx, content, opts)
}
