package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to damage a database behind the store's back

	"dpp"
	"dpp/internal/pack"
	"dpp/test/platform"
)

// cast is one run of every kind, with books that are sealed in part.
type cast struct {
	*platform.Platform
	done, failed, canceled, expired, processing, queued dpp.RunID
	used                                                dpp.Upload // by the one that is queued
}

func newCast(t *testing.T) *cast {
	t.Helper()
	c := &cast{Platform: platform.New(t, platform.Options{})}
	t.Cleanup(c.Close)
	c.Pack.Do(func(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
		o, err := platform.OneStep(ctx, job)
		o.Artifacts = []pack.Artifact{{Name: "more.txt", MediaType: "text/plain", Content: []byte("more")}}
		return o, err
	})
	c.expired = c.Submit("expired-key").ID
	c.Age(c.Service.Config().Timing.ReservationTTL + time.Minute)
	if n, err := c.Service.Expire(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	c.done = c.finish(t, "done-key")
	c.Pack.Do(func(context.Context, pack.Job) (*pack.Outcome, error) { return nil, errors.New("no") })
	c.failed = c.finish(t, "failed-key")
	c.canceled = c.Submit("canceled-key").ID
	c.Claim()
	if _, err := c.Service.Cancel(t.Context(), c.Key, c.canceled); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Service.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.processing = c.Submit("processing-key").ID
	c.Claim()
	c.used = c.Upload(c.Key, "a text")
	queued, err := c.Service.Submit(t.Context(), c.Naming("queued-key", c.used.ID))
	if err != nil {
		t.Fatal(err)
	}
	c.queued = queued.Run.ID
	return c
}

func (c *cast) finish(t *testing.T, key string) dpp.RunID {
	t.Helper()
	id := c.Submit(key).ID
	claimed := c.Claim()
	if ended, err := c.Service.Finish(t.Context(), claimed, c.Execute(claimed)); err != nil || !ended {
		t.Fatal(ended, err)
	}
	return id
}

func TestCleanBooks(t *testing.T) { newCast(t).Audit() }

// TestEveryDamageIsFound damages a database in one way at a time, against the
// schema's own constraints, and expects the audit to name it by its invariant.
func TestEveryDamageIsFound(t *testing.T) {
	type damage struct {
		what      string
		statement func(c *cast) string
		invariant int
	}
	runs := func(set string, id func(c *cast) dpp.RunID) func(c *cast) string {
		return func(c *cast) string { return fmt.Sprintf(`UPDATE runs SET %s WHERE id = '%s'`, set, id(c)) }
	}
	entries := func(set, kind string, id func(c *cast) dpp.RunID) func(c *cast) string {
		return func(c *cast) string {
			return fmt.Sprintf(`UPDATE entries SET %s WHERE kind = '%s' AND run_id = '%s'`, set, kind, id(c))
		}
	}
	plain := func(statement string) func(*cast) string { return func(*cast) string { return statement } }
	done := func(c *cast) dpp.RunID { return c.done }
	queued := func(c *cast) dpp.RunID { return c.queued }
	processing := func(c *cast) dpp.RunID { return c.processing }
	for _, d := range []damage{
		{"credit out of nothing", plain(`UPDATE accounts SET credited = credited + 100, available = available + 100`), 1},
		{"a balance that does not add up", plain(`UPDATE accounts SET available = available + 100`), 1},
		{"an entry that is gone", plain(`DELETE FROM entries WHERE seq = 2`), 1},
		{"an entry with another amount", entries(`amount = amount + 100`, "capture", done), 1},
		{"a sealed entry with another time", entries(`created_at = created_at - 1`, "hold", done), 1},
		{"a seal ahead of the ledger", plain(`UPDATE accounts SET sealed_seq = seq + 1`), 1},
		{"a digest of something else", plain(`UPDATE accounts SET sealed_digest = zeroblob(32)`), 1},
		{"a balance below zero", plain(`UPDATE entries SET amount = 100 WHERE kind = 'credit'`), 2},
		{"held for nobody", plain(`UPDATE accounts SET available = available - 500000, held = held + 500000`), 3},
		{"open runs miscounted", plain(`UPDATE accounts SET open_runs = open_runs + 1`), 3},
		{"charged other than used", runs(`used = used + 100`, done), 4},
		{"settled without a charge", runs(`money = 'REFUNDED'`, done), 4},
		{"used more than reserved", runs(`used = max_cost + 100`, done), 4},
		{"reserved other than held", runs(`max_cost = max_cost + 100`, queued), 4},
		{"a hold that is gone", func(c *cast) string { return fmt.Sprintf(`DELETE FROM entries WHERE run_id = '%s'`, c.queued) }, 4},
		{"a run that is gone", func(c *cast) string { return fmt.Sprintf(`DELETE FROM runs WHERE id = '%s'`, c.queued) }, 4},
		{"an open run that was settled", func(c *cast) string {
			return fmt.Sprintf(`UPDATE entries SET run_id = '%s' WHERE kind = 'release' AND run_id = '%s'`, c.queued, c.expired)
		}, 4},
		{"completed without a result", runs(`result = NULL`, done), 5},
		{"ended at no time", runs(`completed_at = NULL`, done), 5},
		{"a version below one", runs(`version = 0`, queued), 5},
		{"open long past its deadline", runs(`deadline = 1, queue_expires_at = 1`, queued), 6},
		{"a key that is gone", func(c *cast) string {
			return fmt.Sprintf(`DELETE FROM idempotency WHERE run_n = (SELECT n FROM runs WHERE id = '%s')`, c.done)
		}, 7},
		{"a result of something else", runs(`result = json_set(result, '$.SHA256', 'ab')`, done), 8},
		{"a lease of a run in the queue", func(c *cast) string {
			return fmt.Sprintf(`INSERT INTO leases (run_n, token, expires_at) SELECT n, 'x', 1 FROM runs WHERE id = '%s'`, c.queued)
		}, 9},
		{"a run at work without a lease", func(c *cast) string {
			return fmt.Sprintf(`DELETE FROM leases WHERE run_n = (SELECT n FROM runs WHERE id = '%s')`, processing(c))
		}, 9},
		{"a key of no run", plain(`UPDATE idempotency SET run_n = 999999 WHERE key = 'done-key'`), 9},
		{"a use that is not told", plain(`UPDATE uploads SET used = 0`), 9},
		{"a use by nobody", plain(`UPDATE upload_runs SET run_n = 999999`), 9},
		{"a use of nothing", plain(`DELETE FROM uploads`), 9},
		{"an upload of another size", plain(`UPDATE uploads SET size = 7`), 13},
		{"an upload of another sum", plain(`UPDATE uploads SET sha256 = '` + strings.Repeat("0f", 32) + `'`), 13},
		{"usage miscounted", plain(`UPDATE usage_days SET completed = completed + 1`), 12},
		{"usage with another charge", plain(`UPDATE usage_days SET charged = charged + 100`), 12},
		{"usage that is gone", plain(`DELETE FROM usage_days`), 12},
	} {
		t.Run(d.what, func(t *testing.T) {
			c := newCast(t)
			damageDatabase(t, c, d.statement(c))
			found := c.Discrepancies()
			prefix := fmt.Sprintf("invariant %d: ", d.invariant)
			for _, f := range found {
				if strings.HasPrefix(f, prefix) {
					return
				}
			}
			t.Errorf("nothing found under invariant %d; found %q", d.invariant, found)
		})
	}
}

// TestTotalsFindWhatTheyCompare damages what the standing check compares: each account
// with itself and with its open runs.
func TestTotalsFindWhatTheyCompare(t *testing.T) {
	for _, statement := range []string{
		`UPDATE accounts SET available = available + 100`,
		`UPDATE accounts SET available = available - 2 * available, credited = credited - 2 * available`,
		`UPDATE accounts SET available = available - 500000, held = held + 500000`,
		`UPDATE accounts SET open_runs = open_runs + 1`,
		`UPDATE runs SET max_cost = max_cost + 100 WHERE status = 'QUEUED'`,
		`DELETE FROM runs WHERE status = 'QUEUED'`,
		`DELETE FROM accounts`,
	} {
		c := newCast(t)
		if totals, err := c.Service.Totals(t.Context()); err != nil || totals.Discrepancies != 0 || totals.OpenRuns != 2 {
			t.Fatalf("%+v, %v before any damage", totals, err)
		}
		damageDatabase(t, c, statement)
		if totals, err := c.Service.Totals(t.Context()); err != nil || totals.Discrepancies != 1 {
			t.Errorf("%s: %+v, %v; want one discrepancy", statement, totals, err)
		}
	}
}

func damageDatabase(t *testing.T, c *cast, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.Dir, "dpp.db")+"?_pragma=busy_timeout(5000)&_pragma=ignore_check_constraints(1)&_pragma=foreign_keys(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the damage is committed by then
	result, err := db.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("nothing was damaged: %d rows, %v", n, err)
	}
}

func TestMissingAndDamagedObjectsAreFound(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, c *cast, run dpp.Run){
		"the envelope is missing": func(t *testing.T, c *cast, run dpp.Run) {
			t.Helper()
			if err := c.Ports.Blob.DeletePrefix(t.Context(), strings.TrimSuffix(run.Result.Key, pack.EnvelopeName)); err != nil {
				t.Fatal(err)
			}
		},
		"the envelope was changed": func(t *testing.T, c *cast, run dpp.Run) {
			t.Helper()
			damageObject(t, c, run.Result.Key)
		},
		"an artifact was changed": func(t *testing.T, c *cast, run dpp.Run) {
			t.Helper()
			damageObject(t, c, strings.TrimSuffix(run.Result.Key, pack.EnvelopeName)+"more.txt")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCast(t)
			harm(t, c, c.Run(c.done))
			found := c.Discrepancies()
			if len(found) == 0 || !strings.HasPrefix(found[0], "invariant 8: run "+string(c.done)) {
				t.Errorf("found %q", found)
			}
		})
	}
}

func TestUploadsThatRunsUseMustBeThere(t *testing.T) {
	c := newCast(t)
	unused := c.Announce(c.Key, "never sent")
	c.Audit()
	if err := c.Ports.Blob.DeletePrefix(t.Context(), c.used.ObjectPrefix()); err != nil {
		t.Fatal(err)
	}
	found := c.Discrepancies()
	if len(found) != 1 || !strings.HasPrefix(found[0], "invariant 13: upload "+string(c.used.ID)) {
		t.Errorf("found %q; nobody uses %s", found, unused.ID)
	}
	if _, err := c.Service.Cancel(t.Context(), c.Key, c.queued); err != nil {
		t.Fatal(err)
	}
	if err := c.Ports.Store.Purge(t.Context(), []dpp.RunID{c.queued}); err != nil {
		t.Fatal(err)
	}
	c.Audit() // nobody uses it any more
}

func damageObject(t *testing.T, c *cast, key string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.Dir, "blobs", "objects.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the damage is committed by then
	result, err := db.ExecContext(t.Context(), `UPDATE object SET content = zeroblob(length(content)) WHERE key = ?`, key)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%d objects damaged, %v", n, err)
	}
}

func TestAuditBesideAWorkingPlatform(t *testing.T) {
	c := newCast(t)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			receipt, err := c.Service.Submit(t.Context(), c.Request(fmt.Sprintf("busy-key-%d", i)))
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.Service.Cancel(t.Context(), c.Key, receipt.Run.ID); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 10 {
		c.Audit()
	}
	close(stop)
	<-done
}
