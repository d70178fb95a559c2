package gate

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var epoch = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestTakeAsks(t *testing.T) {
	submit := Policy{Name: "submit", Quota: 60} // one a second
	second := time.Second
	tests := []struct {
		name  string
		taken int           // before, at once
		after time.Duration // since then
		want  Rate
	}{
		{"the first", 0, 0, Rate{Allowed: true, Remaining: 59, Reset: second}},
		{"the second at once", 1, 0, Rate{Allowed: true, Remaining: 58, Reset: 2 * second}},
		{"the last", 59, 0, Rate{Allowed: true, Remaining: 0, Reset: 60 * second, RetryAfter: second}},
		{"one too many", 60, 0, Rate{Reset: 60 * second, RetryAfter: second}},
		{"just too early", 60, second - 1, Rate{Reset: 59*second + time.Microsecond, RetryAfter: time.Microsecond}},
		{"just in time", 60, second, Rate{Allowed: true, Remaining: 0, Reset: 60 * second, RetryAfter: second}},
		{"half of it is back", 60, 30 * second, Rate{Allowed: true, Remaining: 29, Reset: 31 * second}},
		{"all of it is back", 60, 60 * second, Rate{Allowed: true, Remaining: 59, Reset: second}},
		{"never more than all", 60, 3600 * second, Rate{Allowed: true, Remaining: 59, Reset: second}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b Bucket
			for range test.taken {
				if !b.Take(submit, epoch).Allowed {
					t.Fatal("refused too early")
				}
			}
			test.want.Policy = submit
			if got := b.Take(submit, epoch.Add(test.after)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestNoQuotaAllowsNothing(t *testing.T) {
	for _, quota := range []int64{0, -1, math.MinInt64} {
		var b Bucket
		rate := b.Take(Policy{Quota: quota}, epoch)
		if rate.Allowed || rate.Remaining != 0 || rate.RetryAfter <= 0 || !b.Idle(epoch) {
			t.Errorf("quota %d: %+v", quota, rate)
		}
	}
}

func TestAQuotaWithoutEnd(t *testing.T) {
	window := Window.Microseconds()
	for _, quota := range []int64{window - 1, window, window + 1, math.MaxInt64} {
		var b Bucket
		for range 1000 {
			if rate := b.Take(Policy{Quota: quota}, epoch); !rate.Allowed || rate.Remaining <= 0 || rate.Reset <= 0 || rate.RetryAfter != 0 {
				t.Fatalf("quota %d: %+v", quota, rate)
			}
		}
	}
}

// use takes random requests at random times and returns the moment after the last.
func use(t *rapid.T, b *Bucket, p Policy) time.Time {
	at := epoch
	for range rapid.IntRange(0, 100).Draw(t, "requests") {
		at = at.Add(time.Duration(rapid.Int64Range(0, int64(Window)/p.Quota*2).Draw(t, "pause")))
		b.Take(p, at)
	}
	return at
}

func drawPolicy(t *rapid.T) Policy {
	return Policy{Quota: rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 100_000)).Draw(t, "quota")}
}

// What an answer says of the time after it is true to the microsecond.
func TestAnAnswerKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bucket
		p := drawPolicy(t)
		at := use(t, &b, p)
		rate := b.Take(p, at)

		if early := b; rate.RetryAfter > 0 && early.Take(p, at.Add(rate.RetryAfter-time.Microsecond)).Allowed {
			t.Errorf("%+v: allowed before RetryAfter", rate)
		}
		if due := b; !due.Take(p, at.Add(rate.RetryAfter)).Allowed {
			t.Errorf("%+v: not allowed after RetryAfter", rate)
		}
		full := b
		if full.Idle(at.Add(rate.Reset-time.Microsecond)) || !full.Idle(at.Add(rate.Reset)) {
			t.Errorf("%+v: not full exactly at Reset", rate)
		}
		if got := full.Take(p, at.Add(rate.Reset)).Remaining; got != p.Quota-1 {
			t.Errorf("%+v: %d remain behind one request at Reset, want %d", rate, got, p.Quota-1)
		}
		for n := rate.Remaining; n >= 0; n-- {
			if got := b.Take(p, at); got.Allowed != (n > 0) {
				t.Fatalf("%+v: allowed %v with %d remaining", rate, got.Allowed, n)
			}
		}
	})
}

// In no span of time do more pass than the quota and what comes back in that span.
func TestNeverMoreThanTheQuota(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bucket
		p := drawPolicy(t)
		at := epoch
		var passed []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(Window)/p.Quota*2).Draw(t, "pause")))
			if b.Take(p, at).Allowed {
				passed = append(passed, at.Truncate(time.Microsecond))
			}
		}
		step := Window / time.Duration(p.Quota) // what it would be if time were not cut into microseconds
		for i := range passed {
			for j := i; j < len(passed); j++ {
				most := p.Quota + int64(passed[j].Sub(passed[i])/step)
				if n := int64(j - i + 1); n > most {
					t.Fatalf("%d passed within %v, want at most %d", n, passed[j].Sub(passed[i]), most)
				}
			}
		}
	})
}

// Asking when refused takes nothing: it does not push the next allowed request away.
func TestARefusalTakesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bucket
		p := drawPolicy(t)
		at := use(t, &b, p)
		before := b
		for !b.Take(p, at).Allowed {
			if b != before {
				t.Fatal("the bucket changed")
			}
			at = at.Add(rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Int64Range(1, int64(Window)).Draw(t, "pause"))
			}).Draw(t, "later"))
		}
	})
}

// A clock that is set back, or a quota that is lowered, makes nobody wait for longer
// than one whose quota is used up.
func TestNobodyWaitsForAClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bucket
		for range rapid.IntRange(1, 50).Draw(t, "requests") {
			at := epoch.Add(time.Duration(rapid.Int64Range(-int64(1000*Window), int64(1000*Window)).Draw(t, "time")))
			p := drawPolicy(t)
			step, burst := p.Pace()
			rate := b.Take(p, at)
			if rate.RetryAfter > micros(step) || rate.Reset > micros(burst) {
				t.Fatalf("%+v, with a step of %d and a burst of %d microseconds", rate, step, burst)
			}
			if again := b.Take(p, at.Add(rate.RetryAfter)); !again.Allowed {
				t.Fatalf("%+v: not allowed after RetryAfter", rate)
			}
		}
	})
}

// Whatever is computed on the way stays below 2^53, where floating point is exact.
func TestFloatingPointWouldBeExact(t *testing.T) {
	for _, quota := range []int64{1, Window.Microseconds() - 1, math.MaxInt64} {
		step, burst := Policy{Quota: quota}.Pace()
		last := time.Date(2255, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
		if largest := last + burst + 2*step; largest >= 1<<53 {
			t.Errorf("quota %d: %d", quota, largest)
		}
	}
}

// A bucket that is kept elsewhere goes on as if it had stayed.
func TestABucketIsItsArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bucket
		p := drawPolicy(t)
		at := use(t, &b, p)
		kept := BucketAt(b.Arrival())
		if got, want := kept.Take(p, at), b.Take(p, at); got != want || kept != b {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
