package budget_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/budget"
	"dpp/internal/ledger"
)

const tenant = dpp.AccountID("ten_a")

func with(available dpp.Money) ledger.Account {
	return ledger.Account{ID: tenant, Credited: available, Available: available}
}

func holds(amounts ...dpp.Money) []ledger.Transfer {
	out := make([]ledger.Transfer, len(amounts))
	for i, amount := range amounts {
		out[i] = ledger.NewHold(tenant, dpp.RunID("run_"+strconv.Itoa(i)), amount)
	}
	return out
}

func TestDecide(t *testing.T) {
	const drained, suspended, tooMany = dpp.ReasonBudgetDrained, dpp.ReasonTenantSuspended, dpp.ReasonTooManyRuns
	busy := with(10 * dpp.USD)
	busy.Credited, busy.Held, busy.OpenRuns = busy.Credited+dpp.USD, dpp.USD, 2
	paused := with(10 * dpp.USD)
	paused.Suspended = true
	poor := paused
	poor.Credited, poor.Available = 0, 0
	for _, c := range []struct {
		name   string
		before ledger.Account
		limits budget.Limits
		holds  []dpp.Money
		want   []dpp.Reason
		left   dpp.Money
	}{
		{"nothing asked", with(dpp.USD), budget.Limits{}, nil, []dpp.Reason{}, dpp.USD},
		{"a large one does not refuse its neighbours", with(dpp.USD), budget.Limits{}, []dpp.Money{500_000, 1_000 * dpp.USD, 500_000}, []dpp.Reason{"", drained, ""}, 0},
		{"all that is there", with(dpp.USD), budget.Limits{}, []dpp.Money{dpp.USD}, []dpp.Reason{""}, 0},
		{"a quantum more", with(dpp.USD), budget.Limits{}, []dpp.Money{dpp.USD + dpp.Quantum}, []dpp.Reason{drained}, dpp.USD},
		{"nothing there", with(0), budget.Limits{}, []dpp.Money{dpp.Quantum}, []dpp.Reason{drained}, 0},
		{"the first takes what the second wants", with(dpp.USD), budget.Limits{}, []dpp.Money{600_000, 500_000, 400_000}, []dpp.Reason{"", drained, ""}, 0},
		{"a suspended account", paused, budget.Limits{}, []dpp.Money{dpp.Quantum, dpp.USD}, []dpp.Reason{suspended, suspended}, 10 * dpp.USD},
		{"suspended before empty", poor, budget.Limits{OpenRuns: 1}, []dpp.Money{dpp.Quantum}, []dpp.Reason{suspended}, 0},
		{"no limit of runs", busy, budget.Limits{}, []dpp.Money{100, 100, 100}, []dpp.Reason{"", "", ""}, 10*dpp.USD - 300},
		{"room for two more", busy, budget.Limits{OpenRuns: 4}, []dpp.Money{100, 100, 100}, []dpp.Reason{"", "", tooMany}, 10*dpp.USD - 200},
		{"what is refused takes no room", busy, budget.Limits{OpenRuns: 3}, []dpp.Money{11 * dpp.USD, 100, 100}, []dpp.Reason{drained, "", tooMany}, 10*dpp.USD - 100},
		{"full", busy, budget.Limits{OpenRuns: 2}, []dpp.Money{100}, []dpp.Reason{tooMany}, 10 * dpp.USD},
		{"more than full", busy, budget.Limits{OpenRuns: 1}, []dpp.Money{100}, []dpp.Reason{tooMany}, 10 * dpp.USD},
	} {
		after, decisions, err := budget.Decide(c.before, c.limits, holds(c.holds...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		refused := []dpp.Reason{}
		for _, d := range decisions {
			refused = append(refused, d.Refused)
		}
		if !slices.Equal(refused, c.want) || after.Available != c.left || !after.Balanced() {
			t.Errorf("%s: %q, %s left; want %q, %s", c.name, refused, after.Available, c.want, c.left)
		}
	}
}

func TestDecideRefusesWhatIsNoHold(t *testing.T) {
	before := with(dpp.USD)
	good := holds(100)[0]
	for name, bad := range map[string]ledger.Transfer{
		"a credit":               ledger.NewCredit(tenant, 100, ""),
		"an adjustment":          ledger.NewAdjust(tenant, ledger.Down, 100, ""),
		"a settlement":           ledger.NewSettle(tenant, "run_0", 100, 0),
		"nothing":                {},
		"another's hold":         ledger.NewHold("ten_b", "run_0", 100),
		"a hold of nothing":      ledger.NewHold(tenant, "run_0", 0),
		"a hold above the limit": ledger.NewHold(tenant, "run_0", dpp.MaxAmount+dpp.Quantum),
	} {
		after, decisions, err := budget.Decide(before, budget.Limits{}, []ledger.Transfer{good, bad, good})
		if !errors.Is(err, ledger.ErrMalformed) || decisions != nil || after != before {
			t.Errorf("%s: %v, decisions %v, changed: %t", name, err, decisions, after != before)
		}
	}
}

// question is anything that Decide may be asked.
type question struct {
	before ledger.Account
	limits budget.Limits
	holds  []ledger.Transfer
}

func questions() *rapid.Generator[question] {
	return rapid.Custom(func(t *rapid.T) question {
		quanta := func(label string, most int64) dpp.Money {
			return dpp.Money(rapid.Int64Range(0, most).Draw(t, label)) * dpp.Quantum
		}
		q := question{before: with(quanta("available", 100)), limits: budget.Limits{OpenRuns: rapid.Int64Range(0, 6).Draw(t, "limit")}}
		if rapid.Bool().Draw(t, "busy") {
			q.before.Held, q.before.OpenRuns = quanta("held", 50), rapid.Int64Range(0, 4).Draw(t, "open")
			q.before.Credited += q.before.Held
		}
		q.before.Suspended = rapid.IntRange(0, 9).Draw(t, "suspended") == 0
		for i := range rapid.IntRange(0, 12).Draw(t, "holds") {
			q.holds = append(q.holds, ledger.NewHold(tenant, dpp.RunID("run_"+strconv.Itoa(i)), dpp.Quantum+quanta("amount", 60)))
		}
		return q
	})
}

func (q question) decide(t *rapid.T) (ledger.Account, []budget.Decision) {
	after, decisions, err := budget.Decide(q.before, q.limits, q.holds)
	if err != nil {
		t.Fatal(err)
	}
	return after, decisions
}

// The naive model: two counters and a loop.
func TestDecideIsTheNaiveLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := questions().Draw(t, "question")
		after, decisions := q.decide(t)
		left, open, seq := q.before.Available, q.before.OpenRuns, q.before.Seq
		for i, hold := range q.holds {
			want := dpp.Reason("")
			switch {
			case q.before.Suspended:
				want = dpp.ReasonTenantSuspended
			case q.limits.OpenRuns > 0 && open >= q.limits.OpenRuns:
				want = dpp.ReasonTooManyRuns
			case hold.Amount() > left:
				want = dpp.ReasonBudgetDrained
			}
			d := decisions[i]
			if d.Refused != want || d.Available != left {
				t.Fatalf("hold %d of %s is decided as %+v; want %q at %s", i, hold.Amount(), d, want, left)
			}
			if want != "" {
				if d.Entries != nil {
					t.Fatalf("hold %d is refused and has entries %v", i, d.Entries)
				}
				continue
			}
			left, open, seq = left-hold.Amount(), open+1, seq+1
			entry := ledger.Entry{Account: tenant, Seq: seq, Kind: ledger.Hold, Amount: hold.Amount(), Run: hold.Run}
			if !slices.Equal(d.Entries, []ledger.Entry{entry}) {
				t.Fatalf("hold %d has entries %+v, want %+v", i, d.Entries, entry)
			}
		}
		want := q.before
		want.Available, want.OpenRuns, want.Seq = left, open, seq
		want.Held += q.before.Available - left
		want.Version += seq - q.before.Seq
		if after != want || !after.Balanced() {
			t.Fatalf("the account is %+v, want %+v", after, want)
		}
	})
}

// What is accepted fits, and nothing is refused for money that would have fitted
// at its moment.
func TestDecideNeverOverspends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := questions().Draw(t, "question")
		after, decisions := q.decide(t)
		var accepted dpp.Money
		for i, d := range decisions {
			switch d.Refused {
			case "":
				accepted += q.holds[i].Amount()
			case dpp.ReasonBudgetDrained:
				if accepted+q.holds[i].Amount() <= q.before.Available {
					t.Fatalf("hold %d of %s is refused, but only %s of %s was taken", i, q.holds[i].Amount(), accepted, q.before.Available)
				}
			default: // refused for another reason than money
			}
		}
		if accepted > q.before.Available || after.Available != q.before.Available-accepted || after.Available < 0 {
			t.Fatalf("%s accepted of %s, %s left", accepted, q.before.Available, after.Available)
		}
	})
}

// How holds are put into batches changes nothing; only their order counts.
func TestDecideInPartsIsDecideAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := questions().Draw(t, "question")
		cut := rapid.IntRange(0, len(q.holds)).Draw(t, "cut")
		after, decisions := q.decide(t)
		first, second := q, q
		first.holds, second.holds = q.holds[:cut], q.holds[cut:]
		middle, head := first.decide(t)
		second.before = middle
		end, tail := second.decide(t)
		same := func(a, b budget.Decision) bool {
			return a.Refused == b.Refused && a.Available == b.Available && slices.Equal(a.Entries, b.Entries)
		}
		if end != after || !slices.EqualFunc(append(head, tail...), decisions, same) {
			t.Fatalf("cut at %d: %+v and %+v\nat once: %+v", cut, head, tail, decisions)
		}
	})
}

// Where everything fits, or all ask for the same, the order does not matter.
func TestDecideOrderMattersOnlyWhereMoneyIsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := questions().Draw(t, "question")
		if rapid.Bool().Draw(t, "all the same") {
			for i := range q.holds {
				q.holds[i] = ledger.NewHold(tenant, q.holds[i].Run, q.holds[0].Amount())
			}
		} else {
			for _, hold := range q.holds {
				q.before.Available += hold.Amount()
				q.before.Credited += hold.Amount()
			}
			q.limits = budget.Limits{}
		}
		shuffled := q
		shuffled.holds = rapid.Permutation(q.holds).Draw(t, "order")
		after, _ := q.decide(t)
		if other, _ := shuffled.decide(t); other != after {
			t.Fatalf("in one order %+v, in another %+v", after, other)
		}
	})
}
