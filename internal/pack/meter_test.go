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

var prices = []dpp.Price{
	{Unit: "page", Per: 1, Amount: 1_000},
	{Unit: "token", Per: 1_000_000, Amount: 150_000},
	{Unit: "third", Per: 3, Amount: 100},
	{Unit: "free", Per: 1},
}

func TestMeterStopsAtTheLimit(t *testing.T) {
	m := pack.NewMeter(prices, 2_500, nil)
	for _, step := range []struct {
		unit     string
		quantity int64
		want     error
		total    dpp.Money
	}{
		{"page", 1, nil, 1_000},
		{"page", 2, pack.ErrCostLimit, 1_000}, // and counts nothing
		{"free", 1_000, nil, 1_000},
		{"page", 1, nil, 2_000},
		{"token", 666, nil, 2_100},
		{"token", 1, nil, 2_200},
		{"token", 1_999, nil, 2_400}, // 2,666 tokens are 399.9 micros
		{"page", 1, pack.ErrCostLimit, 2_400},
		{"third", 3, nil, 2_500}, // 2,499.9 fit the limit exactly
		{"third", 1, pack.ErrCostLimit, 2_500},
		{"token", 0, nil, 2_500},
		{"free", math.MaxInt64, pack.ErrCostLimit, 2_500}, // more than can be counted
		{"page", math.MaxInt64, pack.ErrCostLimit, 2_500},
	} {
		if err := m.Take(step.unit, step.quantity); !errors.Is(err, step.want) || m.Total() != step.total {
			t.Errorf("taking %d of %s: %v, total %d; want %v, %d", step.quantity, step.unit, err, int64(m.Total()), step.want, int64(step.total))
		}
	}
	want := []pack.Usage{{"page", 2, 2_000}, {"free", 1_000, 0}, {"token", 2_666, 400}, {"third", 3, 100}}
	if got := m.Usage(); !slices.Equal(got, want) {
		t.Errorf("the usage is %v, want %v", got, want)
	}
}

func TestMeterTellsMistakesFromLimits(t *testing.T) {
	m := pack.NewMeter(prices, dpp.USD, func() { t.Error("nothing was counted") })
	for unit, quantity := range map[string]int64{"unknown": 1, "": 1, "page": -1} {
		if err := m.Take(unit, quantity); err == nil || errors.Is(err, pack.ErrCostLimit) {
			t.Errorf("taking %d of %q: %v", quantity, unit, err)
		}
	}
	if m.Total() != 0 || len(m.Usage()) != 0 {
		t.Errorf("the total is %s, the usage %v", m.Total(), m.Usage())
	}
}

func TestMeterTellsProgress(t *testing.T) {
	var m *pack.Meter
	var seen []dpp.Progress
	m = pack.NewMeter(prices, 1_500, func() { seen = append(seen, m.Progress()) }) // would wait for ever inside the lock
	if m.Progress() != (dpp.Progress{}) {
		t.Errorf("before the start: %v", m.Progress())
	}
	m.Advance(0, 2, "page")
	if err := m.Take("page", 1); err != nil {
		t.Fatal(err)
	}
	m.Advance(1, 2, "page")
	if err := m.Take("page", 1); !errors.Is(err, pack.ErrCostLimit) {
		t.Fatal(err)
	}
	want := []dpp.Progress{{Total: 2, Unit: "page"}, {Total: 2, Unit: "page", Used: 1_000}, {Done: 1, Total: 2, Unit: "page", Used: 1_000}}
	if !slices.Equal(seen, want) {
		t.Errorf("told %v, want %v", seen, want)
	}
}

// Many take at once; what was taken is what is counted, and never above the limit.
func TestMeterUnderConcurrency(t *testing.T) {
	const limit = 2_000_000 // 2,000 pages, fewer where tokens are taken too
	m := pack.NewMeter(prices, limit, nil)
	var pages, tokens atomic.Int64
	var takers, readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for last := dpp.Money(0); ; {
				total := m.Total()
				if total > limit || total < last || m.Progress().Used < total {
					t.Errorf("the total went from %s to %s", last, total)
				}
				last = total
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 8 {
		takers.Go(func() {
			unit, quantity, counted := "page", int64(1), &pages
			if i%2 == 0 {
				unit, quantity, counted = "token", 5_003, &tokens
			}
			for m.Take(unit, quantity) == nil {
				counted.Add(quantity)
			}
		})
	}
	takers.Wait()
	close(done)
	readers.Wait()
	for _, line := range m.Usage() {
		if want := map[string]int64{"page": pages.Load(), "token": tokens.Load()}[line.Unit]; line.Quantity != want {
			t.Errorf("%d of %s were counted, %d taken", line.Quantity, line.Unit, want)
		}
	}
	if m.Total() > limit || m.Take("page", 1) == nil {
		t.Errorf("the total is %s and there is room for more", m.Total())
	}
}

// The meter against exact fractions: it takes what fits, and its lines sum to its
// total.
func TestMeterIsExact(t *testing.T) {
	units := []string{"page", "token", "third", "free"}
	rapid.Check(t, func(t *rapid.T) {
		limit := dpp.Money(rapid.Int64Range(0, 200).Draw(t, "limit")) * dpp.Quantum
		m := pack.NewMeter(prices, limit, nil)
		cost, counted, order := new(big.Rat), map[string]int64{}, []string{}
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			i := rapid.IntRange(0, len(units)-1).Draw(t, "unit")
			quantity := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 100_000)).Draw(t, "quantity")
			more := big.NewRat(int64(prices[i].Amount)*quantity, prices[i].Per)
			more.Add(more, cost)
			fits := more.Cmp(big.NewRat(int64(limit), 1)) <= 0 // the limit is whole, so rounding up stays below it
			err := m.Take(units[i], quantity)
			if fits != (err == nil) || err != nil && !errors.Is(err, pack.ErrCostLimit) {
				t.Fatalf("%d of %s on %s of %s: %v", quantity, units[i], cost.RatString(), limit, err)
			}
			if err != nil {
				continue
			}
			if cost = more; !slices.Contains(order, units[i]) {
				order = append(order, units[i])
			}
			counted[units[i]] += quantity
		}
		total := m.Total()
		if off := new(big.Rat).Sub(big.NewRat(int64(total), 1), cost); total > limit || !total.Whole() || off.Sign() < 0 || off.Cmp(big.NewRat(100, 1)) >= 0 {
			t.Fatalf("the total is %d, exactly %s, the limit %d", int64(total), cost.RatString(), int64(limit))
		}
		var sum dpp.Money
		for i, line := range m.Usage() {
			if sum += line.Cost; line.Unit != order[i] || line.Quantity != counted[line.Unit] || line.Cost < 0 || !line.Cost.Whole() {
				t.Fatalf("line %d is %+v; counted were %v in the order of %v", i, line, counted, order)
			}
		}
		if sum != total || len(m.Usage()) != len(order) {
			t.Fatalf("the lines %v sum to %s, the total is %s", m.Usage(), sum, total)
		}
	})
}
