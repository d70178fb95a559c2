package api

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

// query reads the query parameters of a request and collects what is wrong with
// them.
type query struct {
	values url.Values
	findings
}

// query refuses every parameter that is not one of names, or stands there twice.
func (x *exchange) query(names ...string) (*query, error) {
	values, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return nil, &runs.Refusal{Reason: dpp.ReasonBadRequest, Detail: "The query string is not percent-encoded."}
	}
	q := &query{values: values}
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
			q.wrong(name, "duplicate", "The parameter is given more than once.", "")
		}
	}
	return q, nil
}

// noQuery refuses every query parameter.
func (x *exchange) noQuery() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	return q.err()
}

// tellable is a parameter's name where it is one that can be told.
func tellable(name string) string {
	if len(name) > strictjson.MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || name == "" {
		return "(a name that cannot be told)"
	}
	return name
}

func (q *query) wrong(name, code, message, expected string) {
	q.parameter(dpp.ReasonValidationFailed, name, code, message, expected)
}

func (q *query) given(name string) bool { return len(q.values[name]) > 0 }

func (q *query) integer(name string, fallback, least, most int64) int64 {
	if !q.given(name) {
		return fallback
	}
	n, err := strconv.ParseInt(q.values.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		q.wrong(name, "out_of_range", "The value is not an integer in range.", fmt.Sprintf("an integer from %d to %d", least, most))
	}
	return n
}

func (q *query) boolean(name string) bool {
	switch text := q.values.Get(name); {
	case !q.given(name) || text == "false":
		return false
	case text == "true":
		return true
	default:
		q.wrong(name, "type", "The value is not a boolean.", "true or false")
		return false
	}
}

// wait is how many seconds the caller will wait.
func (q *query) wait() int64 {
	if !q.given("wait") {
		return 0
	}
	n, ok := parseWait(q.values.Get("wait"))
	if !ok {
		q.wrong("wait", "type", "The value is not a whole number of seconds.", fmt.Sprintf("an integer from 0 to %d", maxWait))
	}
	return n
}

func (q *query) text(name string, most int) string {
	text := q.values.Get(name)
	switch {
	case !q.given(name):
	case text == "" || utf8.RuneCountInString(text) > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		q.wrong(name, "pattern", "The value is not a text of the right length.", fmt.Sprintf("a text of 1 to %d characters", most))
	}
	return text
}

// choice reads one of a few words.
func (q *query) choice(name string, words ...string) string {
	text := q.values.Get(name)
	if q.given(name) && !slices.Contains(words, text) {
		q.wrong(name, "not_allowed", "The value is not one of those allowed.", strings.Join(words, ", "))
	}
	return text
}

// Moments outside of these bounds select as much as the bounds themselves.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// moment reads RFC 3339; the zero time where the parameter is absent.
func (q *query) moment(name string) time.Time {
	if !q.given(name) {
		return time.Time{}
	}
	var t dpp.Time
	if err := t.UnmarshalText([]byte(q.values.Get(name))); err != nil {
		q.wrong(name, "pattern", "The value is not a time in RFC 3339.", "such as 2026-01-31T08:00:00Z")
		return time.Time{}
	}
	return clamp(t.Time)
}

// day reads yyyy-mm-dd as the beginning of that day in UTC.
func (q *query) day(name string, fallback time.Time) time.Time {
	if !q.given(name) {
		return fallback
	}
	t, err := time.Parse(time.DateOnly, q.values.Get(name))
	if err != nil {
		q.wrong(name, "pattern", "The value is not a day.", "such as 2026-01-31")
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
