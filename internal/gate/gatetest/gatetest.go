// Package gatetest is the contract of [gate.Gate]: every adapter runs it.
package gatetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/gate"
)

// Harness is how the suite gets at an adapter.
type Harness struct {
	// Open returns a gate that knows nobody. The suite closes it.
	Open func(t *testing.T) gate.Gate
	// Advance lets the gate's time pass, which stands still otherwise. It is not
	// needed with Bubble.
	Advance func(d time.Duration)
	// Bubble says that the adapter uses no sockets and takes its time from package
	// time, so that the tests run on the fake clock of a synctest bubble.
	Bubble bool
	// Money says that the adapter knows what accounts can spend.
	Money bool
}

// Run runs the contract.
func Run(t *testing.T, h Harness) {
	tests := map[string]func(*testing.T, *fixture){
		"exactly the quota at once":           testQuota,
		"a quota in one batch":                testBatch,
		"the quota comes back":                testRefill,
		"accounts and policies do not mix":    testIndependence,
		"concurrent requests share the quota": testConcurrency,
		"nothing asked, nothing answered":     testNothing,
		"a caller that has left":              testLeft,
	}
	if h.Money {
		tests["words"] = testWords
		tests["a spend takes from the word"] = testSpends
		tests["a request over its rate takes no money"] = testRateBeforeMoney
		tests["accounts have money of their own"] = testMoneyApart
		tests["words and spends of several accounts at once"] = testMoneyBatch
		tests["concurrent spends share the money"] = testMoneyConcurrency
		tests["large amounts are exact"] = testLargeAmounts
		tests["amounts too large to be counted are covered"] = testUncountable
		tests["large versions are exact"] = testLargeVersions
	} else {
		tests["every spend is covered"] = testNoMoney
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { h.with(t, test) })
	}
	t.Run("agrees with the reference", func(t *testing.T) { testReference(t, h) })
	if h.Money {
		t.Run("agrees with the reference about money", func(t *testing.T) { testMoneyReference(t, h) })
	}
}

// fixture is a gate in a test, and the hand on its clock.
type fixture struct {
	gate    gate.Gate
	advance func(time.Duration)
}

func (h Harness) with(t *testing.T, test func(*testing.T, *fixture)) {
	run := func(t *testing.T) {
		f := &fixture{gate: h.Open(t), advance: h.Advance}
		if h.Bubble {
			f.advance = time.Sleep
		}
		test(t, f)
		if err := f.gate.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if h.Bubble {
		synctest.Test(t, run)
	} else {
		run(t)
	}
}

func (f *fixture) admit(t *testing.T, requests ...gate.Request) []gate.Answer {
	t.Helper()
	answers, err := f.gate.Admit(t.Context(), requests)
	if err != nil {
		t.Fatalf("Admit: %v", err)
	}
	if len(answers) != len(requests) {
		t.Fatalf("%d answers to %d requests", len(answers), len(requests))
	}
	return answers
}

func request(account dpp.AccountID, policy string, quota int64) gate.Request {
	return gate.Request{Account: account, Policy: gate.Policy{Name: policy, Quota: quota}}
}

func allowed(answers []gate.Answer) (n int) {
	for _, a := range answers {
		if a.Rate.Allowed {
			n++
		}
	}
	return n
}

func testQuota(t *testing.T, f *fixture) {
	const quota = 5
	for i := range int64(2 * quota) {
		rate := f.admit(t, request("a", "submit", quota))[0].Rate
		if rate.Allowed != (i < quota) || rate.Remaining != max(0, quota-1-i) {
			t.Errorf("request %d: %+v", i, rate)
		}
		if rate.Policy != (gate.Policy{Name: "submit", Quota: quota}) {
			t.Errorf("the answer tells of policy %+v", rate.Policy)
		}
	}
}

func testBatch(t *testing.T, f *fixture) {
	r := request("a", "submit", 3)
	other := request("b", "submit", 3)
	var got []bool
	for _, a := range f.admit(t, r, other, r, r, r, other, r) {
		got = append(got, a.Rate.Allowed)
	}
	if want := []bool{true, true, true, true, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("allowed %v, want %v", got, want)
	}
}

func testRefill(t *testing.T, f *fixture) {
	r := request("a", "submit", 60)
	f.admit(t, slices.Repeat([]gate.Request{r}, 60)...)
	for _, test := range []struct {
		wait    time.Duration
		allowed int
	}{{0, 0}, {999 * time.Millisecond, 0}, {time.Millisecond, 1}, {10 * time.Second, 10}, {gate.Window, 60}, {time.Hour, 60}} {
		f.advance(test.wait)
		if got := allowed(f.admit(t, slices.Repeat([]gate.Request{r}, 100)...)); got != test.allowed {
			t.Errorf("after %v more %d were allowed, want %d", test.wait, got, test.allowed)
		}
	}
}

func testIndependence(t *testing.T, f *fixture) {
	f.admit(t, slices.Repeat([]gate.Request{request("a", "submit", 5)}, 9)...)
	for _, r := range []gate.Request{request("b", "submit", 5), request("a", "read", 5), request("a/test", "submit", 5)} {
		if rate := f.admit(t, r)[0].Rate; !rate.Allowed || rate.Remaining != 4 {
			t.Errorf("%s under %s: %+v", r.Account, r.Policy.Name, rate)
		}
	}
}

func testConcurrency(t *testing.T, f *fixture) {
	const quota, callers, each = 300, 20, 25
	var total atomic.Int64
	var asking sync.WaitGroup
	for i := range callers {
		asking.Go(func() {
			for range each {
				total.Add(int64(allowed(f.admit(t, request("a", "submit", quota)))))
			}
			f.admit(t, request(dpp.AccountID(fmt.Sprint("other", i)), "submit", quota))
		})
	}
	asking.Wait()
	if got := total.Load(); got != quota {
		t.Errorf("%d of %d were allowed, want %d", got, callers*each, quota)
	}
}

func testNothing(t *testing.T, f *fixture) {
	f.admit(t)
	if err := f.gate.Word(t.Context(), nil); err != nil {
		t.Errorf("Word: %v", err)
	}
	if err := f.gate.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

func testLeft(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.gate.Admit(ctx, []gate.Request{request("a", "submit", 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Admit: error %v", err)
	}
}
