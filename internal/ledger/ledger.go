// Package ledger is the arithmetic of the books, pure: what a transfer does to an
// account, entry by entry, as double-entry postings that sum to zero. Stores apply
// it; nothing else changes a balance.
package ledger

import (
	"errors"
	"time"

	"dpp"
)

// Errors of applying a transfer.
var (
	// ErrInsufficient: the account has less available than the transfer takes.
	ErrInsufficient = errors.New("ledger: not enough available")
	// ErrMalformed: the transfer is not one that can be built with this package, or
	// it ends a hold that is not there.
	ErrMalformed = errors.New("ledger: malformed transfer")
)

// Kind says what an entry does.
type Kind string

// The kinds of entries. The kind gives the direction; only Adjust has one of its own.
const (
	Credit  Kind = "credit"  // the tenant paid in
	Hold    Kind = "hold"    // a run reserved
	Capture Kind = "capture" // a run was charged
	Release Kind = "release" // a run gave back
	Adjust  Kind = "adjust"  // an operator corrected
)

// Direction of an adjustment.
type Direction string

// An adjustment adds to what is available or takes from it.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// Bucket is one part of the books.
type Bucket string

// World is where credit comes from, the other side of all that a tenant was
// credited; the others are the parts of an account.
const (
	World     Bucket = "world"
	Available Bucket = "available"
	Held      Bucket = "held"
	Spent     Bucket = "spent"
)

// Posting is one signed amount in one bucket.
type Posting struct {
	Bucket Bucket
	Amount dpp.Money
}

// Entry is one line of an account's ledger.
type Entry struct {
	Account   dpp.AccountID
	Seq       int64 // counts the account's entries from 1 without gaps
	Kind      Kind
	Direction Direction // Adjust only
	Amount    dpp.Money // a magnitude above zero
	Run       dpp.RunID // Hold, Capture and Release only
	Reference string    // Credit and Adjust only, where one was given
	CreatedAt time.Time // by the store's clock
}

// Postings are what the entry does to the buckets; they sum to zero.
func (e Entry) Postings() [2]Posting {
	from, to := World, Available
	switch e.Kind {
	case Hold:
		from, to = Available, Held
	case Capture:
		from, to = Held, Spent
	case Release:
		from, to = Held, Available
	case Adjust:
		if e.Direction == Down {
			from, to = Available, World
		}
	case Credit: // as above
	}
	return [2]Posting{{from, -e.Amount}, {to, e.Amount}}
}

// Account is one balance: Credited = Available + Held + Spent, no part below zero.
type Account struct {
	ID        dpp.AccountID
	Tenant    dpp.TenantID
	Credited  dpp.Money
	Available dpp.Money
	Held      dpp.Money
	Spent     dpp.Money
	OpenRuns  int64 // runs that hold a part of Held
	Suspended bool  // nothing new may be held
	Version   int64 // one more at every change
	Seq       int64 // of the last entry
}

// Balanced tells whether the account's law holds.
func (a Account) Balanced() bool {
	sum, err := a.Available.Add(a.Held)
	if err != nil {
		return false
	}
	sum, err = sum.Add(a.Spent)
	return err == nil && sum == a.Credited && a.Available >= 0 && a.Held >= 0 && a.Spent >= 0 && a.OpenRuns >= 0
}

// Apply returns the account after a transfer, and the transfer's entries with
// their numbers. The account is changed as a whole or, with an error
// ([ErrInsufficient], [ErrMalformed] or [dpp.ErrMoneyOverflow]), not at all.
func (a Account) Apply(t Transfer) (Account, []Entry, error) {
	if err := t.check(a); err != nil {
		return a, nil, err
	}
	after, entries := a, make([]Entry, len(t.Entries))
	for i, e := range t.Entries {
		for _, p := range e.Postings() {
			if err := after.post(p); err != nil {
				return a, nil, err
			}
		}
		after.Seq++
		e.Seq = after.Seq
		entries[i] = e
	}
	after.OpenRuns += t.openRuns()
	after.Version++
	if after.OpenRuns < 0 {
		return a, nil, ErrMalformed
	}
	return after, entries, nil
}

func (a *Account) post(p Posting) error {
	var part *dpp.Money
	amount := p.Amount
	switch p.Bucket {
	case World: // the other side: what the world gave is what was credited
		part, amount = &a.Credited, -p.Amount
	case Available:
		part = &a.Available
	case Held:
		part = &a.Held
	case Spent:
		part = &a.Spent
	}
	sum, err := part.Add(amount)
	if err != nil {
		return err
	}
	if sum < 0 {
		if p.Bucket == Available {
			return ErrInsufficient
		}
		return ErrMalformed
	}
	*part = sum
	return nil
}
