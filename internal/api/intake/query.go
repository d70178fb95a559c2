package intake

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dpp"
	"dpp/internal/api/strictjson"
	"dpp/internal/runs"
)

// Query reads the query parameters of a request and collects what is wrong with
// them: what a reading method returns is of no use where Err returns an error.
type Query struct {
	values url.Values
	findings
}

// NewQuery reads a raw query string. It refuses every parameter that is not one of
// names, or stands there twice.
func NewQuery(raw string, names ...string) (*Query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &runs.Refusal{Reason: dpp.ReasonBadRequest, Detail: "The query string is not percent-encoded."}
	}
	q := &Query{values: values}
	given := make([]string, 0, len(values))
	for name := range values {
		given = append(given, name)
	}
	slices.Sort(given)
	for _, name := range given {
		switch {
		case !slices.Contains(names, name):
			q.parameter(dpp.ReasonUnknownField, tellable(name), "unknown_field", "This parameter does not exist here; leave it out.", "")
		case len(values[name]) > 1:
			q.Wrong(name, "duplicate", "The parameter is given more than once.", "")
		}
	}
	return q, nil
}

// tellable is a parameter's name where it is one that can be told.
func tellable(name string) string {
	if len(name) > strictjson.MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || name == "" {
		return "(a name that cannot be told)"
	}
	return name
}

// Wrong adds a finding about a parameter.
func (q *Query) Wrong(name, code, message, expected string) {
	q.parameter(dpp.ReasonValidationFailed, name, code, message, expected)
}

// Value is a parameter as it stands; empty where it is absent.
func (q *Query) Value(name string) string { return q.values.Get(name) }

// Given tells whether a parameter is there.
func (q *Query) Given(name string) bool { return len(q.values[name]) > 0 }

// Integer reads an integer within bounds; fallback where the parameter is absent.
func (q *Query) Integer(name string, fallback, least, most int64) int64 {
	if !q.Given(name) {
		return fallback
	}
	n, err := strconv.ParseInt(q.values.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		q.Wrong(name, "out_of_range", "The value is not an integer in range.", fmt.Sprintf("an integer from %d to %d", least, most))
	}
	return n
}

// Boolean reads true or false; false where the parameter is absent.
func (q *Query) Boolean(name string) bool {
	switch text := q.values.Get(name); {
	case !q.Given(name) || text == "false":
		return false
	case text == "true":
		return true
	default:
		q.Wrong(name, "type", "The value is not a boolean.", "true or false")
		return false
	}
}

// Wait is how many seconds the caller will wait, at most [MaxWait]; 0 where the
// parameter is absent.
func (q *Query) Wait() int64 {
	if !q.Given("wait") {
		return 0
	}
	n, ok := parseWait(q.values.Get("wait"))
	if !ok {
		q.Wrong("wait", "type", "The value is not a whole number of seconds.", fmt.Sprintf("an integer from 0 to %d", MaxWait))
	}
	return n
}

// Text reads a text of 1 to most characters; empty where the parameter is absent.
func (q *Query) Text(name string, most int) string {
	text := q.values.Get(name)
	switch {
	case !q.Given(name):
	case text == "" || utf8.RuneCountInString(text) > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		q.Wrong(name, "pattern", "The value is not a text of the right length.", fmt.Sprintf("a text of 1 to %d characters", most))
	}
	return text
}

// Choice reads one of a few words; empty where the parameter is absent.
func (q *Query) Choice(name string, words ...string) string {
	text := q.values.Get(name)
	if q.Given(name) && !slices.Contains(words, text) {
		q.Wrong(name, "not_allowed", "The value is not one of those allowed.", strings.Join(words, ", "))
	}
	return text
}

// Moments outside of these bounds select as much as the bounds themselves.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Moment reads RFC 3339; the zero time where the parameter is absent.
func (q *Query) Moment(name string) time.Time {
	if !q.Given(name) {
		return time.Time{}
	}
	var t dpp.Time
	if err := t.UnmarshalText([]byte(q.values.Get(name))); err != nil {
		q.Wrong(name, "pattern", "The value is not a time in RFC 3339.", "such as 2026-01-31T08:00:00Z")
		return time.Time{}
	}
	return clamp(t.Time)
}

// Day reads yyyy-mm-dd as the beginning of that day in UTC; fallback where the
// parameter is absent.
func (q *Query) Day(name string, fallback time.Time) time.Time {
	if !q.Given(name) {
		return fallback
	}
	t, err := time.Parse(time.DateOnly, q.values.Get(name))
	if err != nil {
		q.Wrong(name, "pattern", "The value is not a day.", "such as 2026-01-31")
		return fallback
	}
	return clamp(t)
}

func clamp(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	default:
		return t.UTC()
	}
}
