package gate

import "time"

// Window is the span that a [Policy]'s quota is for.
const Window = time.Minute

// Rate is where a caller stands with a policy after a request.
type Rate struct {
	Policy Policy
	// Allowed tells whether the request may go on.
	Allowed bool
	// Remaining is how many more may follow at once.
	Remaining int64
	// Reset is the time until the whole quota is there again.
	Reset time.Duration
	// RetryAfter is the time until the next request is allowed; zero where it is now.
	RetryAfter time.Duration
}

// Bucket is the state of one caller under one policy: the theoretical arrival
// time of the generic cell rate algorithm (ITU-T I.371, appendix A; burst = the
// whole quota), in nanoseconds of the gate's clock. The zero value is a full quota.
type Bucket struct{ arrival int64 }

// Take asks for one request at now. It is the reference for every gate.
func (b *Bucket) Take(p Policy, now time.Time) Rate {
	rate := Rate{Policy: p}
	if p.Quota <= 0 {
		rate.RetryAfter = Window
		return rate
	}
	// A step is rounded up, so that a quota of 7 never lets through more than 7. It is
	// a nanosecond at least, whatever an operator takes for unlimited.
	quota := min(p.Quota, int64(Window))
	step := (int64(Window) + quota - 1) / quota
	at := now.UnixNano()
	arrival := max(b.arrival, at)
	next := arrival + step
	if wait := next - at - step*quota; wait > 0 {
		rate.Reset, rate.RetryAfter = time.Duration(arrival-at), time.Duration(wait)
		return rate
	}
	b.arrival = next
	rate.Allowed = true
	rate.Reset = time.Duration(next - at)
	rate.Remaining = (step*quota - (next - at)) / step
	rate.RetryAfter = time.Duration(max(0, next+step-at-step*quota))
	return rate
}

// Idle tells whether the bucket is full again at now and need not be kept.
func (b *Bucket) Idle(now time.Time) bool { return b.arrival <= now.UnixNano() }
