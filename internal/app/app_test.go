package app_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp"
	"dpp/client"
	"dpp/internal/app"
	"dpp/internal/config"
)

func settings(t *testing.T, more ...string) config.Config {
	t.Helper()
	flags := map[string]string{"data": filepath.Join(t.TempDir(), "data"), "listen": "127.0.0.1:0", "log-level": "error"}
	for i := 0; i < len(more); i += 2 {
		flags[more[i]] = more[i+1]
	}
	cfg, err := config.Load(config.Up, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func start(t *testing.T, cfg config.Config) *app.Server {
	t.Helper()
	s, err := app.Start(t.Context(), cfg, io.Discard, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keyIn(t *testing.T, path string) dpp.Secret {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%s: %v, %v; want a private file", path, info, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key := dpp.Secret(strings.TrimSpace(string(text)))
	if !key.Valid() {
		t.Errorf("%s holds no key", path)
	}
	return key
}

func TestTheFirstStartIsOne(t *testing.T) {
	cfg := settings(t)
	s := start(t, cfg)
	first := keyIn(t, cfg.DevKeyPath())
	keyIn(t, cfg.OperatorKeyPath())
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(cfg.DevKeyPath()); err != nil { // as if the first start had been cut off
		t.Fatal(err)
	}
	s = start(t, cfg)
	second := keyIn(t, cfg.DevKeyPath())
	for _, key := range []dpp.Secret{first, second} {
		c := client.Client{URL: "http://" + s.Address(), Key: key}
		if budget, err := c.Budget(t.Context()); err != nil || budget.Available != 100*dpp.USD {
			t.Errorf("budget %+v, %v; want 100.0000, credited once", budget, err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cfg.ListenPath()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the address is left behind: %v", err)
	}
}

func TestOneServerPerFolder(t *testing.T) {
	cfg := settings(t)
	s := start(t, cfg)
	if _, err := app.Start(t.Context(), cfg, io.Discard, app.Options{}); !errors.Is(err, app.ErrLocked) {
		t.Errorf("a second server: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, cfg) // the lock went with the first
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
}

func TestAStartThatFailsLeavesTheFolderFree(t *testing.T) {
	taken := start(t, settings(t))
	cfg := settings(t, "listen", taken.Address())
	if _, err := app.Start(t.Context(), cfg, io.Discard, app.Options{}); err == nil {
		t.Fatal("two servers have one address")
	}
	cfg.Listen = "127.0.0.1:0"
	s := start(t, cfg)
	if err := errors.Join(s.Stop(), taken.Stop()); err != nil {
		t.Fatal(err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	s := start(t, settings(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + s.Address() + "/health"); err == nil {
		t.Error("it still answers")
	}
}

func TestOpsListenNeedsNoKey(t *testing.T) {
	cfg := settings(t, "ops-listen", "127.0.0.1:0")
	s := start(t, cfg)
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]string{"/metrics": "dpp_queue_waiting 0", "/debug/pprof/cmdline": ""} {
		answer, err := http.Get("http://" + s.OpsAddress() + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(text), want) {
			t.Errorf("%s: %d, %v", path, answer.StatusCode, err)
		}
	}
}

func TestCommandsRefuseAFolderWithoutAPlatform(t *testing.T) {
	cfg := settings(t)
	if _, err := app.Audit(t.Context(), cfg, func(string) {}); !errors.Is(err, app.ErrNoPlatform) {
		t.Errorf("audit: %v", err)
	}
	if _, err := app.OpenStore(t.Context(), cfg); !errors.Is(err, app.ErrNoPlatform) {
		t.Errorf("store: %v", err)
	}
	if _, err := os.Stat(cfg.Data); !errors.Is(err, os.ErrNotExist) {
		t.Error("the folder was made")
	}
}

func TestMigrateAndItsStatus(t *testing.T) {
	cfg := settings(t)
	before, err := app.MigrationStatus(t.Context(), cfg)
	if err != nil || len(before) == 0 || before[0].Applied {
		t.Fatalf("before: %+v, %v", before, err)
	}
	taken, err := app.Migrate(t.Context(), cfg)
	if err != nil || len(taken) != len(before) {
		t.Errorf("took %v, %v", taken, err)
	}
	if taken, err = app.Migrate(t.Context(), cfg); err != nil || len(taken) != 0 {
		t.Errorf("took %v again, %v", taken, err)
	}
	after, err := app.MigrationStatus(t.Context(), cfg)
	if err != nil || !after[len(after)-1].Applied || after[0].AppliedAt.IsZero() {
		t.Errorf("after: %+v, %v", after, err)
	}
}

func TestDoctor(t *testing.T) {
	cfg := settings(t)
	wrong := func() map[string]string {
		names := map[string]string{}
		for _, f := range app.Doctor(t.Context(), cfg) {
			if f.OK == (f.Remedy != "") || f.Detail == "" {
				t.Errorf("finding %+v", f)
			}
			if !f.OK {
				names[f.Name] = f.Remedy
			}
		}
		return names
	}
	if names := wrong(); names["data folder"] == "" || names["database"] == "" {
		t.Errorf("without a folder: %v", names)
	}
	s := start(t, cfg)
	if names := wrong(); len(names) != 0 {
		t.Errorf("beside a running server: %v", names)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(cfg.DevKeyPath(), 0o644), os.Remove(cfg.OperatorKeyPath()), os.Truncate(cfg.DatabasePath(), 0)); err != nil {
		t.Fatal(err)
	}
	if names := wrong(); names["database"] == "" {
		t.Errorf("after a truncation: %v", names)
	}
}

// Told to stop, an API says so at once and serves on until balancers have heard.
func TestAnAPIServesOnAfterItWasToldToStop(t *testing.T) {
	cfg := settings(t, "shutdown-delay", "3s")
	s := start(t, cfg)
	c := client.Client{URL: "http://" + s.Address(), Key: keyIn(t, cfg.DevKeyPath()), HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop() }()
	for ready := http.StatusOK; ready == http.StatusOK; {
		answer, err := c.HTTP.Get(c.URL + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		ready = answer.StatusCode
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Budget(t.Context()); err != nil {
		t.Errorf("after it said that it is not ready: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
