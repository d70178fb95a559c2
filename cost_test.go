package dpp_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"dpp"
)

// line is one addition to a cost.
type line struct {
	price    dpp.Price
	quantity int64
}

// common is what packs charge; extreme is anything that can be written down.
func common() *rapid.Generator[line] {
	return rapid.Custom(func(t *rapid.T) line {
		return line{dpp.Price{
			Per:    rapid.SampledFrom([]int64{1, 2, 3, 7, 10, 997, 1_000, 4_096, 1_000_000}).Draw(t, "per"),
			Amount: dpp.Money(rapid.Int64Range(0, 10_000_000).Draw(t, "amount")),
		}, rapid.Int64Range(0, 10_000_000).Draw(t, "quantity")}
	})
}

func extreme() *rapid.Generator[line] {
	return rapid.Custom(func(t *rapid.T) line {
		return line{dpp.Price{
			Per:    rapid.OneOf(rapid.Int64Range(1, 100), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "per"),
			Amount: dpp.Money(rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount")),
		}, rapid.Int64Range(0, math.MaxInt64).Draw(t, "quantity")}
	})
}

func sumUp(lines []line) (dpp.Cost, error) {
	var sum dpp.Cost
	for _, l := range lines {
		var err error
		if sum, err = sum.Add(l.price, l.quantity); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// exactly is the sum in micros, and whether it can be held.
func exactly(lines []line) (*big.Rat, bool) {
	sum, multiple := new(big.Rat), big.NewInt(1)
	for _, l := range lines {
		product := new(big.Int).Mul(bigOf(l.price.Amount), big.NewInt(l.quantity))
		sum.Add(sum, new(big.Rat).SetFrac(product, big.NewInt(l.price.Per)))
		divisor := new(big.Int).GCD(nil, nil, multiple, big.NewInt(l.price.Per))
		multiple.Mul(multiple, new(big.Int).Quo(big.NewInt(l.price.Per), divisor))
	}
	whole := new(big.Int).Quo(sum.Num(), sum.Denom())
	return sum, whole.IsInt64() && multiple.Cmp(big.NewInt(1<<62)) <= 0
}

// roundedUp is the least multiple of 100 that is not below the sum.
func roundedUp(sum *big.Rat) *big.Int {
	quanta, rest := new(big.Int).QuoRem(sum.Num(), new(big.Int).Mul(sum.Denom(), big.NewInt(100)), new(big.Int))
	if rest.Sign() > 0 {
		quanta.Add(quanta, big.NewInt(1))
	}
	return quanta.Mul(quanta, big.NewInt(100))
}

func TestCost(t *testing.T) {
	token := dpp.Price{Per: 1_000_000, Amount: 150_000} // 0.1500 for a million
	page := dpp.Price{Per: 1, Amount: 1_000}
	third := dpp.Price{Per: 3, Amount: 100}
	for _, c := range []struct {
		name  string
		lines []line
		want  dpp.Money
	}{
		{"nothing", nil, 0},
		{"no units", []line{{page, 0}}, 0},
		{"free units", []line{{dpp.Price{Per: 1}, math.MaxInt64}}, 0},
		{"whole units", []line{{page, 3}}, 3_000},
		{"one token is the smallest amount", []line{{token, 1}}, 100},
		{"666 tokens are below 100 micros", []line{{token, 666}}, 100},
		{"667 tokens are above", []line{{token, 667}}, 200},
		{"rounded once, not line by line", []line{{token, 1}, {token, 1}, {page, 1}}, 1_100},
		{"three thirds are one", []line{{third, 1}, {third, 1}, {third, 1}}, 100},
		{"a fraction above a quantum costs the next", []line{{third, 4}}, 200},
	} {
		sum, err := sumUp(c.lines)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, err := sum.Total(); err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", c.name, int64(got), err, int64(c.want))
		}
	}
}

func TestCostRefuses(t *testing.T) {
	before, err := dpp.Cost{}.Add(dpp.Price{Per: 1, Amount: 700}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]line{
		"a negative quantity": {dpp.Price{Per: 1, Amount: 100}, -1},
		"a negative price":    {dpp.Price{Per: 1, Amount: -100}, 1},
		"a price per nothing": {dpp.Price{Per: 0, Amount: 100}, 1},
		"a price per less":    {dpp.Price{Per: -1, Amount: 100}, 1},
		"more than can be":    {dpp.Price{Per: 1, Amount: math.MaxInt64}, 2},
		"far more":            {dpp.Price{Per: 1, Amount: math.MaxInt64}, math.MaxInt64},
	} {
		after, err := before.Add(l.price, l.quantity)
		if !errors.Is(err, dpp.ErrMoneyOverflow) || after != before {
			t.Errorf("%s: %v, and the cost is changed: %t", name, err, after != before)
		}
	}
}

// In any order the sum is the same, exact, and rounded up once; it is refused
// exactly where it cannot be held.
func TestCostIsExactInAnyOrder(t *testing.T) {
	for name, kind := range map[string]*rapid.Generator[line]{"common": common(), "extreme": extreme()} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			lines := rapid.SliceOfN(kind, 0, 6).Draw(t, "lines")
			shuffled := rapid.Permutation(lines).Draw(t, "shuffled")
			want, fits := exactly(lines)
			for _, order := range [][]line{lines, shuffled} {
				sum, err := sumUp(order)
				if !fits {
					if !errors.Is(err, dpp.ErrMoneyOverflow) {
						t.Fatalf("%v: %v, want an overflow", order, err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if total, err := sum.Total(); !isResult(total, err, roundedUp(want)) {
					t.Fatalf("the total is %d, %v; exactly %s", int64(total), err, want.RatString())
				}
			}
		}))
	}
}

func TestCostOfPartsIsCostOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := common().Draw(t, "line")
		parts := rapid.SliceOfN(rapid.Int64Range(0, 10_000), 1, 8).Draw(t, "parts")
		var split []line
		var all int64
		for _, n := range parts {
			split = append(split, line{l.price, n})
			all += n
		}
		first, err := sumUp(split)
		if err != nil {
			t.Fatal(err)
		}
		second, err := sumUp([]line{{l.price, all}})
		if err != nil || first != second {
			t.Fatalf("%v in parts of %v is %v, as a whole %v, %v", l.price, parts, first, second, err)
		}
	})
}
