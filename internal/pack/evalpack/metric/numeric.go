package metric

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// numeric tells whether a prediction is a number that differs from a reference by no more
// than abs_tol + rel_tol·|reference|, the rule of NumPy's isclose.
type numeric struct {
	Absolute float64 `json:"abs_tol"`
	Relative float64 `json:"rel_tol"`
	Find     string  `json:"find"`
}

func newNumeric(params jsontext.Value) (Metric, error) {
	n := &numeric{Absolute: 1e-9, Find: "whole"}
	if err := decode(params, n); err != nil {
		return nil, err
	}
	signature := fmt.Sprintf("numeric|abs:%s|rel:%s|find:%s|refs:max|version:%s", decimal(n.Absolute), decimal(n.Relative), n.Find, version)
	return &mean{info: fraction("numeric", signature), score: n.score}, nil
}

// score is 0 where the prediction holds no number: a wrong answer is no row that cannot be
// judged. A reference without one is.
func (n *numeric) score(_ context.Context, row Row) (float64, error) {
	if len(row.References) == 0 {
		return 0, errNoReference
	}
	got, found := n.number(row.Prediction)
	right := false
	for _, r := range row.References {
		want, ok := n.number(r)
		if !ok {
			return 0, errNotNumber
		}
		right = right || found && math.Abs(got-want) <= n.Absolute+float64(n.Relative*math.Abs(want))
	}
	return zeroOne(right), nil
}

func (n *numeric) number(v jsontext.Value) (float64, bool) {
	if x, err := finite(v); err == nil {
		return x, true
	}
	if n.Find == "whole" {
		return 0, false
	}
	s, err := text(v)
	if err != nil {
		return 0, false
	}
	return numberIn(s, n.Find == "last")
}

// numberIn is the first or last number of a text: digits with commas between groups of
// three, a fraction, an exponent and, where no letter or digit stands before it, a sign.
func numberIn(s string, last bool) (x float64, found bool) {
	for i := 0; i < len(s); {
		end := numberEnd(s, i)
		if end == i {
			i++
			continue
		}
		if y, err := parseNumber(strings.ReplaceAll(s[i:end], ",", "")); err == nil {
			x, found = y, true
			if !last {
				return x, true
			}
		}
		i = end
	}
	return x, found
}

// numberEnd is where the number that starts at i ends; i where none does.
func numberEnd(s string, i int) int {
	at := i
	if (s[at] == '-' || s[at] == '+') && (at == 0 || !isAlphanumeric(rune(s[at-1]|0x20)) && s[at-1] != '.') {
		at++
	}
	end := groups(s, at)
	if end < len(s) && s[end] == '.' && digits(s, end+1) > end+1 {
		end = digits(s, end+1)
	}
	if end == at {
		return i
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		sign := end + 1
		if sign < len(s) && (s[sign] == '-' || s[sign] == '+') {
			sign++
		}
		if stop := digits(s, sign); stop > sign {
			end = stop
		}
	}
	return end
}

// groups is where digits that start at i end, with commas before each three.
func groups(s string, i int) int {
	end := digits(s, i)
	if end-i > 3 || end == i {
		return end
	}
	for end < len(s) && s[end] == ',' && digits(s, end+1) == end+4 {
		end += 4
	}
	return end
}

func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}
