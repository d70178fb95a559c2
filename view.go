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
	ID          RunID           `json:"run_id" doc:"Opaque name of the run; names sort by the time of their submit."`
	PackType    string          `json:"pack_type" doc:"Kind of work, as it was submitted."`
	PackVersion string          `json:"pack_version" doc:"Version of the pack that was on offer at submit."`
	Status      Status          `json:"status" enum:"QUEUED,PROCESSING,COMPLETED,FAILED,EXPIRED,CANCELED" doc:"Where the run stands. The last four states are final."`
	Terminal    bool            `json:"terminal" doc:"true once the run has ended, however it ended: stop asking then."`
	MoneyState  MoneyState      `json:"money_state" enum:"RESERVED,SETTLED,REFUNDED" doc:"RESERVED until the run ends; then SETTLED where anything was charged, else REFUNDED."`
	Version     int64           `json:"version" doc:"1 at submit, one more at every change of state; progress does not count."`
	Attempt     int             `json:"attempt" doc:"How often a worker has begun the run; 0 before the first time."`
	Live        bool            `json:"livemode" doc:"false for a run of a sandbox key."`
	Reservation ReservationView `json:"reservation" doc:"What the caller allowed at most and asked for at least."`
	Cost        CostView        `json:"cost" doc:"What the run costs, and what the calling key can still spend."`
	Poll        PollView        `json:"poll" doc:"Where and how often to ask, and how long it can take."`
	Progress    *Progress       `json:"progress,omitempty" doc:"How far the work has come. Only while PROCESSING, from the worker's first report on."`
	Result      *ResultView     `json:"result,omitempty" doc:"Where the result is and what it is worth. Only where the run ended COMPLETED."`
	Error       *ErrorView      `json:"error,omitempty" doc:"Why there is no result. Only where the run ended FAILED, EXPIRED or CANCELED."`
	Meta        MetaView        `json:"meta" doc:"When the run came about, under which conditions, and what the caller calls it."`
}

// ReservationView is what the run may cost and take, and must reach.
type ReservationView struct {
	MaxCost        Money `json:"max_cost_usd" doc:"The most that the run can be charged, in US dollars with 4 decimal places."`
	TimeboxSec     int64 `json:"timebox_sec" doc:"The most seconds that one execution may take."`
	MinReliability Score `json:"min_reliability_score" doc:"The least reliability with which a result is given; 0 where none was asked for."`
}

// CostView is what the run costs. Used is the settled charge, zero until terminal.
type CostView struct {
	Reserved        Money `json:"reserved_usd" doc:"What was reserved at submit, the run's max_cost_usd, in US dollars with 4 decimal places."`
	Used            Money `json:"used_usd" doc:"What the run was charged, in US dollars with 4 decimal places; 0.0000 until it has ended."`
	MinimumFee      Money `json:"minimum_fee_usd" doc:"What it costs to fail, or to be cancelled while PROCESSING, in US dollars with 4 decimal places."`
	BudgetRemaining Money `json:"budget_remaining_usd" doc:"What the calling key can still spend now, in US dollars with 4 decimal places."`
}

// PollView says where and how often to ask, and how long the run can last at most.
type PollView struct {
	Href                  string `json:"href" doc:"Path that reads the run."`
	RecommendedIntervalMS int64  `json:"recommended_interval_ms" doc:"Milliseconds to leave between two reads; longer as the run gets older."`
	MaxWaitSec            int64  `json:"max_wait_sec" doc:"Seconds within which the run ends for certain; 0 once it has."`
}

// MetaView is the run's description. ExternalID and Tags are the caller's own.
type MetaView struct {
	CreatedAt      Time     `json:"created_at" doc:"When the run was accepted, in UTC."`
	UpdatedAt      Time     `json:"updated_at" doc:"When the state last changed, in UTC."`
	CompletedAt    *Time    `json:"completed_at,omitempty" doc:"When the run ended, however it ended, in UTC. Absent until then."`
	TraceID        string   `json:"trace_id" doc:"Names the run in logs: as submitted, else from traceparent, else made for it."`
	ProfileVersion string   `json:"profile_version" doc:"Names the pack's version, prices and limits that were on offer at submit."`
	ExternalID     string   `json:"external_id,omitempty" doc:"Your own name for the run. Absent where you gave none."`
	Tags           []string `json:"tags,omitempty" doc:"Your own labels for the run. Absent where you gave none."`
}

// ResultView points at the stored envelope. The URLs are absent in lists.
type ResultView struct {
	URL         string         `json:"presigned_url,omitempty" doc:"Absolute URL of the envelope; whoever has it needs no key. Absent in lists."`
	SHA256      string         `json:"sha256" doc:"SHA-256 of the envelope's bytes, in lower-case hex."`
	Size        int64          `json:"size_bytes" doc:"Length of the envelope in bytes."`
	ExpiresAt   *Time          `json:"expires_at,omitempty" doc:"Until when the URLs of this answer work, in UTC; read the run again for new ones. Absent in lists."`
	Partial     bool           `json:"partial" doc:"true where a limit stopped the work; the envelope's data.remaining holds what was not done."`
	Stop        StopReason     `json:"stop_reason,omitempty" enum:"COST_LIMIT,TIMEBOX" doc:"Which limit stopped the work. Absent where all of it was done."`
	Reliability Score          `json:"reliability" doc:"How far the result can be trusted; the pack's manifest says how this is computed."`
	Artifacts   []ArtifactView `json:"artifacts" doc:"Files stored beside the envelope; empty where there are none."`
	Envelope    jsontext.Value `json:"envelope,omitempty" doc:"The envelope itself, where inline asked for it and it has at most 256 KiB. Absent in lists."`
}

// ArtifactView points at a stored file beside the envelope.
type ArtifactView struct {
	Artifact
	URL string `json:"presigned_url,omitempty" doc:"Absolute URL of the file, good until the result's expires_at. Absent in lists."`
}

// ErrorView says why a run ended without a result, and what to do.
type ErrorView struct {
	Reason      Reason   `json:"reason_code" doc:"Why the run ended so, for programs; a code never changes its meaning."`
	Detail      string   `json:"detail" doc:"What happened, for people."`
	Hint        string   `json:"hint" doc:"What to do next, as an instruction."`
	Retryable   bool     `json:"retryable" doc:"true where the same request may succeed when it is submitted with a new Idempotency-Key."`
	Remedy      *Remedy  `json:"remedy,omitempty" doc:"The next step, for programs. Absent where none is known."`
	Reliability *Score   `json:"reliability,omitempty" doc:"What the result reached. Only with RELIABILITY_NOT_MET."`
	Required    *Score   `json:"required,omitempty" doc:"The min_reliability_score that it missed. Only with RELIABILITY_NOT_MET."`
	Reasons     []string `json:"reasons,omitempty" doc:"What lowered the reliability, for people. Only with RELIABILITY_NOT_MET, where the pack told."`
}

// Remedy is the next step in a form that a program can follow.
type Remedy struct {
	Action       RemedyAction              `json:"action" enum:"retry,wait,change_request,raise_max_cost,top_up,use_new_key,contact_operator" doc:"What to do next, in one word."`
	RetryAfterMS int64                     `json:"retry_after_ms,omitzero" doc:"Milliseconds to wait before that. Absent where no wait is called for."`
	Set          map[string]jsontext.Value `json:"set,omitempty" doc:"Values to put into the request's body, each under its JSON Pointer. Absent where none is known."`
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
	Type      string       `json:"type" doc:"Absolute URL of the page that explains reason_code."`
	Title     string       `json:"title" doc:"The kind of problem in a few words; always the same for one reason_code."`
	Status    int          `json:"status" doc:"The HTTP status of this answer."`
	Detail    string       `json:"detail" doc:"What happened this time, for people."`
	Instance  string       `json:"instance" doc:"Opaque name of this occurrence, made of the trace_id."`
	Reason    Reason       `json:"reason_code" doc:"Why the request was not done, for programs; a code never changes its meaning."`
	TraceID   string       `json:"trace_id" doc:"Names the request in the platform's logs, as X-Trace-Id does."`
	Retryable bool         `json:"retryable" doc:"true where the identical request, with the same Idempotency-Key, may succeed later."`
	Hint      string       `json:"hint" doc:"What to do next, in one imperative sentence."`
	Remedy    Remedy       `json:"remedy" doc:"The next step, for programs."`
	RunID     RunID        `json:"run_id,omitempty" doc:"The run that stands in the way. Absent where there is none."`
	Required  *Money       `json:"required_usd,omitempty" doc:"What the run would reserve, in US dollars with 4 decimal places. Only with BUDGET_DRAINED."`
	Available *Money       `json:"available_usd,omitempty" doc:"What the account has for it, in US dollars with 4 decimal places. Only with BUDGET_DRAINED."`
	Errors    []FieldError `json:"errors,omitempty" doc:"What is wrong with the request, place by place. Absent where no place is to blame."`
}

// FieldError is one finding about one place of a request: exactly one of Pointer
// (into the body, "" is the body as a whole), Parameter and Header is set.
type FieldError struct {
	Pointer   *string `json:"pointer,omitzero" nullable:"false" doc:"JSON Pointer to the place in the body; empty for the body as a whole. Absent where it is not in the body."`
	Parameter string  `json:"parameter,omitempty" doc:"Name of the query parameter at fault. Absent where it is none."`
	Header    string  `json:"header,omitempty" doc:"Name of the header at fault. Absent where it is none."`
	Code      string  `json:"code" doc:"What is wrong, for programs, in lower_snake, such as required or out_of_range."`
	Message   string  `json:"message" doc:"What is wrong, for people."`
	Expected  string  `json:"expected,omitempty" doc:"What would be accepted. Absent where that cannot be said in a few words."`
}

// BudgetView is what an account has.
type BudgetView struct {
	Available Money       `json:"available_usd" doc:"What new runs can reserve, in US dollars with 4 decimal places."`
	Held      Money       `json:"held_usd" doc:"What open runs have reserved until they end, in US dollars with 4 decimal places."`
	Spent     Money       `json:"spent_usd" doc:"What all runs so far were charged, in US dollars with 4 decimal places."`
	Limits    []LimitView `json:"limits" doc:"Caps that apply beside the balance; empty where there are none."`
}

// LimitView is a cap beside the balance.
type LimitView struct {
	Scope     string `json:"scope" doc:"Whom the cap binds, such as the key."`
	Period    string `json:"period" doc:"The span over which it counts, such as day."`
	Limit     Money  `json:"limit_usd" doc:"The most that may be spent in one period, in US dollars with 4 decimal places."`
	Used      Money  `json:"used_usd" doc:"What of it this period has used, in US dollars with 4 decimal places."`
	Remaining Money  `json:"remaining_usd" doc:"What of it is left in this period, in US dollars with 4 decimal places."`
	ResetsAt  *Time  `json:"resets_at,omitempty" doc:"When the next period begins, in UTC. Absent where the cap counts for ever."`
}

// EntryView is a ledger entry. Amount is a magnitude; the kind gives the direction.
type EntryView struct {
	Seq       int64  `json:"seq" doc:"Number of the entry in its account: from 1, without gaps."`
	Kind      string `json:"kind" enum:"credit,hold,capture,release,adjust" doc:"What the entry does: pays in, reserves, charges, gives back, or corrects."`
	Direction string `json:"direction,omitempty" enum:"up,down" doc:"Whether a correction adds to what is available or takes from it. Only with adjust."`
	Amount    Money  `json:"amount_usd" doc:"How much, always above zero, in US dollars with 4 decimal places."`
	RunID     RunID  `json:"run_id,omitempty" doc:"The run behind a hold, capture or release. Absent with credit and adjust."`
	Reference string `json:"reference,omitempty" doc:"The operator's note on a credit or adjust. Absent where there is none."`
	CreatedAt Time   `json:"created_at" doc:"When the entry was written, in UTC."`
}

// UsageView is what an account did on one UTC day with one pack.
type UsageView struct {
	Day       string `json:"day" doc:"The day in UTC, as yyyy-mm-dd."`
	PackType  string `json:"pack_type" doc:"The pack that these numbers are of."`
	Submitted int64  `json:"submitted" doc:"Runs accepted on this day."`
	Completed int64  `json:"completed" doc:"Runs that ended COMPLETED on this day, whenever they were submitted."`
	Failed    int64  `json:"failed" doc:"Runs that ended FAILED on this day."`
	Expired   int64  `json:"expired" doc:"Runs that ended EXPIRED on this day."`
	Canceled  int64  `json:"canceled" doc:"Runs that ended CANCELED on this day."`
	Reserved  Money  `json:"reserved_usd" doc:"What the runs accepted on this day reserved, in US dollars with 4 decimal places."`
	Charged   Money  `json:"charged_usd" doc:"What the runs that ended on this day were charged, in US dollars with 4 decimal places."`
}

// PackView is a pack's manifest as it is sold here.
type PackView struct {
	Type         string            `json:"pack_type" doc:"What a submit names as its pack_type."`
	Version      string            `json:"pack_version" doc:"Version of the pack; runs tell it, too."`
	Title        string            `json:"title" doc:"What the pack does, in a few words."`
	Description  string            `json:"description" doc:"What the pack does, at more length."`
	InputsSchema jsontext.Value    `json:"inputs_schema" doc:"JSON Schema (2020-12) that inputs must satisfy."`
	DataSchema   jsontext.Value    `json:"data_schema" doc:"JSON Schema (2020-12) of the envelope's data."`
	Prices       []Price           `json:"prices" doc:"What each unit of work costs here."`
	Units        map[string]string `json:"units" doc:"What one of each priced unit is, in words."`
	Limits       map[string]int64  `json:"limits" doc:"Bounds of one run, by name, in whole numbers."`
	Reliability  string            `json:"reliability" doc:"How the result's reliability is computed."`
	Example      jsontext.Value    `json:"example" doc:"Body of a submit that works as it stands."`
	Spillable    []string          `json:"spillable,omitempty" doc:"JSON Pointers into data: arrays that become artifacts where the envelope would be too large."`
	Profile      string            `json:"profile_version" doc:"Names version, prices and limits together; a run tells it as meta.profile_version."`
}

// List is a page of things. NextCursor is absent on the last page.
type List[T any] struct {
	Data       []T    `json:"data" doc:"The items of this page, in the order of the list."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Send it as cursor to read the next page. Absent on the last page."`
}
