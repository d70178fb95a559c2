package sqlitestore

import (
	"slices"
	"strings"
	"testing"

	"dpp/internal/store"
)

// Each breaks what the schema forbids, and leaves one thing that belongs to nothing.
var strays = map[string][]string{
	"lease of run_ended, which":      {`UPDATE leases SET run_n = 2`},
	"lease of run number 9, which":   {`UPDATE leases SET run_n = 9`},
	"idempotency row of ten_a":       {`UPDATE idempotency SET run_n = 9`},
	"inputs of run number 9":         {`INSERT INTO run_inputs (run_n, data) VALUES (9, x'00')`},
	"event evt_a of run_x":           {`UPDATE outbox SET run_id = 'run_x'`},
	"run run_queued without":         {`UPDATE runs SET live = 0 WHERE id = 'run_queued'`},
	"use of upload upl_x, which":     {`UPDATE upload_runs SET upload_id = 'upl_x'`, `UPDATE uploads SET used = 0`},
	"use of upload upl_a by run num": {`UPDATE upload_runs SET run_n = 9`},
	"use of upload upl_a by run":     {`UPDATE runs SET purged_at = 9 WHERE id = 'run_ended'`},
	"use of upload upl_a by":         {`UPDATE uploads SET tenant_id = 'ten_b'`, `INSERT INTO accounts (id, tenant_id, live) VALUES ('ten_b', 'ten_b', 1)`},
	"upload upl_a is used and says":  {`UPDATE uploads SET used = 0`},
	"upload upl_a is used and":       {`DELETE FROM upload_runs`},
	"upload upl_a without an acc":    {`DELETE FROM upload_runs`, `UPDATE uploads SET used = 0, live = 0`},
	"entry 3 of ten_x":               {`UPDATE entries SET account_id = 'ten_x' WHERE seq = 3`},
	"entry 1 of ten_a holds":         {`DELETE FROM entries WHERE seq = 2`, `UPDATE entries SET run_id = 'run_x' WHERE seq = 1`},
	"entry 2 of ten_a settles run_":  {`DELETE FROM entries WHERE seq = 1`},
}

func TestSnapshotsNameEveryStray(t *testing.T) {
	for want, damage := range strays {
		t.Run(want, func(t *testing.T) {
			s, path := shop(t, Options{})
			defer closeShop(t, s)
			db := opened(t, path)
			mustExec(t, db, `PRAGMA foreign_keys = 0`)
			for _, statement := range slices.Concat(strings.Split(goodRows, ";\n"), []string{`UPDATE runs SET status = 'PROCESSING', attempt = 1 WHERE id = 'run_queued'`}, damage) {
				mustExec(t, db, statement)
			}
			var found []string
			err := s.Snapshot(t.Context(), func(view store.Snapshot) error {
				return view.EachStray(t.Context(), func(what string) error {
					found = append(found, what)
					return nil
				})
			})
			if err != nil || len(found) != 1 || !strings.HasPrefix(found[0], want) {
				t.Errorf("found %q, %v", found, err)
			}
		})
	}
}
