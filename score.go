package dpp

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Score is a share of one in millionths: 0 is nothing, [FullScore] is all. It
// holds reliabilities, so that thresholds compare exactly.
type Score int32

// FullScore is 1.
const FullScore Score = 1_000_000

// ErrScore: the text is no number from 0 to 1.
var ErrScore = errors.New("not a number from 0 to 1")

// maxScoreText bounds the digits and the exponent of a score's text: room for
// every number that other programs know.
const maxScoreText = 400

// ParseScore reads a JSON number from 0 to 1, rounded half up to six decimals. It
// returns [ErrScore] for all else, and where digits or exponent go beyond 400.
func ParseScore(text string) (Score, error) {
	if number := jsontext.Value(text); len(text) > maxScoreText || number.Kind() != jsontext.KindNumber || !number.IsValid() {
		return 0, ErrScore
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if exp, err := strconv.Atoi(text[i+1:]); err != nil || exp < -maxScoreText || exp > maxScoreText {
			return 0, ErrScore
		}
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok || value.Sign() < 0 || value.Cmp(big.NewRat(1, 1)) > 0 {
		return 0, ErrScore
	}
	value.Mul(value, big.NewRat(int64(FullScore), 1))
	value.Add(value, big.NewRat(1, 2))
	return Score(new(big.Int).Quo(value.Num(), value.Denom()).Int64()), nil //nolint:gosec // at most FullScore
}

// Valid tells whether the score is one: from 0 to [FullScore].
func (s Score) Valid() bool { return s >= 0 && s <= FullScore }

// String prints a valid score as a JSON number with no more digits than it needs.
func (s Score) String() string {
	whole, frac := s/FullScore, strconv.Itoa(int(s%FullScore))
	frac = strings.TrimRight(strings.Repeat("0", 6-len(frac))+frac, "0")
	if frac == "" {
		return strconv.Itoa(int(whole))
	}
	return strconv.Itoa(int(whole)) + "." + frac
}

// MarshalJSON writes the number of [Score.String].
func (s Score) MarshalJSON() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalJSON is [ParseScore].
func (s *Score) UnmarshalJSON(text []byte) error {
	parsed, err := ParseScore(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
