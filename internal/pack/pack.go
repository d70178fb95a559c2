// Package pack is the port of the packs: what one kind of work must offer so that
// the platform can describe it, price it, check its inputs, run it and store what
// it found. The packs stand in the folders below.
package pack

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

// Pack is one kind of work. Its methods are safe for concurrent use.
type Pack interface {
	// Manifest describes the pack. It is the same value at every call and is not
	// changed by anyone.
	Manifest() *Manifest

	// Estimate checks what a JSON Schema cannot say and tells how much work the
	// inputs are. It is called with inputs that satisfy the schema, at submit, so
	// it is quick, pure and touches no network. Findings about the inputs are
	// returned as [*InputError].
	Estimate(inputs jsontext.Value) (Estimate, error)

	// Run does the work. It asks job.Meter before each unit of work and stops at
	// [ErrCostLimit]; it stops when ctx ends, which is the timebox, a cancel, a
	// lost lease or a shutdown, and then returns within a second. A pack with
	// finished units of work at either limit returns an Outcome with Stopped set,
	// otherwise the error it met. A failure that the caller can act on is a
	// [*Failure]; any other error is the pack's own fault and reported as
	// PACK_ERROR without its text.
	Run(ctx context.Context, job Job) (*Outcome, error)
}

// Job is one execution as a pack sees it.
type Job struct {
	// RunID seeds nothing and names nothing outside; it is for logs.
	RunID dpp.RunID
	// Tenant and Live say whose uploads the inputs may name.
	Tenant dpp.TenantID
	Live   bool
	// Inputs satisfy the manifest's schema and passed Estimate. Treat as read-only.
	Inputs jsontext.Value
	// Meter counts the work and stops it at the cost limit.
	Meter *Meter
}

// Outcome is what a pack found.
type Outcome struct {
	// Data is marshalled as the envelope's data; it satisfies the manifest's data schema.
	Data any
	// Reliability tells how far Data can be trusted as computed from these inputs.
	Reliability dpp.Score
	// Reasons name what lowered the reliability, for people.
	Reasons []string
	// Artifacts are stored beside the envelope.
	Artifacts []Artifact
	// Discarded and Blocked are evidence of what was dropped or refused.
	Discarded []Discard
	Blocked   []Block
	// Stopped says which limit ended the work early; empty when all was done.
	Stopped dpp.StopReason
	// Remaining is the rest of the work in the form of inputs, set exactly when
	// Stopped is: the platform stores it as data.remaining.
	Remaining any
}

// Artifact is a file that belongs to a result. Its name is unique in the result
// and consists of lower-case letters, digits, '-', '_' and '.'.
type Artifact struct {
	Name      string
	MediaType string
	Content   []byte
}

// Discard is one line of logs.discard_log: something of the input that was dropped.
type Discard struct {
	URL    string `json:"url,omitempty"`
	Item   string `json:"item,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Block is one line of logs.blocked_log: an address or hop that was refused. It
// never carries the resolved address.
type Block struct {
	URL          string `json:"url"`
	Hop          int    `json:"hop"`
	Reason       string `json:"reason"`
	AddressClass string `json:"address_class,omitempty"`
}

// Quantity is a number of priced units.
type Quantity struct {
	Unit     string `json:"unit"`
	Quantity int64  `json:"quantity"`
}

// Estimate tells how much work some inputs are.
type Estimate struct {
	// Minimum is the least with which the run can succeed at all with a partial
	// result; All is the least for which it can do everything.
	Minimum, All []Quantity
	// Low, Likely and High bound what doing everything will take.
	Low, Likely, High []Quantity
	// Uploads are the uploads that the inputs name, each time they do.
	Uploads []UploadRef
}

// UploadRef is a place of the inputs that names an upload.
type UploadRef struct {
	// Pointer is a JSON Pointer relative to the inputs.
	Pointer string
	ID      dpp.UploadID
}

// InputError tells what is wrong with inputs that a schema alone accepts.
type InputError struct {
	Fields []FieldError
	// Set holds what would mend the inputs, where that is known: values by the JSON
	// Pointer, relative to the inputs, of the place where they belong. What only the
	// caller can know is null in them. No value repeats one that the caller sent.
	Set map[string]jsontext.Value
}

func (e *InputError) Error() string {
	if len(e.Fields) == 0 {
		return "the inputs are not usable"
	}
	return fmt.Sprintf("%s: %s", e.Fields[0].Pointer, e.Fields[0].Message)
}

// FieldError is one finding about one place of the inputs. No text of it repeats
// a value that the caller sent.
type FieldError struct {
	// Pointer is a JSON Pointer relative to the inputs ("" is the inputs as a whole).
	Pointer string
	// Code is lower_snake, such as "required", "type" or "out_of_range".
	Code string
	// Message says what is wrong and what is expected, in one sentence.
	Message string
	// Expected names what would be accepted, where that is short.
	Expected string
}

// Failure ends a run as FAILED with a reason that the caller can act on.
type Failure struct {
	// Reason is PACK_ERROR or INPUT_REJECTED.
	Reason dpp.Reason
	// Detail says what happened, Hint what to do next; neither repeats inputs
	// beyond names of fields and positions.
	Detail, Hint string
	// Retryable: the identical request may succeed later.
	Retryable bool
	// Discarded and Blocked are kept as evidence.
	Discarded []Discard
	Blocked   []Block
}

func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Detail }
