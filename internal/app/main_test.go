package app_test

import (
	"os"
	"testing"

	"dpp/internal/app"
)

// TestMain makes this test's binary the children of the servers that it starts.
func TestMain(m *testing.M) {
	if code, child := app.Child(os.Args); child {
		os.Exit(code)
	}
	os.Exit(m.Run())
}
