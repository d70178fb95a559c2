package sandbox

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
)

// raw is a child without a parent that would watch it, at a job.
func raw(t *testing.T, limits setup, kind string) (cmd *exec.Cmd, hangUp func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, toChild, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromChild, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), self, argument)
	cmd.Env, cmd.Stdin, cmd.Stdout = []string{}, in, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fromChild.Close() })
	_, _ = in.Close(), out.Close()
	limits.Protocol, limits.Jobs, limits.MaxJob, limits.MaxAnswer = protocol, 10, 1<<20, 1<<20
	body, err := json.Marshal(limits)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFrame(toChild, frameSetup, body); err != nil {
		t.Fatal(err)
	}
	if err := writeFrame(toChild, frameJob, []byte{byte(len(kind))}, []byte(kind)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []frameKind{frameReady, frameAccepted} {
		if f, err := readFrame(fromChild, maxReady); err != nil || f.kind != want {
			t.Fatalf("%c, %v", f.kind, err)
		}
	}
	return cmd, func() { _ = toChild.Close() }
}

// TestAChildEndsWithItsInput, whatever it does: that is all that tells it of its
// parent's death where the kernel does not.
func TestAChildEndsWithItsInput(t *testing.T) {
	for _, kind := range []string{"hang", "spin"} {
		cmd, hangUp := raw(t, setup{Memory: 1 << 30, CPU: 1 << 62}, kind)
		hangUp()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestAChildWatchesItself: where the system does not show a parent what others use,
// nobody else does.
func TestAChildWatchesItself(t *testing.T) {
	cmd, hangUp := raw(t, setup{Memory: 1 << 30, CPU: 100_000_000}, "spin")
	defer hangUp()
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != exitCPU {
		t.Errorf("spin: %v", cmd.ProcessState)
	}
	cmd, hangUp = raw(t, setup{Memory: 200 << 20, CPU: 1 << 62}, "map")
	defer hangUp()
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != exitMemory {
		t.Errorf("map: %v", cmd.ProcessState)
	}
}

// TestAKernelThatRefusesNamespaces, as in most containers: children do without, and the
// log says so once.
func TestAKernelThatRefusesNamespaces(t *testing.T) {
	var logged bytes.Buffer
	p := New(Options{Children: 1, Jobs: 1, Log: slog.New(slog.NewTextHandler(&logged, nil))})
	p.launcher.attrs = func(isolated bool) *syscall.SysProcAttr {
		a := attributes(false)
		if isolated {
			a.Chroot = filepath.Join(t.TempDir(), "refused")
		}
		return a
	}
	for range 3 {
		if answer, err := p.Do(t.Context(), "echo", []byte("here")); err != nil || string(answer) != "here" {
			t.Errorf("%s, %v", answer, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(logged.String(), "no network namespace"); n != 1 {
		t.Errorf("said %d times: %s", n, logged.String())
	}
}

// TestNobodyElseStartsAChild: whoever tries hears one line.
func TestNobodyElseStartsAChild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		in   string
	}{
		"with more arguments": {[]string{argument, "--help"}, ""},
		"in a pipe":           {[]string{argument}, "hello, are you there?"},
		"in an empty pipe":    {[]string{argument}, ""},
		"of another version":  {[]string{argument}, "S\x00\x00\x00\x0f{\"protocol\":99}"},
	} {
		cmd := exec.CommandContext(t.Context(), self, c.args...)
		cmd.Stdin = strings.NewReader(c.in)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitUsage || string(out) != byHand+"\n" {
			t.Errorf("%s: %v, %q", name, cmd.ProcessState, out)
		}
	}
}

func TestWhoIsAChild(t *testing.T) {
	for line, want := range map[string]bool{"dpp": false, "dpp up": false, "dpp " + argument: true, "dpp up " + argument: false, "dpp " + argument + " x": true} {
		if IsChild(strings.Fields(line)) != want {
			t.Errorf("%s: %v", line, !want)
		}
	}
}
