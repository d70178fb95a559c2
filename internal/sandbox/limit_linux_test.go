package sandbox

import (
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
		if !is.Privileges || !is.Kernel || !isolated && is.Network {
			t.Errorf("isolated %v: %+v", isolated, is)
		}
		threads, err := p.Do(t.Context(), "threads", nil)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Fields(string(threads))
		if len(all) < 2 {
			t.Errorf("%d threads", len(all))
		}
		for _, thread := range all {
			if thread != "1" {
				t.Errorf("a thread of %d may gain privileges", len(all))
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
