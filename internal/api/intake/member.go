package intake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/api/strictjson"
)

// member is what an object may or must have under one name, and how it is read.
type member struct {
	required bool
	read     func(f *findings, at string, value jsontext.Value)
}

// object reads an object whose members are all known.
func object(members map[string]member) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		if value.Kind() != '{' {
			f.invalid(at, "type", "The value is not an object.", "a JSON object")
			return
		}
		seen := make(map[string]bool, len(members))
		for name, v := range strictjson.Members(value) {
			m, ok := members[name]
			if !ok {
				f.body(dpp.ReasonUnknownField, below(at, name), "unknown_field", "This field does not exist here; leave it out.", "")
				continue
			}
			seen[name] = true
			m.read(f, below(at, name), v)
		}
		for _, name := range sortedNames(members) {
			if members[name].required && !seen[name] {
				f.invalid(below(at, name), "required", "This field is required.", "")
			}
		}
	}
}

func sortedNames(members map[string]member) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// below points at a member; at its object where the name is too long to be told.
func below(at, name string) string {
	if len(name) > strictjson.MaxName {
		return at
	}
	return at + string(jsontext.Pointer("").AppendToken(name))
}

func anyObject(into *jsontext.Value) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		if value.Kind() != '{' {
			f.invalid(at, "type", "The value is not an object.", "a JSON object")
			return
		}
		*into = value
	}
}

func boolean(into *bool) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		if k := value.Kind(); k != 't' && k != 'f' {
			f.invalid(at, "type", "The value is not a boolean.", "true or false")
			return
		}
		*into = value.Kind() == 't'
	}
}

// text reads a string of 1 to most characters without control characters.
func text(into *string, most int) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		expected := fmt.Sprintf("a text of 1 to %d characters", most)
		s, ok := strictjson.Text(value)
		switch {
		case !ok:
			f.invalid(at, "type", "The value is not a string.", expected)
		case s == "":
			f.invalid(at, "too_short", "The text is empty.", expected)
		case utf8.RuneCountInString(s) > most:
			f.invalid(at, "too_long", "The text is too long.", expected)
		case strings.ContainsFunc(s, unicode.IsControl):
			f.invalid(at, "pattern", "The text holds control characters.", expected)
		default:
			*into = s
		}
	}
}

func texts(into *[]string, most, mostEach int) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		if value.Kind() != '[' {
			f.invalid(at, "type", "The value is not an array.", "an array of texts")
			return
		}
		for i, item := range strictjson.Items(value) {
			if i == most {
				f.invalid(at, "too_many", "The array has too many items.", fmt.Sprintf("at most %d items", most))
				return
			}
			var s string
			text(&s, mostEach)(f, at+"/"+strconv.Itoa(i), item)
			*into = append(*into, s)
		}
	}
}

func traceID(into *string) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		s, ok := strictjson.Text(value)
		if !ok {
			f.invalid(at, "type", "The value is not a string.", traceForm)
			return
		}
		if !ValidTrace(s) {
			f.invalid(at, "pattern", "The text does not have the required form.", traceForm)
			return
		}
		*into = s
	}
}

// integer reads a whole number, however it is written.
func integer(into *int64, least, most int64) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		expected := fmt.Sprintf("an integer from %d to %d", least, most)
		if value.Kind() != '0' {
			f.invalid(at, "type", "The value is not a number.", expected)
			return
		}
		number, err := strconv.ParseFloat(string(value), 64) // exact: integers are within ±(2^53−1)
		switch n := int64(number); {
		case err != nil || number < float64(least) || number > float64(most):
			f.invalid(at, "out_of_range", "The number is out of range.", expected)
		case float64(n) != number:
			f.invalid(at, "type", "The number is not an integer.", expected)
		default:
			*into = n
		}
	}
}

func score(into *dpp.Score) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		if value.Kind() != '0' {
			f.invalid(at, "type", "The value is not a number.", "a number from 0 to 1")
			return
		}
		parsed, err := dpp.ParseScore(string(value))
		if err != nil {
			f.invalid(at, "out_of_range", "The number is out of range.", "a number from 0 to 1")
			return
		}
		*into = parsed
	}
}

const moneyForm = `a string such as "0.5000", at most 1000000.0000`

func money(into *dpp.Money) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		s, ok := strictjson.Text(value)
		if !ok {
			f.body(dpp.ReasonInvalidMoney, at, "invalid_money", "An amount is a JSON string.", moneyForm)
			return
		}
		amount, err := dpp.ParseMoney(s)
		switch {
		case errors.Is(err, dpp.ErrMoneyScale):
			f.body(dpp.ReasonInvalidMoneyScale, at, "invalid_money_scale", "The amount has more than 4 decimal places.", moneyForm)
		case err != nil && tooMuch(s):
			f.body(dpp.ReasonMaxCostExceeded, at, "out_of_range", "The amount is above the largest that is allowed.", "at most "+dpp.MaxAmount.String())
		case err != nil:
			f.body(dpp.ReasonInvalidMoney, at, "invalid_money", "The text is not an amount.", moneyForm)
		default:
			*into = amount
		}
	}
}

// tooMuch tells whether a text that is no amount is one in form: its value must
// then be above the largest.
func tooMuch(s string) bool {
	whole, frac, point := strings.Cut(s, ".")
	if !point {
		frac = "0"
	}
	_, err := dpp.ParseMoney("0." + frac)
	return err == nil && whole != "" && strings.Trim(whole, "0123456789") == ""
}
