package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dpp/internal/sandbox"
)

// parent has a child at work, says its number, and waits to be killed.
func parent(begun string) {
	p := sandbox.New(sandbox.Options{Children: 1, Cache: filepath.Dir(begun)})
	pid, err := p.Do(context.Background(), "pid", nil)
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf("%s\n", pid)
	kind := strings.TrimPrefix(filepath.Ext(begun), ".")
	if kind == "idle" {
		_ = os.WriteFile(begun, []byte("idle"), 0o600)
		select {}
	}
	_, _ = p.Do(context.Background(), kind, []byte(begun))
	select {}
}

// TestAChildDiesWithItsParent, which was killed and could say nothing.
func TestAChildDiesWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"idle", "hang", "spin"} {
		begun := filepath.Join(t.TempDir(), "begun."+kind)
		cmd := exec.CommandContext(t.Context(), self, "parent", begun)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a job of the parent begins", func() bool { return exists(begun) })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		pid, err := strconv.Atoi(strings.TrimSpace(string(said)))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the child of a killed parent ends: "+kind, func() bool { return gone(pid) })
	}
}
