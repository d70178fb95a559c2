package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"dpp"
)

// TestRollingRestart replaces every process under load, one at a time. No run is
// lost or begun twice, and no answer says anything but "come again".
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	web := newPages(t)
	s := production(t, fast, fastReads, "DPP_URL_ALLOW_CIDRS=127.0.0.0/8", "DPP_DRAIN_GRACE=1s", "DPP_LOG_LEVEL=warn")
	_, key := s.tenant("rolling", "100000.0000")
	load := newLoad(t, s.client(key))
	for round := range count(1, 10) {
		name := fmt.Sprint("round-", round)
		load.during(func() {
			load.hang(web, name, 3) // they are handed from worker to worker
			for _, i := range rand.Perm(len(s.parts)) {
				s.parts[i].stop()
				load.atLeast(5)
				s.parts[i].up()
				load.atLeast(5)
			}
			web.letGo(name)
		})
	}
	for id, run := range load.settled(s, 2*time.Minute) {
		// A run that is handed back is begun again, which is no loss.
		if run.Status != dpp.StatusCompleted {
			t.Errorf("run %s ended %s: %+v", id, run.Status, run.Error)
		}
	}
	for how, n := range s.balance.cutOff() {
		// A listener that closes resets connections that it has not taken yet.
		if !strings.HasSuffix(how, "connection reset by peer") || strings.HasPrefix(how, halfway) {
			t.Errorf("%d connections: %s", n, how)
		}
	}
	load.replay()
	s.stop()
	s.audit()
	t.Logf("%d runs accepted, %d submits repeated, cut off: %v", len(load.accepted), load.repeats, s.balance.cutOff())
}
