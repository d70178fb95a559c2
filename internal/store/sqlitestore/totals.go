package sqlitestore

import (
	"context"

	"dpp/internal/store"
)

// One statement sees one moment, so that an account and its runs can be compared.
const selectTotals = `WITH at_work AS (
		SELECT tenant_id, live, count(*) AS runs, sum(max_cost) AS cost FROM runs WHERE completed_at IS NULL GROUP BY tenant_id, live)
	SELECT count(id), ifnull(sum(open_runs), 0), ifnull(sum(credited), 0), ifnull(sum(available), 0),
		ifnull(sum(held), 0), ifnull(sum(spent), 0), ifnull(sum(seq - sealed_seq), 0),
		count(*) FILTER (WHERE id IS NULL OR credited <> available + held + spent OR available < 0 OR held < 0 OR spent < 0
			OR held <> ifnull(cost, 0) OR open_runs <> ifnull(runs, 0))
	FROM accounts FULL JOIN at_work USING (tenant_id, live)`

// Totals sums up all accounts and compares each with its open runs.
func (s *Store) Totals(ctx context.Context) (t store.Totals, err error) {
	err = s.read(ctx, func(r *reading) error {
		return r.query(selectTotals, func(r row) error {
			return r.Scan(&t.Accounts, &t.OpenRuns, (*int64)(&t.Credited), (*int64)(&t.Available), (*int64)(&t.Held), (*int64)(&t.Spent),
				&t.Unsealed, &t.Discrepancies)
		})
	})
	return t, err
}
