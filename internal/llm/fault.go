package llm

import (
	"fmt"
	"strconv"

	"dpp"
	"dpp/internal/pack"
)

// Kind is what became of a call that gave no answer.
type Kind string

// Kinds of failed calls.
const (
	// Unreachable: no connection, or it broke before the answer was whole.
	Unreachable Kind = "unreachable"
	// Timeout: the answer was not whole in time.
	Timeout Kind = "timeout"
	// Busy: the server has too much to do, or a fault of its own (429, 5xx).
	Busy Kind = "busy"
	// Refused: the server does not do what it is asked: a wrong key, an unknown model.
	Refused Kind = "refused"
	// Redirected: the server is elsewhere.
	Redirected Kind = "redirected"
	// TooLarge: the answer has more than [MaxReply] bytes.
	TooLarge Kind = "too_large"
	// Malformed: the answer is not of the form that was asked for.
	Malformed Kind = "malformed"
	// Truncated: the answer ends where its tokens were used up.
	Truncated Kind = "truncated"
	// Oversized: the prompt has more than [MaxPrompt] bytes; nothing was sent.
	Oversized Kind = "oversized"
	// Declined: the model, or a filter before it, will not answer.
	Declined Kind = "declined"
)

// Error is a call that gave no answer. It holds nothing that the server or the caller
// said.
type Error struct {
	Kind Kind
	// Status is that of HTTP, where there was an answer.
	Status int
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return "llm: " + string(e.Kind)
	}
	return "llm: " + string(e.Kind) + ", status " + strconv.Itoa(e.Status)
}

// Transient tells whether the same call may be answered later.
func (e *Error) Transient() bool {
	return e.Kind != Refused && e.Kind != Redirected && e.Kind != Oversized
}

// Spoiled tells whether the model answered, and not as it was asked to: asked once more
// it may do better.
func (e *Error) Spoiled() bool { return e.Kind == Malformed || e.Kind == Truncated }

var said = map[Kind]string{
	Unreachable: "it could not be reached",
	Timeout:     "its answer did not come in time",
	Busy:        "it has too much to do",
	Refused:     "it refused the request",
	Redirected:  "it has moved elsewhere",
	TooLarge:    "its answer is too large",
	Malformed:   "its answer does not have the form that was asked for",
	Truncated:   "its answer is longer than its tokens",
	Oversized:   "the texts of the inputs are longer than it may be asked about",
	Declined:    "it declined to answer",
}

// Failure is how a run ends that cannot do without the answer.
func (e *Error) Failure() *pack.Failure {
	f := &pack.Failure{
		Reason: dpp.ReasonPackError, Retryable: e.Transient(),
		Detail: fmt.Sprintf("The language model gave no answer that can be used: %s.", said[e.Kind]),
		Hint:   "Submit the run again with a new idempotency key.",
	}
	switch {
	case e.Kind == Declined || e.Kind == Oversized:
		f.Hint, f.Retryable = "Change the texts of the inputs and submit with a new idempotency key.", false
	case !f.Retryable:
		f.Hint = "Tell the operator that the language model's endpoint does not answer as it should."
	case e.Kind == Truncated:
		f.Hint = "Submit the run again with a new idempotency key and a larger max_cost_usd."
	}
	return f
}
