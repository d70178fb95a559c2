package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp/internal/config"
)

// wrong are bad values of every setting. Each holds the word that must not show.
var wrong = map[string][]string{
	"listen":                  {"hush", "hush:x", "127.0.0.1:99999", "hu sh:1", "hush..x:1", "127.0.0.1"},
	"ops-listen":              {"hush"},
	"public-url":              {"hush", "ftp://hush", "https://hush?x=1", "https://u:hush@host", "https://host#hush", "https://", "https://host?"},
	"cors-origins":            {"hush", "https://hush/path", "https://a,", "*,hush"},
	"log-level":               {"hush", "INFO"},
	"log-format":              {"hush"},
	"lease-ttl":               {"hush", "30", "-5s", "999ms", "2h", "30days", "1.5d", "d", "99999999d"},
	"lease-heartbeat":         {"1", "99ms"},
	"reaper-interval":         {"0s"},
	"max-attempts":            {"0", "101", "two", "1.5", "99999999999999999999"},
	"shutdown-delay":          {"-1s", "11m"},
	"drain-grace":             {"-1s", "2h"},
	"reservation-ttl":         {"0s", "31d"},
	"retention":               {"0s", "3651d"},
	"result-url-ttl":          {"0s", "8d"},
	"idempotency-window":      {"0s"},
	"charge-platform-faults":  {"hush", "1", "TRUE"},
	"worker-concurrency":      {"0", "1025", "hush"},
	"sandbox-children":        {"0", "65", "hush"},
	"ocr-engine":              {"hush", "WASM", "tesseract5"},
	"rate-limit-post-per-min": {"0", "-5", "hush", "1000000001"},
	"rate-limit-get-per-min":  {"0"},
	"url-allow-cidrs":         {"hush", "10.0.0.1", "10.0.0.0/33", "10.0.0.0/8,"},
	"prices":                  {"hush", "url=1", "url.url", "url.url=0.00001", "url.url=-1", "url.url=1/0", "url.url=1/x", "url.url=1,url.url=2", "url.url=1,", "Url.url=1", "url.url=1/1000000000001"},
	"database-url":            {"postgres://user:hush@host/db", "sqlite:///hush/dpp.db", "sqlite://dpp-data/dpp.db", "hush"},
	"redis-url":               {"redis://:hush@host"},
	"blob-url":                {"s3://hush", "file:///hush"},
	"queue-url":               {"sqs://hush", "db:hush"},
	"llm-url":                 {"hush", "ftp://hush", "https://u:hush@host/v1", "https://hush/v1?key=1"},
	"llm-key":                 {"hush hush", "hush\n", "húsh", strings.Repeat("hush", 251), "hush"}, // the last has no URL
	"llm-model":               {"hush hush", "hush\n", strings.Repeat("hush", 51), "hush"},
	"llm-price-input":         {"hush", "-1", "0.00001", "1e3", "1000001", ".5"},
	"llm-price-output":        {"hush", "-1", "0.00001"},
	"fingerprint-key":         {"hush", strings.Repeat("hush ", 10), strings.Repeat("húsh", 10), strings.Repeat("hush", 251)},
	"gate-required":           {"hush", "1", "true"}, // which the embedded default cannot keep
}

func TestAWrongValueIsNamedAndNotRepeated(t *testing.T) {
	for _, s := range config.Settings() {
		values, ok := wrong[s.Name]
		if !ok && s.Name != "data" {
			t.Errorf("%s has no wrong values", s.Name)
		}
		for _, value := range values {
			doc, err := json.Marshal(map[string]string{s.Key(): value})
			if err != nil {
				t.Fatal(err)
			}
			for where, e := range map[string]*config.Error{
				"--" + s.Name:      refused(t, map[string]string{s.Name: value}),
				s.Variable():       refused(t, nil, s.Variable()+"="+value),
				"file: " + s.Key(): refused(t, map[string]string{"config": file(t, string(doc))}),
			} {
				if e.Where != where {
					t.Errorf("%s=%s: named %q, want %q", s.Name, value, e.Where, where)
				}
				if strings.Contains(e.Error(), "hush") {
					t.Errorf("%s: the value shows: %s", s.Name, e)
				}
			}
		}
	}
	for flag := range samples {
		if e := refused(t, map[string]string{flag: ""}); e.Where != "--"+flag {
			t.Errorf("empty --%s: %v", flag, e)
		}
	}
}

func TestAWrongValueThatAStrongerOneHidesStopsTheStart(t *testing.T) {
	if e := refused(t, map[string]string{"lease-ttl": "60s"}, "DPP_LEASE_TTL=hush"); e.Where != "DPP_LEASE_TTL" {
		t.Errorf("got %v", e)
	}
}

func TestUnknownNames(t *testing.T) {
	for variable, want := range map[string]string{
		"DPP_LEASE_TTLS=1":       "DPP_LEASE_TTLS",
		"DPP_=1":                 "DPP_",
		"DPP_OCR_MODEL=auto":     "DPP_OCR_MODEL",
		"DPP_lease_ttl=1s":       "DPP_lease_ttl",
		"DPP_A\nB=1":             "a name with odd characters",
		"DPP_HIDDEN_EVEN_EMPTY=": "DPP_HIDDEN_EVEN_EMPTY",
	} {
		if e := refused(t, nil, variable, "DPP_URL=http://x", "DPP_API_KEY=k"); e.Where != want {
			t.Errorf("%q: got %v", variable, e)
		}
	}
	load(t, nil, "DPP_URL=http://x", "DPP_API_KEY=k")
}

func TestFilesThatAreRefused(t *testing.T) {
	for content, where := range map[string]string{
		`{"lease_ttl":"60s","colour":"hush","b":1}`: "file: b",
		`{"lease-ttl":"60s"}`:                       "file: lease-ttl",
		`{"config":"x"}`:                            "file: config",
		`{"a\nb":1}`:                                "file: a name with odd characters",
		`{"prices":{"url.url":"1"}}`:                "file: prices",
		`{"cors_origins":[1]}`:                      "file: cors_origins",
		`{"max_attempts":2.5}`:                      "file: max_attempts",
		`{"max_attempts":1,"max_attempts":2}`:       "--config",
		`{"lease_ttl":"60s"} hush`:                  "--config",
		`[]`:                                        "--config",
		``:                                          "--config",
		"lease_ttl: 60s":                            "--config",
	} {
		e := refused(t, map[string]string{"config": file(t, content)})
		if e.Where != where || strings.Contains(e.Error(), "hush") {
			t.Errorf("%s: got %v, want it to name %s", content, e, where)
		}
	}
	missing := filepath.Join(t.TempDir(), "none.json")
	if e := refused(t, nil, "DPP_CONFIG="+missing); e.Where != "DPP_CONFIG" || !strings.Contains(e.Why, "none.json") {
		t.Errorf("got %v", e)
	}
	if e := refused(t, map[string]string{"config": file(t, strings.Repeat(" ", 1<<20+1))}); !strings.Contains(e.Why, "1 MiB") {
		t.Errorf("got %v", e)
	}
}

func TestFormsOfValuesInAFile(t *testing.T) {
	c := load(t, map[string]string{"config": file(t, `{
		"max_attempts": 3, "charge_platform_faults": false, "listen": null,
		"url_allow_cidrs": ["10.0.0.0/8", "127.0.0.0/8"], "prices": ["url.url=0.0030"]}`)})
	if c.Timing.MaxAttempts != 3 || c.ChargePlatformFaults || c.Listen != "127.0.0.1:8000" || len(c.URLAllowCIDRs) != 2 || c.Prices["url"]["url"].Amount != 3000 {
		t.Errorf("got %+v", c)
	}
}

func TestSettingsThatContradictEachOther(t *testing.T) {
	for _, c := range []struct {
		flags map[string]string
		env   string
		where string
	}{
		{map[string]string{"lease-ttl": "60s"}, "DPP_LEASE_HEARTBEAT=30s", "DPP_LEASE_HEARTBEAT"},
		{map[string]string{"lease-ttl": "60s"}, "", "DPP_LEASE_HEARTBEAT"},
		{map[string]string{"lease-heartbeat": "61s"}, "", "--lease-heartbeat"},
		{map[string]string{"retention": "29d"}, "", "--retention"},
		{nil, "DPP_IDEMPOTENCY_WINDOW=31d", "DPP_RETENTION"},
		{map[string]string{"ops-listen": "127.0.0.1:8000"}, "", "--ops-listen"},
		{nil, "DPP_LLM_URL=https://m.example/v1", "DPP_LLM_MODEL"},
		{nil, "DPP_LLM_KEY=hush", "DPP_LLM_KEY"},
		{map[string]string{"llm-model": "m"}, "", "--llm-model"},
	} {
		env := []string{}
		if c.env != "" {
			env = append(env, c.env)
		}
		if e := refused(t, c.flags, env...); e.Where != c.where {
			t.Errorf("%v %v: got %v, want it to name %s", c.flags, c.env, e, c.where)
		}
	}
	load(t, map[string]string{"listen": "127.0.0.1:0", "ops-listen": "127.0.0.1:0", "lease-heartbeat": "59s"})
}

func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	here, err := os.Getwd() // as the system spells it
	if err != nil {
		t.Fatal(err)
	}
	load(t, map[string]string{"data": "my"},
		"DPP_DATABASE_URL=sqlite://"+here+"/my/dpp.db", "DPP_BLOB_URL=file://"+here+"/my/blobs", "DPP_QUEUE_URL=db:")
	for _, s := range config.Settings() {
		if want := strings.HasSuffix(s.Name, "-url") && s.Name != "public-url" && s.Name != "llm-url" || s.Name == "data"; s.Place != want {
			t.Errorf("%s: Place is %t", s.Name, s.Place)
		}
	}
}
