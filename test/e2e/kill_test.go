package e2e

import (
	"math/rand/v2"
	"testing"
	"time"

	"dpp"
)

// TestKill kills processes at random moments under load and starts them again on
// the same data: every accepted run ends, none is missing, and the books are clean.
func TestKill(t *testing.T) {
	everywhere(t, func(t *testing.T, start starter) {
		s := start(t, fast, fastReads, "DPP_LEASE_TTL=3s", "DPP_LEASE_HEARTBEAT=1s", "DPP_LOG_LEVEL=warn")
		_, key := s.tenant("killed", "100000.0000")
		kills := count(5, 50)
		random := rand.New(rand.NewPCG(7, 11))
		load := newLoad(t, s.client(key))
		for round := range kills {
			load.during(func() {
				load.atLeast(10)
				pause(t.Context(), time.Duration(random.IntN(400))*time.Millisecond)
				victim := s.parts[(3*round+random.IntN(3))%len(s.parts)] // soon one of each role
				victim.kill()
				pause(t.Context(), time.Duration(random.IntN(400))*time.Millisecond)
				victim.up()
			})
			if t.Failed() {
				return
			}
		}
		ends := map[dpp.Status]int{}
		for id, run := range load.settled(s, 5*time.Minute) {
			if run.Status != dpp.StatusCompleted && (run.Error == nil || run.Error.Reason != dpp.ReasonWorkerTimeout) {
				t.Errorf("run %s ended %s: %+v", id, run.Status, run.Error)
			}
			ends[run.Status]++
		}
		load.replay()
		s.stop()
		s.audit()
		t.Logf("%d kills, %d runs accepted, all ended: %v; cut off: %v", kills, len(load.accepted), ends, s.balance.cutOff())
	})
}
