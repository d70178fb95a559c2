package number

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestRound(t *testing.T) {
	for x, want := range map[float64]float64{
		0: 0, 1.0 / 3: 0.333333333333, -2.0 / 3: -0.666666666667, 123456789012345: 123456789012000,
		1e-300 / 3: 3.33333333333e-301, math.MaxFloat64: 1.79769313486e308, 5e-324: 5e-324,
	} {
		if got := Round(x); got != want {
			t.Errorf("%v: %v, want %v", x, got, want)
		}
	}
	if math.Signbit(Round(math.Copysign(0, -1))) || !math.IsNaN(Round(math.NaN())) || !math.IsInf(Round(math.Inf(1)), 1) {
		t.Error("zero has a sign, or what is no number became one")
	}
}

func TestRoundingTwiceIsRoundingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64().Draw(t, "x")
		if once := Round(x); Round(once) != once || math.Abs(once-x) > 1e-11*math.Abs(x) && math.Abs(x) > 1e-300 {
			t.Fatalf("%v became %v, then %v", x, once, Round(once))
		}
	})
}

func TestStreamsDiffer(t *testing.T) {
	seen := make(map[[2]uint64]bool)
	for seed := range uint64(100) {
		for part := range uint64(100) {
			hi, lo := Stream(seed, part)
			if seen[[2]uint64{hi, lo}] {
				t.Fatalf("seed %d, part %d starts where another does", seed, part)
			}
			seen[[2]uint64{hi, lo}] = true
		}
	}
}

func TestSumLosesNothing(t *testing.T) {
	var s Sum
	for _, x := range []float64{1, 1e100, 1, -1e100} {
		s.Add(x)
	}
	if s.Value() != 2 {
		t.Errorf("sum is %v, want 2", s.Value())
	}
	var tenths Sum
	for range 1_000_000 {
		tenths.Add(0.1)
	}
	if got := tenths.Value(); got != 100000 {
		t.Errorf("a million tenths are %v", got)
	}
}

// TestMix: the first two numbers of the published generator with seed 0.
func TestMix(t *testing.T) {
	for step, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4} {
		if got := mix(uint64(step) * 0x9e3779b97f4a7c15); got != want {
			t.Errorf("number %d is %#x, want %#x", step, got, want)
		}
	}
}
