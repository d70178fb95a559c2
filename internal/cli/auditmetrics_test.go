package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp/internal/config"
	"dpp/internal/ops"
)

// A cron job's audit can be watched: what it found, and when it last could look.
func TestAuditWritesMetrics(t *testing.T) {
	b := offline(t)
	var found []string
	var fails error
	b.platform.Audit = func(_ context.Context, _ config.Config, report func(string)) (ops.AuditSummary, error) {
		for _, d := range found {
			report(d)
		}
		return ops.AuditSummary{Accounts: 1, Entries: 2, Runs: 3, Objects: 4, Discrepancies: len(found)}, fails
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "dpp_audit.prom")
	read := func() string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	b.done("audit", "--metrics", file)
	contains(t, read(), "# TYPE dpp_audit_discrepancies gauge\n", "\ndpp_audit_discrepancies 0\n", "\ndpp_audit_last_success_timestamp_seconds 1",
		"\ndpp_audit_duration_seconds 0.", "\ndpp_audit_items{kind=\"objects\"} 4\n")
	found = []string{"invariant 1: one", "invariant 4: two"}
	if o := b.run("audit", "--metrics", file); o.code != exitFailed {
		t.Errorf("exit %d of an audit that found something", o.code)
	}
	dirty := read()
	contains(t, dirty, "\ndpp_audit_discrepancies 2\n")
	fails = errors.New("cannot be read")
	if o := b.run("audit", "--metrics", file); o.code != exitFailed || read() != dirty {
		t.Error("an audit that could not look at everything changed the file")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the collector cannot read the file: %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v (%v)", left, err)
	}
	fails, found = nil, nil
	o := b.run("audit", "--metrics", filepath.Join(folder, "no", "such"))
	if o.code != exitFailed || !strings.Contains(o.err, "cannot be written for metrics") || !strings.Contains(o.out, "the books are clean") {
		t.Errorf("exit %d: %s%s", o.code, o.out, o.err)
	}
}
