package dpp

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"
)

// Money is an amount of US dollars in micros: 1 USD is 1,000,000. Amounts that
// reach the ledger are whole multiples of [Quantum], so that their text of four
// decimal places is exact.
type Money int64

// The fixed amounts of the contract.
const (
	// Quantum is the smallest amount that the ledger and the text form know: 0.0001 USD.
	Quantum Money = 100
	// USD is one US dollar.
	USD Money = 1_000_000
	// MaxAmount is the largest single amount: 1,000,000.0000 USD.
	MaxAmount Money = 1_000_000 * USD
	// SmallestReservation is the least that a run may reserve: 0.0050 USD.
	SmallestReservation Money = 5_000

	minimumFeeFloor   Money = 5_000
	minimumFeeCeiling Money = 100_000
)

// Errors of the money parser and of money arithmetic.
var (
	// ErrMoneySyntax: the text is not a plain decimal number from 0 to [MaxAmount].
	ErrMoneySyntax = errors.New("not an amount: write digits with at most one point, such as \"0.5000\", up to 1000000.0000")
	// ErrMoneyScale: the text has more than four decimal places.
	ErrMoneyScale = errors.New("an amount has at most 4 decimal places")
	// ErrMoneyOverflow: the result does not fit.
	ErrMoneyOverflow = errors.New("amount out of range")
)

const moneyPlaces = 4

// ParseMoney reads an amount in US dollars with 0 to 4 decimal places: ASCII
// digits, at most one point with digits on both sides, no sign, no spaces, no
// exponent. It returns [ErrMoneySyntax] or [ErrMoneyScale].
func ParseMoney(text string) (Money, error) {
	whole, frac, point := strings.Cut(text, ".")
	if !digits(whole) || point && !digits(frac) {
		return 0, ErrMoneySyntax
	}
	if len(frac) > moneyPlaces {
		return 0, ErrMoneyScale
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > 7 {
		return 0, ErrMoneySyntax
	}
	frac += strings.Repeat("0", moneyPlaces-len(frac))
	quanta, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return 0, ErrMoneySyntax
	}
	amount := Money(quanta) * Quantum
	if amount > MaxAmount {
		return 0, ErrMoneySyntax
	}
	return amount, nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// String prints the amount in US dollars with exactly four decimal places. An
// amount that is no multiple of [Quantum] is cut towards zero; only sums of unit
// prices are ever that fine.
func (m Money) String() string {
	sign, magnitude := "", uint64(m) //nolint:gosec // what is below zero is turned round below
	if m <= -Quantum {
		sign = "-"
	}
	if m < 0 {
		magnitude = -magnitude
	}
	quanta := magnitude / uint64(Quantum)
	frac := strconv.FormatUint(quanta%10_000, 10)
	return sign + strconv.FormatUint(quanta/10_000, 10) + "." + strings.Repeat("0", moneyPlaces-len(frac)) + frac
}

// MarshalText gives the form of [Money.String], so that JSON carries a string.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText is [ParseMoney].
func (m *Money) UnmarshalText(text []byte) error {
	parsed, err := ParseMoney(string(text))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

// Whole tells whether the amount is a multiple of [Quantum].
func (m Money) Whole() bool { return m%Quantum == 0 }

// Add returns m + n, or [ErrMoneyOverflow].
func (m Money) Add(n Money) (Money, error) {
	sum := m + n
	if (sum > m) != (n > 0) {
		return 0, ErrMoneyOverflow
	}
	return sum, nil
}

// Sub returns m - n, or [ErrMoneyOverflow].
func (m Money) Sub(n Money) (Money, error) {
	diff := m - n
	if (diff < m) != (n > 0) {
		return 0, ErrMoneyOverflow
	}
	return diff, nil
}

// RoundUp returns the least multiple of [Quantum] that is not below m, or
// [ErrMoneyOverflow].
func (m Money) RoundUp() (Money, error) {
	rest := m % Quantum
	if rest > 0 {
		return m.Add(Quantum - rest)
	}
	return m - rest, nil
}

// MinimumFee is what a started run costs at least when it fails or is cancelled:
// 2% of the reservation, at least 0.0050 and at most 0.1000 USD, rounded down to
// [Quantum] and never above the reservation.
func MinimumFee(reserved Money) Money {
	fee := min(max(reserved/50, minimumFeeFloor), minimumFeeCeiling, reserved)
	return fee - fee%Quantum
}

// Price is what a number of units costs: Amount for every Per units. Amount is a
// whole multiple of [Quantum], so that its text is exact; a finer price has a
// larger Per.
type Price struct {
	Unit   string `json:"unit" doc:"What is sold; the manifest's units say what that means."`
	Per    int64  `json:"per" doc:"For how many units the price stands."`
	Amount Money  `json:"price_usd" doc:"Price of that many units, in US dollars with 4 decimal places."`
}

// Cost is an exact sum of unit prices: Whole micros and Num/Den of one more.
// The zero value is nothing.
type Cost struct {
	whole    Money
	num, den uint64 // num < den; den 0 stands for 1
}

// Add returns the cost of quantity units at price p on top of c, exactly. It
// returns [ErrMoneyOverflow] where the sum cannot be held: it is above all that
// Money can be, or the Per of all prices in it have no common multiple up to 2^62.
// The same stands for a negative quantity and a price that is none.
func (c Cost) Add(p Price, quantity int64) (Cost, error) {
	if quantity < 0 || p.Per <= 0 || p.Amount < 0 {
		return c, ErrMoneyOverflow
	}
	hi, lo := bits.Mul64(uint64(p.Amount), uint64(quantity))
	if hi >= uint64(p.Per) {
		return c, ErrMoneyOverflow
	}
	quo, rem := bits.Div64(hi, lo, uint64(p.Per))
	if quo > 1<<63-1 {
		return c, ErrMoneyOverflow
	}
	whole, err := c.whole.Add(Money(quo))
	if err != nil {
		return c, err
	}
	num, den, carry, ok := addFractions(c.num, max(c.den, 1), rem, uint64(p.Per))
	if !ok {
		return c, ErrMoneyOverflow
	}
	if whole, err = whole.Add(Money(carry)); err != nil { //nolint:gosec // 0 or 1
		return c, err
	}
	return Cost{whole: whole, num: num, den: den}, nil
}

// addFractions adds two proper fractions over their least common denominator.
func addFractions(a, b, c, d uint64) (num, den, carry uint64, ok bool) {
	g := gcd(b, d)
	hi, den := bits.Mul64(b/g, d)
	if hi != 0 || den > 1<<62 {
		return 0, 0, 0, false
	}
	num = a*(den/b) + c*(den/d) // each product is below den, the sum below 2^63
	return num % den, den, num / den, true
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Total is the cost rounded up once to [Quantum]: what may be charged for it.
func (c Cost) Total() (Money, error) {
	micros := c.whole
	if c.num > 0 {
		var err error
		if micros, err = micros.Add(1); err != nil {
			return 0, err
		}
	}
	return micros.RoundUp()
}
