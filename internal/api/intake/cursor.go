package intake

import (
	"encoding/base64"
	"strconv"
	"strings"

	"dpp"
	"dpp/internal/runs"
)

// The lists that cursors belong to. A cursor names its list and the last item of
// the page before. Both are known to its owner; it is encoded so that nobody relies
// on its form.
const (
	RunList    = "runs"
	LedgerList = "ledger"
)

// NewCursor makes a cursor behind the last item of a page.
func NewCursor(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + last))
}

// cursor returns the last item of the page before; empty on the first page.
func (q *Query) cursor(list string) (string, error) {
	if !q.Given("cursor") {
		return "", nil
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(q.values.Get("cursor"))
	last, ok := strings.CutPrefix(string(plain), list+":")
	if err != nil || !ok {
		return "", badCursor()
	}
	return last, nil
}

// RunCursor is the last run of the page before; empty on the first page. It returns
// the refusal INVALID_CURSOR.
func (q *Query) RunCursor() (dpp.RunID, error) {
	last, err := q.cursor(RunList)
	if err != nil || last == "" && !q.Given("cursor") {
		return "", err
	}
	if !dpp.RunID(last).Valid() {
		return "", badCursor()
	}
	return dpp.RunID(last), nil
}

// LedgerCursor is the number of the last entry of the page before; 0 on the first
// page. It returns the refusal INVALID_CURSOR.
func (q *Query) LedgerCursor() (int64, error) {
	last, err := q.cursor(LedgerList)
	if err != nil || last == "" && !q.Given("cursor") {
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
