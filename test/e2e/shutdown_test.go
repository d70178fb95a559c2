package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

// processing waits until a run is being worked on.
func processing(t *testing.T, c *client.Client, id dpp.RunID) {
	t.Helper()
	for run, err := range c.Watch(t.Context(), id, 0) {
		if err != nil || run.Terminal {
			t.Fatalf("run %s, %v", run.Status, err)
		}
		if run.Status == dpp.StatusProcessing {
			return
		}
	}
}

// TestShutdown stops a server with a run under way and a client that waits: the
// client gets the state as it is, the run goes back into the queue, which is no
// loss, and the next start finishes it.
func TestShutdown(t *testing.T) { everywhere(t, shutdown) }

func shutdown(t *testing.T, start starter) {
	web := newPages(t)
	s := start(t, "DPP_URL_ALLOW_CIDRS=127.0.0.0/8", "DPP_DRAIN_GRACE=1s", "DPP_MAX_ATTEMPTS=1")
	out, err := s.dev().Submit(t.Context(), web.read(500_000, "/hang/page/a"))
	if err != nil {
		t.Fatal(err)
	}
	processing(t, s.dev(), out.Run.ID)
	waited := make(chan error, 1)
	before := s.dev()
	go func() {
		submission := web.read(500_000, "/hang/page/b")
		submission.Wait = 50 * time.Second
		answer, err := before.Submit(t.Context(), submission)
		if err == nil && answer.Run.Terminal {
			t.Errorf("a run that hangs ended: %s", answer.Run.Status)
		}
		waited <- err
	}()
	waitForRuns(t, s, 2)
	s.stop()
	if err := <-waited; err != nil {
		t.Errorf("a submit that waited: %v", err)
	}
	s.up()
	web.letGo("page")
	run, err := s.dev().Wait(t.Context(), out.Run.ID)
	if err != nil || run.Status != dpp.StatusCompleted || run.Attempt < 2 {
		t.Errorf("after the restart: %s at attempt %d, %v", run.Status, run.Attempt, err)
	}
	s.idle(s.dev(), time.Minute)
	s.stop()
	s.audit()
}

func waitForRuns(t *testing.T, s *site, n int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for {
		budget, err := s.dev().Budget(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if budget.Held == dpp.Money(n)*500_000 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s held, want %d runs", budget.Held, n)
		}
	}
}

// TestASecondSignalExitsAtOnce interrupts a drain that would last.
func TestASecondSignalExitsAtOnce(t *testing.T) { everywhere(t, secondSignal) }

func secondSignal(t *testing.T, start starter) {
	web := newPages(t)
	s := start(t, "DPP_URL_ALLOW_CIDRS=127.0.0.0/8", "DPP_DRAIN_GRACE=10m", "DPP_LEASE_TTL=3s", "DPP_LEASE_HEARTBEAT=1s")
	out, err := s.dev().Submit(t.Context(), web.read(500_000, "/hang/page/a"))
	if err != nil {
		t.Fatal(err)
	}
	processing(t, s.dev(), out.Run.ID)
	for _, p := range s.parts {
		p.interrupt()
	}
	s.up()
	web.letGo("page")
	if run, err := s.dev().Wait(t.Context(), out.Run.ID); err != nil || run.Status != dpp.StatusCompleted {
		t.Errorf("after the restart: %s, %v", run.Status, err)
	}
	s.stop()
	s.audit()
}

// TestOneServerPerFolder starts a second server on the same data.
func TestOneServerPerFolder(t *testing.T) {
	s := embedded(t)
	second := exec.Command(binary, append([]string{"up", "--listen", "127.0.0.1:0"}, s.place...)...)
	second.Env = s.env
	out, err := second.CombinedOutput()
	if err == nil {
		t.Fatalf("a second server started: %s", out)
	}
	if _, err := s.dev().Budget(t.Context()); err != nil {
		t.Errorf("the first one: %v", err)
	}
	address, err := os.ReadFile(filepath.Join(s.place[1], "listen"))
	if err != nil || "http://"+strings.TrimSpace(string(address)) != s.parts[0].url {
		t.Errorf("the second server took the first one's address away: %s, %v", address, err)
	}
	s.stop()
}
