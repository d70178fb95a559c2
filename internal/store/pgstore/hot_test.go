package pgstore

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

// selectIndexed is the columns that indexes of a table depend on, be it in their keys
// or in their conditions: a change of one of them writes all indexes of the row anew.
const selectIndexed = `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND EXISTS (
	SELECT 1 FROM pg_index WHERE indrelid = attrelid AND (attnum = ANY (indkey) OR EXISTS (
		SELECT 1 FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = indexrelid
		AND refclassid = 'pg_class'::regclass AND refobjid = attrelid AND refobjsubid = attnum)))`

// The rows that change most often change in no column that an index depends on.
func TestHotRowsStayOnTheirPages(t *testing.T) {
	s := open(t, newDatabase(t), nil)
	for table, changed := range map[string][]string{
		"runs":     {"status", "attempt", "version", "updated_at"}, // by a claim
		"leases":   {"expires_at", "done", "total", "unit", "metered"},
		"accounts": {"credited", "available", "held", "spent", "open_runs", "version", "seq", "sealed_seq", "sealed_digest"},
	} {
		indexed, err := readAll(t.Context(), s, func(r pgx.Row) (name string, err error) {
			err = r.Scan(&name)
			return name, err
		}, selectIndexed, table)
		must(t, err)
		if len(indexed) == 0 {
			t.Fatalf("%s: the catalogue knows of no indexed column", table)
		}
		for _, name := range changed {
			if slices.Contains(indexed, name) {
				t.Errorf("an index of %s depends on %s", table, name)
			}
		}
	}
}
