package api

import (
	"encoding/base64"
	"strconv"
	"strings"

	"dpp"
	"dpp/internal/runs"
)

// A cursor names the list that it belongs to and the last item of the page before.
// Both are known to its owner; it is encoded so that nobody relies on its form.
const (
	runList    = "runs"
	ledgerList = "ledger"
)

func newCursor(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + last))
}

// cursor returns the last item of the page before; empty on the first page.
func (q *query) cursor(list string) (string, error) {
	if !q.given("cursor") {
		return "", nil
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(q.values.Get("cursor"))
	last, ok := strings.CutPrefix(string(plain), list+":")
	if err != nil || !ok {
		return "", badCursor()
	}
	return last, nil
}

func (q *query) runCursor() (dpp.RunID, error) {
	last, err := q.cursor(runList)
	if err != nil || last == "" && !q.given("cursor") {
		return "", err
	}
	if !dpp.RunID(last).Valid() {
		return "", badCursor()
	}
	return dpp.RunID(last), nil
}

func (q *query) ledgerCursor() (int64, error) {
	last, err := q.cursor(ledgerList)
	if err != nil || last == "" && !q.given("cursor") {
		return 0, err
	}
	seq, err := strconv.ParseInt(last, 10, 64)
	if err != nil || seq < 1 || strconv.FormatInt(seq, 10) != last {
		return 0, badCursor()
	}
	return seq, nil
}

func badCursor() error {
	return &runs.Refusal{Reason: dpp.ReasonInvalidCursor, Fields: []dpp.FieldError{
		{Parameter: "cursor", Code: "invalid_cursor", Message: "This is not a cursor of this list.", Expected: "next_cursor of the page before, unchanged"},
	}}
}
