package sqlitestore

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
)

func migrated(t *testing.T) *sql.DB {
	t.Helper()
	return opened(t, newDatabase(t))
}

func opened(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := openDatabase(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestEveryStatementFitsTheSchema(t *testing.T) {
	db := migrated(t)
	all := append(writes(), reads()...)
	stmts := newPrepared(db, all)
	for _, query := range all {
		if _, err := stmts.get(t.Context(), query); err != nil {
			t.Error(err)
		}
	}
	if _, err := stmts.get(t.Context(), "SELECT 1"); err == nil {
		t.Error("a statement that is in no list was prepared")
	}
	if err := stmts.close(); err != nil {
		t.Error(err)
	}
	for i, query := range writes() {
		if slices.Contains(writes()[:i], query) {
			t.Errorf("listed twice: %s", firstLine(query))
		}
	}
}

// plan is what SQLite would do for a query, a step a line.
func plan(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, mostParameters)...)
	if err != nil {
		t.Fatalf("%s: %v", firstLine(query), err)
	}
	var steps []string
	err = forEach(rows, func(r row) error {
		var id, parent, unused int
		var step string
		err := r.Scan(&id, &parent, &unused, &step)
		steps = append(steps, step)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

const mostParameters = 25

// growing are the tables that no request may scan. "known" is an alias of idempotency.
var growing = []string{"runs", "entries", "idempotency", "known", "run_inputs", "leases", "outbox", "usage_days", "uploads", "upload_runs"}

// scans tells whether a step goes over a whole growing table, or over all that one
// tenant has in it. The index of the queue holds only what waits.
func scans(step string) bool {
	words := strings.Fields(step)
	if len(words) < 2 || !slices.Contains(growing, words[1]) || strings.HasSuffix(step, "INDEX runs_queue") {
		return false
	}
	return words[0] == "SCAN" || strings.HasSuffix(step, "(tenant_id=? AND live=?)") || strings.HasSuffix(step, "(account_id=?)")
}

func TestNoRequestScansWhatGrows(t *testing.T) {
	db := migrated(t)
	for _, query := range append(writes(), reads()...) {
		if slices.Contains(audits(), query) || slices.Contains([]string{begin, commit, rollback}, query) {
			continue
		}
		for _, step := range plan(t, db, query) {
			if scans(step) {
				t.Errorf("%s\nscans: %s", query, step)
			}
		}
	}
	for step, is := range map[string]bool{
		"SCAN runs":                            true,
		"SCAN entries USING INDEX entries_run": true,
		"SEARCH known USING INDEX x (tenant_id=? AND live=?)":           true,
		"SEARCH known USING INDEX x (tenant_id=? AND live=? AND key=?)": false,
		"SCAN accounts": false,
	} {
		if scans(step) != is {
			t.Errorf("this test is wrong about %s", step)
		}
	}
}

// A table that is built for a check or a sub-query costs more than the row.
func TestWritesOfOneRowBuildNoTables(t *testing.T) {
	db := migrated(t)
	for _, query := range []string{
		insertRun, insertInputs, insertKeyRow, insertEntry, updateAccount, updateStarted, insertLease, updateLease, deleteLease,
		updateRun, insertEvent, upsertUsage, insertUpload, insertUse,
	} {
		rows, err := db.QueryContext(t.Context(), "EXPLAIN "+query, make([]any, mostParameters)...)
		if err != nil {
			t.Fatal(err)
		}
		err = forEach(rows, func(r row) error {
			var step, code string
			var rest [6]sql.RawBytes
			err := r.Scan(&step, &code, &rest[0], &rest[1], &rest[2], &rest[3], &rest[4], &rest[5])
			if code == "OpenEphemeral" || code == "OpenAutoindex" {
				t.Errorf("%s\nbuilds a table at step %s", query, step)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOrderedReadsSortNothing(t *testing.T) {
	db := migrated(t)
	indexes := map[string]string{
		selectList:          "runs_listed ",
		selectListOpen:      "runs_listed_open ",
		selectListEnded:     "runs_listed_ended ",
		selectListPack:      "runs_listed_pack ",
		selectListExternal:  "runs_listed_external ",
		selectOldest:        "runs_queue",
		selectDueLeases:     "leases_expiry ",
		selectDueQueue:      "runs_overdue ",
		selectDueRetention:  "runs_kept ",
		updateTaken:         "outbox_due ",
		selectEntries:       "PRIMARY KEY ",
		selectUnusedUploads: "uploads_unused ",
		selectToSeal:        "PRIMARY KEY ",
		selectUnsealed:      "accounts_unsealed",
		deleteKeys:          "idempotency_expiry ",
		deleteRuns:          "runs_purged ",
	}
	for query, index := range indexes {
		steps := strings.Join(plan(t, db, query), "\n")
		if !strings.Contains(steps+" ", index) || strings.Contains(steps, "TEMP B-TREE") {
			t.Errorf("%s\ndoes not read %s in its order:\n%s", query, index, steps)
		}
	}
}
