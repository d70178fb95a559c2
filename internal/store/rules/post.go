package rules

import (
	"errors"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// Reference names a credit or adjustment of an account.
type Reference struct {
	Account dpp.AccountID
	Text    string
}

// ReferenceOf is what a transfer is posted under; its text is empty where it has none.
func ReferenceOf(t ledger.Transfer) Reference { return Reference{t.Account, t.Reference} }

// Post decides credits and adjustments in order. posted are the entries that were
// found under their references; Post adds its own.
func Post(transfers []ledger.Transfer, posted map[Reference]ledger.Entry, b *Books) ([]store.Posted, error) {
	outcomes := make([]store.Posted, len(transfers))
	for i, transfer := range transfers {
		outcome, err := b.post(transfer, posted)
		if err != nil {
			return nil, err
		}
		outcome.Account = b.accounts[transfer.Account]
		outcomes[i] = outcome
	}
	return outcomes, nil
}

func (b *Books) post(transfer ledger.Transfer, posted map[Reference]ledger.Entry) (store.Posted, error) {
	if transfer.Kind != ledger.TransferCredit && transfer.Kind != ledger.TransferAdjust {
		return store.Posted{}, ledger.ErrMalformed
	}
	account, ok := b.accounts[transfer.Account]
	if !ok {
		return store.Posted{Reason: dpp.ReasonNotFound}, nil
	}
	after, entries, err := account.Apply(transfer)
	if err != nil && !refused(err) {
		return store.Posted{}, err
	}
	first, repeated := posted[ReferenceOf(transfer)]
	switch {
	case repeated && transfer.Reference != "" && !same(first, transfer):
		return store.Posted{Reason: dpp.ReasonIdempotencyConflict}, nil
	case repeated && transfer.Reference != "":
		return store.Posted{Repeated: true, Entry: first}, nil
	case err != nil:
		return store.Posted{Reason: refusalReason(err)}, nil
	}
	entry := b.set(after, entries)[0]
	posted[ReferenceOf(transfer)] = entry
	return store.Posted{Entry: entry}, nil
}

func refused(err error) bool {
	return errors.Is(err, ledger.ErrInsufficient) || errors.Is(err, dpp.ErrMoneyOverflow)
}

func refusalReason(err error) dpp.Reason {
	if errors.Is(err, ledger.ErrInsufficient) {
		return dpp.ReasonBudgetDrained
	}
	return dpp.ReasonMaxCostExceeded
}

func same(first ledger.Entry, transfer ledger.Transfer) bool {
	e := transfer.Entries[0]
	return first.Kind == e.Kind && first.Direction == e.Direction && first.Amount == e.Amount
}
