package gatetest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/gate"
)

// step is one move of a random sequence: time passes, then a batch is asked.
type step struct {
	pause    time.Duration
	requests []gate.Request
}

func drawStep(t *rapid.T) step {
	quotas := map[string]int64{"submit": 7, "read": 600, "none": 0}
	one := rapid.Custom(func(t *rapid.T) gate.Request {
		policy := rapid.SampledFrom([]string{"submit", "read", "none"}).Draw(t, "policy")
		account := rapid.SampledFrom([]dpp.AccountID{"a", "b", "b/test"}).Draw(t, "account")
		return request(account, policy, quotas[policy])
	})
	millis := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 70_000)).Draw(t, "millis")
	return step{time.Duration(millis) * time.Millisecond, rapid.SliceOfN(one, 1, 12).Draw(t, "requests")}
}

// testReference compares whole answers with those of [gate.Bucket] on random
// sequences.
func testReference(t *testing.T, h Harness) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 30).Draw(rt, "steps")
		fault := ""
		h.with(t, func(t *testing.T, f *fixture) { fault = compare(t, f, steps) })
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}

func compare(t *testing.T, f *fixture, steps []step) string {
	type name struct {
		account dpp.AccountID
		policy  string
	}
	reference := map[name]*gate.Bucket{}
	now := time.Now()
	for i, s := range steps {
		f.advance(s.pause)
		now = now.Add(s.pause)
		for j, answer := range f.admit(t, s.requests...) {
			r := s.requests[j]
			n := name{r.Account, r.Policy.Name}
			if reference[n] == nil {
				reference[n] = &gate.Bucket{}
			}
			if want := reference[n].Take(r.Policy, now); answer.Rate != want {
				return fmt.Sprintf("step %d, request %d of %+v: %+v, want %+v", i, j, n, answer.Rate, want)
			}
		}
	}
	return ""
}
