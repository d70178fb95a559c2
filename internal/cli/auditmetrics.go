package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// auditMetrics is what an audit found, in the Prometheus exposition format, for the
// textfile collector of the node exporter: an audit is no process that can be scraped.
func auditMetrics(doc *auditDoc, took time.Duration, now time.Time) string {
	var text strings.Builder
	gauge := func(name, help string, values ...string) {
		fmt.Fprintf(&text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
		for _, value := range values {
			text.WriteString(name + value + "\n")
		}
	}
	gauge("dpp_audit_discrepancies", "Discrepancies that dpp audit found when it last went over everything. Must be 0.", fmt.Sprintf(" %d", doc.Count))
	gauge("dpp_audit_last_success_timestamp_seconds", "When dpp audit last went over everything, whatever it found, in seconds since 1970.", fmt.Sprintf(" %d", now.Unix()))
	gauge("dpp_audit_duration_seconds", "How long that took.", fmt.Sprintf(" %.3f", took.Seconds()))
	gauge(
		"dpp_audit_items", "What it went over, by kind.",
		fmt.Sprintf(`{kind="accounts"} %d`, doc.Accounts), fmt.Sprintf(`{kind="entries"} %d`, doc.Entries),
		fmt.Sprintf(`{kind="runs"} %d`, doc.Runs), fmt.Sprintf(`{kind="objects"} %d`, doc.Objects),
	)
	return text.String()
}

// writeWhole writes a file that others read at any time: they find the old content or
// the new one, never a part.
func writeWhole(path, text string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.WriteString(text)
	// The collector is another user. There is nothing secret in it.
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
