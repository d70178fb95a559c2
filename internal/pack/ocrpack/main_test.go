package ocrpack

import (
	"os"
	"testing"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/inputs"
	"dpp/internal/sandbox"
)

// TestMain makes this test's binary the children of its own pool.
func TestMain(m *testing.M) {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	os.Exit(runTests(m))
}

// patience bounds how long a test waits for a child, whose engine the race detector makes
// ten times as slow.
const patience = 5 * time.Minute

// shared is the pool of all tests with real documents.
var shared *sandbox.Pool

func runTests(m *testing.M) int {
	// What children compile is kept as a server keeps it.
	cache, err := sandbox.UserCache()
	if err != nil {
		return 1
	}
	// The race detector wants several times the memory, where the engine is compiled.
	shared = sandbox.New(sandbox.Options{Start: patience, CPU: patience, Wall: patience, Memory: 4 << 30, Cache: cache})
	code := m.Run()
	if err := shared.Close(); err != nil {
		return 1
	}
	return code
}

// realPack reads with the engine that is built in, if there is one.
func realPack() *Pack {
	var engines []document.Engine
	if languages := tesseract.BuiltIn(); len(languages) > 0 {
		engines = []document.Engine{{Languages: languages}}
	}
	return New(inputs.New(nil, nil, nil, inputs.Options{}), document.New(shared), Options{Engines: engines})
}

// hasEngine tells whether OCR can be tested.
func hasEngine(t *testing.T) bool {
	t.Helper()
	if len(tesseract.BuiltIn()) == 0 {
		t.Log("the engine was not built in (make assets): OCR was not tested")
		return false
	}
	return true
}
