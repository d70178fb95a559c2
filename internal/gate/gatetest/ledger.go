package gatetest

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/budget"
	"dpp/internal/gate"
	"dpp/internal/ledger"
)

// move is one move of a random sequence with money: time passes, words come, and a
// batch is asked.
type move struct {
	step
	words []gate.Word
}

func drawMove(t *rapid.T) move {
	accounts := rapid.SampledFrom([]dpp.AccountID{"a", "a/test", "b", "c"})
	quotas := map[string]int64{"submit": 30, "other": 7, "wide": 100_000}
	quanta := rapid.Map(rapid.Int64Range(0, 20), func(n int64) dpp.Money { return dpp.Money(n) * dpp.Quantum })
	one := rapid.Custom(func(t *rapid.T) gate.Request {
		policy := rapid.SampledFrom([]string{"submit", "other", "wide"}).Draw(t, "policy")
		r := request(accounts.Draw(t, "account"), policy, quotas[policy])
		r.Spend = rapid.OneOf(quanta, rapid.SampledFrom([]dpp.Money{0, dpp.MaxAmount, dpp.MaxAmount - dpp.Quantum})).Draw(t, "spend")
		return r
	})
	said := rapid.Custom(func(t *rapid.T) gate.Word {
		return gate.Word{
			Account:   accounts.Draw(t, "account"),
			Available: rapid.OneOf(quanta, rapid.Just(dpp.MaxAmount), rapid.Just(countable)).Draw(t, "available"),
			Version:   rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(1<<53-2, 1<<53+2)).Draw(t, "version"),
			Epoch:     rapid.Int64Range(0, 2).Draw(t, "epoch"),
		}
	})
	return move{
		step: step{
			pause:    time.Duration(rapid.IntRange(0, 5_000).Draw(t, "millis")) * time.Millisecond,
			requests: rapid.SliceOfN(one, 0, 30).Draw(t, "requests"),
		},
		words: rapid.SliceOfN(said, 0, 3).Draw(t, "words"),
	}
}

// testMoneyReference compares a gate with [budget.Decide] and [gate.Bucket] on random
// sequences of words and batches.
func testMoneyReference(t *testing.T, h Harness) {
	rapid.Check(t, func(rt *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(drawMove), 1, 20).Draw(rt, "moves")
		fault := ""
		h.with(t, func(t *testing.T, f *fixture) { fault = newBooks().play(t, f, moves) })
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}

// books are what the reference knows.
type books struct {
	now      time.Time
	buckets  map[[2]string]*gate.Bucket
	accounts map[dpp.AccountID]ledger.Account
	words    map[dpp.AccountID]gate.Word
}

func newBooks() *books {
	return &books{
		now: time.Now(), buckets: map[[2]string]*gate.Bucket{},
		accounts: map[dpp.AccountID]ledger.Account{}, words: map[dpp.AccountID]gate.Word{},
	}
}

func (b *books) play(t *testing.T, f *fixture, moves []move) string {
	for i, m := range moves {
		f.advance(m.pause)
		b.now = b.now.Add(m.pause)
		if err := f.gate.Word(t.Context(), m.words); err != nil {
			t.Fatalf("Word: %v", err)
		}
		for _, w := range m.words {
			b.hear(w)
		}
		want := b.decide(t, m.requests)
		for j, got := range f.admit(t, m.requests...) {
			if got.Rate != want[j].Rate || got.Rate.Allowed && got.Covered != want[j].Covered {
				return fmt.Sprintf("move %d, request %d, %+v: %+v, want %+v", i, j, m.requests[j], got, want[j])
			}
		}
	}
	return ""
}

func (b *books) hear(w gate.Word) {
	held, known := b.words[w.Account]
	if known && (w.Epoch < held.Epoch || w.Epoch == held.Epoch && w.Version < held.Version) {
		return
	}
	b.words[w.Account] = w
	b.accounts[w.Account] = ledger.Account{ID: w.Account, Credited: w.Available, Available: w.Available}
}

// decide decides the rates one by one, and the spends of each account at once.
func (b *books) decide(t *testing.T, requests []gate.Request) []gate.Answer {
	answers := make([]gate.Answer, len(requests))
	holds := map[dpp.AccountID][]ledger.Transfer{}
	places := map[dpp.AccountID][]int{}
	for i, r := range requests {
		name := [2]string{string(r.Account), r.Policy.Name}
		if b.buckets[name] == nil {
			b.buckets[name] = &gate.Bucket{}
		}
		answers[i] = gate.Answer{Rate: b.buckets[name].Take(r.Policy, b.now), Covered: true}
		if _, known := b.accounts[r.Account]; known && answers[i].Rate.Allowed && r.Spend > 0 {
			holds[r.Account] = append(holds[r.Account], ledger.NewHold(r.Account, dpp.RunID("run_"+strconv.Itoa(i)), r.Spend))
			places[r.Account] = append(places[r.Account], i)
		}
	}
	for account, list := range holds {
		after, decisions, err := budget.Decide(b.accounts[account], budget.Limits{}, list)
		if err != nil {
			t.Fatalf("the reference: %v", err)
		}
		b.accounts[account] = after
		for n, i := range places[account] {
			answers[i].Covered = decisions[n].Refused == ""
		}
	}
	return answers
}
