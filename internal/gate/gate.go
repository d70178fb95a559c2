// Package gate is the port of fast admission: it limits rates, and may know what
// an account can spend well enough to save the ledger the work of saying no. It is
// a cache. Its no about money only sends a submit to the ledger, which decides.
package gate

import (
	"context"

	"dpp"
)

// Gate admits. Its methods are safe for concurrent use. An error of any of them
// means that the gate cannot say; the caller then goes to the ledger.
type Gate interface {
	// Admit asks for requests in order of arrival: each one's rate and, where it
	// would spend, its money. It returns one answer per request, in order. A
	// request over its rate takes nothing. A large spend that does not fit never
	// refuses a smaller one behind it.
	Admit(ctx context.Context, requests []Request) ([]Answer, error)

	// Word tells what the ledger last said of accounts. A word older than what the
	// gate holds is dropped; the same version again is taken.
	Word(ctx context.Context, words []Word) error

	// Ping tells whether the gate answers.
	Ping(ctx context.Context) error

	// Close releases what the gate holds. It is called once, after all use.
	Close() error
}

// Policy is a rate limit: at most Quota requests per window of [Window].
type Policy struct {
	Name  string // "submit" or "read"
	Quota int64
}

// Request is one request to be admitted.
type Request struct {
	Account dpp.AccountID
	Policy  Policy
	// Spend is what a submit would reserve; zero for everything else.
	Spend dpp.Money
}

// Answer is what the gate says of one request.
type Answer struct {
	Rate Rate
	// Covered is false where the gate believes that the account cannot cover the
	// spend. A gate that knows nothing of money says true.
	Covered bool
}

// Word is what the ledger last said of one account.
type Word struct {
	Account   dpp.AccountID
	Available dpp.Money
	Version   int64 // of the account; grows with every change
	Epoch     int64 // of the store; grows with every restore
}
