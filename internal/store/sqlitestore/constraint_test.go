package sqlitestore

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A small world that every constraint allows.
const goodRows = `
	INSERT INTO tenants (id, name, created_at) VALUES ('ten_a', 'a', 1);
	INSERT INTO accounts (id, tenant_id, live, credited, available, held, spent, open_runs, seq) VALUES ('ten_a', 'ten_a', 1, 100000, 60000, 20000, 20000, 2, 5);
	INSERT INTO keys (id, tenant_id, name, live, scopes, hash, created_at) VALUES ('key_a', 'ten_a', 'k', 1, '["runs"]', zeroblob(32), 1);
	INSERT INTO runs (n, id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version, attempt, losses, max_cost, timebox_ms,
		min_reliability, inline, allow_partial, trace_id, external_id, inputs_key, created_at, updated_at, queue_expires_at, deadline, used)
		VALUES (1, 'run_queued', 'ten_a', 1, 'url', '1', '1', 'QUEUED', 'RESERVED', 1, 0, 0, 10000, 90000, 0, 0, 1, 't', '', '', 1, 1, 10, 20, 0);
	INSERT INTO runs (n, id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version, attempt, losses, max_cost, timebox_ms,
		min_reliability, inline, allow_partial, trace_id, external_id, inputs_key, created_at, updated_at, queue_expires_at, deadline, used, completed_at, result)
		VALUES (2, 'run_ended', 'ten_a', 1, 'url', '1', '1', 'COMPLETED', 'SETTLED', 3, 1, 0, 10000, 90000, 0, 0, 1, 't', '', '', 1, 1, 10, 20, 5000, 5, '{}');
	INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 1, 'hold', 10000, 'run_ended', 1);
	INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 2, 'capture', 5000, 'run_ended', 1);
	INSERT INTO entries (account_id, seq, kind, amount, reference, created_at) VALUES ('ten_a', 3, 'credit', 5000, 'ref', 1);
	INSERT INTO idempotency (run_n, tenant_id, live, key, payload_hash, expires_at) VALUES (2, 'ten_a', 1, 'key-1', zeroblob(32), 9);
	INSERT INTO leases (run_n, token, expires_at) VALUES (1, 'token', 9);
	INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at) VALUES ('evt_a', 'ten_a', 'run_ended', 'run.completed', 1, 1);
	INSERT INTO uploads (id, tenant_id, live, name, media_type, size, sha256, created_at, expires_at, used) VALUES ('upl_a', 'ten_a', 1, '', 'text/plain', 1, '', 1, 9, 1);
	INSERT INTO upload_runs (run_n, upload_id) VALUES (2, 'upl_a');
	INSERT INTO usage_days (account_id, day, pack_type) VALUES ('ten_a', '2026-03-01', 'url')`

// What nobody can write, whatever the code above does wrong.
var forbidden = map[string]string{
	"a part of a balance that comes from nowhere": `UPDATE accounts SET available = available + 100`,
	"credit that is not there":                    `UPDATE accounts SET credited = credited - 100`,
	"less than nothing available":                 `UPDATE accounts SET available = -100, held = held + 60100`,
	"less than nothing held":                      `UPDATE accounts SET held = -100, available = available + 20100`,
	"less than nothing spent":                     `UPDATE accounts SET spent = -100, available = available + 20100`,
	"less than no open runs":                      `UPDATE accounts SET open_runs = -1`,
	"a seal of what is not there":                 `UPDATE accounts SET sealed_seq = seq + 1`,
	"half a digest":                               `UPDATE accounts SET sealed_digest = zeroblob(16)`,
	"a second live account":                       `INSERT INTO accounts (id, tenant_id, live) VALUES ('ten_b', 'ten_a', 1)`,
	"an account of nobody":                        `INSERT INTO accounts (id, tenant_id, live) VALUES ('ten_c', 'ten_c', 1)`,
	"a balance that is a text":                    `UPDATE accounts SET version = 'many'`,

	"a status that there is not":       `UPDATE runs SET status = 'RUNNING' WHERE id = 'run_queued'`,
	"a money state that there is not":  `UPDATE runs SET money = 'LOST' WHERE id = 'run_queued'`,
	"an end without a time":            `UPDATE runs SET status = 'EXPIRED', money = 'REFUNDED' WHERE id = 'run_queued'`,
	"an end that still reserves":       `UPDATE runs SET status = 'EXPIRED', completed_at = 5 WHERE id = 'run_queued'`,
	"a settled run that waits":         `UPDATE runs SET money = 'REFUNDED' WHERE id = 'run_queued'`,
	"a time of an end that was not":    `UPDATE runs SET completed_at = 5 WHERE id = 'run_queued'`,
	"settled for nothing":              `UPDATE runs SET used = 0 WHERE id = 'run_ended'`,
	"refunded and charged":             `UPDATE runs SET money = 'REFUNDED' WHERE id = 'run_ended'`,
	"a charge above the reservation":   `UPDATE runs SET used = 10001 WHERE id = 'run_ended'`,
	"a charge below nothing":           `UPDATE runs SET used = -1 WHERE id = 'run_ended'`,
	"a result of a run that waits":     `UPDATE runs SET result = '{}' WHERE id = 'run_queued'`,
	"an error of a run that succeeded": `UPDATE runs SET error = '{}' WHERE id = 'run_ended'`,
	"purged before the end":            `UPDATE runs SET purged_at = 5 WHERE id = 'run_queued'`,
	"processing that nobody claimed":   `UPDATE runs SET status = 'PROCESSING' WHERE id = 'run_queued'`,
	"more losses than claims":          `UPDATE runs SET losses = 2 WHERE id = 'run_ended'`,
	"waiting past the deadline":        `UPDATE runs SET queue_expires_at = deadline + 1`,
	"no version":                       `UPDATE runs SET version = 0`,
	"a run of no account":              `UPDATE runs SET live = 0 WHERE id = 'run_queued'`,
	"a deleted run that is pointed to": `DELETE FROM runs WHERE id = 'run_ended'`,
	"a deleted account with runs":      `DELETE FROM accounts`,
	"a second run of one identifier":   `INSERT INTO runs SELECT * FROM runs WHERE id = 'run_ended'`,
	"another run of that identifier":   `UPDATE runs SET id = 'run_ended' WHERE id = 'run_queued'`,
	"a reliability above one":          `UPDATE runs SET min_reliability = 1000001`,

	"an entry of no account":            `INSERT INTO entries (account_id, seq, kind, amount, created_at) VALUES ('ten_c', 1, 'credit', 100, 1)`,
	"an entry number twice":             `INSERT INTO entries (account_id, seq, kind, amount, created_at) VALUES ('ten_a', 3, 'credit', 100, 1)`,
	"a second capture of a run":         `INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 9, 'capture', 100, 'run_ended', 1)`,
	"a second hold of a run":            `INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 9, 'hold', 100, 'run_ended', 1)`,
	"a reference twice":                 `INSERT INTO entries (account_id, seq, kind, amount, reference, created_at) VALUES ('ten_a', 9, 'credit', 100, 'ref', 1)`,
	"an entry of nothing":               `UPDATE entries SET amount = 0 WHERE seq = 3`,
	"an entry finer than the quantum":   `UPDATE entries SET amount = 150 WHERE seq = 3`,
	"an entry above the largest amount": `UPDATE entries SET amount = 1000000000100 WHERE seq = 3`,
	"a kind that there is not":          `UPDATE entries SET kind = 'gift' WHERE seq = 3`,
	"a hold without a run":              `UPDATE entries SET run_id = NULL WHERE seq = 1`,
	"a credit with a run":               `UPDATE entries SET run_id = 'run_x' WHERE seq = 3`,
	"a direction of a credit":           `UPDATE entries SET direction = 'up' WHERE seq = 3`,
	"an adjustment without a direction": `UPDATE entries SET kind = 'adjust' WHERE seq = 3`,
	"a reference of a hold":             `UPDATE entries SET reference = 'x' WHERE seq = 1`,

	"a key used twice":              `INSERT INTO idempotency (run_n, tenant_id, live, key, payload_hash, expires_at) VALUES (1, 'ten_a', 1, 'key-1', zeroblob(32), 9)`,
	"a run with two keys":           `INSERT INTO idempotency (run_n, tenant_id, live, key, payload_hash, expires_at) VALUES (2, 'ten_a', 1, 'key-2', zeroblob(32), 9)`,
	"a key of no run":               `INSERT INTO idempotency (run_n, tenant_id, live, key, payload_hash, expires_at) VALUES (9, 'ten_a', 1, 'key-2', zeroblob(32), 9)`,
	"half a hash":                   `UPDATE idempotency SET payload_hash = zeroblob(16)`,
	"a second lease of a run":       `INSERT INTO leases (run_n, token, expires_at) VALUES (1, 'other', 9)`,
	"a token twice":                 `INSERT INTO leases (run_n, token, expires_at) VALUES (2, 'token', 9)`,
	"a lease of no run":             `INSERT INTO leases (run_n, token, expires_at) VALUES (9, 'other', 9)`,
	"half a progress":               `UPDATE leases SET done = 1`,
	"inputs of no run":              `INSERT INTO run_inputs (run_n, data) VALUES (9, x'00')`,
	"an event of no run":            `INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at) VALUES ('evt_b', 'ten_a', 'run_x', 't', 1, 1)`,
	"an upload of nobody":           `UPDATE uploads SET tenant_id = 'ten_c'`,
	"an upload of nothing":          `UPDATE uploads SET size = 0`,
	"an upload without a type":      `UPDATE uploads SET media_type = ''`,
	"half a sum of an upload":       `UPDATE uploads SET sha256 = 'c0ffee'`,
	"an upload that is never there": `UPDATE uploads SET expires_at = created_at`,
	"a use of no upload":            `INSERT INTO upload_runs (run_n, upload_id) VALUES (1, 'upl_x')`,
	"a use by no run":               `INSERT INTO upload_runs (run_n, upload_id) VALUES (9, 'upl_a')`,
	"a use twice":                   `INSERT INTO upload_runs (run_n, upload_id) VALUES (2, 'upl_a')`,
	"a deleted upload with a use":   `DELETE FROM uploads`,
	"a deleted run with a use":      `DELETE FROM runs WHERE n = 2`,
	"a secret twice":                `INSERT INTO keys (id, name, live, scopes, hash, created_at) VALUES ('key_b', 'k', 1, '[]', zeroblob(32), 1)`,
	"a key of no tenant":            `UPDATE keys SET tenant_id = 'ten_c'`,
	"scopes that are no list":       `UPDATE keys SET scopes = '{}'`,
	"usage below nothing":           `UPDATE usage_days SET charged = -1`,
	"a day that is none":            `UPDATE usage_days SET day = 'today'`,
	"a second generation":           `INSERT INTO meta (only, epoch) VALUES (2, 1)`,
	"no generation":                 `UPDATE meta SET epoch = 0`,
}

func TestTheSchemaItselfForbids(t *testing.T) {
	db := migrated(t)
	for _, statement := range strings.Split(goodRows, ";\n") {
		mustExec(t, db, statement)
	}
	for what, statement := range forbidden {
		_, err := db.ExecContext(t.Context(), statement)
		var e *sqlite.Error
		if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
			t.Errorf("%s: %v", what, err)
		}
	}
	stillWhole(t, db)
}

func stillWhole(t *testing.T, db *sql.DB) {
	t.Helper()
	var integrity string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&integrity); err != nil || integrity != "ok" {
		t.Errorf("integrity: %s, %v", integrity, err)
	}
}
