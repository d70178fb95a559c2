package pgstore

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

const goodRunColumns = `id, tenant_id, live, pack_type, pack_version, profile_version, status, money, version, attempt, losses, max_cost, timebox_ms,
	min_reliability, inline, allow_partial, trace_id, external_id, inputs_key, idempotency_key, created_at, updated_at, queue_expires_at, deadline, used`

// Rows of runs that every constraint allows.
const goodRuns = `
	INSERT INTO runs (` + goodRunColumns + `) VALUES ('run_queued', 'ten_a', true, 'url', '1', '1', 'QUEUED', 'RESERVED', 1, 0, 0, 10000, 90000,
		0, false, true, 't', '', '', 'key-0', now(), now(), now(), now(), 0);
	INSERT INTO runs (` + goodRunColumns + `, completed_at, result) VALUES ('run_ended', 'ten_a', true, 'url', '1', '1', 'COMPLETED', 'SETTLED', 3, 1, 0, 10000, 90000,
		0, false, true, 't', '', '', 'key-1', now(), now(), now(), now(), 5000, now(), '{}');
	INSERT INTO queue (run_id, since, expires_at) VALUES ('run_queued', now(), now());
	INSERT INTO run_inputs (run_id, data) VALUES ('run_queued', '{}');
	INSERT INTO idempotency (run_id, tenant_id, live, key, payload_hash, expires_at) VALUES ('run_ended', 'ten_a', true, 'key-1', sha256('a'), now());
	INSERT INTO leases (run_id, token, expires_at) VALUES ('run_queued', 'token', now())`

// A small world that every constraint allows.
const goodRows = `
	INSERT INTO tenants (id, name, created_at) VALUES ('ten_a', 'a', now());
	INSERT INTO accounts (id, tenant_id, live, credited, available, held, spent, open_runs, seq, unsealed)
		VALUES ('ten_a', 'ten_a', true, 100000, 60000, 20000, 20000, 2, 5, true);
	INSERT INTO keys (id, tenant_id, name, live, scopes, hash, created_at) VALUES ('key_a', 'ten_a', 'k', true, '{runs}', sha256('a'), now());
	INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 1, 'hold', 10000, 'run_ended', now());
	INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 2, 'capture', 5000, 'run_ended', now());
	INSERT INTO entries (account_id, seq, kind, amount, reference, created_at) VALUES ('ten_a', 3, 'credit', 5000, 'ref', now());
	INSERT INTO posted (account_id, reference, seq, created_at) VALUES ('ten_a', 'ref', 3, now());
	INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at) VALUES ('evt_a', 'ten_a', 'run_ended', 'run.completed', now(), now());
	INSERT INTO uploads (id, tenant_id, live, name, media_type, size, sha256, created_at, expires_at, used)
		VALUES ('upl_a', 'ten_a', true, '', 'text/plain', 1, '', now(), now() + interval '1 day', true);
	INSERT INTO upload_runs (run_id, upload_id) VALUES ('run_ended', 'upl_a');
	INSERT INTO usage_days (account_id, day, pack_type) VALUES ('ten_a', '2026-03-01', 'url');` + goodRuns

// What nobody can write, whatever the code above does wrong.
var forbidden = map[string]string{
	"a part of a balance that comes from nowhere": `UPDATE accounts SET available = available + 100`,
	"credit that is not there":                    `UPDATE accounts SET credited = credited - 100`,
	"less than nothing available":                 `UPDATE accounts SET available = -100, held = held + 60100`,
	"less than nothing held":                      `UPDATE accounts SET held = -100, available = available + 20100`,
	"less than nothing spent":                     `UPDATE accounts SET spent = -100, available = available + 20100`,
	"less than no open runs":                      `UPDATE accounts SET open_runs = -1`,
	"a seal of what is not there":                 `UPDATE accounts SET sealed_seq = seq + 1`,
	"a seal that the sealer does not see":         `UPDATE accounts SET unsealed = false`,
	"half a digest":                               `UPDATE accounts SET sealed_digest = '\x00'`,
	"a second live account":                       `INSERT INTO accounts (id, tenant_id, live) VALUES ('ten_b', 'ten_a', true)`,
	"an account of nobody":                        `INSERT INTO accounts (id, tenant_id, live) VALUES ('ten_c', 'ten_c', true)`,
	"no version of an account":                    `UPDATE accounts SET version = 0`,
	"a tenant without a name of its own":          `INSERT INTO tenants (id, name, created_at) VALUES ('', 'a', now())`,
	"a deleted tenant with an account":            `DELETE FROM tenants`,
	"a deleted account with usage":                `DELETE FROM accounts`,

	"a status that there is not":       `UPDATE runs SET status = 'RUNNING' WHERE id = 'run_queued'`,
	"a money state that there is not":  `UPDATE runs SET money = 'LOST' WHERE id = 'run_queued'`,
	"an end without a time":            `UPDATE runs SET status = 'EXPIRED', money = 'REFUNDED' WHERE id = 'run_queued'`,
	"an end that still reserves":       `UPDATE runs SET status = 'EXPIRED', completed_at = now() WHERE id = 'run_queued'`,
	"a settled run that waits":         `UPDATE runs SET money = 'REFUNDED' WHERE id = 'run_queued'`,
	"a time of an end that was not":    `UPDATE runs SET completed_at = now() WHERE id = 'run_queued'`,
	"settled for nothing":              `UPDATE runs SET used = 0 WHERE id = 'run_ended'`,
	"refunded and charged":             `UPDATE runs SET money = 'REFUNDED' WHERE id = 'run_ended'`,
	"a charge above the reservation":   `UPDATE runs SET used = 10001 WHERE id = 'run_ended'`,
	"a charge below nothing":           `UPDATE runs SET used = -1 WHERE id = 'run_ended'`,
	"a result of a run that waits":     `UPDATE runs SET result = '{}' WHERE id = 'run_queued'`,
	"an error of a run that succeeded": `UPDATE runs SET error = '{}' WHERE id = 'run_ended'`,
	"purged before the end":            `UPDATE runs SET purged_at = now() WHERE id = 'run_queued'`,
	"processing that nobody claimed":   `UPDATE runs SET status = 'PROCESSING' WHERE id = 'run_queued'`,
	"more losses than claims":          `UPDATE runs SET losses = 2 WHERE id = 'run_ended'`,
	"waiting past the deadline":        `UPDATE runs SET queue_expires_at = deadline + interval '1 second'`,
	"no version":                       `UPDATE runs SET version = 0`,
	"nothing reserved":                 `UPDATE runs SET max_cost = 0 WHERE id = 'run_queued'`,
	"a second run of one identifier":   `INSERT INTO runs (` + goodRunColumns + `, completed_at) SELECT ` + goodRunColumns + `, completed_at FROM runs WHERE id = 'run_ended'`,
	"another run of that identifier":   `UPDATE runs SET id = 'run_ended' WHERE id = 'run_queued'`,
	"a reliability above one":          `UPDATE runs SET min_reliability = 1000001`,

	"an entry number twice":             `INSERT INTO entries (account_id, seq, kind, amount, created_at) VALUES ('ten_a', 3, 'credit', 100, now())`,
	"a second capture of a run":         `INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 9, 'capture', 100, 'run_ended', now())`,
	"a second hold of a run":            `INSERT INTO entries (account_id, seq, kind, amount, run_id, created_at) VALUES ('ten_a', 9, 'hold', 100, 'run_ended', now())`,
	"a reference twice":                 `INSERT INTO posted (account_id, reference, seq, created_at) VALUES ('ten_a', 'ref', 9, now())`,
	"a reference of no account":         `INSERT INTO posted (account_id, reference, seq, created_at) VALUES ('ten_c', 'ref', 9, now())`,
	"an entry of nothing":               `UPDATE entries SET amount = 0 WHERE seq = 3`,
	"an entry finer than the quantum":   `UPDATE entries SET amount = 150 WHERE seq = 3`,
	"an entry above the largest amount": `UPDATE entries SET amount = 1000000000100 WHERE seq = 3`,
	"a kind that there is not":          `UPDATE entries SET kind = 'gift' WHERE seq = 3`,
	"a hold without a run":              `UPDATE entries SET run_id = NULL WHERE seq = 1`,
	"a credit with a run":               `UPDATE entries SET run_id = 'run_x' WHERE seq = 3`,
	"a direction of a credit":           `UPDATE entries SET direction = 'up' WHERE seq = 3`,
	"an adjustment without a direction": `UPDATE entries SET kind = 'adjust' WHERE seq = 3`,
	"a reference of a hold":             `UPDATE entries SET reference = 'x' WHERE seq = 1`,

	"a key used twice":              `INSERT INTO idempotency (run_id, tenant_id, live, key, payload_hash, expires_at) VALUES ('run_queued', 'ten_a', true, 'key-1', sha256('a'), now())`,
	"half a hash":                   `UPDATE idempotency SET payload_hash = '\x00'`,
	"an empty key":                  `UPDATE idempotency SET key = ''`,
	"a second place in the queue":   `INSERT INTO queue (run_id, since, expires_at) VALUES ('run_queued', now(), now())`,
	"inputs twice":                  `INSERT INTO run_inputs (run_id, data) VALUES ('run_queued', '{}')`,
	"a second lease of a run":       `INSERT INTO leases (run_id, token, expires_at) VALUES ('run_queued', 'other', now())`,
	"a token twice":                 `INSERT INTO leases (run_id, token, expires_at) VALUES ('run_ended', 'token', now())`,
	"an empty token":                `UPDATE leases SET token = ''`,
	"half a progress":               `UPDATE leases SET done = 1`,
	"an event twice":                `INSERT INTO outbox (id, tenant_id, run_id, type, at, due_at) VALUES ('evt_a', 'ten_a', 'run_ended', 't', now(), now())`,
	"fewer than no deliveries":      `UPDATE outbox SET attempts = -1`,
	"an upload of nobody":           `UPDATE uploads SET tenant_id = 'ten_c'`,
	"an upload of nothing":          `UPDATE uploads SET size = 0`,
	"an upload without a type":      `UPDATE uploads SET media_type = ''`,
	"half a sum of an upload":       `UPDATE uploads SET sha256 = 'c0ffee'`,
	"an upload that is never there": `UPDATE uploads SET expires_at = created_at`,
	"a use of no upload":            `INSERT INTO upload_runs (run_id, upload_id) VALUES ('run_queued', 'upl_x')`,
	"a use twice":                   `INSERT INTO upload_runs (run_id, upload_id) VALUES ('run_ended', 'upl_a')`,
	"a deleted upload with a use":   `DELETE FROM uploads`,
	"a secret twice":                `INSERT INTO keys (id, name, live, scopes, hash, created_at) VALUES ('key_b', 'k', true, '{}', sha256('a'), now())`,
	"half a secret's hash":          `UPDATE keys SET hash = '\x00'`,
	"a key of no tenant":            `UPDATE keys SET tenant_id = 'ten_c'`,
	"usage below nothing":           `UPDATE usage_days SET charged = -1`,
	"a day that is none":            `UPDATE usage_days SET day = 'today'`,
	"usage of nobody":               `INSERT INTO usage_days (account_id, day, pack_type) VALUES ('ten_c', '2026-03-01', 'url')`,
	"a second generation":           `INSERT INTO meta (one, epoch) VALUES (2, 1)`,
	"no generation":                 `UPDATE meta SET epoch = 0`,
	"a change of too few rows":      `SELECT require(false)`,
}

func TestTheSchemaItselfForbids(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	do(t, url, goodRows)
	conn := connect(t, url)
	for what, statement := range forbidden {
		// In the partition of everything else and in those of months alike.
		_, err := conn.Exec(t.Context(), statement)
		var said *pgconn.PgError
		if !errors.As(err, &said) || !strings.HasPrefix(said.Code, "23") && said.Code != codeRequired {
			t.Errorf("%s: %v", what, err)
		}
	}
}
