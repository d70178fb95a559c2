package sqlitestore

import (
	"context"
	"errors"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// Post applies credits and adjustments, each once per account and reference.
func (s *Store) Post(ctx context.Context, transfers []ledger.Transfer) ([]store.Posted, error) {
	if len(transfers) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]store.Posted, error) {
		ids := make([]dpp.AccountID, len(transfers))
		for i, transfer := range transfers {
			ids[i] = transfer.Account
		}
		b, err := t.open(ids)
		if err != nil {
			return nil, err
		}
		outcomes := make([]store.Posted, len(transfers))
		for i, transfer := range transfers {
			if outcomes[i], err = t.post(transfer, b); err != nil {
				return nil, err
			}
			outcomes[i].Account = b.accounts[transfer.Account]
		}
		return outcomes, b.close()
	})
}

func (t *tx) post(transfer ledger.Transfer, b *books) (store.Posted, error) {
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
	first, posted, lookup := t.referenced(transfer)
	switch {
	case lookup != nil:
		return store.Posted{}, lookup
	case posted && !sameTransfer(first, transfer):
		return store.Posted{Reason: dpp.ReasonIdempotencyConflict}, nil
	case posted:
		return store.Posted{Repeated: true, Entry: first}, nil
	case err != nil:
		return store.Posted{Reason: refusalReason(err)}, nil
	}
	entry := entries[0]
	entry.CreatedAt = t.now
	return store.Posted{Entry: entry}, b.set(after, entries)
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

func sameTransfer(first ledger.Entry, transfer ledger.Transfer) bool {
	e := transfer.Entries[0]
	return first.Kind == e.Kind && first.Direction == e.Direction && first.Amount == e.Amount
}

const selectReferenced = `SELECT ` + entryColumns + ` FROM entries WHERE account_id = ?1 AND reference = ?2`

// referenced finds what was posted under the transfer's reference.
func (t *tx) referenced(transfer ledger.Transfer) (first ledger.Entry, found bool, err error) {
	if transfer.Reference == "" {
		return first, false, nil
	}
	err = t.query(selectReferenced, func(r row) error {
		found = true
		return scanEntryAnd(r, &first)
	}, string(transfer.Account), transfer.Reference)
	return first, found, err
}
