package dpp_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
)

// endings are the reasons for which runs end, and none.
var endings = []dpp.Reason{
	"", dpp.ReasonPackError, dpp.ReasonInputRejected, dpp.ReasonTimeboxExceeded, dpp.ReasonCostLimitReached, dpp.ReasonReliabilityNotMet,
	dpp.ReasonWorkerTimeout, dpp.ReasonReservationExpired, dpp.ReasonCanceled, dpp.ReasonInternal,
}

// wantCharge repeats the law of the contract as a table over the pairs of states,
// with the platform's faults apart.
func wantCharge(r dpp.Reservation, from, to dpp.Status, reason dpp.Reason, metered dpp.Money, chargeFaults bool) dpp.Money {
	fault := reason == dpp.ReasonWorkerTimeout || reason == dpp.ReasonInternal
	switch [2]dpp.Status{from, to} {
	case [2]dpp.Status{dpp.StatusProcessing, dpp.StatusCompleted}:
		switch {
		case metered < 0:
			return 0
		case metered > r.MaxCost:
			return r.MaxCost
		}
		return metered
	case [2]dpp.Status{dpp.StatusProcessing, dpp.StatusFailed}:
		if fault && !chargeFaults {
			return 0
		}
		return dpp.MinimumFee(r.MaxCost)
	case [2]dpp.Status{dpp.StatusProcessing, dpp.StatusCanceled}:
		return dpp.MinimumFee(r.MaxCost)
	}
	return 0 // every end from the queue, everything that is no end, everything that cannot be
}

func TestChargeOfEveryEnding(t *testing.T) {
	r := dpp.Reservation{MaxCost: 2_500_000} // whose minimum fee is 0.0500
	for _, from := range dpp.Statuses() {
		for _, to := range dpp.Statuses() {
			for _, reason := range endings {
				for _, faults := range []bool{false, true} {
					for _, metered := range []dpp.Money{-100, 0, 100, 50_000, 2_499_900, 2_500_000, 2_500_100, dpp.MaxAmount} {
						got := dpp.Charge(r, from, to, reason, metered, faults)
						if want := wantCharge(r, from, to, reason, metered, faults); got != want {
							t.Errorf("%s to %s for %q, metered %s, faults charged %t: %s, want %s", from, to, reason, metered, faults, got, want)
						}
					}
				}
			}
		}
	}
}

// The same law in a few lines that a reader can check against the contract.
func TestChargeExamples(t *testing.T) {
	r := dpp.Reservation{MaxCost: 250_000}
	for _, c := range []struct {
		name     string
		from, to dpp.Status
		reason   dpp.Reason
		metered  dpp.Money
		waived   bool
		want     dpp.Money
	}{
		{name: "completed costs what was metered", from: dpp.StatusProcessing, to: dpp.StatusCompleted, metered: 12_300, want: 12_300},
		{name: "even below the minimum fee", from: dpp.StatusProcessing, to: dpp.StatusCompleted, metered: 100, want: 100},
		{name: "never above the reservation", from: dpp.StatusProcessing, to: dpp.StatusCompleted, metered: 250_100, want: 250_000},
		{name: "a failure costs the minimum fee, whatever was metered", from: dpp.StatusProcessing, to: dpp.StatusFailed, reason: dpp.ReasonPackError, metered: 200_000, want: 5_000},
		{name: "so does a low reliability", from: dpp.StatusProcessing, to: dpp.StatusFailed, reason: dpp.ReasonReliabilityNotMet, want: 5_000},
		{name: "and the platform's own fault", from: dpp.StatusProcessing, to: dpp.StatusFailed, reason: dpp.ReasonWorkerTimeout, want: 5_000},
		{name: "unless the operator waives it", from: dpp.StatusProcessing, to: dpp.StatusFailed, reason: dpp.ReasonWorkerTimeout, waived: true, want: 0},
		{name: "which changes no other failure", from: dpp.StatusProcessing, to: dpp.StatusFailed, reason: dpp.ReasonTimeboxExceeded, waived: true, want: 5_000},
		{name: "a cancel while processing costs the minimum fee", from: dpp.StatusProcessing, to: dpp.StatusCanceled, reason: dpp.ReasonCanceled, want: 5_000},
		{name: "a cancel in the queue costs nothing", from: dpp.StatusQueued, to: dpp.StatusCanceled, reason: dpp.ReasonCanceled, metered: 10_000, want: 0},
		{name: "nor does waiting too long", from: dpp.StatusQueued, to: dpp.StatusExpired, reason: dpp.ReasonReservationExpired, want: 0},
		{name: "going back to the queue is no end", from: dpp.StatusProcessing, to: dpp.StatusQueued, metered: 10_000, want: 0},
	} {
		if got := dpp.Charge(r, c.from, c.to, c.reason, c.metered, !c.waived); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestChargeStaysInsideTheReservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := dpp.Reservation{MaxCost: wholeMoney().Draw(t, "reserved")}
		from, to := rapid.SampledFrom(dpp.Statuses()).Draw(t, "from"), rapid.SampledFrom(dpp.Statuses()).Draw(t, "to")
		metered := anyMoney().Draw(t, "metered")
		charge := dpp.Charge(r, from, to, rapid.SampledFrom(endings).Draw(t, "reason"), metered, rapid.Bool().Draw(t, "faults"))
		if charge < 0 || charge > r.MaxCost {
			t.Fatalf("%s to %s of %s, metered %s: %s", from, to, r.MaxCost, metered, charge)
		}
		if to != dpp.StatusCompleted && charge > r.MinimumFee() {
			t.Fatalf("%s to %s costs %s, above the minimum fee, and gives no result", from, to, charge)
		}
		if refunded := dpp.MoneyStateFor(charge) == dpp.MoneyRefunded; refunded != (charge == 0) || !refunded && dpp.MoneyStateFor(charge) != dpp.MoneySettled {
			t.Fatalf("a charge of %s is %s", charge, dpp.MoneyStateFor(charge))
		}
	})
}

func TestTiming(t *testing.T) {
	defaults := dpp.Timing{ReservationTTL: time.Hour, LeaseTTL: 2 * time.Minute, Heartbeat: 30 * time.Second, ReaperInterval: 30 * time.Second, MaxAttempts: 2}
	for _, c := range []struct {
		attempts        int
		timebox         time.Duration
		bound, deadline time.Duration
	}{
		{2, 90 * time.Second, 270 * time.Second, 7740 * time.Second}, // 90+30+120+30, and 2 x (3600+270)
		{2, time.Second, 181 * time.Second, 7562 * time.Second},
		{1, 90 * time.Second, 270 * time.Second, 3870 * time.Second},
		{3, 90 * time.Second, 270 * time.Second, 11610 * time.Second},
		{0, 90 * time.Second, 270 * time.Second, 3870 * time.Second}, // a run is tried once at least
		{-1, 90 * time.Second, 270 * time.Second, 3870 * time.Second},
	} {
		timing := defaults
		timing.MaxAttempts = c.attempts
		if got := timing.AttemptBound(c.timebox); got != c.bound {
			t.Errorf("an attempt of %v lasts %v at most, want %v", c.timebox, got, c.bound)
		}
		if got := timing.DeadlineIn(c.timebox); got != c.deadline {
			t.Errorf("%d attempts of %v: the deadline is in %v, want %v", c.attempts, c.timebox, got, c.deadline)
		}
	}
}
