package dpp

import (
	"bytes"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Time is a moment in UTC whose JSON form has milliseconds and Z.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000Z"

// ErrTime: the text is no moment in RFC 3339.
var ErrTime = errors.New("not a time: write RFC 3339, such as \"2026-01-31T12:00:00.000Z\"")

// AppendText writes RFC 3339 in UTC with milliseconds; what is finer is cut off.
// Every text and JSON method of the embedded moment is hidden by one of Time, since
// an encoder takes whichever it finds first.
func (t Time) AppendText(b []byte) ([]byte, error) { return t.UTC().AppendFormat(b, timeLayout), nil }

// MarshalText is [Time.AppendText].
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// MarshalJSON writes the text of [Time.AppendText] as a JSON string.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// UnmarshalText reads RFC 3339. It returns [ErrTime].
func (t *Time) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(time.RFC3339, string(text))
	if err != nil || text[13] != ':' || bytes.ContainsRune(text, ',') { // package time takes an hour of one digit and a decimal comma, too
		return ErrTime
	}
	if year := parsed.UTC().Year(); year < 0 || year > 9999 { // an offset can lead to where four digits end
		return ErrTime
	}
	t.Time = parsed.UTC()
	return nil
}

// UnmarshalJSON reads a JSON string as [Time.UnmarshalText] does.
func (t *Time) UnmarshalJSON(text []byte) error {
	plain, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return ErrTime
	}
	return t.UnmarshalText(plain)
}

// RunView is a run as its owner sees it: the one Run object of the contract, the
// same in every answer. What is not known yet is absent.
type RunView struct {
	ID          RunID           `json:"run_id"`
	PackType    string          `json:"pack_type"`
	PackVersion string          `json:"pack_version"`
	Status      Status          `json:"status" enum:"QUEUED,PROCESSING,COMPLETED,FAILED,EXPIRED,CANCELED"`
	Terminal    bool            `json:"terminal"`
	MoneyState  MoneyState      `json:"money_state" enum:"RESERVED,SETTLED,REFUNDED"`
	Version     int64           `json:"version"`
	Attempt     int             `json:"attempt"`
	Live        bool            `json:"livemode"`
	Reservation ReservationView `json:"reservation"`
	Cost        CostView        `json:"cost"`
	Poll        PollView        `json:"poll"`
	Progress    *Progress       `json:"progress,omitempty"`
	Result      *ResultView     `json:"result,omitempty"`
	Error       *ErrorView      `json:"error,omitempty"`
	Meta        MetaView        `json:"meta"`
}

// ReservationView is what the run may cost and take, and must reach.
type ReservationView struct {
	MaxCost        Money `json:"max_cost_usd"`
	TimeboxSec     int64 `json:"timebox_sec"`
	MinReliability Score `json:"min_reliability_score"`
}

// CostView is what the run costs. Used is the settled charge, zero until terminal.
type CostView struct {
	Reserved        Money `json:"reserved_usd"`
	Used            Money `json:"used_usd"`
	MinimumFee      Money `json:"minimum_fee_usd"`
	BudgetRemaining Money `json:"budget_remaining_usd"`
}

// PollView says where and how often to ask, and how long the run can last at most.
type PollView struct {
	Href                  string `json:"href"`
	RecommendedIntervalMS int64  `json:"recommended_interval_ms"`
	MaxWaitSec            int64  `json:"max_wait_sec"`
}

// MetaView is the run's description. ExternalID and Tags are the caller's own.
type MetaView struct {
	CreatedAt      Time     `json:"created_at"`
	UpdatedAt      Time     `json:"updated_at"`
	CompletedAt    *Time    `json:"completed_at,omitempty"`
	TraceID        string   `json:"trace_id"`
	ProfileVersion string   `json:"profile_version"`
	ExternalID     string   `json:"external_id,omitempty"`
	Tags           []string `json:"tags,omitempty"`
}

// ResultView points at the stored envelope. The URLs are absent in lists.
type ResultView struct {
	URL         string         `json:"presigned_url,omitempty"`
	SHA256      string         `json:"sha256"`
	Size        int64          `json:"size_bytes"`
	ExpiresAt   *Time          `json:"expires_at,omitempty"`
	Partial     bool           `json:"partial"`
	Stop        StopReason     `json:"stop_reason,omitempty" enum:"COST_LIMIT,TIMEBOX"`
	Reliability Score          `json:"reliability"`
	Artifacts   []ArtifactView `json:"artifacts"`
	Envelope    jsontext.Value `json:"envelope,omitempty"`
}

// ArtifactView points at a stored file beside the envelope.
type ArtifactView struct {
	Artifact
	URL string `json:"presigned_url,omitempty"`
}

// ErrorView says why a run ended without a result, and what to do.
type ErrorView struct {
	Reason      Reason   `json:"reason_code"`
	Detail      string   `json:"detail"`
	Hint        string   `json:"hint"`
	Retryable   bool     `json:"retryable"`
	Remedy      *Remedy  `json:"remedy,omitempty"`
	Reliability *Score   `json:"reliability,omitempty"`
	Required    *Score   `json:"required,omitempty"`
	Reasons     []string `json:"reasons,omitempty"`
}

// Remedy is the next step in a form that a program can follow.
type Remedy struct {
	Action       RemedyAction              `json:"action" enum:"retry,wait,change_request,raise_max_cost,top_up,use_new_key,contact_operator"`
	RetryAfterMS int64                     `json:"retry_after_ms,omitzero"`
	Set          map[string]jsontext.Value `json:"set,omitempty"` // JSON Pointer into the request → value
}

// RemedyAction names what to do next.
type RemedyAction string

// The actions of a remedy.
const (
	RemedyRetry           RemedyAction = "retry"
	RemedyWait            RemedyAction = "wait"
	RemedyChangeRequest   RemedyAction = "change_request"
	RemedyRaiseMaxCost    RemedyAction = "raise_max_cost"
	RemedyTopUp           RemedyAction = "top_up"
	RemedyUseNewKey       RemedyAction = "use_new_key"
	RemedyContactOperator RemedyAction = "contact_operator"
)

// Problem is a problem document (RFC 9457): the answer to every request that is
// not done.
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Instance  string       `json:"instance"`
	Reason    Reason       `json:"reason_code"`
	TraceID   string       `json:"trace_id"`
	Retryable bool         `json:"retryable"`
	Hint      string       `json:"hint"`
	Remedy    Remedy       `json:"remedy"`
	RunID     RunID        `json:"run_id,omitempty"`
	Required  *Money       `json:"required_usd,omitempty"`
	Available *Money       `json:"available_usd,omitempty"`
	Errors    []FieldError `json:"errors,omitempty"`
}

// FieldError is one finding about one place of a request: exactly one of Pointer
// (into the body, "" is the body as a whole), Parameter and Header is set.
type FieldError struct {
	Pointer   *string `json:"pointer,omitzero" nullable:"false"`
	Parameter string  `json:"parameter,omitempty"`
	Header    string  `json:"header,omitempty"`
	Code      string  `json:"code"`
	Message   string  `json:"message"`
	Expected  string  `json:"expected,omitempty"`
}

// BudgetView is what an account has.
type BudgetView struct {
	Available Money       `json:"available_usd"`
	Held      Money       `json:"held_usd"`
	Spent     Money       `json:"spent_usd"`
	Limits    []LimitView `json:"limits"`
}

// LimitView is a cap beside the balance.
type LimitView struct {
	Scope     string `json:"scope"`
	Period    string `json:"period"`
	Limit     Money  `json:"limit_usd"`
	Used      Money  `json:"used_usd"`
	Remaining Money  `json:"remaining_usd"`
	ResetsAt  *Time  `json:"resets_at,omitempty"`
}

// EntryView is a ledger entry. Amount is a magnitude; the kind gives the direction.
type EntryView struct {
	Seq       int64  `json:"seq"`
	Kind      string `json:"kind" enum:"credit,hold,capture,release,adjust"`
	Direction string `json:"direction,omitempty" enum:"up,down"`
	Amount    Money  `json:"amount_usd"`
	RunID     RunID  `json:"run_id,omitempty"`
	Reference string `json:"reference,omitempty"`
	CreatedAt Time   `json:"created_at"`
}

// UsageView is what an account did on one UTC day with one pack.
type UsageView struct {
	Day       string `json:"day"`
	PackType  string `json:"pack_type"`
	Submitted int64  `json:"submitted"`
	Completed int64  `json:"completed"`
	Failed    int64  `json:"failed"`
	Expired   int64  `json:"expired"`
	Canceled  int64  `json:"canceled"`
	Reserved  Money  `json:"reserved_usd"`
	Charged   Money  `json:"charged_usd"`
}

// List is a page of things. NextCursor is absent on the last page.
type List[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor,omitempty"`
}
