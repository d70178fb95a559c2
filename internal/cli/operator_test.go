package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/config"
	"dpp/internal/ops"
	"dpp/internal/store"
)

func TestTenantsOnTheCommandLine(t *testing.T) {
	b := offline(t)
	made := doc[tenantDoc](b, "tenant", "create", "--name", "Acme", "--data", "d")
	if !made.ID.Valid() || made.Name != "Acme" {
		t.Fatalf("made %+v", made)
	}
	id := string(made.ID)
	for _, line := range [][]string{
		{"tenant", "suspend", "--data", "d", id},
		{"tenant", "suspend", id, "--data", "d"},
		{"tenant", "--data", "d", "suspend", id},
	} {
		b.done(append([]string{"tenant", "resume", "--data=d"}, id)...)
		b.done(line...)
		list := doc[dpp.List[tenantDoc]](b, "tenant", "list", "--data", "d")
		if len(list.Data) != 1 || !list.Data[0].Suspended || list.Data[0].CreatedAt == nil {
			t.Errorf("dpp %v: %+v", line, list)
		}
	}
	contains(t, b.done("tenant", "list", "--data", "d"), "TENANT", id, "Acme", "suspended")
	contains(t, b.done("tenant", "resume", id, "--data", "d"), "active")
	contains(t, b.done("tenant", "create", "--name", "B", "--data", "d"), "dpp key create --tenant ten_")
	for _, line := range []string{"tenant suspend ten_x --data d", "tenant resume x --data d", "key create --tenant x --data d", "key list --tenant x --data d", "key revoke x --data d", "key rotate x --data d", "credit --tenant x --amount 1 --data d"} {
		if o := b.run(strings.Fields(line)...); o.code != exitFailed || !strings.HasPrefix(o.err, "dpp: NOT_FOUND: ") {
			t.Errorf("dpp %s: exit %d: %s", line, o.code, o.err)
		}
	}
	if o := b.run("tenant", "create", "--name", "a\nb", "--data", "d"); o.code != exitUsage {
		t.Errorf("a name of two lines: exit %d: %s", o.code, o.err)
	}
}

func TestKeysOnTheCommandLine(t *testing.T) {
	b := offline(t)
	tenant := string(doc[tenantDoc](b, "tenant", "create", "--name", "Acme").ID)
	key := doc[keyDoc](b, "key", "create", "--tenant", tenant)
	if !dpp.Secret(key.Secret).Valid() || !key.ID.Valid() || string(key.Tenant) != tenant || key.Name != "key" || !key.Live {
		t.Fatalf("made %+v", key)
	}
	next := doc[keyDoc](b, "key", "rotate", string(key.ID))
	if next.Secret == key.Secret || !dpp.Secret(next.Secret).Valid() {
		t.Fatalf("rotated to %+v", next)
	}
	contains(t, b.done("key", "revoke", string(next.ID)), "revoked")
	text := b.done("key", "list", "--tenant", tenant)
	list := doc[dpp.List[keyDoc]](b, "key", "list")
	if len(list.Data) != 2 || list.Data[0].RevokedAt == nil || list.Data[1].RevokedAt == nil {
		t.Errorf("list: %+v", list)
	}
	for _, k := range list.Data {
		if k.Secret != "" || strings.Contains(text, key.Secret) || strings.Contains(text, next.Secret) {
			t.Error("a list shows a secret")
		}
	}
	contains(t, b.done("key", "create", "--tenant", tenant, "--name", "second"), "second", "dpp_live_", "not shown again")
}

func TestCreditsOnTheCommandLine(t *testing.T) {
	b := offline(t)
	tenant := string(doc[tenantDoc](b, "tenant", "create", "--name", "Acme").ID)
	first := doc[creditDoc](b, "credit", "--tenant", tenant, "--amount", "100", "--ref", "invoice-7")
	again := doc[creditDoc](b, "credit", "--tenant", tenant, "--amount", "100.0000", "--ref", "invoice-7")
	if first.Amount != 100*dpp.USD || first.Kind != "credit" || first.Seq != 1 || first.Repeated || first.Available != 100*dpp.USD || first.Reference != "invoice-7" {
		t.Errorf("first %+v", first)
	}
	if !again.Repeated || again.Seq != 1 || again.Available != 100*dpp.USD || !again.CreatedAt.Equal(first.CreatedAt.Time) {
		t.Errorf("again %+v", again)
	}
	contains(t, b.done("credit", "--tenant", tenant, "--amount", "100", "--ref", "invoice-7"), "nothing was added", "100.0000 USD")
	if o := b.run("credit", "--tenant", tenant, "--amount", "7", "--ref", "invoice-7"); o.code != exitFailed || !strings.Contains(o.err, "IDEMPOTENCY_CONFLICT") {
		t.Errorf("another amount: exit %d: %s", o.code, o.err)
	}
	if got := doc[creditDoc](b, "credit", "--tenant", tenant, "--amount", "0.5"); got.Available != 100_500_000 || got.Seq != 2 {
		t.Errorf("without reference: %+v", got)
	}
}

// stubborn does not close.
type stubborn struct{ store.Store }

func (s stubborn) Close() error { return errors.Join(s.Store.Close(), errors.New("disk full")) }

func TestAStoreThatDoesNotCloseIsAFailure(t *testing.T) {
	b := offline(t)
	open := b.platform.OpenStore
	b.platform.OpenStore = func(ctx context.Context, cfg config.Config) (store.Store, error) {
		s, err := open(ctx, cfg)
		return stubborn{s}, err
	}
	if o := b.run("tenant", "list"); o.code != exitFailed || o.err != "dpp: disk full\n" {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

func TestAudit(t *testing.T) {
	b := offline(t)
	var found []string
	b.platform.Audit = func(_ context.Context, _ config.Config, report func(string)) (ops.AuditSummary, error) {
		for _, d := range found {
			report(d)
		}
		return ops.AuditSummary{Accounts: 1, Entries: 2, Runs: 3, Objects: 4, Discrepancies: len(found)}, nil
	}
	contains(t, b.done("audit"), "the books are clean: 1 accounts, 2 entries, 3 runs, 4 objects")
	if d := doc[auditDoc](b, "audit"); !d.Clean || d.Count != 0 || d.Entries != 2 || d.Discrepancies == nil {
		t.Errorf("clean: %+v", d)
	}
	found = []string{"invariant 1: one", "invariant 4: two\x1b[2J"}
	o := b.run("audit")
	if o.code != exitFailed || o.out != "discrepancy: invariant 1: one\ndiscrepancy: invariant 4: two?[2J\nthe books are wrong in 2 places: 1 accounts, 2 entries, 3 runs, 4 objects\n" {
		t.Errorf("exit %d: %q", o.code, o.out)
	}
	o = b.run("audit", "--json")
	if d := parse[auditDoc](t, o.out); o.code != exitFailed || d.Clean || d.Count != 2 || len(d.Discrepancies) != 2 {
		t.Errorf("exit %d: %+v", o.code, d)
	}
	b.platform.Audit = func(context.Context, config.Config, func(string)) (ops.AuditSummary, error) {
		return ops.AuditSummary{}, errors.New("cannot be read")
	}
	if o := b.run("audit"); o.code != exitFailed || o.err != "dpp: cannot be read\n" || o.out != "" {
		t.Errorf("exit %d: %s%s", o.code, o.out, o.err)
	}
}

func TestDoctor(t *testing.T) {
	b := offline(t)
	findings := []ops.Finding{{Name: "database", OK: true, Detail: "answers"}}
	b.platform.Doctor = func(context.Context, config.Config) []ops.Finding { return findings }
	contains(t, b.done("doctor"), "configuration", "database", "answers")
	findings = append(findings, ops.Finding{Name: "objects", Detail: "not writable", Remedy: "chmod it"})
	o := b.run("doctor")
	if o.code != exitFailed {
		t.Errorf("exit %d", o.code)
	}
	contains(t, o.out, "WRONG", "not writable", "what to do: chmod it")
	o = b.run("doctor", "--json")
	if d := parse[doctorDoc](t, o.out); o.code != exitFailed || d.OK || len(d.Findings) != 3 || d.Findings[2].Remedy != "chmod it" {
		t.Errorf("exit %d: %+v", o.code, d)
	}
	b.env = []string{"DPP_RETENTION=1s"}
	o = b.run("doctor", "--json")
	if d := parse[doctorDoc](t, o.out); o.code != exitFailed || d.OK || len(d.Findings) != 1 || !strings.Contains(d.Findings[0].Detail, "DPP_RETENTION") || !strings.Contains(d.Findings[0].Remedy, "DPP_RETENTION") {
		t.Errorf("exit %d: %+v", o.code, d)
	}
}

func TestMigrate(t *testing.T) {
	b := offline(t)
	steps := []string{"00001_tenants.sql"}
	b.platform.Migrate = func(context.Context, config.Config) ([]string, error) { return steps, nil }
	b.platform.MigrationStatus = func(context.Context, config.Config) ([]ops.MigrationState, error) {
		at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
		return []ops.MigrationState{{Version: 1, Name: "00001_tenants.sql", Applied: true, AppliedAt: at}, {Version: 2, Name: "00002_ledger.sql"}}, nil
	}
	contains(t, b.done("migrate", "up"), "applied  00001_tenants.sql")
	steps = nil
	contains(t, b.done("migrate", "up"), "up to date")
	if got := b.done("migrate", "up", "--json"); got != "{\n  \"applied\": []\n}\n" {
		t.Errorf("got %s", got)
	}
	contains(t, b.done("migrate", "status"), "2025-01-02 03:04:05Z", "00002_ledger.sql   -")
	if d := doc[dpp.List[migrationDoc]](b, "migrate", "status"); len(d.Data) != 2 || !d.Data[0].Applied || d.Data[1].AppliedAt != nil {
		t.Errorf("got %+v", d)
	}
}

func TestVersionAsADocument(t *testing.T) {
	if v := doc[ops.Version](offline(t), "version"); v != (ops.Version{Version: "1.2.3", Commit: "abc", Go: "go1.26"}) {
		t.Errorf("got %+v", v)
	}
}
