package gatetest

import (
	"math"
	"slices"
	"testing"

	"dpp"
	"dpp/internal/gate"
)

func spend(amount dpp.Money) gate.Request {
	r := request("a", "submit", 1_000_000)
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
