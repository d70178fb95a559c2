package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestWhatTheKernelHolds: in the namespaces and without them.
func TestWhatTheKernelHolds(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for _, isolated := range []bool{true, false} {
		p := New(Options{Children: 1, Memory: 256 << 20})
		p.launcher.isolated = isolated
		is, err := p.Isolation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !is.Privileges || !is.Memory || !isolated && is.Network {
			t.Errorf("isolated %v: %+v", isolated, is)
		}
		pid, err := p.Do(t.Context(), "pid", nil)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := os.Readlink("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		if theirs, err := os.Readlink("/proc/" + string(pid) + "/ns/net"); err != nil || (theirs == ours) == is.Network {
			t.Errorf("its network is %s, ours %s, %v, it says %+v", theirs, ours, err, is)
		}
		threads, err := filepath.Glob("/proc/" + string(pid) + "/task/*/status")
		if err != nil || len(threads) < 2 {
			t.Errorf("%d threads, %v", len(threads), err)
		}
		for _, thread := range threads {
			if status, err := os.ReadFile(thread); err == nil && !strings.Contains(string(status), "NoNewPrivs:\t1\n") {
				t.Error("a thread may gain privileges")
			}
		}
		limits, err := p.Do(t.Context(), "limits", nil)
		if err != nil || string(limits) != "core 0, files 64" {
			t.Errorf("%s, %v", limits, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	goleak.VerifyNone(t, before)
}
