package storetest

import (
	"fmt"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var usage = contract{
	"CountsByDayAndPack":       testUsage,
	"RangeOfDays":              testUsageRange,
	"FoldedOrNotIsTheSame":     testUsageFolds,
	"SealsInOrder":             testSealOrder,
	"SealedIsReported":         testSealed,
	"FoldedUsageAddsUp":        testEachUsage,
	"RefusalsAreNoUsage":       testUsageRefusals,
	"CreditsAreNoUsage":        testUsageCredits,
	"RequeuesAreNoUsage":       testUsageRequeues,
	"SealOfNothing":            testSealNothing,
	"UsageOfForgottenRuns":     testUsageForgotten,
	"SettlementIsOneEnd":       testUsageSplit,
	"ForeignUsageIsNotCounted": testUsageForeign,
}

// ended runs one run of a pack from submit to its end, a while later.
func (w *world) ended(pack string, to dpp.Status, charge dpp.Money, after time.Duration) dpp.Run {
	w.Helper()
	item := w.submission(dpp.USD)
	item.Run.PackType = pack
	run := w.accepted(item)
	if to != dpp.StatusExpired {
		run = w.claim(slot("token of "+string(run.ID), run.ID))[0].Run
	}
	w.clock.advance(after)
	return w.happens(ending(run, to, charge))
}

func (w *world) usage(from, to string) []store.UsageDay {
	w.Helper()
	days, err := w.store.Usage(w.Context(), w.account, date(from), date(to))
	w.must(err)
	return days
}

func date(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}

func (w *world) seal(limit int) int {
	w.Helper()
	n, err := w.store.Seal(w.Context(), limit)
	w.must(err)
	if n < 0 || n > limit {
		w.Fatalf("%d entries sealed of at most %d", n, limit)
	}
	return n
}

// busyDays fills three days, from 2026-03-01 on, and returns what they add up to.
func (w *world) busyDays() []store.UsageDay {
	w.Helper()
	w.ended("url", dpp.StatusCompleted, 300_000, time.Minute)
	w.ended("url", dpp.StatusFailed, 20_000, time.Minute)
	w.ended("decision", dpp.StatusCanceled, 20_000, 12*time.Hour) // ends on the next day
	w.ended("decision", dpp.StatusExpired, 0, time.Minute)
	w.ended("decision", dpp.StatusCompleted, dpp.USD, time.Minute)
	w.clock.advance(24 * time.Hour)
	w.ended("url", dpp.StatusFailed, 0, time.Minute)
	w.queued()
	return []store.UsageDay{
		{Day: "2026-03-01", PackType: "decision", Submitted: 1, Reserved: dpp.USD},
		{Day: "2026-03-01", PackType: "url", Submitted: 2, Completed: 1, Failed: 1, Reserved: 2 * dpp.USD, Charged: 320_000},
		{Day: "2026-03-02", PackType: "decision", Submitted: 2, Completed: 1, Expired: 1, Canceled: 1, Reserved: 2 * dpp.USD, Charged: 1_020_000},
		{Day: "2026-03-03", PackType: "decision", Submitted: 1, Reserved: dpp.USD},
		{Day: "2026-03-03", PackType: "url", Submitted: 1, Failed: 1, Reserved: dpp.USD},
	}
}

func testUsage(w *world) {
	want := w.busyDays()
	w.same("usage", w.usage("2026-01-01", "2027-01-01"), want)
}

func testUsageRange(w *world) {
	want := w.busyDays()
	for _, folded := range []bool{false, true} {
		if folded {
			w.seal(1000)
		}
		w.same("middle day", w.usage("2026-03-02", "2026-03-03"), want[2:3])
		w.same("last days", w.usage("2026-03-02", "2026-03-04"), want[2:])
		if none := w.usage("2026-03-04", "2026-03-09"); len(none) != 0 {
			w.Errorf("days after: %+v", none)
		}
		if none := w.usage("2026-03-02", "2026-03-02"); len(none) != 0 {
			w.Errorf("no days: %+v", none)
		}
	}
	days, err := w.store.Usage(w.Context(), w.account, date("2026-03-02").Add(5*time.Hour), date("2026-03-02").Add(6*time.Hour))
	w.must(err)
	w.same("the day that a range lies in", days, want[2:3])
}

func testUsageFolds(w *world) {
	want := w.busyDays()
	for chunk := 1; w.seal(chunk) > 0; chunk = chunk%3 + 1 {
		w.same(fmt.Sprintf("after a chunk of %d", chunk), w.usage("2026-01-01", "2027-01-01"), want)
	}
	w.same("all folded", w.usage("2026-01-01", "2027-01-01"), want)
	w.ended("url", dpp.StatusCompleted, 100, 0)
	want[4].Submitted, want[4].Completed, want[4].Reserved, want[4].Charged = 2, 1, 2*dpp.USD, 100
	w.same("and one more", w.usage("2026-01-01", "2027-01-01"), want)
}

func testUsageSplit(w *world) {
	w.ended("url", dpp.StatusCompleted, 300_000, 0) // credit, hold, capture, release
	for sealed := range 4 {
		days := w.usage("2026-03-01", "2026-03-02")
		w.same(fmt.Sprintf("after %d entries", sealed), days, []store.UsageDay{
			{Day: "2026-03-01", PackType: "url", Submitted: 1, Completed: 1, Reserved: dpp.USD, Charged: 300_000},
		})
		w.seal(1)
	}
}

// sealedAt reads how far an account is sealed.
func (w *world) sealedAt(account dpp.AccountID) (seq int64, digest ledger.Digest) {
	w.Helper()
	w.must(w.store.Snapshot(w.Context(), func(s store.Snapshot) (err error) {
		seq, digest, err = s.Sealed(w.Context(), account)
		return err
	}))
	return seq, digest
}

func testSealOrder(w *world) {
	w.busyDays()
	other := dpp.AccountOf(w.newTenant(dpp.USD), true)
	for range 6 {
		w.post(ledger.NewCredit(other, dpp.USD, ""))
	}
	entries := map[dpp.AccountID][]ledger.Entry{w.account: w.entries(w.account), other: w.entries(other)}
	total, rounds := 0, 0
	for n := w.seal(4); n > 0; n = w.seal(4) {
		total, rounds = total+n, rounds+1
		for account, all := range entries {
			seq, digest := w.sealedAt(account)
			var want ledger.Digest
			for _, e := range all[:seq] {
				want = want.Chain(e)
			}
			w.same(fmt.Sprintf("digest of %s at %d", account, seq), digest, want)
		}
	}
	if want := len(entries[w.account]) + len(entries[other]); total != want || rounds != (want+3)/4 {
		w.Errorf("%d entries sealed in %d rounds, want %d", total, rounds, want)
	}
}

func testSealed(w *world) {
	if seq, digest := w.sealedAt(w.account); seq != 0 || digest != (ledger.Digest{}) {
		w.Errorf("sealed before the first sealing: %d", seq)
	}
	w.same("sealed", w.seal(10), 1)
	before := w.balance()
	seq, digest := w.sealedAt(w.account)
	if seq != 1 || digest != (ledger.Digest{}).Chain(w.entries(w.account)[0]) {
		w.Errorf("sealed at %d as %x", seq, digest)
	}
	w.same("the account that was sealed", w.balance(), before)
}

func testEachUsage(w *world) {
	want := w.busyDays()
	w.seal(1000)
	var folded []store.UsageDay
	w.must(w.store.Snapshot(w.Context(), func(s store.Snapshot) error {
		return s.EachUsage(w.Context(), w.account, func(d store.UsageDay) error {
			folded = append(folded, d)
			return nil
		})
	}))
	w.same("folded", folded, want)
}

func testUsageRefusals(w *world) {
	w.submit(w.submission(1000 * dpp.USD))
	if days := w.usage("2026-03-01", "2026-03-02"); len(days) != 0 {
		w.Errorf("usage of what was refused: %+v", days)
	}
}

func testUsageCredits(w *world) {
	w.post(ledger.NewAdjust(w.account, ledger.Down, dpp.USD, ""))
	w.same("sealed", w.seal(10), 2)
	if days := w.usage("2026-03-01", "2026-03-02"); len(days) != 0 {
		w.Errorf("usage without a run: %+v", days)
	}
}

func testUsageRequeues(w *world) {
	c := w.claimed()
	back := w.happens(requeueing(c.Run))
	again := w.claim(slot("again", back.ID))[0]
	w.happens(ending(again.Run, dpp.StatusCompleted, 100))
	w.same("usage", w.usage("2026-03-01", "2026-03-02"), []store.UsageDay{
		{Day: "2026-03-01", PackType: "decision", Submitted: 1, Completed: 1, Reserved: dpp.USD, Charged: 100},
	})
}

func testSealNothing(w *world) {
	w.seal(10)
	w.same("sealed again", w.seal(10), 0)
	w.post(ledger.NewCredit(w.account, dpp.USD, ""))
	w.same("none asked for", w.seal(0), 0)
	w.same("one more", w.seal(10), 1)
}

func testUsageForgotten(w *world) {
	want := w.busyDays()
	w.seal(1000)
	w.clock.advance(2 * keyWindow)
	due, err := w.store.Due(w.Context(), store.DueQuery{Due: store.DueRetention, Limit: 100})
	w.must(err)
	for _, d := range due {
		w.must(w.store.Purge(w.Context(), []dpp.RunID{d.Run.ID}))
	}
	if n, err := w.store.Forget(w.Context(), 0, 1000); err != nil || n == 0 {
		w.Fatalf("%d rows forgotten, %v", n, err)
	}
	w.same("usage", w.usage("2026-01-01", "2027-01-01"), want)
}

func testUsageForeign(w *world) {
	other := w.newTenant(dpp.USD)
	w.accepted(submissionOf(other, "key-other", dpp.USD))
	if days := w.usage("2026-03-01", "2026-03-02"); len(days) != 0 {
		w.Errorf("another tenant's usage: %+v", days)
	}
	w.seal(100)
	if days := w.usage("2026-03-01", "2026-03-02"); len(days) != 0 {
		w.Errorf("another tenant's folded usage: %+v", days)
	}
}
