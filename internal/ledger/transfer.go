package ledger

import (
	"dpp"
)

// TransferKind is what a transfer is for. Together with the run, or with the
// account and the reference, it is the transfer's identity: a store posts each
// identity once.
type TransferKind string

// The kinds of transfers.
const (
	TransferHold   TransferKind = "hold"   // identity: the run
	TransferSettle TransferKind = "settle" // identity: the run
	TransferCredit TransferKind = "credit" // identity: account and reference, where there is one
	TransferAdjust TransferKind = "adjust" // identity: account and reference, where there is one
)

// Transfer is a set of entries that is posted as a whole to one account.
type Transfer struct {
	Kind    TransferKind
	Account dpp.AccountID
	Run     dpp.RunID
	// Reference is the operator's own name for a credit or an adjustment.
	Reference string
	Entries   []Entry
}

// NewHold reserves amount for a run.
func NewHold(account dpp.AccountID, run dpp.RunID, amount dpp.Money) Transfer {
	return Transfer{Kind: TransferHold, Account: account, Run: run, Entries: []Entry{
		{Account: account, Kind: Hold, Amount: amount, Run: run},
	}}
}

// NewSettle ends a run's reservation: charge is captured, the rest released. A
// charge outside the reservation is brought inside: a run is never charged more
// than it reserved.
func NewSettle(account dpp.AccountID, run dpp.RunID, reserved, charge dpp.Money) Transfer {
	charge = min(max(charge, 0), reserved)
	t := Transfer{Kind: TransferSettle, Account: account, Run: run}
	if charge > 0 {
		t.Entries = append(t.Entries, Entry{Account: account, Kind: Capture, Amount: charge, Run: run})
	}
	if rest := reserved - charge; rest > 0 {
		t.Entries = append(t.Entries, Entry{Account: account, Kind: Release, Amount: rest, Run: run})
	}
	return t
}

// NewCredit adds what a tenant paid in.
func NewCredit(account dpp.AccountID, amount dpp.Money, reference string) Transfer {
	return Transfer{Kind: TransferCredit, Account: account, Reference: reference, Entries: []Entry{
		{Account: account, Kind: Credit, Amount: amount, Reference: reference},
	}}
}

// NewAdjust corrects what is available in one direction.
func NewAdjust(account dpp.AccountID, direction Direction, amount dpp.Money, reference string) Transfer {
	return Transfer{Kind: TransferAdjust, Account: account, Reference: reference, Entries: []Entry{
		{Account: account, Kind: Adjust, Direction: direction, Amount: amount, Reference: reference},
	}}
}

// Amount is the sum of the transfer's entries.
func (t Transfer) Amount() dpp.Money {
	var sum dpp.Money
	for _, e := range t.Entries {
		sum += e.Amount // each at most MaxAmount, at most two of them
	}
	return sum
}

func (t Transfer) openRuns() int64 {
	switch t.Kind {
	case TransferHold:
		return 1
	case TransferSettle:
		return -1
	default:
		return 0
	}
}

func (t Transfer) check(a Account) error {
	if t.Account != a.ID || len(t.Entries) == 0 || len(t.Entries) > 2 {
		return ErrMalformed
	}
	if len(t.Entries) == 2 && (t.Entries[0].Kind != Capture || t.Entries[1].Kind != Release) {
		return ErrMalformed
	}
	ofRun := t.Kind == TransferHold || t.Kind == TransferSettle
	if ofRun != (t.Run != "") || ofRun && t.Reference != "" {
		return ErrMalformed
	}
	for _, e := range t.Entries {
		if !t.owns(e) || !t.allows(e) || e.Amount <= 0 || e.Amount > dpp.MaxAmount || !e.Amount.Whole() {
			return ErrMalformed
		}
	}
	return nil
}

func (t Transfer) owns(e Entry) bool {
	return e.Account == t.Account && e.Run == t.Run && e.Reference == t.Reference
}

func (t Transfer) allows(e Entry) bool {
	if (e.Kind == Adjust) != (e.Direction == Up || e.Direction == Down) {
		return false
	}
	switch t.Kind {
	case TransferHold:
		return e.Kind == Hold
	case TransferSettle:
		return e.Kind == Capture || e.Kind == Release
	case TransferCredit:
		return e.Kind == Credit
	case TransferAdjust:
		return e.Kind == Adjust
	default:
		return false
	}
}
