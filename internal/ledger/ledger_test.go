package ledger_test

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/ledger"
)

const (
	account = dpp.AccountID("ten_a")
	run     = dpp.RunID("run_a")
)

// funded has 10 available, 4 held by two runs, and 1 spent.
func funded() ledger.Account {
	return ledger.Account{
		ID: account, Tenant: "ten_a", Credited: 15 * dpp.USD, Available: 10 * dpp.USD, Held: 4 * dpp.USD, Spent: dpp.USD,
		OpenRuns: 2, Version: 7, Seq: 9,
	}
}

func TestApply(t *testing.T) {
	type change struct{ credited, available, held, spent, openRuns int64 } // money in USD
	entry := func(kind ledger.Kind, amount dpp.Money) ledger.Entry {
		return ledger.Entry{Account: account, Kind: kind, Amount: amount, Run: run}
	}
	for _, c := range []struct {
		name     string
		transfer ledger.Transfer
		want     change
		entries  []ledger.Entry
	}{
		{"a credit", ledger.NewCredit(account, 2*dpp.USD, "invoice 7"), change{2, 2, 0, 0, 0}, []ledger.Entry{
			{Account: account, Kind: ledger.Credit, Amount: 2 * dpp.USD, Reference: "invoice 7"},
		}},
		{"an adjustment up", ledger.NewAdjust(account, ledger.Up, 2*dpp.USD, ""), change{2, 2, 0, 0, 0}, []ledger.Entry{
			{Account: account, Kind: ledger.Adjust, Direction: ledger.Up, Amount: 2 * dpp.USD},
		}},
		{"an adjustment down", ledger.NewAdjust(account, ledger.Down, 10*dpp.USD, "fix"), change{-10, -10, 0, 0, 0}, []ledger.Entry{
			{Account: account, Kind: ledger.Adjust, Direction: ledger.Down, Amount: 10 * dpp.USD, Reference: "fix"},
		}},
		{"a hold of all there is", ledger.NewHold(account, run, 10*dpp.USD), change{0, -10, 10, 0, 1}, []ledger.Entry{
			entry(ledger.Hold, 10*dpp.USD),
		}},
		{"a charge in part", ledger.NewSettle(account, run, 3*dpp.USD, dpp.USD), change{0, 2, -3, 1, -1}, []ledger.Entry{
			entry(ledger.Capture, dpp.USD), entry(ledger.Release, 2*dpp.USD),
		}},
		{"a charge in full", ledger.NewSettle(account, run, 3*dpp.USD, 3*dpp.USD), change{0, 0, -3, 3, -1}, []ledger.Entry{
			entry(ledger.Capture, 3*dpp.USD),
		}},
		{"a charge above", ledger.NewSettle(account, run, 3*dpp.USD, 4*dpp.USD), change{0, 0, -3, 3, -1}, []ledger.Entry{
			entry(ledger.Capture, 3*dpp.USD),
		}},
		{"a refund", ledger.NewSettle(account, run, 3*dpp.USD, 0), change{0, 3, -3, 0, -1}, []ledger.Entry{
			entry(ledger.Release, 3*dpp.USD),
		}},
		{"a charge below nothing", ledger.NewSettle(account, run, 3*dpp.USD, -1), change{0, 3, -3, 0, -1}, []ledger.Entry{
			entry(ledger.Release, 3*dpp.USD),
		}},
	} {
		before := funded()
		got, entries, err := before.Apply(c.transfer)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := before
		want.Credited += dpp.Money(c.want.credited) * dpp.USD
		want.Available += dpp.Money(c.want.available) * dpp.USD
		want.Held += dpp.Money(c.want.held) * dpp.USD
		want.Spent += dpp.Money(c.want.spent) * dpp.USD
		want.OpenRuns += c.want.openRuns
		want.Version++
		want.Seq += int64(len(c.entries))
		if got != want || !got.Balanced() {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, want)
		}
		for i := range c.entries {
			c.entries[i].Seq = before.Seq + int64(i) + 1
		}
		if !slices.Equal(entries, c.entries) {
			t.Errorf("%s: entries %+v\nwant %+v", c.name, entries, c.entries)
		}
	}
}

func TestApplyRefusesWhatDoesNotFit(t *testing.T) {
	full := ledger.Account{ID: account, Credited: math.MaxInt64, Available: math.MaxInt64}
	idle := ledger.Account{ID: account, Credited: dpp.USD, Available: dpp.USD}
	wrong := ledger.Account{ID: account, Credited: dpp.USD, Held: dpp.USD} // by no run
	for _, c := range []struct {
		name     string
		before   ledger.Account
		transfer ledger.Transfer
		want     error
	}{
		{"a hold above what is there", funded(), ledger.NewHold(account, run, 10*dpp.USD+dpp.Quantum), ledger.ErrInsufficient},
		{"an adjustment below zero", funded(), ledger.NewAdjust(account, ledger.Down, 10*dpp.USD+dpp.Quantum, ""), ledger.ErrInsufficient},
		{"a settlement above what is held", funded(), ledger.NewSettle(account, run, 5*dpp.USD, dpp.USD), ledger.ErrMalformed},
		{"a settlement where nothing is open", idle, ledger.NewSettle(account, run, dpp.USD, 0), ledger.ErrMalformed},
		{"a settlement of what no run holds", wrong, ledger.NewSettle(account, run, dpp.USD, 0), ledger.ErrMalformed},
		{"more credit than can be", full, ledger.NewCredit(account, dpp.Quantum, ""), dpp.ErrMoneyOverflow},
		{"an adjustment up to more than can be", full, ledger.NewAdjust(account, ledger.Up, dpp.MaxAmount, ""), dpp.ErrMoneyOverflow},
	} {
		after, entries, err := c.before.Apply(c.transfer)
		if !errors.Is(err, c.want) || entries != nil || after != c.before {
			t.Errorf("%s: %v (want %v), entries %v, changed: %t", c.name, err, c.want, entries, after != c.before)
		}
	}
}

func TestApplyRefusesWhatIsMalformed(t *testing.T) {
	change := func(transfer ledger.Transfer, how func(*ledger.Transfer)) ledger.Transfer {
		transfer.Entries = slices.Clone(transfer.Entries)
		how(&transfer)
		return transfer
	}
	hold, settle := ledger.NewHold(account, run, dpp.USD), ledger.NewSettle(account, run, 2*dpp.USD, dpp.USD)
	credit, adjust := ledger.NewCredit(account, dpp.USD, "r"), ledger.NewAdjust(account, ledger.Down, dpp.USD, "r")
	first := func(how func(*ledger.Entry)) func(*ledger.Transfer) {
		return func(t *ledger.Transfer) { how(&t.Entries[0]) }
	}
	for name, transfer := range map[string]ledger.Transfer{
		"nothing at all":             {},
		"no entries":                 {Kind: ledger.TransferHold, Account: account, Run: run},
		"a settlement of nothing":    ledger.NewSettle(account, run, 0, 0),
		"one of less than nothing":   ledger.NewSettle(account, run, -100, 0),
		"another account":            ledger.NewHold("ten_b", run, dpp.USD),
		"a hold of nothing":          ledger.NewHold(account, run, 0),
		"a hold of less":             ledger.NewHold(account, run, -dpp.USD),
		"a part of a quantum":        ledger.NewHold(account, run, dpp.USD+1),
		"more than one amount":       ledger.NewCredit(account, dpp.MaxAmount+dpp.Quantum, ""),
		"a hold without a run":       ledger.NewHold(account, "", dpp.USD),
		"a settlement without one":   ledger.NewSettle(account, "", dpp.USD, 0),
		"no direction":               ledger.NewAdjust(account, "", dpp.USD, ""),
		"an unknown direction":       ledger.NewAdjust(account, "sideways", dpp.USD, ""),
		"an unknown kind":            change(hold, func(t *ledger.Transfer) { t.Kind = "gift" }),
		"another kind":               change(hold, func(t *ledger.Transfer) { t.Kind = ledger.TransferSettle }),
		"a credit with a run":        change(credit, func(t *ledger.Transfer) { t.Run, t.Entries[0].Run = run, run }),
		"a hold with a reference":    change(hold, func(t *ledger.Transfer) { t.Reference, t.Entries[0].Reference = "r", "r" }),
		"the transfer's reference":   change(hold, func(t *ledger.Transfer) { t.Reference = "r" }),
		"another's reference":        change(credit, first(func(e *ledger.Entry) { e.Reference = "s" })),
		"another's run":              change(hold, first(func(e *ledger.Entry) { e.Run = "run_b" })),
		"another's entry":            change(hold, first(func(e *ledger.Entry) { e.Account = "ten_b" })),
		"a credit with a direction":  change(credit, first(func(e *ledger.Entry) { e.Direction = ledger.Up })),
		"an adjustment that credits": change(adjust, first(func(e *ledger.Entry) { e.Kind = ledger.Credit })),
		"a credit that captures":     change(credit, first(func(e *ledger.Entry) { e.Kind = ledger.Capture })),
		"a hold that releases":       change(hold, first(func(e *ledger.Entry) { e.Kind = ledger.Release })),
		"a settlement that holds":    change(settle, first(func(e *ledger.Entry) { e.Kind = ledger.Hold })),
		"an unknown entry":           change(hold, first(func(e *ledger.Entry) { e.Kind = "gift" })),
		"a release before a capture": change(settle, func(t *ledger.Transfer) { slices.Reverse(t.Entries) }),
		"two captures":               change(settle, func(t *ledger.Transfer) { t.Entries[1].Kind = ledger.Capture }),
		"two releases":               change(settle, first(func(e *ledger.Entry) { e.Kind = ledger.Release })),
		"a hold twice":               change(hold, func(t *ledger.Transfer) { t.Entries = append(t.Entries, t.Entries[0]) }),
		"a credit twice":             change(credit, func(t *ledger.Transfer) { t.Entries = append(t.Entries, t.Entries[0]) }),
		"an adjustment twice":        change(adjust, func(t *ledger.Transfer) { t.Entries = append(t.Entries, t.Entries[0]) }),
		"three entries":              change(settle, func(t *ledger.Transfer) { t.Entries = append(t.Entries, t.Entries[1]) }),
	} {
		before := funded()
		if after, entries, err := before.Apply(transfer); !errors.Is(err, ledger.ErrMalformed) || entries != nil || after != before {
			t.Errorf("%s: %v, entries %v, changed: %t", name, err, entries, after != before)
		}
	}
}

func TestApplyLeavesTheTransferAlone(t *testing.T) {
	transfer := ledger.NewSettle(account, run, 2*dpp.USD, dpp.USD)
	want := slices.Clone(transfer.Entries)
	if _, _, err := funded().Apply(transfer); err != nil || !slices.Equal(transfer.Entries, want) {
		t.Errorf("%v, and the transfer's entries are %v", err, transfer.Entries)
	}
}

func TestTransferAmount(t *testing.T) {
	for _, transfer := range []ledger.Transfer{
		ledger.NewHold(account, run, 300), ledger.NewCredit(account, 300, ""), ledger.NewAdjust(account, ledger.Down, 300, ""),
		ledger.NewSettle(account, run, 300, 0), ledger.NewSettle(account, run, 300, 100), ledger.NewSettle(account, run, 300, 400),
	} {
		if transfer.Amount() != 300 {
			t.Errorf("a %s of 0.0003 is one of %s", transfer.Kind, transfer.Amount())
		}
	}
}

func TestBalanced(t *testing.T) {
	for name, how := range map[string]func(*ledger.Account){
		"more credited":     func(a *ledger.Account) { a.Credited++ },
		"less credited":     func(a *ledger.Account) { a.Credited-- },
		"available minus":   func(a *ledger.Account) { a.Available, a.Held = -1, a.Held+a.Available+1 },
		"held minus":        func(a *ledger.Account) { a.Held, a.Spent = -1, a.Spent+a.Held+1 },
		"spent minus":       func(a *ledger.Account) { a.Spent, a.Held = -1, a.Held+a.Spent+1 },
		"open runs minus":   func(a *ledger.Account) { a.OpenRuns = -1 },
		"a sum that wraps":  func(a *ledger.Account) { a.Available, a.Held, a.Spent, a.Credited = math.MaxInt64, math.MaxInt64, 2, 0 },
		"the first wraps":   func(a *ledger.Account) { a.Available, a.Held, a.Spent, a.Credited = math.MaxInt64, 1, 0, math.MinInt64 },
		"the second wraps":  func(a *ledger.Account) { a.Available, a.Held, a.Spent, a.Credited = math.MaxInt64, 0, 1, math.MinInt64 },
		"nothing available": func(a *ledger.Account) { a.Available = 0 },
	} {
		a := funded()
		if how(&a); a.Balanced() {
			t.Errorf("%s, but it is balanced", name)
		}
	}
	if !funded().Balanced() || !(ledger.Account{}).Balanced() {
		t.Error("a good account is not balanced")
	}
}

// books is an account and all that may be known of it from its history alone.
type books struct {
	account  ledger.Account
	entries  []ledger.Entry
	open     map[dpp.RunID]dpp.Money
	nextRun  int
	accepted int64
}

func (b *books) draw(t *rapid.T) ledger.Transfer {
	amount := dpp.Quantum * dpp.Money(rapid.OneOf(rapid.Int64Range(-1, 50), rapid.Int64Range(1, int64(dpp.MaxAmount/dpp.Quantum)+1)).Draw(t, "quanta"))
	switch rapid.IntRange(0, 6).Draw(t, "what") {
	case 0, 1:
		return ledger.NewCredit(account, amount, rapid.StringN(0, 3, -1).Draw(t, "reference"))
	case 2:
		return ledger.NewAdjust(account, rapid.SampledFrom([]ledger.Direction{ledger.Up, ledger.Down}).Draw(t, "direction"), amount, "")
	case 3, 4:
		b.nextRun++
		return ledger.NewHold(account, dpp.RunID("run_"+strconv.Itoa(b.nextRun)), amount)
	default:
		if len(b.open) == 0 {
			return ledger.NewSettle(account, "run_none", amount, amount)
		}
		open := make([]dpp.RunID, 0, len(b.open))
		for id := range b.open {
			open = append(open, id)
		}
		slices.Sort(open)
		id := rapid.SampledFrom(open).Draw(t, "run")
		return ledger.NewSettle(account, id, b.open[id], dpp.Money(rapid.Int64Range(-1_000, 6_000).Draw(t, "charge"))*dpp.Quantum)
	}
}

// refusal is the error that a drawn transfer must meet, if any.
func (b *books) refusal(transfer ledger.Transfer) error {
	a, amount := b.account, transfer.Amount()
	_, isOpen := b.open[transfer.Run]
	takes := transfer.Kind == ledger.TransferHold || transfer.Kind == ledger.TransferAdjust && transfer.Entries[0].Direction == ledger.Down
	switch {
	case amount <= 0 || amount > dpp.MaxAmount || transfer.Kind == ledger.TransferSettle && !isOpen:
		return ledger.ErrMalformed
	case takes && amount > a.Available:
		return ledger.ErrInsufficient
	case !takes && transfer.Kind != ledger.TransferSettle && a.Credited > math.MaxInt64-amount:
		return dpp.ErrMoneyOverflow
	}
	return nil
}

// apply posts a transfer and checks every law that speaks of one step.
func (b *books) apply(t *rapid.T, transfer ledger.Transfer) {
	before := b.account
	after, entries, err := before.Apply(transfer)
	if want := b.refusal(transfer); !errors.Is(err, want) || err != nil && (after != before || entries != nil) {
		t.Fatalf("%+v of %+v: %v, want %v; changed: %t", transfer, before, err, want, after != before)
	}
	if err != nil {
		return
	}
	b.account, b.entries, b.accepted = after, append(b.entries, entries...), b.accepted+1
	switch transfer.Kind {
	case ledger.TransferCredit, ledger.TransferAdjust:
	case ledger.TransferHold:
		b.open[transfer.Run] = transfer.Amount()
	case ledger.TransferSettle:
		if transfer.Amount() != b.open[transfer.Run] {
			t.Fatalf("run %s reserved %s and was settled with %s", transfer.Run, b.open[transfer.Run], transfer.Amount())
		}
		delete(b.open, transfer.Run)
	}
}

// check holds the account against its entries.
func (b *books) check(t *rapid.T, start ledger.Account) {
	sum := map[ledger.Bucket]dpp.Money{}
	for i, e := range b.entries {
		if e.Seq != start.Seq+int64(i)+1 || e.Amount <= 0 || !e.Amount.Whole() {
			t.Fatalf("entry %d is %+v", i, e)
		}
		postings := e.Postings()
		if postings[0].Amount+postings[1].Amount != 0 || postings[0].Bucket == postings[1].Bucket {
			t.Fatalf("the postings of %+v are %v", e, postings)
		}
		for _, p := range postings {
			sum[p.Bucket] += p.Amount
		}
	}
	var held dpp.Money
	for _, amount := range b.open {
		held += amount
	}
	a := b.account
	want := ledger.Account{
		ID: start.ID, Credited: start.Credited - sum[ledger.World], Available: start.Available + sum[ledger.Available],
		Held: held, Spent: sum[ledger.Spent], OpenRuns: int64(len(b.open)), Version: start.Version + b.accepted, Seq: start.Seq + int64(len(b.entries)),
	}
	if a != want || sum[ledger.Held] != held || !a.Balanced() {
		t.Fatalf("the account is %+v\nits history says %+v", a, want)
	}
}

func TestBooksAreTheFoldOfTheirEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paidIn := rapid.SampledFrom([]dpp.Money{0, 10_000, math.MaxInt64 - dpp.MaxAmount}).Draw(t, "paid in")
		start := ledger.Account{ID: account, Credited: paidIn, Available: paidIn, Version: 3, Seq: 1}
		b := &books{account: start, open: map[dpp.RunID]dpp.Money{}}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			b.apply(t, b.draw(t))
			b.check(t, start)
		}
	})
}
