package dpp

import "time"

// Status is where a run stands in its life cycle.
type Status string

// The states of a run; the last four are terminal.
const (
	StatusQueued     Status = "QUEUED"
	StatusProcessing Status = "PROCESSING"
	StatusCompleted  Status = "COMPLETED"
	StatusFailed     Status = "FAILED"
	StatusExpired    Status = "EXPIRED"
	StatusCanceled   Status = "CANCELED"
)

// Statuses lists every status once, in the order of a run's life.
func Statuses() []Status {
	return []Status{StatusQueued, StatusProcessing, StatusCompleted, StatusFailed, StatusExpired, StatusCanceled}
}

// Terminal tells whether a run in this state has ended.
func (s Status) Terminal() bool {
	return s == StatusCompleted || s == StatusFailed || s == StatusExpired || s == StatusCanceled
}

// CanBecome is the state machine: it tells whether a transition from s to next exists.
func (s Status) CanBecome(next Status) bool {
	switch s {
	case StatusQueued:
		return next == StatusProcessing || next == StatusExpired || next == StatusCanceled
	case StatusProcessing:
		return next == StatusQueued || next == StatusCompleted || next == StatusFailed || next == StatusCanceled
	default:
		return false
	}
}

// MoneyState is where a run's reservation stands.
type MoneyState string

// A terminal run is settled (something was charged) or refunded (nothing was).
const (
	MoneyReserved MoneyState = "RESERVED"
	MoneySettled  MoneyState = "SETTLED"
	MoneyRefunded MoneyState = "REFUNDED"
)

// Run is everything the platform knows of one execution of a pack. The store
// keeps it; callers see it as [RunView].
type Run struct {
	ID             RunID
	Tenant         TenantID
	Live           bool // false: of a sandbox key
	PackType       string
	PackVersion    string
	ProfileVersion string // which prices and limits applied at submit
	Status         Status
	Money          MoneyState
	Version        int64 // 1 at submit, one more at every transition
	Attempt        int   // number of claims
	Losses         int   // claims that ended with a lost lease
	Reservation    Reservation
	Options        Options
	Meta           Meta

	// InputsKey names the stored inputs in the blob store; empty where the
	// store itself holds them.
	InputsKey string

	CreatedAt      time.Time
	UpdatedAt      time.Time // of the last transition
	QueueExpiresAt time.Time // a run still QUEUED then expires
	Deadline       time.Time // past it nothing is requeued
	CompletedAt    time.Time // zero until terminal
	PurgedAt       time.Time // zero until retention removed result and inputs

	Used     Money     // the settled charge; zero until terminal
	Result   *Result   // COMPLETED only
	Error    *RunError // FAILED, EXPIRED and CANCELED only
	Progress *Progress // while PROCESSING, as the last heartbeat told
}

// Account is the account that pays for the run.
func (r *Run) Account() AccountID { return AccountOf(r.Tenant, r.Live) }

// Reservation is what the caller asked for at most and at least.
type Reservation struct {
	MaxCost        Money
	Timebox        time.Duration // whole seconds
	MinReliability Score
}

// MinimumFee is the fee of a run with this reservation.
func (r Reservation) MinimumFee() Money { return MinimumFee(r.MaxCost) }

// Options change how a run ends or is shown.
type Options struct {
	Inline       bool // answers carry the envelope
	AllowPartial bool // a limit may end the run with what it has
}

// Meta is the caller's own description of a run.
type Meta struct {
	TraceID    string
	ExternalID string
	Tags       []string
}

// Progress tells how far a run has come.
type Progress struct {
	Done  int64  `json:"done" doc:"Units of work that are finished."`
	Total int64  `json:"total" doc:"Units of work that there are in all; 0 until the pack has counted them."`
	Unit  string `json:"unit" doc:"What is counted, such as url; empty until the pack has said."`
	Used  Money  `json:"used_usd" doc:"What the work has cost so far, in US dollars with 4 decimal places; not yet a charge."`
}

// Result points at the stored envelope of a COMPLETED run.
type Result struct {
	Key         string // in the blob store
	SHA256      string // lower-case hex of the envelope's bytes
	Size        int64
	Partial     bool
	Stop        StopReason // empty unless Partial
	Reliability Score
	Artifacts   []Artifact
}

// Artifact points at a stored file beside the envelope.
type Artifact struct {
	Name      string `json:"name" doc:"Name of the file, unique in its result."`
	MediaType string `json:"media_type" doc:"What the file is, such as application/json."`
	Size      int64  `json:"size_bytes" doc:"Length of the file in bytes."`
	SHA256    string `json:"sha256" doc:"SHA-256 of the file's bytes, in lower-case hex."`
}

// RunError says why a run ended without a result.
type RunError struct {
	Reason    Reason
	Detail    string
	Hint      string
	Retryable bool
	// Only for RELIABILITY_NOT_MET: what was reached, what was asked for, and why.
	Reliability *Score
	Required    *Score
	Reasons     []string
}
