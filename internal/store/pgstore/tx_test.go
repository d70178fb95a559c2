package pgstore

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The plans that TestPlans looks at are those that transactions run by.
func TestTransactionsRunByGenericPlans(t *testing.T) {
	s := open(t, newDatabase(t), nil)
	mode := ""
	must(t, s.write(t.Context(), tx{
		ask: func(b *statements) {
			b.query("SHOW plan_cache_mode", func(r pgx.Row) error { return r.Scan(&mode) })
		},
		decide: func(time.Time, *statements) error { return nil },
	}))
	if mode != "force_generic_plan" {
		t.Errorf("plans are made by %s", mode)
	}
}
