package pack_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/pack"
)

func some(unit string, quantity int64) pack.Quantity {
	return pack.Quantity{Unit: unit, Quantity: quantity}
}

func TestAHoldIsNoCostAndTakesRoom(t *testing.T) {
	told := 0
	m := pack.NewMeter(prices, 3_000, func() { told++ })
	hold, err := m.Reserve(some("page", 2), some("token", 600))
	if err != nil || m.Total() != 0 || len(m.Usage()) != 0 || told != 0 {
		t.Fatalf("%v; total %s, usage %v, told %d times", err, m.Total(), m.Usage(), told)
	}
	if err := m.Take("page", 1); !errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("what is held was taken: %v", err)
	}
	if _, err := m.Reserve(some("page", 1)); !errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("what is held was held again: %v", err)
	}
	if err := m.Take("token", 6_000); err != nil { // 2,990 micros with what is held
		t.Error(err)
	}
	if err := hold.Settle(some("token", 500)); err != nil {
		t.Error(err)
	}
	want := []pack.Usage{{"token", 6_500, 1_000}}
	if got := m.Usage(); !slices.Equal(got, want) || m.Total() != 1_000 || told != 2 {
		t.Errorf("the usage is %v, want %v; told %d times", got, want, told)
	}
	if err := m.Take("page", 2); err != nil {
		t.Errorf("what a hold gave back is not there: %v", err)
	}
}

func TestAReleasedHoldLeavesNothing(t *testing.T) {
	m := pack.NewMeter(prices, 2_000, func() { t.Error("nothing was counted") })
	hold, err := m.Reserve(some("page", 2))
	if err != nil {
		t.Fatal(err)
	}
	hold.Release()
	hold.Release()
	if err := hold.Settle(); err == nil {
		t.Error("a released hold was settled")
	}
	if again, err := m.Reserve(some("page", 2)); err != nil || again.Settle() != nil || m.Total() != 0 {
		t.Errorf("%v; total %s", err, m.Total())
	}
}

func TestMistakesWithHoldsAreNoLimits(t *testing.T) {
	m := pack.NewMeter(prices, dpp.USD, nil)
	for name, worst := range map[string]pack.Quantity{"unknown": some("unknown", 1), "negative": some("page", -1)} {
		if _, err := m.Reserve(worst); err == nil || errors.Is(err, pack.ErrCostLimit) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := m.ReserveUpTo("token", 1, 2, worst); err == nil || errors.Is(err, pack.ErrCostLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := m.ReserveUpTo("token", 3, 2); err == nil || errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("at least more than at most: %v", err)
	}
	hold, err := m.Reserve(some("page", 2))
	if err != nil {
		t.Fatal(err)
	}
	for name, took := range map[string][]pack.Quantity{
		"above": {some("page", 3)}, "above in two": {some("page", 1), some("page", 2)}, "negative": {some("page", -1)}, "another": {some("token", 1)},
	} {
		if err := hold.Settle(took...); err == nil || m.Total() != 0 {
			t.Errorf("settled %s: total %s", name, m.Total())
		}
	}
	if err := hold.Settle(some("page", 2)); err != nil || m.Total() != 2_000 {
		t.Errorf("the hold did not stay as it was: %v, total %s", err, m.Total())
	}
	if err := hold.Settle(some("page", 2)); err == nil || m.Total() != 2_000 {
		t.Errorf("settled twice: total %s", m.Total())
	}
}

func TestReserveUpToTakesWhatFits(t *testing.T) {
	for _, c := range []struct {
		limit       dpp.Money
		least, most int64
		granted     int64 // -1: none
	}{
		{1_000, 1, 10_000, -1},                               // the page alone fills it
		{1_100, 0, 10_000, 666},                              // 99.9 micros
		{1_100, 666, 10_000, 666},                            // just enough
		{1_100, 667, 10_000, -1},                             // one too few
		{dpp.USD, 1, 10_000, 10_000},                         // all that is wanted
		{1_100, 0, math.MaxInt64, 666},                       // more than can be counted
		{999, 0, 10_000, -1},                                 // not even the page
		{dpp.MaxAmount, 5, math.MaxInt64, 6_666_666_660_000}, // 999,999,999,000 micros at 0.15 each
	} {
		m := pack.NewMeter(prices, c.limit, nil)
		hold, granted, err := m.ReserveUpTo("token", c.least, c.most, some("page", 1))
		if c.granted < 0 {
			if !errors.Is(err, pack.ErrCostLimit) || hold != nil {
				t.Errorf("%+v: %d, %v", c, granted, err)
			}
			continue
		}
		if err != nil || granted != c.granted {
			t.Errorf("%+v: %d, %v", c, granted, err)
			continue
		}
		if err := hold.Settle(some("token", granted), some("page", 1)); err != nil || m.Total() > c.limit {
			t.Errorf("%+v: %v, total %s", c, err, m.Total())
		}
	}
}

// ledger is the meter in exact fractions: what was counted, and what each open hold holds.
type ledger struct {
	counted map[string]int64
	open    map[*pack.Hold]map[string]int64
}

func (l *ledger) cost(held bool, more ...pack.Quantity) *big.Rat {
	sum := new(big.Rat)
	add := func(unit string, quantity int64) {
		i := slices.IndexFunc(prices, func(p dpp.Price) bool { return p.Unit == unit })
		sum.Add(sum, big.NewRat(int64(prices[i].Amount)*quantity, prices[i].Per))
	}
	for unit, quantity := range l.counted {
		add(unit, quantity)
	}
	for _, q := range more {
		add(q.Unit, q.Quantity)
	}
	for _, one := range l.open {
		for unit, quantity := range one {
			if held {
				add(unit, quantity)
			}
		}
	}
	return sum
}

// TestHoldsAreExact: in any order of takes, holds, settlements and releases the meter
// refuses exactly what would exceed the limit if all that is held came to be, counts what
// was taken, and its lines sum to its total.
func TestHoldsAreExact(t *testing.T) {
	units := []string{"page", "token", "third", "free"}
	rapid.Check(t, func(t *rapid.T) {
		limit := dpp.Money(rapid.Int64Range(0, 200).Draw(t, "limit")) * dpp.Quantum
		whole := big.NewRat(int64(limit), 1)
		m := pack.NewMeter(prices, limit, nil)
		l := &ledger{counted: map[string]int64{}, open: map[*pack.Hold]map[string]int64{}}
		var holds []*pack.Hold
		quantity := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 100_000))
		draw := func() pack.Quantity {
			return some(rapid.SampledFrom(units).Draw(t, "unit"), quantity.Draw(t, "quantity"))
		}
		judged := func(err error, more ...pack.Quantity) bool {
			fits := l.cost(true, more...).Cmp(whole) <= 0
			if fits != (err == nil) || err != nil && !errors.Is(err, pack.ErrCostLimit) {
				t.Fatalf("%v beside %s: %v", more, l.cost(true).RatString(), err)
			}
			return fits
		}
		keep := func(hold *pack.Hold, parts ...pack.Quantity) {
			holds, l.open[hold] = append(holds, hold), map[string]int64{}
			for _, q := range parts {
				l.open[hold][q.Unit] += q.Quantity
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(*rapid.T) {
				q := draw()
				if judged(m.Take(q.Unit, q.Quantity), q) {
					l.counted[q.Unit] += q.Quantity
				}
			},
			"reserve": func(*rapid.T) {
				a, b := draw(), draw()
				hold, err := m.Reserve(a, b)
				if judged(err, a, b) {
					keep(hold, a, b)
				}
			},
			"up to": func(*rapid.T) {
				fixed, up := draw(), draw()
				least := rapid.Int64Range(0, up.Quantity).Draw(t, "least")
				hold, granted, err := m.ReserveUpTo(up.Unit, least, up.Quantity, fixed)
				if !judged(err, fixed, some(up.Unit, least)) {
					return
				}
				if granted < least || granted > up.Quantity || l.cost(true, fixed, some(up.Unit, granted)).Cmp(whole) > 0 ||
					granted < up.Quantity && l.cost(true, fixed, some(up.Unit, granted+1)).Cmp(whole) <= 0 {
					t.Fatalf("granted %d of %d to %d beside %s", granted, least, up.Quantity, l.cost(true).RatString())
				}
				keep(hold, fixed, some(up.Unit, granted))
			},
			"end": func(*rapid.T) {
				if len(holds) == 0 {
					return
				}
				i := rapid.IntRange(0, len(holds)-1).Draw(t, "hold")
				hold := holds[i]
				holds = slices.Delete(holds, i, i+1)
				if rapid.Bool().Draw(t, "release") {
					hold.Release()
				} else {
					var took []pack.Quantity
					for _, unit := range units {
						if held, ok := l.open[hold][unit]; ok {
							took = append(took, some(unit, rapid.Int64Range(0, held).Draw(t, "real")))
							l.counted[unit] += took[len(took)-1].Quantity
						}
					}
					if err := hold.Settle(took...); err != nil {
						t.Fatal(err)
					}
				}
				delete(l.open, hold)
			},
			"": func(*rapid.T) { exact(t, m, limit, l) },
		})
	})
}

func exact(t *rapid.T, m *pack.Meter, limit dpp.Money, l *ledger) {
	total, cost := m.Total(), l.cost(false)
	if off := new(big.Rat).Sub(big.NewRat(int64(total), 1), cost); total > limit || off.Sign() < 0 || off.Cmp(big.NewRat(100, 1)) >= 0 {
		t.Fatalf("the total is %d, exactly %s, the limit %d", int64(total), cost.RatString(), int64(limit))
	}
	var sum dpp.Money
	for _, line := range m.Usage() {
		if sum += line.Cost; line.Quantity != l.counted[line.Unit] {
			t.Fatalf("%d of %s, counted %d", line.Quantity, line.Unit, l.counted[line.Unit])
		}
	}
	if sum != total {
		t.Fatalf("the lines sum to %s, the total is %s", sum, total)
	}
}

// Many reserve, settle and take at once; what was taken is what is counted, never above
// the limit, and afterwards nothing is held.
func TestHoldsUnderConcurrency(t *testing.T) {
	const limit = 20_000
	m := pack.NewMeter(prices, limit, nil)
	var pages, tokens atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for round := range int64(200) {
				hold, granted, err := m.ReserveUpTo("token", 1, 5_000, some("page", 1))
				if err != nil {
					continue
				}
				if i%2 == 0 && round%3 == 0 {
					hold.Release()
					continue
				}
				took := []pack.Quantity{some("token", granted/7), some("page", round%40/39)}
				if err := hold.Settle(took...); err != nil {
					t.Error(err)
				}
				hold.Release()
				tokens.Add(took[0].Quantity)
				pages.Add(took[1].Quantity)
				if m.Total() > limit {
					t.Errorf("the total is %s", m.Total())
				}
			}
		})
	}
	group.Wait()
	for _, line := range m.Usage() {
		if want := map[string]int64{"page": pages.Load(), "token": tokens.Load()}[line.Unit]; line.Quantity != want {
			t.Errorf("%d of %s were counted, %d were real", line.Quantity, line.Unit, want)
		}
	}
	left := (limit - m.Total()) / 1_000
	if err := m.Take("page", int64(left)); err != nil {
		t.Errorf("something is still held: %v", err)
	}
}
