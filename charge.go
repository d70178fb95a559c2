package dpp

import "time"

// Charge is what a run that ends is charged, by the contract's law:
//
//   - COMPLETED: the metered cost, at most the reservation;
//   - FAILED, or CANCELED while PROCESSING: the minimum fee;
//   - FAILED by the platform's own fault: the same, or nothing where the operator
//     waives it (chargeFaults false);
//   - anything that ends from QUEUED: nothing, and nothing for what is no end.
func Charge(r Reservation, from, to Status, reason Reason, metered Money, chargeFaults bool) Money {
	switch {
	case from != StatusProcessing:
		return 0
	case to == StatusCompleted:
		return min(max(metered, 0), r.MaxCost)
	case to == StatusFailed && reason.PlatformFault() && !chargeFaults:
		return 0
	case to == StatusFailed || to == StatusCanceled:
		return r.MinimumFee()
	default:
		return 0
	}
}

// MoneyStateFor is the money state of a terminal run that was charged this much.
func MoneyStateFor(charge Money) MoneyState {
	if charge > 0 {
		return MoneySettled
	}
	return MoneyRefunded
}

// Timing holds the durations that bound a run's life.
type Timing struct {
	ReservationTTL time.Duration // in the queue, for each time that a run waits there
	LeaseTTL       time.Duration
	Heartbeat      time.Duration
	ReaperInterval time.Duration
	MaxAttempts    int // how many lost leases end a run
}

// storeGrace is what a run may take after its timebox to be stored and settled.
const storeGrace = 30 * time.Second

// AttemptBound is how long one execution can last until it has ended or its loss
// has been noticed.
func (t Timing) AttemptBound(timebox time.Duration) time.Duration {
	return timebox + storeGrace + t.LeaseTTL + t.ReaperInterval
}

// DeadlineIn is how long after its acceptance a run may still be requeued; a run
// that still waits then expires.
func (t Timing) DeadlineIn(timebox time.Duration) time.Duration {
	return time.Duration(max(t.MaxAttempts, 1)) * (t.ReservationTTL + t.AttemptBound(timebox))
}
