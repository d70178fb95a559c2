package sqlitestore

import (
	"context"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

// Post applies credits and adjustments, each once per account and reference.
func (s *Store) Post(ctx context.Context, transfers []ledger.Transfer) ([]store.Posted, error) {
	if len(transfers) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]store.Posted, error) {
		ids := make([]dpp.AccountID, len(transfers))
		posted := make(map[rules.Reference]ledger.Entry)
		for i, transfer := range transfers {
			ids[i] = transfer.Account
			if err := t.referenced(transfer, posted); err != nil {
				return nil, err
			}
		}
		books, err := t.openBooks(ids)
		if err != nil {
			return nil, err
		}
		outcomes, err := rules.Post(transfers, posted, books)
		if err != nil {
			return nil, err
		}
		return outcomes, t.closeBooks(books)
	})
}

const selectReferenced = `SELECT ` + entryColumns + ` FROM entries WHERE account_id = ?1 AND reference = ?2`

// referenced finds what was posted under the transfer's reference.
func (t *tx) referenced(transfer ledger.Transfer, posted map[rules.Reference]ledger.Entry) error {
	if transfer.Reference == "" {
		return nil
	}
	return t.query(selectReferenced, func(r row) error {
		e, err := scanEntry(r)
		posted[rules.ReferenceOf(transfer)] = e
		return err
	}, string(transfer.Account), transfer.Reference)
}
