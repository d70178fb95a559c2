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

// Pace is what a policy costs in time, in whole microseconds: Step for each
// request, and Burst for a quota that is used up. A quota that allows nothing has
// neither.
func (p Policy) Pace() (step, burst int64) {
	if p.Quota <= 0 {
		return 0, 0
	}
	// A step is rounded up, so that a quota of 7 never lets through more than 7. It is
	// a microsecond at least, whatever an operator takes for unlimited.
	window := Window.Microseconds()
	quota := min(p.Quota, window)
	step = (window + quota - 1) / quota
	return step, step * quota
}

// Bucket is the state of one caller under one policy: the theoretical arrival
// time of the generic cell rate algorithm (ITU-T I.371, appendix A; burst = the
// whole quota), by the gate's clock, in microseconds since 1970. Those stay below
// 2^53 until the year 2255, so that a gate whose script counts in floating point is
// as exact as this one; nanoseconds have been above it since April 1970. The zero
// value is a full quota.
type Bucket struct{ arrival int64 }

// BucketAt returns a bucket as [Bucket.Arrival] told it, for a gate that keeps its
// buckets elsewhere.
func BucketAt(arrival int64) Bucket { return Bucket{arrival: arrival} }

// Arrival is the bucket's state, in microseconds since 1970. What is not after the
// present is as good as zero.
func (b *Bucket) Arrival() int64 { return b.arrival }

// Take asks for one request at now. It is the reference for every gate.
func (b *Bucket) Take(p Policy, now time.Time) Rate {
	rate := Rate{Policy: p}
	step, burst := p.Pace()
	if step == 0 {
		rate.RetryAfter = Window
		return rate
	}
	at := now.UnixMicro()
	// More than a whole quota is never used up, unless the clock was set back or the
	// quota lowered. Nobody waits for that.
	b.arrival = min(b.arrival, at+burst)
	arrival := max(b.arrival, at)
	next := arrival + step
	if wait := next - at - burst; wait > 0 {
		rate.Reset, rate.RetryAfter = micros(arrival-at), micros(wait)
		return rate
	}
	b.arrival = next
	rate.Allowed = true
	rate.Reset = micros(next - at)
	rate.Remaining = (burst - (next - at)) / step
	rate.RetryAfter = micros(max(0, next+step-at-burst))
	return rate
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Idle tells whether the bucket is full again at now and need not be kept.
func (b *Bucket) Idle(now time.Time) bool { return b.arrival <= now.UnixMicro() }
