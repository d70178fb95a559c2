package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"dpp/internal/config"
	"dpp/internal/store"
)

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	b := offline(t)
	b.env = []string{"DPP_URL=http://127.0.0.1:9", "DPP_API_KEY=k"}
	for _, line := range []string{
		"frob", "run", "run get", "run get a b", "tenant create", "version --frob", "up extra", "up --lease-ttl",
		"quote", "usage",
		"run submit --example", "run submit --pack decision", "run submit --pack decision --example --inputs {}",
		"run submit --pack decision --inputs {}", "run submit --pack decision --inputs [] --max-cost 1", "run submit --pack decision --inputs {,} --max-cost 1",
		"run submit --pack decision --inputs @none.json --max-cost 1",
		"run submit --pack decision --inputs {} --max-cost 0", "run submit --pack decision --inputs {} --max-cost 1e3", "run submit --pack decision --inputs {} --max-cost 0.00001",
		"run submit --pack decision --inputs {} --max-cost 1 --timebox 5", "run submit --pack decision --inputs {} --max-cost 1 --timebox 0s",
		"run submit --pack decision --inputs {} --max-cost 1 --min-reliability 2",
		"run list --limit 0", "run list --limit 10001", "run list --limit x", "run list --after yesterday", "run list --before 1",
		"credit --tenant t", "credit --tenant t --amount -1", "credit --tenant t --amount 1.00001", "credit --tenant t --amount 0",
		"run get x --url ftp://x", "run get x --url http://",
		"api", "worker", "reaper", "worker --data d",
	} {
		o := b.run(strings.Fields(line)...)
		if o.code != exitUsage || o.out != "" || !strings.HasPrefix(o.err, "dpp: ") || strings.Count(o.err, "\n") != 1 {
			t.Errorf("dpp %s: exit %d\n%s%s", line, o.code, o.out, o.err)
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) > 1 { // credit of 0 asks the store
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestHelp(t *testing.T) {
	b := offline(t)
	contains(t, b.done("--help"), "run submit", "tenant create", "audit", "doctor")
	contains(t, b.done("run", "submit", "--help"), "--max-cost", "DPP_API_KEY")
	if o := b.run(); o.code != exitUsage || !strings.Contains(o.out, "Usage: dpp") {
		t.Errorf("no arguments: exit %d\n%s", o.code, o.out)
	}
	up := b.done("up", "--help")
	for _, s := range config.Settings() {
		contains(t, up, "--"+s.Name+"=", "$"+s.Variable())
	}
	tenant := b.done("tenant", "list", "--help")
	contains(t, tenant, "--data", "--config", "--database-url")
	if strings.Contains(tenant, "--lease-ttl") {
		t.Error("operator commands take the server's settings as flags")
	}
}

func TestUpRunsWithItsConfigurationUntilItIsStopped(t *testing.T) {
	b := offline(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	var got config.Config
	b.platform.Serve = func(ctx context.Context, cfg config.Config, out io.Writer) error {
		got = cfg
		_, _ = io.WriteString(out, "listening\n")
		cancel(errors.New("signal"))
		<-ctx.Done()
		return context.Cause(ctx)
	}
	b.env = []string{"DPP_LEASE_TTL=10s", "DPP_LISTEN=127.0.0.1:1", "DPP_LEASE_HEARTBEAT=1s"}
	o := b.runIn(ctx, "up", "--listen", "127.0.0.1:0", "--data", "d", "--max-attempts=1")
	if o.code != exitDone || o.out != "listening\n" {
		t.Errorf("exit %d: %s%s", o.code, o.out, o.err)
	}
	if got.Listen != "127.0.0.1:0" || got.Data != "d" || got.Timing.LeaseTTL != 10*time.Second || got.Timing.MaxAttempts != 1 {
		t.Errorf("started with %+v", got)
	}

	b.platform.Serve = func(context.Context, config.Config, io.Writer) error { return errors.New("the folder is in use") }
	if o := b.run("up"); o.code != exitFailed || o.err != "dpp: the folder is in use\n" {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

func TestAWrongConfigurationStopsEveryCommandThatStartsFromIt(t *testing.T) {
	b := offline(t) // its platform would panic where it was asked
	b.platform.OpenStore = nil
	for _, line := range []string{"up", "worker", "audit", "migrate up", "migrate status", "tenant list", "key list", "credit --tenant t --amount 1", "tenant suspend x"} {
		b.env = []string{"DPP_LEASE_TTL=hush"}
		if o := b.run(strings.Fields(line)...); o.code != exitUsage || !strings.HasPrefix(o.err, "dpp: DPP_LEASE_TTL: ") || strings.Contains(o.err, "hush") {
			t.Errorf("dpp %s: exit %d: %s", line, o.code, o.err)
		}
		b.env = []string{"DPP_LEESE_TTL=1s"}
		if o := b.run(strings.Fields(line)...); o.code != exitUsage || !strings.HasPrefix(o.err, "dpp: DPP_LEESE_TTL: ") {
			t.Errorf("dpp %s: exit %d: %s", line, o.code, o.err)
		}
	}
	for _, line := range []string{"run get x", "packs", "budget"} {
		if o := b.run(strings.Fields(line)...); o.code != exitUsage || !strings.HasPrefix(o.err, "dpp: DPP_LEESE_TTL: ") {
			t.Errorf("dpp %s: exit %d: %s", line, o.code, o.err)
		}
	}
	if out := b.done("version"); out != "dpp 1.2.3 (commit abc, go1.26)\n" {
		t.Errorf("version: %s", out)
	}
}

func TestStoresThatCannotBeUsed(t *testing.T) {
	b := offline(t)
	for cause, code := range map[error]int{store.ErrUnavailable: exitUnreachable, store.ErrSchema: exitFailed, store.ErrInDoubt: exitFailed, os.ErrPermission: exitFailed} {
		b.platform.OpenStore = func(context.Context, config.Config) (store.Store, error) { return nil, cause }
		if o := b.run("tenant", "list"); o.code != code || !strings.Contains(o.err, cause.Error()) {
			t.Errorf("%v: exit %d: %s", cause, o.code, o.err)
		}
	}
}
