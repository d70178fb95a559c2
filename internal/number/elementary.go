package number

import "math"

// The natural logarithm of 2, as a part whose last 20 bits are zero, so that its
// products with exponents are exact, and the rest.
const (
	ln2High = 0x1.62e42fefp-1
	ln2Low  = 0x1.473de6af278edp-34
)

// The coefficients of series, the highest power first: of artanh f / f - 1 in f², over
// f², and of e^r.
var (
	artanh = [...]float64{1. / 23, 1. / 21, 1. / 19, 1. / 17, 1. / 15, 1. / 13, 1. / 11, 1. / 9, 1. / 7, 1. / 5, 1. / 3}
	power  = [...]float64{
		1. / 87178291200, 1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320,
		1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1,
	}
)

// Log is the natural logarithm, within two units of the last place and the same on
// every machine; package math has faster ones of its own for some. It is -Inf at 0
// and NaN below.
//
// x = m·2^e with m around 1, and ln m = 2 artanh((m-1)/(m+1)), whose series is
// summed until nothing changes.
func Log(x float64) float64 {
	switch {
	case x < 0 || math.IsNaN(x):
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case math.IsInf(x, 1):
		return x
	}
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = m*2, e-1
	}
	f := (m - 1) / (m + 1)
	square := float64(f * f) // below 0.0295
	series := 0.0
	for _, c := range artanh {
		series = float64(series*square) + c
	}
	exponent := float64(e)
	tail := float64(float64(float64(2*f)*square)*series) + float64(exponent*ln2Low)
	return float64(exponent*ln2High) + (float64(2*f) + tail)
}

// Exp is e^x, within two units of the last place and the same on every machine.
//
// x = k·ln 2 + r with r around 0, and e^r is its Taylor series.
func Exp(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case x > 709.782712893384:
		return math.Inf(1)
	case x < -745.1332191019412:
		return 0
	}
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	high, low := x-float64(k*ln2High), float64(k*ln2Low)
	r := high - low // at most ln 2 / 2 in magnitude
	series := 0.0
	for _, c := range power {
		series = float64(series*r) + c
	}
	return math.Ldexp(series, int(k))
}
