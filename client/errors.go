package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dpp"
)

// Errors of answers that cannot be used.
var (
	// ErrURL: the server's URL is not one of http or https with a host.
	ErrURL = errors.New("the server's URL must look like http://127.0.0.1:8000")
	// ErrHeader: a key holds characters that no key has, so that it cannot be sent.
	ErrHeader = errors.New("a key holds other characters than visible ASCII")
	// ErrTooLarge: the answer was larger than any that the server gives.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrMalformed: the answer was not the document that was asked for.
	ErrMalformed = errors.New("the answer is not what a DPP server says")
	// ErrDigest: the bytes do not hash to what the run says.
	ErrDigest = errors.New("the result does not have the SHA-256 that its run names")
	// ErrNoResult: the run has not completed, so there is nothing to fetch.
	ErrNoResult = errors.New("the run has no result")
)

// Error is a request that the server did not do.
type Error struct {
	// Problem says why and what to do. Where the answer was no problem document,
	// such as a proxy's own page, only its Status and Title are set.
	Problem dpp.Problem
	// RetryAfter is how long the server asked to wait; zero where it did not.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	p := e.Problem
	parts := []string{cmp.Or(string(p.Reason), fmt.Sprintf("%d %s", p.Status, cmp.Or(p.Title, http.StatusText(p.Status))))}
	if p.Detail != "" {
		parts = append(parts, p.Detail)
	}
	return strings.Join(parts, ": ")
}

// transient tells whether the same request may be answered soon.
func (e *Error) transient() bool {
	switch e.Problem.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// UnreachableError is a request that no answer came to.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return "the server cannot be reached: " + e.Err.Error() }

func (e *UnreachableError) Unwrap() error { return e.Err }
