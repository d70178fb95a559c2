package e2e

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"dpp/test/servers"
)

// TestWrongBackendsAreNamed starts parts with one setting that is wrong, in
// which a password stands. The setting is named on one line, and the password is not.
func TestWrongBackendsAreNamed(t *testing.T) {
	right := backends{database: "postgres://dpp:hush@127.0.0.1:1/dpp", redis: "127.0.0.1:1", objects: servers.Cloud{Endpoint: "http://127.0.0.1:1", Region: "us-east-1"}, queue: servers.Cloud{Endpoint: "http://127.0.0.1:1", Region: "us-east-1"}}
	for i, c := range []struct {
		name, setting string
		code          int
		says          string
	}{
		{"a database that is none", "DPP_DATABASE_URL=mysql://dpp:hush@db/dpp", 2, "DPP_DATABASE_URL"},
		{"a database's port", "DPP_DATABASE_URL=postgres://dpp:hush@db:hush/dpp", 2, "DPP_DATABASE_URL"},
		{"a database's password", "DPP_DATABASE_URL=postgres://dpp:hush%zz@db/dpp", 2, "DPP_DATABASE_URL"},
		{"a database's TLS", "DPP_DATABASE_URL=postgres://dpp:hush@db/dpp?sslmode=hush", 2, "DPP_DATABASE_URL"},
		{"a database's time", "DPP_DATABASE_URL=postgres://dpp:hush@db/dpp?connect_timeout=hush", 2, "DPP_DATABASE_URL"},
		{"the embedded default's", "DPP_DATABASE_URL=", 2, "DPP_DATABASE_URL"},
		{"a gate that is none", "DPP_REDIS_URL=http://:hush@cache:6379", 2, "DPP_REDIS_URL"},
		{"a gate's port", "DPP_REDIS_URL=redis://:hush@cache:hush/0", 2, "DPP_REDIS_URL"},
		{"a gate's database", "DPP_REDIS_URL=redis://:hush@cache:6379/hush", 2, "DPP_REDIS_URL"},
		{"a gate that is required", "DPP_GATE_REQUIRED=hush", 2, "DPP_GATE_REQUIRED"},
		{"objects in a folder", "DPP_BLOB_URL=file:///hush", 2, "DPP_BLOB_URL"},
		{"objects with a password", "DPP_BLOB_URL=s3://key:hush@bucket", 2, "DPP_BLOB_URL"},
		{"objects without a bucket", "DPP_BLOB_URL=s3://?region=hush", 2, "DPP_BLOB_URL"},
		{"objects, wrong in many ways", "DPP_BLOB_URL=s3://k:hush@B/hush?colour=hush&region=h.ush", 2, "DPP_BLOB_URL"},
		{"a queue that is none", "DPP_QUEUE_URL=amqp://u:hush@mq/runs", 2, "DPP_QUEUE_URL"},
		{"a queue, wrong in many ways", "DPP_QUEUE_URL=sqs://k:hush@runs.fifo/hush?colour=hush&region=h.ush", 2, "DPP_QUEUE_URL"},
		{"an address that is none", "DPP_LISTEN=hush", 2, "DPP_LISTEN"},
		{"a variable that does not exist", "DPP_SQS_URL=sqs://k:hush@runs", 2, "DPP_SQS_URL"},
		{"a database that is down", "", 3, "database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, append(right.variables(), "DPP_LISTEN=127.0.0.1:0", c.setting))
			role := []string{"api", "worker", "reaper"}[i%3]
			code, text := s.fails(role)
			if code != c.code || strings.Count(text, "\n") != 1 || !strings.Contains(text, c.says) || strings.Contains(text, "hush") {
				t.Errorf("dpp %s: exit %d, want %d and one line that names %s; it says\n%s", role, code, c.code, c.says, text)
			}
		})
	}
}

// TestOperatorsAreToldOfTheirDatabase runs operator commands on a database that is
// named wrongly, and on one that is down.
func TestOperatorsAreToldOfTheirDatabase(t *testing.T) {
	for setting, code := range map[string]int{
		"DPP_DATABASE_URL=postgres://dpp:hush@db:hush/dpp":     2,
		"DPP_DATABASE_URL=postgres://dpp:hush@127.0.0.1:1/dpp": 3,
	} {
		s := newSite(t, []string{setting, "DPP_BLOB_URL=s3://results"})
		for _, args := range [][]string{{"migrate", "up"}, {"migrate", "status"}, {"tenant", "list"}, {"audit"}} {
			if got, text := s.fails(args...); got != code || strings.Count(text, "\n") != 1 || strings.Contains(text, "hush") {
				t.Errorf("dpp %s: exit %d, want %d and one line; it says\n%s", strings.Join(args, " "), got, code, text)
			}
		}
	}
}

// fails runs a command that fails, and returns its exit code and what it says.
func (s *site) fails(args ...string) (int, string) {
	s.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		s.t.Fatalf("dpp %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return exit.ExitCode(), string(out)
}
