package number

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// ulps is how far a result is from the true one, in units of its last place.
func ulps(got, want float64) float64 {
	return math.Abs(got-want) / (math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want))
}

// TestElementaryNearTheOnesOfMath: package math is within one unit itself, but for the
// logarithms of the smallest numbers on amd64.
func TestElementaryNearTheOnesOfMath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := math.Ldexp(rapid.Float64Range(.5, 1).Draw(t, "m"), rapid.IntRange(-1021, 1024).Draw(t, "e"))
		if got, want := Log(x), math.Log(x); want != 0 && ulps(got, want) > 3 {
			t.Fatalf("Log(%v) = %v, want %v", x, got, want)
		}
		y := rapid.Float64Range(-700, 700).Draw(t, "y")
		if got, want := Exp(y), math.Exp(y); ulps(got, want) > 3 {
			t.Fatalf("Exp(%v) = %v, want %v", y, got, want)
		}
		if near := 1 + rapid.Float64Range(-.01, .01).Draw(t, "d"); near != 1 && ulps(Log(near), math.Log(near)) > 3 {
			t.Fatalf("Log(%v) = %v, want %v", near, Log(near), math.Log(near))
		}
	})
}

func TestElementarySpecialValues(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct{ got, want float64 }{
		{Log(0), -inf},
		{Log(1), 0},
		{Log(inf), inf},
		{Exp(0), 1},
		{Exp(-inf), 0},
		{Exp(inf), inf},
		{Exp(710), inf},
		{Exp(-746), 0},
		{Exp(-745), math.SmallestNonzeroFloat64},
		{Log(math.SmallestNonzeroFloat64), -744.4400719213812},
	} {
		if c.got != c.want {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
	if !math.IsNaN(Log(-1)) || !math.IsNaN(Log(math.NaN())) || !math.IsNaN(Exp(math.NaN())) {
		t.Error("what has no logarithm or power has one")
	}
}

// TestLn2: the two parts are ln 2 to 35 digits.
func TestLn2(t *testing.T) {
	sum := new(big.Float).SetPrec(200).Add(big.NewFloat(ln2High).SetPrec(200), big.NewFloat(ln2Low).SetPrec(200))
	want, _, err := big.ParseFloat("0.693147180559945309417232121458176568", 10, 200, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	if difference, _ := new(big.Float).Sub(sum, want).Float64(); math.Abs(difference) > 1e-26 {
		t.Errorf("off by %v", difference)
	}
}
