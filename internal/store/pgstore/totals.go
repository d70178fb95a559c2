package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"dpp/internal/store"
)

// One statement sees one moment, so that an account and its runs can be compared.
const selectTotals = `WITH at_work AS (
		SELECT tenant_id, live, count(*) AS runs, sum(max_cost) AS cost FROM runs WHERE completed_at IS NULL GROUP BY tenant_id, live)
	SELECT count(id), coalesce(sum(open_runs), 0)::bigint, coalesce(sum(credited), 0)::bigint, coalesce(sum(available), 0)::bigint,
		coalesce(sum(held), 0)::bigint, coalesce(sum(spent), 0)::bigint, coalesce(sum(seq - sealed_seq), 0)::bigint,
		count(*) FILTER (WHERE id IS NULL OR credited <> available + held + spent OR available < 0 OR held < 0 OR spent < 0
			OR held <> coalesce(cost, 0) OR open_runs <> coalesce(runs, 0))
	FROM accounts FULL JOIN at_work USING (tenant_id, live)`

// Totals sums up all accounts and compares each with its open runs.
func (s *Store) Totals(ctx context.Context) (t store.Totals, err error) {
	err = s.read(ctx, selectTotals, func(r pgx.Row) error {
		return r.Scan(&t.Accounts, &t.OpenRuns, (*int64)(&t.Credited), (*int64)(&t.Available), (*int64)(&t.Held), (*int64)(&t.Spent),
			&t.Unsealed, &t.Discrepancies)
	})
	return t, err
}
