package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the dpp that the tests drive, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(reads) != "" {
		os.Exit(mainOfReader())
	}
	dir, err := os.MkdirTemp("", "dpp-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "dpp")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "../../cmd/dpp")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run() // the shared servers end with this process
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// soak tells whether the full counts are wanted, which take minutes.
func soak() bool { return os.Getenv("SOAK") == "1" }

// count is how often a test does its thing: quickly by default, fully in a soak.
func count(quick, full int) int {
	if soak() {
		return full
	}
	return quick
}
