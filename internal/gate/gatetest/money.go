package gatetest

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"dpp"
	"dpp/internal/gate"
)

func spend(amount dpp.Money) gate.Request { return spendOf("a", amount) }

func spendOf(account dpp.AccountID, amount dpp.Money) gate.Request {
	r := request(account, "submit", 1_000_000)
	r.Spend = amount
	return r
}

func (f *fixture) word(t *testing.T, available dpp.Money, epoch, version int64) {
	t.Helper()
	if err := f.gate.Word(t.Context(), []gate.Word{{Account: "a", Available: available, Epoch: epoch, Version: version}}); err != nil {
		t.Fatalf("Word: %v", err)
	}
}

func (f *fixture) wantCovered(t *testing.T, what string, spends []dpp.Money, want ...bool) {
	t.Helper()
	var requests []gate.Request
	for _, amount := range spends {
		requests = append(requests, spend(amount))
	}
	var got []bool
	for _, a := range f.admit(t, requests...) {
		got = append(got, a.Covered)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: covered %v, want %v", what, got, want)
	}
}

func testNoMoney(t *testing.T, f *fixture) {
	f.word(t, 0, 1, 1)
	f.wantCovered(t, "of nothing", []dpp.Money{dpp.Quantum, dpp.MaxAmount, math.MaxInt64}, true, true, true)
}

func testWords(t *testing.T, f *fixture) {
	all := []dpp.Money{dpp.USD}
	f.wantCovered(t, "no word yet", all, true)
	f.word(t, dpp.USD, 2, 5)
	f.wantCovered(t, "the first word", all, true)
	f.wantCovered(t, "spent", all, false)
	f.word(t, dpp.USD, 2, 4)
	f.wantCovered(t, "an older version", all, false)
	f.word(t, dpp.USD, 1, 9)
	f.wantCovered(t, "an older epoch", all, false)
	f.word(t, dpp.USD, 2, 5)
	f.wantCovered(t, "the same version again", all, true)
	f.word(t, 0, 2, 6)
	f.wantCovered(t, "a newer version", all, false)
	f.word(t, dpp.USD, 3, 1)
	f.wantCovered(t, "a newer epoch", all, true)
}

func testSpends(t *testing.T, f *fixture) {
	f.word(t, dpp.USD, 1, 1)
	half := dpp.USD / 2
	f.wantCovered(t, "a large one refuses no neighbour", []dpp.Money{half, 1000 * dpp.USD, half, dpp.Quantum}, true, false, true, false)
	f.wantCovered(t, "nothing is left", []dpp.Money{dpp.Quantum, 0}, false, true)
}

func testRateBeforeMoney(t *testing.T, f *fixture) {
	f.word(t, dpp.USD, 1, 1)
	r := request("a", "narrow", 1)
	r.Spend = dpp.USD / 2
	f.admit(t, r, r, r)
	f.wantCovered(t, "one of three was within its rate", []dpp.Money{dpp.USD / 2, dpp.Quantum}, true, false)
}

func testMoneyApart(t *testing.T, f *fixture) {
	f.word(t, 0, 1, 1)
	answers := f.admit(t, spend(dpp.USD), spendOf("a/test", dpp.USD), spendOf("b", dpp.USD))
	if answers[0].Covered || !answers[1].Covered || !answers[2].Covered {
		t.Errorf("after a word about one account: %+v", answers)
	}
}

func testMoneyBatch(t *testing.T, f *fixture) {
	var words []gate.Word
	var requests []gate.Request
	for i, account := range []dpp.AccountID{"a", "a/test", "b", "c", "d/test"} {
		have := dpp.Money(i) * dpp.USD
		words = append(words,
			gate.Word{Account: account, Available: 100 * dpp.USD, Epoch: 1, Version: 1},
			gate.Word{Account: account, Available: have, Epoch: 1, Version: 2},
			gate.Word{Account: account, Available: 100 * dpp.USD, Epoch: 1, Version: 1})
		requests = append(requests, spendOf(account, have), spendOf(account, dpp.Quantum))
	}
	if err := f.gate.Word(t.Context(), words); err != nil {
		t.Fatalf("Word: %v", err)
	}
	for i, a := range f.admit(t, requests...) {
		if want := i%2 == 0; a.Covered != want {
			t.Errorf("%+v: covered %t, want %t", requests[i], a.Covered, want)
		}
	}
}

func testMoneyConcurrency(t *testing.T, f *fixture) {
	const callers, each, there = 16, 20, 100
	f.word(t, there*dpp.Quantum, 1, 1)
	var total atomic.Int64
	var asking sync.WaitGroup
	for range callers {
		asking.Go(func() {
			for range each {
				if f.admit(t, spend(dpp.Quantum))[0].Covered {
					total.Add(1)
				}
			}
		})
	}
	asking.Wait()
	if got := total.Load(); got != there {
		t.Errorf("%d of %d spends were covered, want %d", got, callers*each, there)
	}
}

// countable is the largest amount that every gate counts.
const countable dpp.Money = 1<<53 - 1

func testLargeAmounts(t *testing.T, f *fixture) {
	f.word(t, countable, 1, 1)
	f.wantCovered(t, "one by one", []dpp.Money{countable + 1, countable + 2, math.MaxInt64, countable - 2, 3, 1, 2, 1, 1}, false, false, false, true, false, true, false, true, false)
	f.word(t, countable, 1, 2)
	f.wantCovered(t, "all at once", []dpp.Money{countable, 1}, true, false)
	f.word(t, countable-1, 1, 3)
	f.wantCovered(t, "one too many", []dpp.Money{countable, countable - 1}, false, true)
	f.word(t, 0, 1, 4)
	f.wantCovered(t, "of nothing", []dpp.Money{math.MaxInt64, countable + 1}, false, false)
}

// A gate may count them, or may take them for unknown; it never says no to what the
// ledger would cover, and does not fall back to an older word.
func testUncountable(t *testing.T, f *fixture) {
	for i, available := range []dpp.Money{countable + 1, countable + 2, math.MaxInt64} {
		version := int64(10 * (i + 1))
		f.word(t, 0, 1, version)
		f.word(t, available, 1, version+1)
		f.wantCovered(t, "less than there is", []dpp.Money{dpp.USD, countable - dpp.USD}, true, true)
		f.word(t, 0, 1, version)
		f.word(t, available, 1, version+1)
		f.wantCovered(t, "all that there is", []dpp.Money{available}, true)
		f.word(t, dpp.USD, 1, version+2)
		f.wantCovered(t, "known again", []dpp.Money{2 * dpp.USD, dpp.USD, dpp.USD}, false, true, false)
	}
}

func testLargeVersions(t *testing.T, f *fixture) {
	const half = int64(1) << 53 // from here on floating point skips numbers
	all := []dpp.Money{dpp.USD}
	epoch := int64(1)
	for _, last := range []int64{9, 10, 99, 100, half, half + 1, half + 2, math.MaxInt64 - 1, math.MaxInt64} {
		f.word(t, dpp.USD, epoch, last)
		f.word(t, 0, epoch, last-1)
		f.wantCovered(t, "an older version", all, true)
		f.word(t, dpp.USD, epoch, last)
		f.wantCovered(t, "the same version", all, true)
		epoch++
	}
	for _, last := range []int64{99, 100, half, half + 1, half + 2, math.MaxInt64 - 1, math.MaxInt64} {
		f.word(t, dpp.USD, last, 1)
		f.word(t, 0, last-1, math.MaxInt64)
		f.wantCovered(t, "an older epoch", all, true)
	}
}
