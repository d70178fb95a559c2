package dpp_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
)

func TestParseScore(t *testing.T) {
	for text, want := range map[string]dpp.Score{
		"0": 0, "-0": 0, "0.0": 0, "-0.0e5": 0, "0e400": 0, "1e-400": 0,
		"1": dpp.FullScore, "1.0": dpp.FullScore, "1e0": dpp.FullScore, "10E-1": dpp.FullScore, "0.1e+1": dpp.FullScore,
		"0.8": 800_000, "8e-1": 800_000, "0.80": 800_000, "0.000001": 1,
		"0.0000005": 1, "0.0000004999999": 0, "0.0000015": 2, "0.9999995": dpp.FullScore, "0.99999949": 999_999,
		"0." + strings.Repeat("3", 398): 333_333,
	} {
		if got, err := dpp.ParseScore(text); err != nil || got != want {
			t.Errorf("ParseScore(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseScoreRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "-", "1.0000001", "2", "1e1", "-0.1", "-1e-400", "1e400", "1e401", "0e401", "1e-401", "1e-999999999", "1e99999999999999999999",
		"NaN", "Infinity", "inf", "null", "true", `"0.5"`, "[0.5]", "{}", "0.5 ", " 0.5", "0.5\n",
		".5", "1.", "+1", "00", "01", "0x1p-2", "0b1", "0o1", "1/2", "1_0", "0,5", "0.5e", "0.5e+", "0.5.5", "0.5 0.5", "٠", "0." + strings.Repeat("3", 399),
	} {
		if got, err := dpp.ParseScore(text); !errors.Is(err, dpp.ErrScore) || got != 0 {
			t.Errorf("ParseScore(%q) = %d, %v; want a refusal", text, got, err)
		}
	}
}

func TestScoreTextRoundTrip(t *testing.T) {
	for score, want := range map[dpp.Score]string{0: "0", 1: "0.000001", 10: "0.00001", 500_000: "0.5", 123_456: "0.123456", 999_999: "0.999999", dpp.FullScore: "1"} {
		if got := score.String(); got != want {
			t.Errorf("%d prints as %s, want %s", int32(score), got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		score := dpp.Score(rapid.Int32Range(0, int32(dpp.FullScore)).Draw(t, "score"))
		text, err := json.Marshal(score)
		if err != nil || string(text) != score.String() {
			t.Fatalf("%d: JSON %s, text %s, %v", int32(score), text, score, err)
		}
		var back dpp.Score
		if err := json.Unmarshal(text, &back); err != nil || back != score || !back.Valid() {
			t.Fatalf("%s reads as %d, %v", text, int32(back), err)
		}
	})
}

func TestScoreIsRoundedHalfUp(t *testing.T) {
	digits := rapid.StringMatching(`[0-9]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		frac := digits.Draw(t, "frac")
		n, _ := new(big.Int).SetString(frac, 10)
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(frac))), nil)
		twice := new(big.Int).Mul(n, big.NewInt(2_000_000)) // floor(x + 1/2) = floor((2x + 1) / 2)
		want := new(big.Int).Quo(twice.Add(twice, ten), new(big.Int).Mul(ten, big.NewInt(2)))
		if got, err := dpp.ParseScore("0." + frac); err != nil || int64(got) != want.Int64() {
			t.Fatalf("0.%s reads as %d, %v; want %s", frac, got, err, want)
		}
	})
}

func TestScoreValid(t *testing.T) {
	for score, want := range map[dpp.Score]bool{-1: false, 0: true, dpp.FullScore: true, dpp.FullScore + 1: false} {
		if score.Valid() != want {
			t.Errorf("%d is valid: %t", int32(score), !want)
		}
	}
}

func TestScoreJSONRefusesOtherKinds(t *testing.T) {
	for _, text := range []string{`"0.5"`, `true`, `[]`, `1.5`, `-1`} {
		var score dpp.Score
		if err := json.Unmarshal([]byte(text), &score); !errors.Is(err, dpp.ErrScore) {
			t.Errorf("%s reads as %d, %v", text, int32(score), err)
		}
	}
}

// What is read is a JSON number in the range, and what is printed of it reads as
// the same.
func FuzzParseScore(f *testing.F) {
	for _, seed := range []string{"", "0", "1", "0.5", "8e-1", "1e400", "1e-99999999", "-0", "0.0000005", "0x1", "1/2", " 1", "1.0000000000000001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		score, err := dpp.ParseScore(text)
		if err != nil {
			if !errors.Is(err, dpp.ErrScore) || score != 0 {
				t.Errorf("%q: %d, %v", text, int32(score), err)
			}
			return
		}
		if number := jsontext.Value(text); !number.IsValid() || number.Kind() != jsontext.KindNumber || !score.Valid() {
			t.Errorf("%q reads as %d", text, int32(score))
		}
		if again, err := dpp.ParseScore(score.String()); err != nil || again != score {
			t.Errorf("%q reads as %d and prints as %s, which reads as %d, %v", text, int32(score), score, int32(again), err)
		}
	})
}
