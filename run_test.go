package dpp_test

import (
	"slices"
	"strings"
	"testing"

	"dpp"
)

// The state machine, drawn completely: a row is where a run stands, a column where
// it may go.
const machine = `
            QUEUED  PROCESSING  COMPLETED  FAILED  EXPIRED  CANCELED
QUEUED      .       yes         .          .       yes      yes
PROCESSING  yes     .           yes        yes     .        yes
COMPLETED   .       .           .          .       .        .
FAILED      .       .           .          .       .        .
EXPIRED     .       .           .          .       .        .
CANCELED    .       .           .          .       .        .
`

func TestStateMachine(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(machine), "\n")
	columns := strings.Fields(rows[0])
	pairs := 0
	for _, row := range rows[1:] {
		cells := strings.Fields(row)
		from := dpp.Status(cells[0])
		for i, cell := range cells[1:] {
			to := dpp.Status(columns[i])
			if got := from.CanBecome(to); got != (cell == "yes") {
				t.Errorf("%s can become %s: %t", from, to, got)
			}
			pairs++
		}
		if terminal := !slices.Contains(cells, "yes"); from.Terminal() != terminal {
			t.Errorf("%s is terminal: %t", from, !terminal)
		}
		if !slices.Contains(dpp.Statuses(), from) {
			t.Errorf("%s is not listed", from)
		}
	}
	if pairs != 36 || len(dpp.Statuses()) != 6 {
		t.Errorf("%d pairs of %d states were looked at", pairs, len(dpp.Statuses()))
	}
}

func TestStatesThatAreNone(t *testing.T) {
	for _, none := range []dpp.Status{"", "queued", "RUNNING"} {
		if none.Terminal() {
			t.Errorf("%q is terminal", none)
		}
		for _, s := range dpp.Statuses() {
			if none.CanBecome(s) || s.CanBecome(none) {
				t.Errorf("there is a way between %q and %s", none, s)
			}
		}
	}
}

func TestPlatformFaults(t *testing.T) {
	for _, reason := range endings {
		want := reason == dpp.ReasonWorkerTimeout || reason == dpp.ReasonInternal
		if reason.PlatformFault() != want {
			t.Errorf("%s is the platform's own fault: %t", reason, !want)
		}
	}
}
