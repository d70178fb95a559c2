package dpp_test

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"dpp"
)

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]dpp.Money{
		"0": 0, "0.0": 0, "000": 0, "0.0000": 0,
		"0.0001": 100, "0.001": 1_000, "0.01": 10_000, "0.1": 100_000,
		"1": dpp.USD, "0.5": 500_000, "0.5000": 500_000, "0.005": dpp.SmallestReservation,
		"00000000000000000001.5": 1_500_000, "12.34": 12_340_000,
		"999999.9999": dpp.MaxAmount - dpp.Quantum, "1000000": dpp.MaxAmount, "1000000.0000": dpp.MaxAmount,
	} {
		if got, err := dpp.ParseMoney(text); err != nil || got != want {
			t.Errorf("ParseMoney(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	syntax := []string{
		"", ".", ".5", "5.", "..", "1.2.3", "1.-5", "1.+5", "-1", "-0", "+1", " 1", "1 ", "1\n", "\x001", "1 000", "1,5", "1_0",
		"1e3", "1E3", "1.5e1", "0x1", "NaN", "nan", "Inf", "Infinity", "null", "$1", "1USD", `"1"`,
		"١", "１", "0.５", "1\xff", "1.00000.", "1.00000x",
		"1000000.0001", "1000001", "10000000", "99999999999999999999", strings.Repeat("9", 1000),
	}
	for _, text := range syntax {
		if got, err := dpp.ParseMoney(text); !errors.Is(err, dpp.ErrMoneySyntax) || got != 0 {
			t.Errorf("ParseMoney(%q) = %d, %v; want a syntax error", text, got, err)
		}
	}
	for _, text := range []string{"0.00001", "0.00000", "1.50000", "5.123456789", "0." + strings.Repeat("0", 1000)} {
		if got, err := dpp.ParseMoney(text); !errors.Is(err, dpp.ErrMoneyScale) || got != 0 {
			t.Errorf("ParseMoney(%q) = %d, %v; want a scale error", text, got, err)
		}
	}
}

func TestMoneyString(t *testing.T) {
	for amount, want := range map[dpp.Money]string{
		0: "0.0000", 100: "0.0001", 500_000: "0.5000", dpp.MaxAmount: "1000000.0000", 12_345_600: "12.3456",
		99: "0.0000", 199: "0.0001", -99: "0.0000", -100: "-0.0001", -1_500_000: "-1.5000",
		math.MaxInt64: "9223372036854.7758", math.MinInt64: "-9223372036854.7758",
	} {
		if got := amount.String(); got != want {
			t.Errorf("%d prints as %q, want %q", int64(amount), got, want)
		}
	}
}

// anyMoney is any value at all, often near zero and near the ends.
func anyMoney() *rapid.Generator[dpp.Money] {
	return rapid.Map(rapid.OneOf(
		rapid.Int64(),
		rapid.Int64Range(-1_000, 1_000),
		rapid.Int64Range(math.MaxInt64-1_000, math.MaxInt64),
		rapid.Int64Range(math.MinInt64, math.MinInt64+1_000),
	), func(n int64) dpp.Money { return dpp.Money(n) })
}

// wholeMoney is any amount that text can express.
func wholeMoney() *rapid.Generator[dpp.Money] {
	return rapid.Map(rapid.Int64Range(0, int64(dpp.MaxAmount/dpp.Quantum)), func(n int64) dpp.Money { return dpp.Money(n) * dpp.Quantum })
}

func bigOf(m dpp.Money) *big.Int { return big.NewInt(int64(m)) }

// isResult tells whether an operation gave exactly what the big integers give, or
// the overflow error where that does not fit.
func isResult(got dpp.Money, err error, want *big.Int) bool {
	if !want.IsInt64() {
		return errors.Is(err, dpp.ErrMoneyOverflow) && got == 0
	}
	return err == nil && bigOf(got).Cmp(want) == 0
}

func TestMoneyTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := wholeMoney().Draw(t, "amount")
		got, err := dpp.ParseMoney(amount.String())
		if err != nil || got != amount {
			t.Fatalf("%d prints as %s and reads as %d, %v", int64(amount), amount, int64(got), err)
		}
	})
}

func TestMoneyStringIsExactOrCutTowardsZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := anyMoney().Draw(t, "amount")
		cut := new(big.Int).Quo(bigOf(amount), big.NewInt(100))
		if want := new(big.Rat).SetFrac(cut, big.NewInt(10_000)).FloatString(4); amount.String() != want {
			t.Fatalf("%d prints as %s, want %s", int64(amount), amount, want)
		}
	})
}

// What is read is the number that was written, in whole quanta, and so in the
// order of the numbers.
func TestParseMoneyIsExactAndKeepsOrder(t *testing.T) {
	text := rapid.StringMatching(`0{0,3}[0-9]{1,6}(\.[0-9]{1,4})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		first, err := dpp.ParseMoney(a)
		if err != nil {
			t.Fatal(err)
		}
		second, err := dpp.ParseMoney(b)
		if err != nil {
			t.Fatal(err)
		}
		exact, other := rational(a), rational(b)
		if !first.Whole() || new(big.Rat).SetFrac(bigOf(first), big.NewInt(int64(dpp.USD))).Cmp(exact) != 0 {
			t.Fatalf("%q reads as %d", a, int64(first))
		}
		if bigOf(first).Cmp(bigOf(second)) != exact.Cmp(other) {
			t.Fatalf("%q and %q read as %d and %d", a, b, int64(first), int64(second))
		}
	})
}

func rational(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a number: " + text)
	}
	return r
}

func TestMoneyArithmeticIsExactOrOverflows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyMoney().Draw(t, "a"), anyMoney().Draw(t, "b")
		if sum, err := a.Add(b); !isResult(sum, err, new(big.Int).Add(bigOf(a), bigOf(b))) {
			t.Fatalf("%d + %d = %d, %v", a, b, sum, err)
		}
		if diff, err := a.Sub(b); !isResult(diff, err, new(big.Int).Sub(bigOf(a), bigOf(b))) {
			t.Fatalf("%d - %d = %d, %v", a, b, diff, err)
		}
	})
}

func TestMoneyRoundUp(t *testing.T) {
	for amount, want := range map[dpp.Money]dpp.Money{
		0: 0, 1: 100, 99: 100, 100: 100, 101: 200, -1: 0, -100: -100, -101: -100,
		math.MaxInt64 - 7: math.MaxInt64 - 7, // a multiple itself, with none above it
	} {
		if got, err := amount.RoundUp(); err != nil || got != want {
			t.Errorf("%d rounds up to %d, %v; want %d", int64(amount), int64(got), err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		amount := anyMoney().Draw(t, "amount")
		quanta, rest := new(big.Int).DivMod(bigOf(amount), big.NewInt(100), new(big.Int)) // rounded down, also below zero
		if rest.Sign() > 0 {
			quanta.Add(quanta, big.NewInt(1))
		}
		up, err := amount.RoundUp()
		if !isResult(up, err, quanta.Mul(quanta, big.NewInt(100))) {
			t.Fatalf("%d rounds up to %d, %v", int64(amount), int64(up), err)
		}
	})
}

func TestMinimumFee(t *testing.T) {
	for reserved, want := range map[dpp.Money]dpp.Money{
		0: 0, 100: 100, 4_900: 4_900, 5_000: 5_000, // never above the reservation
		5_100: 5_000, 250_000: 5_000, 254_900: 5_000, // at least 0.0050, 2% rounded down
		255_000: 5_100, 263_700: 5_200, 1_000_000: 20_000, 4_999_900: 99_900,
		5_000_000: 100_000, 5_000_100: 100_000, dpp.MaxAmount: 100_000, // at most 0.1000
	} {
		if got := dpp.MinimumFee(reserved); got != want {
			t.Errorf("the minimum fee of %s is %s, want %s", reserved, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		reserved := rapid.OneOf(wholeMoney(), rapid.Map(rapid.Int64Range(0, 60_000), func(n int64) dpp.Money { return dpp.Money(n * 100) })).Draw(t, "reserved")
		fee := dpp.MinimumFee(reserved)
		share := new(big.Int).Quo(new(big.Int).Mul(bigOf(reserved), big.NewInt(2)), big.NewInt(100*100)) // in quanta
		want := min(max(dpp.Money(share.Int64())*dpp.Quantum, 5_000), 100_000, reserved)
		if fee != want || !fee.Whole() || fee > reserved {
			t.Fatalf("the minimum fee of %s is %s, want %s", reserved, fee, want)
		}
	})
}

func TestMoneyJSON(t *testing.T) {
	type document struct {
		Amount dpp.Money `json:"amount"`
	}
	text, err := json.Marshal(document{500_000})
	if err != nil || string(text) != `{"amount":"0.5000"}` {
		t.Errorf("written as %s, %v", text, err)
	}
	for text, want := range map[string]error{
		`{"amount":"0.25"}`: nil, `{"amount":"0.00001"}`: dpp.ErrMoneyScale, `{"amount":"1e3"}`: dpp.ErrMoneySyntax,
	} {
		var d document
		if err := json.Unmarshal([]byte(text), &d); !errors.Is(err, want) || (err == nil) != (want == nil) || err == nil && d.Amount != 250_000 {
			t.Errorf("%s reads as %d, %v; want %v", text, int64(d.Amount), err, want)
		}
	}
	for _, text := range []string{`{"amount":0.25}`, `{"amount":1}`, `{"amount":true}`, `{"amount":["0.25"]}`} {
		var d document
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%s reads as %d; want an error", text, int64(d.Amount))
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"", "0", "0.5", "1000000.0000", "1000000.0001", "-1", "1e3", "0.00001", ".5", "5.", "00001", "१", "99999999999999999999.1"} {
		f.Add(seed)
	}
	plain := regexp.MustCompile(`^[0-9]+(\.[0-9]{1,4})?$`)
	long := regexp.MustCompile(`^[0-9]+\.[0-9]{5,}$`)
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := dpp.ParseMoney(text)
		switch {
		case long.MatchString(text):
			if !errors.Is(err, dpp.ErrMoneyScale) {
				t.Errorf("%q: %v, want a scale error", text, err)
			}
		case !plain.MatchString(text) || rational(text).Cmp(big.NewRat(1_000_000, 1)) > 0:
			if !errors.Is(err, dpp.ErrMoneySyntax) {
				t.Errorf("%q: %v, want a syntax error", text, err)
			}
		case err != nil || new(big.Rat).SetFrac(bigOf(amount), big.NewInt(1_000_000)).Cmp(rational(text)) != 0 || !amount.Whole():
			t.Errorf("%q reads as %d, %v", text, int64(amount), err)
		}
	})
}
