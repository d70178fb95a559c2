// Package budget decides spends against an account, in order, pure. It is the
// reference for every store and every gate.
package budget

import (
	"errors"

	"dpp"
	"dpp/internal/ledger"
)

// Limits bound an account beyond its balance. The zero value bounds nothing.
type Limits struct {
	OpenRuns int64 // how many runs may be open at once; 0: any number
}

// Decision is what became of one spend.
type Decision struct {
	// Refused is empty where the spend was accepted.
	Refused dpp.Reason
	// Available is what the account had when the spend was decided.
	Available dpp.Money
	// Entries are what the hold adds to the ledger; none where it was refused.
	Entries []ledger.Entry
}

// Decide takes holds in order and decides each on what those before it left. A
// hold that does not fit is refused and does not refuse the smaller ones behind
// it. It returns the account after all of them, or, with an error of
// [ledger.Account.Apply] about one of them, the account as it was.
func Decide(account ledger.Account, limits Limits, holds []ledger.Transfer) (ledger.Account, []Decision, error) {
	now, decisions := account, make([]Decision, len(holds))
	for i, hold := range holds {
		if hold.Kind != ledger.TransferHold {
			return account, nil, ledger.ErrMalformed
		}
		decisions[i].Available = now.Available
		if reason := refusal(now, limits); reason != "" {
			decisions[i].Refused = reason
			continue
		}
		after, entries, err := now.Apply(hold)
		if errors.Is(err, ledger.ErrInsufficient) {
			decisions[i].Refused = dpp.ReasonBudgetDrained
			continue
		}
		if err != nil {
			return account, nil, err
		}
		now, decisions[i].Entries = after, entries
	}
	return now, decisions, nil
}

func refusal(account ledger.Account, limits Limits) dpp.Reason {
	switch {
	case account.Suspended:
		return dpp.ReasonTenantSuspended
	case limits.OpenRuns > 0 && account.OpenRuns >= limits.OpenRuns:
		return dpp.ReasonTooManyRuns
	default:
		return ""
	}
}
