package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

const (
	selectPosted = `SELECT ` + entryColumns + ` FROM unnest($1::text[], $2::text[]) AS wanted (account_id, reference)
		JOIN posted ON posted.account_id = wanted.account_id AND posted.reference = wanted.reference
		JOIN entries ON entries.account_id = posted.account_id AND entries.seq = posted.seq AND entries.created_at = posted.created_at`
	insertPosted = `INSERT INTO posted (account_id, reference, seq, created_at)
		SELECT account_id, reference, seq, $4 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS p (account_id, reference, seq)`
)

// Post applies credits and adjustments, each once per account and reference.
func (s *Store) Post(ctx context.Context, transfers []ledger.Transfer) ([]store.Posted, error) {
	if len(transfers) == 0 {
		return nil, nil
	}
	accounts := distinct(column(transfers, func(t *ledger.Transfer) dpp.AccountID { return t.Account }))
	var found []ledger.Account
	var posted map[rules.Reference]ledger.Entry
	var outcomes []store.Posted
	err := s.write(ctx, tx{
		ask: func(b *statements) {
			found, posted = nil, make(map[rules.Reference]ledger.Entry)
			b.lockAccounts(&found, accounts)
			b.query(selectPosted, func(r pgx.Row) error {
				e, err := scanEntry(r)
				posted[rules.Reference{Account: e.Account, Text: e.Reference}] = e
				return err
			},
				column(transfers, func(t *ledger.Transfer) string { return string(t.Account) }),
				column(transfers, func(t *ledger.Transfer) string { return t.Reference }))
		},
		decide: func(now time.Time, b *statements) (err error) {
			books := rules.OpenBooks(now, found)
			if outcomes, err = rules.Post(transfers, posted, books); err != nil {
				return err
			}
			b.closeBooks(now, books)
			b.insertPosted(now, books.Entries())
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

func (b *statements) insertPosted(now time.Time, entries []ledger.Entry) {
	var referenced []ledger.Entry
	for _, e := range entries {
		if e.Reference != "" {
			referenced = append(referenced, e)
		}
	}
	if len(referenced) > 0 {
		b.must(len(referenced), insertPosted,
			column(referenced, func(e *ledger.Entry) string { return string(e.Account) }),
			column(referenced, func(e *ledger.Entry) string { return e.Reference }),
			column(referenced, func(e *ledger.Entry) int64 { return e.Seq }), now)
	}
}
