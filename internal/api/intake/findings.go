// Package intake reads what callers send: bodies, query parameters and headers. It
// refuses everything that it does not know, names the places of several mistakes at
// once, and repeats nothing but names of fields.
package intake

import (
	"errors"

	"dpp"
	"dpp/internal/api/strictjson"
	"dpp/internal/runs"
)

// maxFindings bounds how many findings about one request are told.
const maxFindings = 20

// findings collects what is wrong with a request, so that a caller hears of several
// mistakes at once.
type findings struct {
	fields  []dpp.FieldError
	reasons []dpp.Reason
}

func (f *findings) add(reason dpp.Reason, field dpp.FieldError) {
	f.reasons = append(f.reasons, reason)
	if len(f.fields) < maxFindings {
		f.fields = append(f.fields, field)
	}
}

// invalid is a finding of VALIDATION_FAILED at a place of the body.
func (f *findings) invalid(pointer, code, message, expected string) {
	f.body(dpp.ReasonValidationFailed, pointer, code, message, expected)
}

func (f *findings) body(reason dpp.Reason, pointer, code, message, expected string) {
	f.add(reason, dpp.FieldError{Pointer: &pointer, Code: code, Message: message, Expected: expected})
}

func (f *findings) parameter(reason dpp.Reason, name, code, message, expected string) {
	f.add(reason, dpp.FieldError{Parameter: name, Code: code, Message: message, Expected: expected})
}

// Err is the refusal of a request with findings, or nil. Findings of one kind give
// their own reason, mixed ones VALIDATION_FAILED.
func (f *findings) Err() error {
	if len(f.reasons) == 0 {
		return nil
	}
	reason := f.reasons[0]
	for _, other := range f.reasons {
		if other != reason {
			reason = dpp.ReasonValidationFailed
		}
	}
	return &runs.Refusal{Reason: reason, Fields: f.fields}
}

// unreadable is the refusal of a body that strictjson did not take.
func unreadable(err error) error {
	var fault *strictjson.Fault
	if !errors.As(err, &fault) || fault.NotJSON {
		return &runs.Refusal{Reason: dpp.ReasonBadRequest, Detail: "The body is not JSON."}
	}
	f := &findings{}
	f.invalid(fault.Pointer, fault.Code, fault.Message, fault.Expected)
	return f.Err()
}
