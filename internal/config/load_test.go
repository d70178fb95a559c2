package config_test

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/config"
)

func load(t *testing.T, flags map[string]string, env ...string) config.Config {
	t.Helper()
	c, err := config.Load(config.Up, flags, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refused is the Error of a Load that must fail.
func refused(t *testing.T, flags map[string]string, env ...string) *config.Error {
	t.Helper()
	_, err := config.Load(config.Up, flags, env)
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("flags %v, environment %v: got %v, want a *config.Error", flags, env, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	return e
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dpp.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c := load(t, nil, "HOME=/x", "OTEL_EXPORTER=whatever", "DPPX=1")
	want := config.Config{
		Role: config.Up,
		Data: "dpp-data", Listen: "127.0.0.1:8000", LogLevel: slog.LevelInfo, LogFormat: config.LogJSON,
		Timing: dpp.Timing{
			LeaseTTL: 120 * time.Second, Heartbeat: 30 * time.Second, ReaperInterval: time.Second,
			ReservationTTL: time.Hour, MaxAttempts: 2,
		},
		DrainGrace: 25 * time.Second, Retention: 720 * time.Hour, ResultURLTTL: 10 * time.Minute, IdempotencyWindow: 720 * time.Hour,
		ChargePlatformFaults: true, WorkerConcurrency: 16, SandboxChildren: min(max(runtime.NumCPU(), 2), 8), OCREngine: config.OCRAuto, SubmitsPerMin: 600, ReadsPerMin: 3000,
		LLM: config.LLM{PriceInput: 150_000, PriceOutput: 600_000},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

// samples are three good values of every setting that has as many.
var samples = map[string][3]string{
	"data":                    {"a", "b", "c"},
	"listen":                  {"127.0.0.1:0", ":8001", "[::1]:8002"},
	"ops-listen":              {"localhost:9000", "10.0.0.1:9001", "ops.example.com:9002"},
	"public-url":              {"https://a.example", "http://b:8080/dpp", "https://c/"},
	"cors-origins":            {"*", "https://a.example", "https://a.example,http://b:1"},
	"log-level":               {"debug", "warn", "error"},
	"log-format":              {"text", "json", "text"},
	"lease-ttl":               {"90s", "2m30s", "1h"},
	"lease-heartbeat":         {"1s", "100ms", "59s"},
	"reaper-interval":         {"2s", "30s", "1m"},
	"max-attempts":            {"1", "3", "100"},
	"shutdown-delay":          {"1s", "10m", "90s"},
	"drain-grace":             {"0s", "1s", "1m"},
	"reservation-ttl":         {"1s", "10m", "30d"},
	"retention":               {"31d", "1000h", "3650d"},
	"result-url-ttl":          {"1s", "1h", "7d"},
	"idempotency-window":      {"1s", "24h", "30d"},
	"charge-platform-faults":  {"false", "true", "false"},
	"worker-concurrency":      {"1", "2", "1024"},
	"sandbox-children":        {"1", "2", "64"},
	"ocr-engine":              {"wasm", "tesseract", "auto"},
	"rate-limit-post-per-min": {"1", "2", "1000000000"},
	"rate-limit-get-per-min":  {"1", "2", "1000000000"},
	"fingerprint-key":         {strings.Repeat("a", 32), strings.Repeat("~", 1000), "0123456789abcdef0123456789abcdef"},
	"url-allow-cidrs":         {"127.0.0.0/8", "::1/128", "10.0.0.0/8,192.168.0.0/16"},
	"llm-price-input":         {"0", "1.1", "30.0000"},
	"llm-price-output":        {"0.0001", "2", "1000000"},
	"prices":                  {"url.url=0.0030", "url.url=0", "url.url=0.0030,decision.evaluation=0.0100/1000000"},
}

func TestFlagsBeatEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	for _, s := range config.Settings() {
		values, ok := samples[s.Name]
		if !ok {
			if strings.HasSuffix(s.Name, "-url") || s.Name == "gate-required" || s.Name == "llm-key" || s.Name == "llm-model" {
				continue // none is good alone, but for one value: see TestPlaces, TestSharedBackends and TestLanguageModel
			}
			t.Errorf("%s has no samples", s.Name)
			continue
		}
		doc, err := json.Marshal(map[string]string{s.Key(): values[0]})
		if err != nil {
			t.Fatal(err)
		}
		path, variable := file(t, string(doc)), s.Variable()+"="+values[1]
		alone := func(i int) config.Config { return load(t, map[string]string{s.Name: values[i]}) }
		for i, got := range []config.Config{
			load(t, map[string]string{"config": path}),
			load(t, map[string]string{"config": path}, variable),
			load(t, map[string]string{"config": path, s.Name: values[2]}, variable),
			load(t, map[string]string{s.Name: values[2]}, variable, "DPP_CONFIG="+path),
		} {
			if want := alone(min(i, 2)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, case %d: got %+v, want %+v", s.Name, i, got, want)
			}
		}
		if reflect.DeepEqual(alone(0), alone(1)) || reflect.DeepEqual(alone(1), alone(2)) {
			t.Errorf("%s: the samples do not differ", s.Name)
		}
		if got := load(t, nil, s.Variable()+"="); !reflect.DeepEqual(got, load(t, nil)) {
			t.Errorf("%s: an empty variable is not the same as none", s.Name)
		}
	}
}

func TestWhichFile(t *testing.T) {
	one, two := file(t, `{"max_attempts":7}`), file(t, `{"max_attempts":8}`)
	if got := load(t, map[string]string{"config": one}, "DPP_CONFIG="+two).Timing.MaxAttempts; got != 7 {
		t.Errorf("max attempts %d: the flag names another file than the variable", got)
	}
}

func TestWhatValuesMean(t *testing.T) {
	c := load(t, map[string]string{
		"public-url": "https://x.example/dpp/", "url-allow-cidrs": "10.1.2.3/8, fd00::/8", "prices": "url.url=0.003, decision.evaluation=1/1000000",
		"cors-origins": "https://a, https://b", "log-level": "warn", "retention": "40d",
	})
	if c.PublicURL != "https://x.example/dpp" || c.LogLevel != slog.LevelWarn || c.Retention != 960*time.Hour {
		t.Errorf("got %+v", c)
	}
	if want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}; !reflect.DeepEqual(c.URLAllowCIDRs, want) {
		t.Errorf("ranges %v", c.URLAllowCIDRs)
	}
	if want := []string{"https://a", "https://b"}; !reflect.DeepEqual(c.CORSOrigins, want) {
		t.Errorf("origins %v", c.CORSOrigins)
	}
	want := map[string]map[string]dpp.Price{
		"url":      {"url": {Unit: "url", Per: 1, Amount: 3000}},
		"decision": {"evaluation": {Unit: "evaluation", Per: 1_000_000, Amount: dpp.USD}},
	}
	if !reflect.DeepEqual(c.Prices, want) {
		t.Errorf("prices %v", c.Prices)
	}
}

func TestFilesOfTheDataFolder(t *testing.T) {
	c := load(t, map[string]string{"data": "d"})
	for got, want := range map[string]string{
		c.DatabasePath(): "d/dpp.db", c.BlobDir(): "d/blobs", c.DevKeyPath(): "d/dev.key", c.OperatorKeyPath(): "d/operator.key", c.ListenPath(): "d/listen",
	} {
		if got != filepath.FromSlash(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
